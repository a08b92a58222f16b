"""The libvirtd of one box, at its dom0: started, replaced when it is stuck, and what it is set to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.dom0 import containers
from harness.dom0.disk import IDENTITIES
from harness.dom0.dom0 import Dom0

LOG = "libvirtd.log"
"""Among the dom0's logs."""
SOUND = 10.0
"""Seconds a libvirtd may stay silent before it counts as stuck."""
ENDED = 10.0
"""Seconds until one that was killed is gone; milliseconds on an idle machine."""
EMULATOR, LAUNCHED = "/usr/lib/libvirt/libvirt_lxc", "/var/lib/libvirt/machine"
"""A container's controller, and at the dom0 what starts it; nothing in /run may be run."""
CONFIG = """\
unix_sock_dir = "{directory}/libvirt"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
SETTINGS: Mapping[str, str] = {
    # Nodes have no labels and no profiles of libvirt's: what holds them is told in docs/security.md.
    "lxc": 'security_driver = "none"\n',
    # There is no account for emulators at a dom0 of namespaces, and no virtlogd.
    "qemu": 'security_driver = "none"\nuser = "root"\ngroup = "root"\ndynamic_ownership = 0\n'
    'remember_owner = 0\nnamespaces = []\nstdio_handler = "file"\n',
    # How much memory the dom0 keeps for itself, its owner says.
    "xen": "autoballoon = 0\n",
}
"""Of each driver, in its file below /etc/libvirt."""
MODULES = {"lxc": "lxc", "qemu": "qemu", "xen": "libxl"}
"""What libvirt calls a driver where it is a file."""
LAUNCHER = """\
#!/bin/sh
# Becomes a machine's controller, in a v2 control group of the machine's own that belongs to the machine's
# root.  Where v2 is all there is, libvirt does so; beside v1 it does not know of that tree.
for word; do [ "$last" = --name ] && name=$word; last=$word; done
test -e /sys/fs/cgroup/cgroup.controllers || unshare --mount --propagation private -- sh -ec '
    mount -t cgroup2 none /sys/fs/cgroup && cd "/sys/fs/cgroup/$1" && mkdir -p "$2" && cd "$2"
    read -r _ root _ < "$3"
    chown "$root:$root" . cgroup.procs cgroup.threads cgroup.subtree_control
    echo "$4" > cgroup.procs' group '{group}' "$name" '{note}' $$
exec {emulator} "$@"
"""
START = """\
{ test -c /dev/net/tun || { mkdir -p /dev/net && mknod -m 600 /dev/net/tun c 10 200; }; } &&
mkdir -p -m 700 "$1/libvirt" && printf %s "$2" > "$1/libvirtd.conf" &&
printf %s "$3" > "$4" && chmod 700 "$4" || exit
# Where there is AppArmor, in the box's namespace of its policies: Debian's profile of libvirtd lets it start
# nothing but what libvirt brings, and those of other programs would count in nodes.
policies=; test ! -d "/sys/kernel/security/apparmor/policy/namespaces/$5" || policies=":$5://"
{ printf 'exec %sunconfined' "$policies" > /proc/self/attr/apparmor/exec; } 2>/dev/null
conf=$1/libvirtd.conf; shift 5
# Only the drivers that are wanted: others want users, dnsmasq and udev of a full installation, and look for
# their hypervisor for a while.
export LIBVIRT_DRIVER_DIR=/var/lib/libvirt/drivers
mkdir -p "$LIBVIRT_DRIVER_DIR"
while [ $# -gt 0 ]; do
    # The QEMU driver does not start without this account, though nothing runs as it.
    test "$1" != qemu || grep -q ^libvirt-qemu: /etc/passwd || {
        echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin >> /etc/passwd
        echo libvirt-qemu:x:64055: >> /etc/group
    }
    printf %s "$2" > "/etc/libvirt/$1.conf"
    ln -sf /usr/lib/*/libvirt/connection-driver/libvirt_driver_$1.so "$LIBVIRT_DRIVER_DIR"
    shift 2
done
exec libvirtd --config "$conf" --pid-file /run/libvirtd.pid"""


def start(dom0: Dom0, drivers: Collection[str]) -> None:
    """Start it with these drivers; it lives as long as the dom0, with its socket in the box's directory."""
    launcher = LAUNCHER.format(group=dom0.partition, note=f"{dom0.directory}/{IDENTITIES}", emulator=EMULATOR)
    words = [dom0.directory, CONFIG.format(directory=dom0.directory), launcher, LAUNCHED, dom0.partition]
    settings = [word for driver in drivers for word in (MODULES[driver], SETTINGS[driver])]
    dom0.spawn(dom0, ["sh", "-c", START, "libvirtd", *words, *settings], LOG)


def end(dom0: Dom0) -> None:
    """Kill it, and wait until it is gone: it holds its PID file to the end."""
    containers.end_controller(dom0, "--config", f"{dom0.directory}/libvirtd.conf", ENDED)


def uri(dom0: Dom0, driver: str) -> str:
    """Where this machine reaches one driver of it."""
    return f"{driver}+{dom0.libvirt_uri.partition('+')[2]}"


def is_sound(dom0: Dom0, driver: str) -> bool:
    """Whether it takes connections."""
    # With libvirt's bindings, which a machine that is a remote dom0 need not have (harness/box/far.py).
    from harness.virt.connection import answers

    return answers(uri(dom0, driver), dom0.longer(SOUND))


def last_words(dom0: Dom0) -> str:
    """How its log ends."""
    return "\n       ".join(dom0.log(LOG).splitlines()[-3:])
