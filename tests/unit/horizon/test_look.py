"""A look ahead as a whole: what can't be read or tried is told, and takes nothing from the rest."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.command import CommandResult
from harness.diagnosis import view
from harness.diagnosis.fact import View, Want
from harness.horizon import calendar, horizon, papers, room
from harness.horizon.end import End
from tests.unit.sites import SITE

UNTIL = datetime.now(UTC) + timedelta(days=14)
GOOD = "== {now}\nhost.pem: OK\n== {last}\nhost.pem: OK\nstudent.pem: OK\n"
BAD = (
    "== {now}\nhost.pem: OK\nC=IT\nerror 20 at 0 depth lookup: unable to get local issuer certificate\n"
    "== {last}\nC=IT\nerror 20 at 0 depth lookup: unable to get local issuer certificate\n"
    "C=IT\nerror 10 at 0 depth lookup: certificate has expired\nerror host.pem: verification failed\n"
)


class Inside:
    def __init__(self, says: str) -> None:
        self.says = says

    def run(self, words: list[str], stdin: str, timeout: float) -> CommandResult:
        now, last = words[-2:]
        return CommandResult("try", "node", 0, self.says.format(now=now, last=last), "", 0.1)


@pytest.fixture
def box() -> Any:
    site = SITE
    says = {node.name: GOOD for node in site.nodes}

    def inside(node: Any) -> Inside | None:
        return Inside(says[node.name]) if says[node.name] else None

    return SimpleNamespace(site=site, name="mine", inside=inside, says=says)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What looks find: nothing, unless it is put here."""
    found: dict[str, dict[str, Any]] = {}

    def take(_: object, wants: Iterable[Want]) -> tuple[View, dict[str, str]]:
        for want in wants:
            got = {"said": "", "code": 0} if want.words[0] == "run" else {}
            found.setdefault(want.place, {}).setdefault(json.dumps(want.words), {"got": got})
        return View(found), {}

    monkeypatch.setattr(view, "take", take)
    monkeypatch.setattr(room, "ends", lambda box: iter(()))
    return found


def test_where_nothing_ends_each_node_has_proved_it(box: Any, seen: dict[str, Any]) -> None:
    ahead = horizon.look(box, UNTIL)
    assert ahead.warnings() == []
    assert {tried.good for tried in ahead.tried.values()} == {2}
    assert len(ahead.tried) == len(box.site.nodes)


def test_what_openssl_alone_finds_is_told_but_not_what_it_finds_today(box: Any, seen: dict[str, Any]) -> None:
    box.says["xensenode"] = BAD
    [line] = horizon.look(box, UNTIL).warnings()
    assert line.endswith("certificates don't count on xensenode any more: certificate has expired")


def test_a_node_that_is_down_is_not_looked_at(box: Any, seen: dict[str, Any]) -> None:
    box.says["xensenode"] = ""
    assert horizon.look(box, UNTIL).warnings() == ["not looked at: xensenode: xensenode: is down"]


def test_what_is_said_in_another_form_is_told_as_such(box: Any, seen: dict[str, Any]) -> None:
    words = json.dumps(("run", calendar.ACCOUNTS, ""))
    seen["xenuinode"] = {words: {"got": {"said": "root:much:of:it\n", "code": 0}}}
    [line] = horizon.look(box, UNTIL).warnings()
    assert line.startswith("not looked at: xenuinode: ValueError")


def test_a_place_where_nobody_could_look(
    box: Any, seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "take", lambda *_, **__: (View(), {"the nodes": "no libvirtd"}))
    told = horizon.look(box, UNTIL).warnings()
    assert "not looked at: the nodes: no libvirtd" in told


def test_a_student_s_certificate_that_ends_is_told_once(box: Any, seen: dict[str, Any]) -> None:
    box.says |= dict.fromkeys(box.says, BAD)
    end = End(UNTIL - timedelta(days=2), f"{papers.STUDENTS} ends", "student01", "no proxy", "`renew`")
    told = replace(horizon.look(box, UNTIL), ends=(end,)).warnings()
    assert [line.partition(": ")[2].partition("\n")[0] for line in told] == [
        "a student's certificate ends (student01): no proxy"
    ]
