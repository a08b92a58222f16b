"""Evidence of one failed check, taken when it fails: what the nodes it rests on wrote since it began."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.box.box import Box
from harness.box.evidence import gone
from harness.errors import IceboxError
from harness.services.graph import Graph
from harness.site import Node, Site

LIMIT = 15.0
"""Seconds that each node gets for its answer."""
BEFORE = 60.0
"""Seconds before the check's begin from which on the journal is taken."""
_LINES = """\
echo '== journal'; journalctl --no-pager --since=@{since} | tail -n 1500
echo '== units that failed'; systemctl list-units --state=failed --plain --no-legend --no-pager
find /var/log -type f ! -path '*/journal/*' -newermt @{since} | sort | while read -r log
do echo "== $log"; tail -n 200 "$log"; done
"""


def nodes_of(
    site: Site, places: Iterable[str], links: Collection[str], message: str = ""
) -> tuple[Node, ...]:
    """The nodes that a check rests on.

    ``places`` are where its commands ran (``student01@xenuinode``), ``links`` are those it needs, by
    their names among the services, and ``message`` is why it failed.
    """
    graph = Graph(site)
    on = {each.node for each in graph.with_needs(graph.named(*links))}
    names = {place.rpartition("@")[2] for place in places} | set(re.findall(r"\w+(?:[.-]+\w+)*", message))

    def concerned(node: Node) -> bool:
        return node in on or not names.isdisjoint({node.name, node.fqdn})

    return tuple(filter(concerned, site.nodes))


def take(box: Box, nodes: Collection[Node], seconds: float) -> Mapping[Node, str]:
    """What each node wrote in the last ``seconds``, without any secret of the box; never raises."""
    since = f"{time.time() - seconds - BEFORE:.0f}"
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return dict(zip(nodes, pool.map(lambda node: _of(box, node, since), nodes), strict=True))


def _of(box: Box, node: Node, since: str) -> str:
    try:
        # Not by ssh: what failed may be its network or its sshd.
        way = box.way_in(node)
        if way is None:
            return box.secrets.redact(gone(box, node))
        return box.secrets.redact(way.run(_LINES.format(since=since), timeout=LIMIT).output)
    except (IceboxError, OSError) as error:
        return f"could not be gathered: {error}\n"


def keep(texts: Mapping[Node, str], directory: Path) -> None:
    """Write them below ``directory``, one file for each node; a full disk keeps no check from ending."""
    with contextlib.suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for node, text in texts.items():
            (directory / f"{node.name}.txt").write_text(text, encoding="utf-8")
