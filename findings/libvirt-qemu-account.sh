#!/bin/sh
# libvirt's QEMU driver looks for the account libvirt-qemu of Debian's package before it reads which one it is told to use; where there is none, as on a
# host that is laid of layers, the whole libvirtd ends, and the LXC driver with it.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Guessed: with user = "root" and group = "root" in qemu.conf no account of the package's is needed; and where a driver can't start, others do.
EOF
debian libvirt-daemon=11.3.0-3+deb13u3 libvirt-daemon-driver-qemu=11.3.0-3+deb13u3 libvirt-daemon-driver-lxc=11.3.0-3+deb13u3 \
    libvirt-clients=11.3.0-3+deb13u3
versions libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-driver-lxc
inside > "$WORK/said" 2>&1 <<'EOF'
printf 'user = "root"\ngroup = "root"\n' > /etc/libvirt/qemu.conf
answer() {
    for tries in $(seq 150); do
        timeout 10 virsh -q -c "$1:///system" list > /tmp/list 2>&1 && { echo answers; return; }
        readlink "/proc/$daemon/exe" > /tmp/exe || { echo "has nobody who answers"; return; }
        sleep 0.2
    done
    echo "says nothing"
}
try() {
    mkdir -p /run/libvirt
    libvirtd > /tmp/log 2>&1 &
    daemon=$!
    for kind in qemu lxc; do echo "$1: $kind $(answer $kind)"; done
    grep -o 'Failed to parse user.*' /tmp/log | sort -u
    kill "$daemon" 2> /tmp/gone
    wait "$daemon"
    rm -rf /run/libvirt /run/libvirtd.pid
}
try 'with the account'
sed -i '/^libvirt-qemu:/d' /etc/passwd /etc/group
try 'without it'
rm /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so
try 'without the driver'
EOF
cat "$WORK/said"
told() { grep -qx "$1" "$WORK/said"; }
holds "with the account both drivers answer …" told 'with the account: qemu answers'
holds "… LXC's as well" told 'with the account: lxc answers'
holds "without it the QEMU driver does not start, though it is told to use root …" told "Failed to parse user 'libvirt-qemu'"
holds "… and LXC's, which wants no account, is gone too" told 'without it: lxc has nobody who answers'
holds "LXC's answers where the QEMU driver is not installed" told 'without the driver: lxc answers'
