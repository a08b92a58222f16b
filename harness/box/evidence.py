"""Evidence of a box: logs, addresses, rules and machine descriptions, gathered while it stands."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.box.box import Box
from harness.console import Console
from harness.deadline import Deadline, within
from harness.errors import IceboxError
from harness.site import Node

LIMIT = 20.0
"""Seconds of a usual machine for all of it, whatever hangs; what is not there by then is left out, and said
so."""
SHARE = 8.0
"""Seconds for one part: one that hangs must not take the time of the others."""
AT_ONCE = 16
"""Parts that are gathered side by side: all of six nodes that hang have their turn within the limit."""
BEFORE = 60.0
"""Seconds before the run's begin from which on logs are taken."""
LONGEST = 4_000_000
"""Bytes of one part, of its end."""
CUT = f"tail -c {LONGEST}"
OF_DOM0 = {
    "addresses": "ip address; ip rule; ip route show table all",
    "rules": "nft list ruleset",
    "processes": "ps axfww -o pid,ppid,stat,rss,args",
    "disk": "df -h; df -i",
}
OF_NODE = {
    "journal": f"journalctl --no-pager --since=@{{since}} -n 20000 | {CUT}",
    "logs": "find /var/log -type f ! -path '*/journal/*' -newermt @{since} | sort | "
    f'while read -r log; do echo "== $log"; tail -c 300000 "$log"; done | {CUT}',
    "network": "ip address; ip rule; ip route show table all; ss -tlnp; cat /etc/resolv.conf /etc/hosts",
    "certificates": "cd /etc/grid-security; for each in hostcert.pem */hostcert.pem certificates/*.0; do "
    'echo "== $each"; openssl x509 -noout -subject -issuer -startdate -enddate -in "$each"; done; '
    'for each in certificates/*.r0; do echo "== $each"; openssl crl -noout -issuer -lastupdate -nextupdate '
    '-in "$each"; done; date -u',
    "disk": "df -h; df -i; cat /proc/mounts",
    "processes": "ps axfww -o pid,ppid,user,stat,rss,etime,args",
    # Last, since it is systemd that is asked: where that hangs, all else is there.
    "units": "systemctl --failed --no-pager; systemctl list-units --no-pager --all --type=service",
}
"""Every part is read past the node's network, its sshd, and whatever of it is frozen."""


Part = Callable[[], str]


def collect(box: Box, directory: Path, seconds: float = 0.0, limit: float = LIMIT) -> None:
    """Write all evidence as text files, without any secret of the box; never raises for a part that fails.

    Logs are those of the last ``seconds`` and a minute more.  Ends after ``limit`` seconds of a usual
    machine, whatever hangs.  What an earlier box of the same name left in ``directory`` is replaced; what was
    taken when checks failed stands in directories there, and stays.
    """
    pace = box.pace
    deadline = Deadline(limit * pace)
    for file in directory.glob("*.*"):
        if file.is_file():
            file.unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    parts = dict(_parts(box, str(int(time.time() - seconds - BEFORE))))
    missing = dict.fromkeys(parts)
    for name, text in _gathered(parts, deadline, 2 * SHARE * pace):
        missing.pop(name)
        _keep(directory / name, box.secrets.redact(text))
    for name in missing:
        _keep(directory / name, f"not gathered within {deadline.seconds:g} s\n")


def _keep(path: Path, text: str) -> None:
    """A disk that is full, as it may be for what failed, keeps no verdict from being written."""
    with contextlib.suppress(OSError):
        path.write_text(text, encoding="utf-8")


def _gathered(parts: dict[str, Part], deadline: Deadline, each: float) -> Iterator[tuple[str, str]]:
    """Each part's text as it comes, until the deadline.

    Threads that hang keep nobody waiting, and no process from ending, as those of an executor would.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    for name in parts:
        waiting.put(name)

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while not deadline.expired:
                name = waiting.get_nowait()
                done.put((name, _text(name, parts[name], each)))

    for number in range(AT_ONCE):
        threading.Thread(target=work, name=f"evidence-{number}", daemon=True).start()
    with contextlib.suppress(queue.Empty):
        for _ in parts:
            yield done.get(timeout=deadline.remaining or 0.001)


def _text(name: str, get: Part, seconds: float) -> str:
    try:
        return within(seconds, name, get)
    except Exception as error:
        return f"could not be gathered: {str(error) or type(error).__name__}\n"


@contextmanager
def kept_of_failure(box: Box, directory: Path | None, console: Console) -> Iterator[None]:
    """Collect evidence if what is done inside fails, and have the error say where it is."""
    begun = time.monotonic()
    try:
        yield
    except IceboxError as error:
        if directory is not None:
            with console.stage("evidence"):
                collect(box, directory, time.monotonic() - begun)
            error.remedy = "; ".join(filter(None, (error.remedy, f"logs of all nodes are in {directory}")))
        raise


def _parts(box: Box, since: str) -> Iterator[tuple[str, Part]]:
    """By file name, in the order of their turns: all nodes' journals come before anything else of a node."""
    for name, line in OF_DOM0.items():
        yield f"dom0-{name}.txt", lambda line=line: box.dom0.run(line, timeout=SHARE).output  # type: ignore[misc]
    for name, line in OF_NODE.items():
        dated = line.replace("{since}", since)
        for node in box.site.nodes:
            yield (
                f"{node.name}-{name}.txt",
                lambda node=node, line=dated: _on_node(box, node, line),  # type: ignore[misc]
            )
    yield "dom0-nodes.txt", box.machines.notes
    for log in box.dom0.logs():
        yield f"dom0-{log}", lambda log=log: box.dom0.log(log)  # type: ignore[misc]
    for node in box.site.nodes:
        yield f"{node.name}.xml", lambda node=node: box.machines.describe(node)  # type: ignore[misc]


def gone(box: Box, node: Node) -> str:
    """What is known of a node that is down."""
    return f"the node is down; {box.machines.last_words(node)}\n"


def _on_node(box: Box, node: Node, line: str) -> str:
    """What a line prints on a node, as far as it comes in its time.

    Not by ssh: what failed may be its network or its sshd.
    """
    inside = box.inside(node)
    if inside is not None:
        return inside.run(line, timeout=SHARE).output
    if node in box.down():
        return gone(box, node)
    return box.shell(node).run(line, timeout=SHARE).output
