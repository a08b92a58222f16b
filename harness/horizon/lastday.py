"""The proof: each node's own openssl, CAs and CRLs judge every certificate as if it were the last day.

``openssl verify -attime`` takes that moment in the place of the clock for certificates and CRLs alike
(openssl-verification-options(1)).  Nothing else of a node is shown another time: containers share the clock
of their host, and time namespaces have none of their own for the time of day (time_namespaces(7)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from harness.box.box import Box
from harness.checks.trust import DIRECTORY
from harness.errors import IceboxError
from harness.site import Node

PATIENCE = 60.0
"""Seconds for one node; a tenth of one for a hundred certificates on an idle machine."""
TRY = f"""\
d=$(mktemp -d) || exit
trap 'rm -rf "$d"' EXIT
cat /etc/grid-security/hostcert.pem /etc/grid-security/*/hostcert.pem - 2>/dev/null |
    awk -v d="$d" '/BEGIN CERT/ {{n++}} n {{print > (d "/" n ".pem")}}'
for at in "$@"; do
    echo "== $at"
    openssl verify -attime "$at" -CApath {DIRECTORY} -crl_check "$d"/*.pem 2>&1 | sed "s,$d/,,"
done
"""
FAULT = re.compile(r"error (?P<number>\d+) at \d+ depth lookup: (?P<why>.+)")
OVER = "certificate has expired"
"""openssl's words (X509_V_ERR_CERT_HAS_EXPIRED)."""
GOOD = re.compile(r"^\S+\.pem: OK$", re.MULTILINE)


@dataclass(frozen=True)
class Tried:
    """What a node's openssl says today and on the last day."""

    good: int
    """Certificates that are good on the last day."""
    whys: tuple[str, ...]
    """Why others are not that are good today, each reason once."""
    said: str


def tried(box: Box, students: str, until: datetime) -> tuple[Mapping[Node, Tried], tuple[str, ...]]:
    """By node; and what could not be tried, in words.  ``students`` are their certificates, PEM.

    Never raises for a node that can't be asked.
    """
    with ThreadPoolExecutor(max_workers=len(box.site.nodes)) as pool:
        asked = {node: pool.submit(_on, box, node, students, until) for node in box.site.nodes}
    found: dict[Node, Tried] = {}
    lost = []
    for node, future in asked.items():
        try:
            found[node] = future.result()
        except (IceboxError, OSError) as error:
            lost.append(f"{node}: {error}")
    return found, tuple(lost)


def _on(box: Box, node: Node, students: str, until: datetime) -> Tried:
    inside = box.inside(node)
    if inside is None:
        raise IceboxError("is down", where=node.name)
    now, last = str(int(datetime.now().timestamp())), str(int(until.timestamp()))
    words = ["sh", "-c", TRY, "try", now, last]
    ran = inside.run(words, stdin=students, timeout=PATIENCE).check()
    today, _, then = ran.stdout.partition(f"== {last}\n")
    known = {found["why"] for found in FAULT.finditer(today)}
    whys = dict.fromkeys(found["why"].strip() for found in FAULT.finditer(then) if found["why"] not in known)
    return Tried(len(GOOD.findall(then)), tuple(whys), then)
