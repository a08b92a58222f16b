"""A class room whose names lead to its router: what the router lacks is told from a laptop."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.report.verdict import CheckResult, Outcome, Verdict
from harness.state import checkout
from tests.drill.tried import Told
from tests.integration.local.classroom import BOX, HOST, ClassRoom, class_room
from tests.integration.local.laptop import NAME, reached

ROUTED = "198.18.0.1"
"""The router's address towards the world, of a network for tests (RFC 2544)."""
RULES = """\
add table ip router
delete table ip router
table ip router {{
    chain forwarded {{
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr {routed} tcp dport {{ {ports} }} dnat ip to {host}
    }}
    chain hairpin {{
        type nat hook postrouting priority srcnat; policy accept;
        {hairpin}
    }}
}}
"""
HAIRPIN = "ct status dnat masquerade"
ROUTING = """\
echo 1 > /proc/sys/net/ipv4/ip_forward
bridged=/proc/sys/net/bridge/bridge-nf-call-iptables
[ ! -e $bridged ] || echo 0 > $bridged
"""
"""What goes from port to port of the room's switch does not pass the router's rules."""
CHECKS = (pytest.param("test_laptop_reaches_all", marks=pytest.mark.long), "test_laptop_logs_in")
CHECKING = 300.0
"""Seconds for a check; it takes 10 on an idle machine."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassRoom]:
    """With a box that is up, and a router that forwards nothing yet."""
    with ExitStack() as stack:
        made = stack.enter_context(class_room(tmp_path_factory.mktemp("router")))
        made.change("[dom0]", f'[dom0]\naddress = "{ROUTED}"')
        stack.enter_context(reached(made))
        hosts = made.site.with_name("hosts")
        hosts.write_text(hosts.read_text().replace(HOST, ROUTED))
        made.room.ip("link add wan type bridge")
        made.room.ip(f"address add {ROUTED}/32 dev wan")
        made.room.ip("link set wan up")
        made.room.run("sh", "-ec", ROUTING)
        started = made.start()
        stack.callback(made.icebox, "stop", "--destroy", "--box", BOX)
        assert started.code == 0, started.output
        yield made


def checked(room: ClassRoom, run: Path, check: str) -> CheckResult:
    words = ["env", "-C", str(checkout()), sys.executable, "-m", "pytest", "-q", "-n0"]
    words += [f"tests/acceptance/test_laptop.py::{check}", f"--box={BOX}", f"--run-dir={run}"]
    with room.host.popen(words) as checking:
        said, _ = checking.communicate(timeout=CHECKING)
    assert (run / "verdict.json").exists(), said[-3000:]
    return Verdict.from_json((run / "verdict.json").read_text()).checks[0]


def forwards(room: ClassRoom, ports: str, hairpin: str = "") -> None:
    room.room.nft(RULES.format(routed=ROUTED, host=HOST, ports=ports, hairpin=hairpin))


@pytest.mark.tries(
    "on the router, forward the ports of … to …, for those inside as well (hairpin, NAT loopback)"
)
@pytest.mark.parametrize("check", CHECKS)
def test_what_the_router_lacks_is_told(room: ClassRoom, tmp_path: Path, told: Told, check: str) -> None:
    room.room.nft("add table ip router\ndelete table ip router\n")
    found = checked(room, tmp_path / "nothing", check)
    assert found.outcome is Outcome.FAILED
    assert f"the room's router, {ROUTED}, does not lead {NAME} to the box at any port" in found.message
    assert "refused" in found.message
    told(found.remedy)
    forwards(room, "1-65535")
    found = checked(room, tmp_path / "no-hairpin", check)
    assert found.outcome is Outcome.FAILED
    assert f"does not lead {NAME} to the box at any port" in found.message
    assert "no connection within" in found.message
    forwards(room, "1-2221, 2223-65535", HAIRPIN)
    found = checked(room, tmp_path / "one", check)
    assert found.outcome is Outcome.FAILED
    assert f"does not lead {NAME} to the box at port 2222" in found.message
    forwards(room, "1-65535", HAIRPIN)
    found = checked(room, tmp_path / "all", check)
    assert found.outcome is Outcome.PASSED, found.message
