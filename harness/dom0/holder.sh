#!/bin/sh
# PID 1 of an embedded dom0: makes its mounts, keeps its namespaces alive, reaps orphans.
# When it dies the kernel ends every process of the box with it, containers included.
#
# holder.sh BOX TOKEN RUN HOME SEEN      (BOX and TOKEN mark the process for the ledger)
#   RUN   directory of sockets, logs and of two files: `ground`, written when libvirtd can be started, and
#         `holder`, when all is ready
#   HOME  the state directory; RUN/mounts.sh, there when a line comes through the pipe RUN/set-up, lays the
#         nodes' file systems below /mnt/nodes
#   SEEN  where RUN is in here: that of a spare dom0 will have this name once it takes the other's place
# RUN/disks names directories, a line each, that are seen in here as they are.
set -eu
# The nodes' accounts go through what is made here, whatever the caller's umask.
umask 022
RUN=$3 HOME=$4 SEEN=$5

# Before /proc is replaced, /proc/self still tells this process's number on the host.
read -r HOST_PID _ < /proc/self/stat

mount --make-rprivate /
XEN=
if grep -q control_d /proc/xen/capabilities 2>/dev/null; then
    # The ends of its domains' cables come up in the network of the host's first process.
    XEN=yes
    : >"$RUN/host-net"
    mount --bind /proc/1/ns/net "$RUN/host-net"
fi
mount -t proc proc /proc
[ -z "$XEN" ] || mount -t xenfs xenfs /proc/xen

# Volumes of other boxes, of whatever state directory, are not this one's, and would be kept from being unmounted.
for at in $(awk -v own="$HOME/boxes/$1/" \
    '$5 ~ "/boxes/[^/]*/volume$" && index($5, own) != 1 { print $5 }' /proc/self/mountinfo); do
    umount "$at"
done

# libvirt's LXC driver trips over a v2 tree beside v1 ones (hybrid hosts); nodes mount their own.
if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi

# Machines write on disks there, wherever that is: it would not stay in what is laid over /etc, /mnt, /run and /var.
n=0
while read -r d; do
    n=$((n + 1))
    mkdir -p "$RUN/disks-$n"
    mount --rbind "$d" "$RUN/disks-$n"
done < "$RUN/disks"

# What libvirtd writes stays in memory and ends with the box: the host's /etc, /var and /run are not touched.
mount -t tmpfs -o mode=755 icebox /mnt
mkdir -p /mnt/keep/run /mnt/keep/home /mnt/run /mnt/nodes
mount --rbind "$RUN" /mnt/keep/run
mount --rbind "$HOME" /mnt/keep/home
for d in etc var; do
    mkdir -p "/mnt/$d.upper" "/mnt/$d.work"
    mount -t overlay -o "lowerdir=/$d,upperdir=/mnt/$d.upper,workdir=/mnt/$d.work" overlay "/$d"
done
if [ -n "$XEN" ]; then
    mkdir -p /mnt/run/xen /mnt/run/xenstored
    mount --bind /run/xenstored /mnt/run/xenstored
fi
mount --rbind /mnt/run /run
mkdir -p "$SEEN" "$HOME"
mount --rbind /mnt/keep/run "$SEEN"
mount --rbind /mnt/keep/home "$HOME"
n=0
while read -r d; do
    n=$((n + 1))
    mkdir -p "$d"
    mount --rbind "$SEEN/disks-$n" "$d"
done < "$SEEN/disks"
mkdir -p /etc/libvirt /run/libvirt /run/lock /var/lib/libvirt /var/log/libvirt/lxc /var/log/libvirt/qemu

# Open for both ends, so that whoever writes need not wait until somebody reads.
mkfifo -m 600 "$SEEN/set-up"
exec 3<>"$SEEN/set-up"
echo "$HOST_PID" > "$SEEN/ground.new"
mv "$SEEN/ground.new" "$SEEN/ground"
read -r _ <&3
exec 3<&-
. "$SEEN/mounts.sh"

# The outside: another network, its own root, the same process namespace.
unshare --net --mount --uts --propagation private -- chroot /mnt/nodes/outside /bin/sh -c '
    mount -t proc proc /proc
    mount -t tmpfs -o mode=755 run /run
    mount -t tmpfs -o mode=1777 tmp /tmp
    mount -t tmpfs -o mode=755 dev /dev
    mkdir -p /dev/pts /dev/shm /run/sshd /run/named
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 pts /dev/pts
    mount -t tmpfs -o mode=1777 shm /dev/shm
    ln -s pts/ptmx /dev/ptmx
    ln -s /proc/self/fd /dev/fd
    mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/full c 1 7
    mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/urandom c 1 9; mknod -m 666 /dev/tty c 5 0
    hostname outside
    : > /run/ready
    exec sleep infinity' icebox-outside &
OUTSIDE=$!
while ! [ -e "/proc/$OUTSIDE/root/run/ready" ]; do
    kill -0 "$OUTSIDE" || { echo "the outside could not be made"; exit 1; }
    sleep 0.01
done

echo "$HOST_PID $OUTSIDE" > "$SEEN/holder.new"
mv "$SEEN/holder.new" "$SEEN/holder"
sleep infinity &
while :; do wait; done
