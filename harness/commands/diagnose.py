"""diagnose: where trouble begins in a box that is up, without any check."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator

from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import Commands, add_box, add_json, add_until
from harness.diagnosis.finding import Finding, Findings
from harness.errors import ExitCode, page
from harness.horizon import day


def add(commands: Commands) -> None:
    """Put ``diagnose`` on the command line."""
    parser = commands.add_parser(
        "diagnose",
        help="say where trouble begins in a box that is up, without any check",
        description="Looks at everything that checks rest on, from the dom0's forwards to what a student's "
        "first commands say, and names the first broken links: what, where, since when, how that shows, what "
        "it stops, and how to mend it. Nothing is changed. Exit codes: 0 nothing is broken, though something "
        "may be degraded; 1 something is broken; 2 there is no such box, or it is not up, or suspended; "
        "3 nothing broken was seen, but not everything could be looked at.",
    )
    add_box(parser)
    add_json(parser)
    add_until(parser, day.NONE)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, and say what was found."""
    # It takes long to load, with all that judges certificates.
    from harness.diagnosis.diagnose import diagnose
    from harness.horizon import horizon

    box, console = box_that_is_up(options), console_for(options)
    found = diagnose(box)
    last = day.end(options.until)
    ahead = horizon.look(box, last).warnings() if last else []
    redact = box.secrets.redact
    box.close()
    told = json.dumps({"box": box.name} | found.to_json() | {"ahead": ahead}, indent=1, ensure_ascii=False)
    lines = [*_lines(box.name, found), *_ahead(options.until, ahead)]
    console.result(redact(told if options.json else page(lines)))
    if found.broken:
        return ExitCode.NO_GO
    return ExitCode.UNKNOWN if found.unasked else ExitCode.GO


def _lines(name: str, found: Findings) -> Iterator[str]:
    broken, degraded = len(found.broken), len(found.degraded)
    count = f"{broken} broken" if broken else "nothing is broken"
    more = f", {degraded} degraded" if degraded else ""
    yield f"box {name}  {count}{more}  ({found.seconds:.1f} s)"
    for each in found:
        yield from ("", *told(each))
    for place in found.unasked:
        yield from ("", f"not looked at: {place}")


def _ahead(until: str, ahead: list[str]) -> Iterator[str]:
    if until != day.NONE:
        yield from ("", f"until {until}{'' if ahead else ': nothing ends'}")
        yield from (f"  {line}" for text in ahead for line in text.splitlines())


def told(finding: Finding) -> Iterator[str]:
    """A finding as a person reads it in a terminal."""
    word = "degraded" if finding.degraded else "broken"
    yield f"{word}: {finding.what}  [{finding.id}]"
    if finding.since:
        yield f"  since: {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(finding.since))}"
    if finding.probe:
        yield f"  seen:  {finding.probe}"
    for line in [*finding.output.splitlines()[:4], *finding.log]:
        yield f"         {line[:200]}"
    if finding.stops:
        named = ", ".join(finding.stops[:5])
        yield f"  stops: {named}{f' and {len(finding.stops) - 5} more' if len(finding.stops) > 5 else ''}"
    if finding.means:
        yield f"  so:    {finding.means}"
    if finding.remedy:
        yield f"  do:    {finding.remedy}"
