"""Evidence of a box: logs, addresses, rules and machine descriptions, gathered while it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from harness.box.box import Box
from harness.errors import IceboxError

LIMIT = 60.0
"""Seconds for all of it; what is not there by then is left out, and said so."""
OF_DOM0 = {
    "addresses": "ip address; ip route",
    "rules": "nft list ruleset",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
}
OF_NODE = {
    "journal": "journalctl --no-pager -n 2000",
    "units": "systemctl --failed --no-pager; systemctl list-units --no-pager --all --type=service",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
    "network": "ip address; ip route; ss -tlnp; cat /etc/resolv.conf",
}


def collect(box: Box, directory: Path) -> None:
    """Write all evidence as text files, without any secret of the box; never raises for a part that fails."""
    directory.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=8) as pool:
        jobs = {pool.submit(_write, box, directory / name, get): name for name, get in _parts(box)}
        late = wait(jobs, timeout=LIMIT).not_done
        for job in late:
            job.cancel()
            (directory / jobs[job]).write_text(f"not gathered within {LIMIT:g} s\n")


def _parts(box: Box) -> Iterator[tuple[str, Callable[[], str]]]:
    for name, line in OF_DOM0.items():
        yield f"dom0-{name}.txt", lambda line=line: box.dom0.run(line, timeout=LIMIT).output  # type: ignore[misc]
    for log in sorted(box.embedded.run.glob("*.log")):
        yield f"dom0-{log.name}", lambda log=log: log.read_text(errors="replace")  # type: ignore[misc]
    for node in box.site.nodes:
        yield f"{node.name}.xml", lambda node=node: box.hypervisor.describe(box.domain(node))  # type: ignore[misc]
        for name, line in OF_NODE.items():
            yield (
                f"{node.name}-{name}.txt",
                lambda node=node, line=line: box.shell(node).run(line, timeout=LIMIT).output,  # type: ignore[misc]
            )


def _write(box: Box, path: Path, get: Callable[[], str]) -> None:
    try:
        text = get()
    except (IceboxError, OSError) as error:
        text = f"could not be gathered: {error}\n"
    path.write_text(box.secrets.redact(text))
