#!/bin/sh
# What busybox's init runs first in the dom0 of an emulated Xen host.  systemd would take a minute of emulation.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,gid=5 pts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t cgroup2 none /sys/fs/cgroup
for module in virtio_net xenfs xen_evtchn xen_gntdev xen_gntalloc xen_blkback xen_netback loop bridge dm_mod; do
    modprobe -q "$module"
done
mount -t xenfs xenfs /proc/xen
mount -o remount,rw /
hostname xenhost
ip link set lo up
# QEMU's user network: its addresses are always these.
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
mkdir -p /run/sshd /run/lock /run/libvirt /run/xen /var/log/xen/console
# A domain whose kernel ends by itself is told of by nobody else.
XENCONSOLED_ARGS=--log=guest /etc/init.d/xen start
libvirtd --daemon
echo "icebox: the dom0 is up" > /dev/console
