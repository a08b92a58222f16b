"""A hypervisor for tests, which is no more than unshare(1): machines without libvirt."""

import signal
from collections.abc import Collection

from harness.deadline import wait_for
from harness.dom0 import containers
from harness.dom0.dom0 import Dom0
from harness.dom0.place import Place
from harness.errors import HarnessError, WaitError
from harness.site import Bridge, Node
from harness.virt.domain import mac
from harness.virt.kinds import KINDS
from harness.virt.machines import INIT, Machines

NAME = "toy"
MARK = "--toy"
ENDING = 30.0
"""Seconds until a machine has ended, or is gone; it takes one on an idle machine."""
MAKE = """\
set -eu
root=$1 node=$2
mount -t proc proc "$root/proc"
mount -t sysfs sys "$root/sys"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=755 dev "$root/dev"
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 pts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for n in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/${n%:*}" c 1 "${n#*:}"; done
mknod -m 666 "$root/dev/tty" c 5 0
mount -t tmpfs none "$root/sys/fs/cgroup"
until ip link show eth0 > /dev/null 2>&1; do sleep 0.05; done
cd "$root"
mkdir -p run/old
pivot_root . run/old
exec env -i container=toy PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -c '
    umount -l /run/old && rmdir /run/old && exec "$@"' sh "$3" "$node"
"""
PLUG = """\
# The cable of a machine that lost its power stays until the kernel has taken its network down.
ip link del "$1" 2> /dev/null || :
ip link add name "$1" type veth peer name eth0 netns "$2" address "$3"
ip link set dev "$1" master "$4" up
"""


class Toy(Machines):
    """Each machine is a process with namespaces of its own; a veth is its cable."""

    @classmethod
    def prepare(cls, dom0: Dom0) -> None:
        pass  # it has no daemon

    def ready(self) -> None:
        pass

    def mend(self) -> None:
        pass

    def create(self, node: Node, bridge: Bridge) -> None:
        words = ["unshare", "--net", "--pid", "--fork", "--mount", "--uts", "--ipc"]
        words += ["--propagation", "private", "sh", "-c", MAKE, "make"]
        words += [self.dom0.disk(node.name), node.name, INIT, MARK, self._word(node)]
        self.dom0.spawn(self.dom0, words, "toy.log")
        first = wait_for(f"{node} to be made", lambda: self._first(node), ENDING)
        cable = ["sh", "-ec", PLUG, "plug", f"toy{node.address.packed[-1]}", first, mac(node), bridge.name]
        self.dom0.run(cable).check()

    def _first(self, node: Node) -> str:
        """The number, at the dom0, of a machine's first process, which waits for its cable; empty if none."""
        return str(containers.firsts(self.dom0, MARK).get(self._word(node), ""))

    def running(self) -> Collection[str]:
        return {word.partition(".")[2] for word in containers.firsts(self.dom0, MARK)}

    def alive(self) -> Collection[str]:
        return self.running()

    def inside(self, node: Node) -> Place | None:
        return containers.inside(self.dom0, node.name, MARK, self._word(node))

    def power_off(self, node: Node) -> None:
        containers.signal(self.dom0, MARK, self._word(node), signal.SIGRTMIN + 4, ENDING)

    def unplug(self, node: Node) -> None:
        if not containers.signal(self.dom0, MARK, self._word(node), signal.SIGKILL, ENDING):
            raise WaitError(f"{node} does not end")

    def converse(self, node: Node) -> None:
        raise HarnessError(f"{node} has no console")

    def describe(self, node: Node) -> str:
        return self.dom0.run(f"ps axf -o pid,args | grep -F -A9 {self._word(node)}").stdout

    def notes(self) -> str:
        return self.dom0.log("toy.log")

    def last_words(self, node: Node) -> str:
        return self.notes()[-500:]

    def close(self) -> None:
        pass

    def _word(self, node: Node) -> str:
        return f"{self.dom0.box}.{node.name}"


KINDS.register(NAME, Toy)
