"""Evidence of a box: logs, addresses, rules and machine descriptions, gathered while it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from harness.box.box import Box
from harness.console import Console
from harness.dom0.namespace import Namespace
from harness.errors import IceboxError
from harness.site import Node

LIMIT = 60.0
"""Seconds for all of it; what is not there by then is left out, and said so."""
OF_DOM0 = {
    "addresses": "ip address; ip route",
    "rules": "nft list ruleset",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
    "nodes": "tail -n +1 /var/log/libvirt/lxc/*.log",
}
OF_NODE = {
    "journal": "journalctl --no-pager -n 6000",
    "units": "systemctl --failed --no-pager; systemctl list-units --no-pager --all --type=service",
    "processes": "ps axf -o pid,ppid,stat,rss,args",
    "network": "ip address; ip route; ss -tlnp; cat /etc/resolv.conf",
}


def collect(box: Box, directory: Path) -> None:
    """Write all evidence as text files, without any secret of the box; never raises for a part that fails.

    What an earlier box of the same name left in ``directory`` is replaced; what was taken when checks failed
    stands in directories there, and stays.
    """
    for old in directory.glob("*.*"):
        if old.is_file():
            old.unlink(missing_ok=True)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=8) as pool:
        jobs = {pool.submit(_write, box, directory / name, get): name for name, get in _parts(box)}
        late = wait(jobs, timeout=LIMIT).not_done
        for job in late:
            job.cancel()
            (directory / jobs[job]).write_text(f"not gathered within {LIMIT:g} s\n")


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
                lambda node=node, line=line: _on_node(box, node, line),  # type: ignore[misc]
            )


def _on_node(box: Box, node: Node, line: str) -> str:
    """What a line prints on a node; one that has no network or no sshd is entered through its namespaces."""
    try:
        return box.shell(node).run(line, timeout=LIMIT).output
    except (IceboxError, OSError):
        inits = box.inits(node)
        if not inits:
            raise
        return Namespace(node.name, inits[0]).run(line, timeout=LIMIT).output


def _write(box: Box, path: Path, get: Callable[[], str]) -> None:
    try:
        text = get()
    except (IceboxError, OSError) as error:
        text = f"could not be gathered: {error}\n"
    path.write_text(box.secrets.redact(text))
