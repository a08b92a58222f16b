"""Ends that somebody has fixed: accounts, reservations of the batch system, lapsing names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from harness.box.box import Box
from harness.diagnosis.fact import Case, Want
from harness.dns.registry import lapse_of
from harness.horizon.end import End
from harness.site import Role, Site

ACCOUNTS = (
    """getent shadow | awk -F: -v OFS=: '($5 != "" && $5 < 99999) || $8 != "" {print $1, $3, $5, $8}'"""
)
RESERVED = "SLURM_TIME_FORMAT=%s scontrol -o show reservation 2>&1 | grep ^ReservationName= || true"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELD = re.compile(r"(\w+)=(\S*)")


def wants(site: Site) -> Iterator[Want]:
    """Looks at nodes."""
    for node in site.nodes:
        yield Want(node.name, ("run", ACCOUNTS, ""))
    for node in site.of(Role.CE):
        yield Want(node.name, ("run", RESERVED, ""))


def ends(case: Case, want: Want, _days: int) -> Iterator[End]:
    """What a look of ``wants`` found fixed for a day."""
    said = case.view.got(want)["said"]
    by_line = {ACCOUNTS: _accounts, RESERVED: _reserved}
    yield from by_line[want.words[1]](case.box, want.place, said)


def _accounts(box: Box, where: str, said: str) -> Iterator[End]:
    """An account's own day, or that of its password (shadow(5): days since 1970).

    Accounts of services are locked by a day that is over.
    """
    people = {"root", *(student.login for student in box.site.students)}
    for line in said.splitlines():
        name, changed, oldest, day = line.split(":")
        days = [int(day)] if day else []
        days += [int(changed) + int(oldest)] if changed and oldest else []
        at = EPOCH + timedelta(days=min(days, default=0))
        if days and (name in people or at > datetime.now(UTC)):
            yield End(
                at,
                f"the account {name} expires",
                where,
                "nobody logs in as that",
                f"`chage -E -1 -M 99999 {name}` there",
            )


def _reserved(_box: Box, where: str, said: str) -> Iterator[End]:
    for line in said.splitlines():
        told = dict(FIELD.findall(line))
        if told.get("StartTime", "").isdigit():
            name = told["ReservationName"]
            yield End(
                datetime.fromtimestamp(int(told["StartTime"]), UTC),
                f"the batch system reserves {told.get('Nodes', 'nodes')} for others ({name})",
                where,
                "jobs of students wait",
                f"`scontrol delete ReservationName={name}` there",
            )


def names(box: Box) -> Iterator[End]:
    """Public names that their provider gives away once nobody has confirmed them for long."""
    lapse = lapse_of(box.site.dns)
    if lapse is None:
        return
    asked = "" if lapse.confirmed else ", and nobody has told when that was"
    confirmed = lapse.confirmed or (datetime.now(UTC) - timedelta(days=lapse.days)).date()
    yield End(
        datetime.combine(confirmed, time(), UTC) + timedelta(days=lapse.days),
        "the public names may lapse",
        f"{lapse.service}, {lapse.days} days after they were last confirmed{asked}",
        "nobody finds the box by its names",
        "confirm them at the service, and write that day into the site file as `dns.confirmed`; "
        "`dns.lapse_days = 0` is for an account whose names don't lapse",
    )
