"""From a laptop through a local dom0 against straight to a process on the host, and a class that logs in.

All of it is in a class room of namespaces, as its tests make it.  Counted above the line: a file of 200 MB
fetched by ``globus-url-copy``, and as much read by ``ssh``, both from a node.  Counted below: the same from
the same program, with the node's files and accounts, but in the host's own network.  By turns, on a cable of
1 Gbit/s as a class room has, and once more on one without a limit: there all of it, the laptop, too, is work
of this machine's processors, and the ratio is what each packet costs them.
"""

import re
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from bench.figure import Figure, ratios
from bench.sampling import by_turns
from bench.session import Bench, Session
from harness.deadline import wait_for
from harness.errors import HarnessError
from harness.image import build
from harness.site import Site
from harness.sitefile import load
from tests.integration.local.classroom import BOX, HOST, ClassRoom, class_room
from tests.integration.local.laptop import NAME, reached
from tests.integration.local.straight import straight

Turns = list[list[float]]
"""Seconds of each turn, for each side."""
STUDENTS = 30
SECOND = 1.0
"""Within which all of them begin."""
BYTES = 200 * 10**6
TURNS, SINGLE = 5, 10
"""Transfers of each kind on each side, and logins one after the other, for each run."""
LIMIT = 1 / 0.9
"""Of the time: nine tenths of the throughput."""
SSH, STRAIGHT_SSH = 2222, 12222
GRIDFTP, STRAIGHT_GRIDFTP = 2811, 12811
CABLE = "tc qdisc replace dev eth0 root tbf rate 1gbit burst 256kb latency 20ms"
"""Typed at the host: both ways to the laptop leave by this interface (tc-tbf(8))."""
WITHOUT = "tc qdisc delete dev eth0 root"
DATA_PORTS = "40000,40099"
"""For the straight server: ports that no row of the table leads away."""
STARTING, PATIENCE = 60.0, 300.0
DAEMON = "/usr/sbin/sshd -D -o PidFile=none -p {port}"
SERVER = """\
sed 's/^port .*/port {port}/; s/^data_interface .*/data_interface {host}/
    s/_PORT_RANGE .*/_PORT_RANGE {range}/' /etc/gridftp.conf > /run/straight.conf
exec xargs -0 sh -c 'exec env -i "$@" /usr/sbin/globus-gridftp-server -s -c /run/straight.conf' straight \\
    < /proc/$(cat /run/globus-gridftp-server.pid)/environ
"""
ALL_AT_ONCE = """\
begun=$(date +%s%N)
{logins}
last=$(date +%s%N)
refused=0
for each in $all; do wait $each || refused=$((refused + 1)); done
echo $begun $last $(date +%s%N) $refused
"""
CREDENTIALS = "voms-proxy-init -quiet -voms {vo} && cat /tmp/x509up_u$(id -u)"
TRUST = "tar -C /etc/grid-security -c certificates vomsdir | base64"
FETCH = """\
export X509_USER_PROXY=/run/proxy X509_CERT_DIR=/run/certificates
begun=$(date +%s%N)
globus-url-copy gsiftp://{se}:{port}{path} file:///run/fetched
echo $(($(date +%s%N) - begun))
"""


def measure(session: Session) -> list[Figure]:
    """One class room and box for all of it."""
    with _class(session) as room:
        site = load(room.site)
        with straight(room, site.se.name, SERVER.format(port=STRAIGHT_GRIDFTP, host=HOST, range=DATA_PORTS)):
            _wait_for(room, STRAIGHT_GRIDFTP)
            _give_credentials(room, site)
            path = f"{site.storage}/bench"
            room.icebox(
                "ssh", "--box", BOX, site.se.name, f"head -c {BYTES} /dev/urandom > {path}; chmod 644 {path}"
            )
            sides = [partial(_fetched, room, site, port, path) for port in (GRIDFTP, STRAIGHT_GRIDFTP)]
            gridftp = _on_both_cables(room, session.runs, sides)
        with straight(room, site.ui.name, DAEMON.format(port=STRAIGHT_SSH)):
            _wait_for(room, STRAIGHT_SSH)
            line = f"head -c {BYTES} /dev/zero"
            sides = [partial(_typed, room, "student01", line, port) for port in (SSH, STRAIGHT_SSH)]
            ssh = _on_both_cables(room, session.runs, sides)
        one, whole = [], []
        for _ in range(session.runs):
            single = [_typed(room, "student01", "true") for _ in range(SINGLE)]
            one.append(sum(single) / SINGLE)
            whole.append(_all_at_once(room, site))
    return [
        *_throughput("gridftp", "GridFTP", *gridftp),
        *_throughput("ssh", "ssh", *ssh),
        Figure(
            "room.logins",
            f"{STUDENTS} students log in within one second, until the last is in ÷ one login",
            "ratio",
            ratios(whole, one),
            note=f"all {STUDENTS} were let in each time",
        ),
        Figure("room.one-seconds", "one login from a laptop", "s", tuple(one)),
    ]


def _on_both_cables(room: ClassRoom, runs: int, sides: list[Callable[[], float]]) -> tuple[Turns, Turns]:
    """Seconds of each side's turns on a cable of 1 Gbit/s, and on one without a limit."""
    by_turns(1, sides)
    room.at_host(CABLE)
    on_cable = by_turns(TURNS * runs, sides)
    room.at_host(WITHOUT)
    return on_cable, by_turns(TURNS * runs, sides)


def _throughput(word: str, name: str, on_cable: Turns, without: Turns) -> list[Figure]:
    through = "through the local dom0 ÷ straight to a process on the host, time of 200 MB"
    title, least = f"{name} from a laptop {through}", f"{name} of 200 MB through the local dom0"
    return [
        Figure(f"room.{word}", f"{title}, 1 Gbit/s", "ratio", ratios(*on_cable), LIMIT),
        Figure(f"room.{word}-without", f"{title}, cable without a limit", "ratio", ratios(*without)),
        Figure(f"room.{word}-seconds", f"{least}, 1 Gbit/s", "s", tuple(on_cable[0])),
        Figure(f"room.{word}-without-seconds", f"{least}, cable without a limit", "s", tuple(without[0])),
    ]


@contextmanager
def _class(session: Session) -> Iterator[ClassRoom]:
    """A class room with a box that is up, and so many students."""
    build.ensure(session.console)
    with ExitStack() as stack:
        room = stack.enter_context(class_room(session.directory()))
        room.site.write_text(
            re.sub(r"(\[students\]\ncount = )\d+", rf"\g<1>{STUDENTS}", room.site.read_text())
        )
        stack.enter_context(reached(room))
        stack.callback(room.icebox, "stop", "--destroy", "--box", BOX)
        if (started := room.start()).code:
            raise HarnessError("the box of the class room did not come up", why=started.output[-1000:])
        yield room


def _wait_for(room: ClassRoom, port: int) -> None:
    def listening() -> bool:
        return bool(room.at_host(f"ss -Htln sport = :{port}"))

    wait_for(f"a server at port {port} of the host", listening, STARTING)


def _give_credentials(room: ClassRoom, site: Site) -> None:
    """A student's proxy and the CAs, on the laptop."""
    proxy = room.ssh("student01", CREDENTIALS.format(vo=site.vo))
    _at_laptop(room, "umask 077; cat > /run/proxy", proxy)
    _at_laptop(room, "base64 -d | tar -C /run -x", room.ssh("student01", TRUST))


def _at_laptop(room: ClassRoom, line: str, stdin: str = "") -> str:
    given = room.host.scratch / "given"
    given.touch(mode=0o600)
    given.write_text(stdin)
    return room.at_host(f"ssh {NAME} {shlex.quote(line)} < {given}; rm {given}")


def _fetched(room: ClassRoom, site: Site, port: int, path: str) -> float:
    """Seconds for the file."""
    line = FETCH.format(se=site.se.fqdn, port=port, path=path)
    return int(_at_laptop(room, line).split()[-1]) / 1e9


def _typed(room: ClassRoom, account: str, line: str, port: int = SSH) -> float:
    """Seconds of one ssh from its start to its end."""
    begun = time.perf_counter()
    room.ssh(account, line, port=port)
    return time.perf_counter() - begun


def _all_at_once(room: ClassRoom, site: Site) -> float:
    """Seconds until the last of the class is in; raises HarnessError if not all are, or begin too slowly."""
    logins = (shlex.join([*room.login(student.login), "true"]) for student in site.students)
    script = ALL_AT_ONCE.format(logins="\n".join(f'{each} & all="$all $!"' for each in logins))
    begun, last, ended, refused = map(int, room.laptop.run("sh", "-c", script, seconds=PATIENCE).split())
    if refused:
        raise HarnessError(f"{refused} of {STUDENTS} students were not let in")
    if last - begun > SECOND * 1e9:
        raise HarnessError("this machine is too busy", why=f"to begin took more than {SECOND:g} s")
    return (ended - begun) / 1e9


BENCH = Bench("room", "a class room: throughput through a local dom0, and a class that logs in", measure)
