"""A class room of namespaces: a host of its own processes, mounts and network, a router, and a laptop.

    laptop ── switch of the room, with the router ── host

What is done to "the host" is done in a sandbox; this machine's own network is not in it.
"""

import os
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.dom0.place import Place
from harness.probes import scan
from harness.state import home
from tests.integration.leaks.sandbox import PREFIX, Done, Sandbox, children
from tests.integration.network.netns import Namespace, cable
from tests.unit import sites

BOX = f"{PREFIX}room"
HOST, ROUTER, LAPTOP = "10.8.0.5", "10.8.0.1", "10.8.0.9"
CLOCK = 'clock = "own"'
"""Not every machine that runs tests has a time server."""
NO_DAD = "for of in all default; do echo 0 > /proc/sys/net/ipv6/conf/$of/accept_dad; done"
"""Or an interface's IPv6 address is told in other words in its first second."""
WAY_OUT = f"ip route add default via {ROUTER}"


CHECK = """\
import sys
from pathlib import Path
from harness.box import host
from harness.errors import IceboxError
from harness.sitefile import load
try:
    host.check(5, load(Path(sys.argv[1])))
    print("fit")
except IceboxError as error:
    print(error)
"""


@dataclass(frozen=True)
class ClassRoom:
    """``site`` is the file of a site of the local kind, as a test may change it."""

    host: Sandbox
    room: Namespace
    laptop: Namespace
    site: Path

    def icebox(self, *words: str) -> Done:
        return self.host.icebox(*words)

    def start(self, box: str = BOX) -> Done:
        return self.icebox("start", "--site", str(self.site), "--box", box)

    def judged(self, *within: str) -> str:
        """What icebox, typed behind the words ``within``, says of the host before it makes a box."""
        done = self.host.run([*within, sys.executable, "-c", CHECK, str(self.site)])
        assert done.code == 0, done.output
        return done.output.strip()

    def at_host(self, line: str) -> str:
        """What a shell line prints on the host, as root."""
        done = self.host.run(["sh", "-ec", line])
        assert done.code == 0, f"{line}: {done.output}"
        return done.output

    def resolves(self, nameservers: Sequence[str], *names: str) -> list[str]:
        """What programs at the laptop get of names, if its /etc/resolv.conf has these name servers."""
        script = """set -e
            for file in resolv.conf hosts; do : > /run/$file; mount --bind /run/$file /etc/$file; done
            for each in $0; do echo "nameserver $each" >> /etc/resolv.conf; done
            for name in "$@"; do getent -s hosts:dns ahostsv4 "$name" | awk 'NR == 1 {print $1}'; done"""
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
        words += [script.replace("set -e", "set -e; mount -t tmpfs none /run", 1)]
        return self.laptop.run(*words, " ".join(nameservers), *names).split()

    def change(self, old: str, new: str) -> None:
        """Change a text of the site file, which must be in it."""
        text = self.site.read_text()
        assert old in text
        self.site.write_text(text.replace(old, new))

    def open_ports(
        self, target: str, ports: Sequence[int] = scan.ALL_PORTS, sure: Collection[int] = ()
    ) -> set[int]:
        """TCP ports of an address at which somebody takes the laptop's connection; ``sure`` ones answer."""
        words = [LAPTOP, target, scan._listed(ports), scan._listed(sure), str(scan.PATIENCE)]
        said = self.laptop.run(*Place.python(Path(scan.__file__), *words), seconds=120)
        return {int(line.split()[0]) for line in said.splitlines() if line.split()[1] == "accepts"}

    def ssh(self, account: str, line: str, *, box: str = BOX, host: str = HOST, port: int = 2222) -> str:
        """What a student who sits at the laptop reads."""
        return self.laptop.run(*self.login(account, box=box, host=host, port=port), line, seconds=120)

    def login(self, account: str, *, box: str = BOX, host: str = HOST, port: int = 2222) -> list[str]:
        """Words before a line that such a student types."""
        key = self.host.home / "boxes" / box / "secrets" / f"ssh-{account}"
        options = (
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
        )
        words = [word for option in options for word in ("-o", option)]
        return ["ssh", "-i", str(key), "-p", str(port), *words, f"{account}@{host}"]


@contextmanager
def class_room(directory: Path, prepare: str = WAY_OUT) -> Iterator[ClassRoom]:
    """One whose host has run ``prepare``, a shell line."""
    with ExitStack() as stack:
        room, laptop = (stack.enter_context(Namespace(name)) for name in ("room", "laptop"))
        room.ip("link add switch0 type bridge")
        room.ip("link set switch0 up")
        room.ip(f"address add {ROUTER}/24 dev switch0")
        cable(room, "lan9", laptop, "eth0")
        laptop.ip(f"address add {LAPTOP}/24 dev eth0")
        laptop.ip(f"route add default via {ROUTER}")
        (directory / "home").mkdir()
        for name in ("allure", "stamps"):
            # What makes reports of checks that run there.
            (directory / "home" / name).symlink_to(home() / name)
        host = Sandbox(directory / "home", prepare=f"ip link set lo up; {NO_DAD}")
        stack.callback(host.close)
        room.ip(f"link add lan5 type veth peer name eth0 netns {host.init}")
        for port in ("lan5", "lan9"):
            room.ip(f"link set {port} up master switch0")
        made = ClassRoom(host, room, laptop, site_file(directory))
        made.at_host(f"ip address add {HOST}/24 dev eth0; ip link set eth0 up; {prepare}")
        yield made


def expose(room: ClassRoom) -> None:
    """Have the site of the embedded kind instead, opened at the host's interface."""
    room.change('kind = "local"', 'kind = "embedded"\nexpose = "eth0"')


def site_file(directory: Path) -> Path:
    changes = (('address = "203.0.113.10"', ""), ('kind = "embedded"', f'kind = "local"\n{CLOCK}'))
    return sites.site_file(directory, *changes)


SERVER = """\
import signal, socket, sys
server = socket.socket(type=getattr(socket, sys.argv[2]))
server.bind((sys.argv[3], int(sys.argv[1])))
if sys.argv[2] == "SOCK_DGRAM":
    print("listening", flush=True)
    signal.pause()
server.listen()
print("listening", flush=True)
while True:
    server.accept()[0].sendall(b"the host's own\\n")
"""


@contextmanager
def service(host: Sandbox, port: int, kind: str = "SOCK_STREAM", *, address: str = "") -> Iterator[None]:
    """One of the host's own that says so to whoever connects."""
    with host.popen([sys.executable, "-c", SERVER, str(port), kind, address]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "listening\n"
        try:
            yield
        finally:
            # nsenter's child is the service.
            for number in children(child.pid):
                os.kill(number, signal.SIGKILL)
