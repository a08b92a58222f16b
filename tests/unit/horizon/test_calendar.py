"""What is fixed for a day: accounts, reservations, names."""

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis.fact import Case, View, Want
from harness.horizon import calendar
from harness.horizon.end import End
from harness.site import DnsSettings, Site
from tests.drill.tried import Told

TODAY = int(time.time() // 86400)


def ends(site: Site, place: str, line: str, said: str) -> list[End]:
    want = Want(place, ("run", line, ""))
    assert want in set(calendar.wants(site))
    seen = View({place: {json.dumps(want.words): {"got": {"code": 0, "said": said}}}})
    box: Any = SimpleNamespace(site=site, name="mine")
    return list(calendar.ends(Case(box, None, seen), want, 14))


def test_an_account_ends_with_its_own_day_or_its_password(site: Site) -> None:
    said = f"student01:{TODAY}:5:\nstudent02:{TODAY}:99999:{TODAY + 3}\nsystemd-network:1::1\nroot:1::1\n"
    found = ends(site, site.ui.name, calendar.ACCOUNTS, said)
    assert [(each.what.split()[2], (each.at - datetime.now(UTC)).days) for each in found[:2]] == [
        ("student01", 4),
        ("student02", 2),
    ]
    # One of a service is locked so; root is not.
    assert [each.what for each in found[2:]] == ["the account root expires"]


def test_a_reservation_begins(site: Site) -> None:
    at = int(time.time()) + 3 * 86400
    said = f"ReservationName=root_1 StartTime={at} EndTime={at + 60} Duration=00:01:00 Nodes=xenwnnode\n"
    [end] = ends(site, site.ce.name, calendar.RESERVED, said)
    assert end.at.timestamp() == at
    assert end.what == "the batch system reserves xenwnnode for others (root_1)"


def test_nothing_is_fixed(site: Site) -> None:
    for want in calendar.wants(site):
        assert ends(site, want.place, want.words[1], "") == []


def names(site: Site, *options: tuple[str, str], provider: str = "dyndns2") -> list[End]:
    box: Any = SimpleNamespace(site=replace(site, dns=DnsSettings(provider, options)))
    return list(calendar.names(box))


@pytest.mark.tries(
    "confirm them at the service, and write that day into the site file as `dns.confirmed`",
    "`dns.lapse_days = 0` is for an account whose names don't lapse",
)
def test_names_that_were_confirmed_or_are_paid_for_last(site: Site, told: Told) -> None:
    within, soon = datetime.now(UTC) + timedelta(days=14), [("user", "me")]
    [end] = names(site, *soon)
    assert end.at < within
    told(end.remedy)
    [end] = names(site, *soon, ("confirmed", date.today().isoformat()))
    assert end.at > within
    assert names(site, *soon, ("lapse_days", "0")) == []


def test_names_of_no_ip_lapse_thirty_days_after_they_were_confirmed(site: Site) -> None:
    confirmed = date.today() - timedelta(days=20)
    [end] = names(site, ("user", "me"), ("confirmed", confirmed.isoformat()))
    assert end.at.date() == confirmed + timedelta(days=30)
    assert end.where == "dynupdate.no-ip.com, 30 days after they were last confirmed"


def test_if_nobody_has_told_when_names_may_lapse_from_today_on(site: Site) -> None:
    [end] = names(site, ("user", "me"))
    assert end.at <= datetime.now(UTC)
    assert end.where.endswith("and nobody has told when that was")


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("dyndns2", [("lapse_days", "0")]),
        ("dyndns2", [("server", "dyn.example.org")]),
        ("rfc2136", []),
        ("hosts", []),
    ],
)
def test_other_names_stay(site: Site, provider: str, options: list[tuple[str, str]]) -> None:
    assert names(site, *options, provider=provider) == []


def test_another_service_may_take_names_away_too(site: Site) -> None:
    [end] = names(site, ("server", "dyn.example.org"), ("lapse_days", "7"), ("confirmed", str(date.today())))
    assert end.at.date() == date.today() + timedelta(days=7)
