"""What the machine would be in a class room: an interface there, its kernel, and who keeps its clock."""

import shlex
from pathlib import Path

from tests.integration.local.classroom import CHECK, CLOCK, HOST, ROUTER, site_file
from tests.unit import sites

LAN = (
    f"ip link add lan0 type veth peer name lan1 && ip address add {HOST}/24 dev lan0 && "
    f"ip link set lan1 up && ip link set lan0 up && ip route add default via {ROUTER}"
)
NO_NAT = "/etc/modprobe.d/no-nat.conf"
SITES, UNKEPT = "root/room", "unkept"
"""Below the machine's root, and the site there whose owner has not said that the clock is its own."""
SHARED = f"--site /{SITES}/shared/icebox.toml"
"""The default site with a volume, of which each has a share."""
VOLUME = "[disk]\ngigabytes = 6\nperson = 1\n"
PYTHON = "$(ls /var/lib/icebox/python/*/bin/python)"
WARNED = """\
from harness.checks import clock
from harness.dom0.place import Place

class Here(Place):
    name = "here"

    def words(self, command):
        return [*command]

for warning in clock.unkept(Here()):
    print(f"{warning}\\ndo: {clock.KEEP}")
"""
"""What TIME-1 warns of at a dom0 that is this machine."""


def _judged(name: str = "") -> str:
    """What icebox says of the machine before it makes a box."""
    return f"{PYTHON} -c {shlex.quote(CHECK)} {Path('/', SITES, name, 'icebox.toml')}"


BEFORE = {
    "lan": LAN,
    "without": f"echo install nft_chain_nat /bin/false > {NO_NAT}; {_judged()}; rm {NO_NAT}",
    "with": _judged(),
    "unsynchronized": _judged(UNKEPT),
    "away": "ip link delete lan0",
}
"""With a kernel that has no NAT, with Debian's as it is, and with a clock that nobody keeps."""
UP = {
    "alone": f"{PYTHON} -c {shlex.quote(WARNED)}",
    # Debian's chrony asks this one; the machine reaches no other.
    "named": "echo 127.0.0.1 2.debian.pool.ntp.org >> /etc/hosts",
    "server": "setsid python3 tests/machine/timeserver.py &",
    "chrony": "apt-get install --yes chrony && chronyc waitsync 60 0 0 2",
    "kept": f"{PYTHON} -c {shlex.quote(WARNED)}",
    "fit": f"{LAN}; {_judged(UNKEPT)}; ip link delete lan0",
}
"""While the box is up: before and after chrony is there."""


def lay(root: Path) -> None:
    """The site files that are judged."""
    for name in ("", UNKEPT, "shared"):
        (root / SITES / name).mkdir()
    site_file(root / SITES)
    unkept = site_file(root / SITES / UNKEPT)
    unkept.write_text(unkept.read_text().replace(CLOCK, ""))
    sites.site_file(root / SITES / "shared", text=f"{sites.DEFAULT}\n{VOLUME}")


def told(said: str) -> str:
    """The remedy in what icebox says."""
    return said.partition("do:")[2].strip()
