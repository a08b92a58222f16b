"""What commands leave that are killed at their work."""

import re
from collections.abc import Callable

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.cataloguearea import CATALOGUE, SWEEPER, CatalogueArea
from harness.expect import NotYet, eventually, expect

INTERRUPTED_MB = 2000
"""So large that it is on its way when the command is killed."""
TIMER = "icebox-sweeper.timer"
SWEPT = 240.0
"""Seconds until an interrupted transfer is cleaned up; on an idle machine it takes some twenty."""


@pytest.mark.early
@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-4",
    role="cat",
    title="what an interrupted lcg-cr leaves is cleaned up",
    learns="A command that is killed leaves no entry without a file; a file without an entry is swept away.",
    severity="normal",
)
def test_interrupted(student: Shell, se: Shell, catalogue_area: Callable[[Shell], CatalogueArea]) -> None:
    mine = catalogue_area(student)
    path = mine.file("large")
    mine.type(f"truncate -s {INTERRUPTED_MB}M {path}").expect_success(LOGIN)
    sweeping = se.host.service(TIMER).is_running
    expect(sweeping, f"nothing is swept away: {TIMER} does not run", where=se.name, remedy=SWEEPER)
    urls = [_kill(mine, path, signal) for signal in ("TERM", "KILL")]
    expect(
        not mine.listing(),
        "a command that was killed left an entry",
        why=str(mine.listing()),
        remedy=CATALOGUE,
    )
    paths = [f"/{url.partition('://')[2].partition('/')[2]}" for url in urls]

    def swept() -> bool:
        left = [path for path in paths if se.host.file(path).exists]
        if left:
            raise NotYet(f"still there: {' and '.join(left)}")
        return True

    what = "the files that a killed lcg-cr left to be swept away"
    eventually(what, swept, seconds=SWEPT, where=se.name, remedy=SWEEPER)
    mine.store("large")


def _kill(mine: CatalogueArea, path: str, signal: str) -> str:
    """Kill lcg-cr while it sends; the URL of what it leaves is returned."""
    log = mine.file(signal)
    line = f"lcg-cr -v -l {mine.lfn('large')} file:{path} > {log} 2>&1 & p=$!; "
    line += (
        f"until grep -q streams {log}; do sleep 0.02; done; sleep 0.4; kill -{signal} $p; wait $p; cat {log}"
    )
    ran = mine.type(line)
    found = re.search(r"Destination URL for copy: (\S+)", ran.stdout)
    expect(found, f"lcg-cr -v did not say where it sends ({signal})", why=ran.output, remedy=CATALOGUE)
    expect("Transfer took" not in ran.stdout, "lcg-cr was over before it was killed", why=ran.stdout)
    return found[1] if found else ""
