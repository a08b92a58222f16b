"""Evidence of a box: logs, addresses, rules and machine descriptions, gathered while it stands."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.box.box import Box
from harness.console import Console
from harness.deadline import Deadline, within
from harness.errors import IceboxError
from harness.site import Node

LIMIT = 60.0
"""Seconds for all of it, whatever hangs; what is not there by then is left out, and said so."""
SHARE = 15.0
"""Seconds for one part: one that hangs must not take the time of the others."""
AT_ONCE = 8
"""Parts that are gathered side by side."""
OF_DOM0 = {
    "addresses": "ip address; ip route",
    "rules": "nft list ruleset",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
}
OF_NODE = {
    "journal": "journalctl --no-pager -n 6000",
    "units": "systemctl --failed --no-pager; systemctl list-units --no-pager --all --type=service",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
    "network": "ip address; ip route; ss -tlnp; cat /etc/resolv.conf",
}


Part = Callable[[], str]


def collect(box: Box, directory: Path, limit: float = LIMIT) -> None:
    """Write all evidence as text files, without any secret of the box; never raises for a part that fails.

    Ends after ``limit`` seconds, whatever hangs.  What an earlier box of the same name left in ``directory``
    is replaced; what was taken when checks failed stands in directories there, and stays.
    """
    for file in directory.glob("*.*"):
        if file.is_file():
            file.unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    parts = dict(_parts(box))
    missing = dict.fromkeys(parts)
    for name, text in _gathered(parts, Deadline(limit)):
        missing.pop(name)
        (directory / name).write_text(box.secrets.redact(text))
    for name in missing:
        (directory / name).write_text(f"not gathered within {limit:g} s\n")


def _gathered(parts: dict[str, Part], deadline: Deadline) -> Iterator[tuple[str, str]]:
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
                done.put((name, _text(name, parts[name])))

    for number in range(AT_ONCE):
        threading.Thread(target=work, name=f"evidence-{number}", daemon=True).start()
    with contextlib.suppress(queue.Empty):
        for _ in parts:
            yield done.get(timeout=deadline.remaining or 0.001)


def _text(name: str, get: Part) -> str:
    try:
        return within(SHARE, name, get)
    except Exception as error:
        return f"could not be gathered: {str(error) or type(error).__name__}\n"


@contextmanager
def kept_of_failure(box: Box, directory: Path | None, console: Console) -> Iterator[None]:
    """Collect evidence if what is done inside fails, and have the error say where it is."""
    try:
        yield
    except IceboxError as error:
        if directory is not None:
            with console.stage("evidence"):
                collect(box, directory)
            error.remedy = "; ".join(filter(None, (error.remedy, f"logs of all nodes are in {directory}")))
        raise


def _parts(box: Box) -> Iterator[tuple[str, Part]]:
    for name, line in OF_DOM0.items():
        yield f"dom0-{name}.txt", lambda line=line: box.dom0.run(line, timeout=SHARE).output  # type: ignore[misc]
    yield "dom0-nodes.txt", box.machines.notes
    for log in box.dom0.logs():
        yield f"dom0-{log}", lambda log=log: box.dom0.log(log)  # type: ignore[misc]
    for node in box.site.nodes:
        yield f"{node.name}.xml", lambda node=node: box.machines.describe(node)  # type: ignore[misc]
        for name, line in OF_NODE.items():
            yield (
                f"{node.name}-{name}.txt",
                lambda node=node, line=line: _on_node(box, node, line),  # type: ignore[misc]
            )


def _on_node(box: Box, node: Node, line: str) -> str:
    """What a line prints on a node; one that has no network or no sshd is entered through its namespaces."""
    try:
        return within(
            SHARE / 2, f"the sshd of {node}", lambda: box.shell(node).run(line, timeout=SHARE).output
        )
    except (IceboxError, OSError):
        inside = box.inside(node)
        if inside is None:
            raise
        return inside.run(line, timeout=SHARE / 3).output
