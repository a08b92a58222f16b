"""The dyndns2 client takes names offline that it brought, and no others."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.dns.errors import DnsError
from harness.dns.provider import Record
from harness.dns.returncode import RETRY_SECONDS
from tests.unit.dns.rig import CE, NEW, OLD, SE, Rig


def held(*names: str) -> list[Record]:
    return [Record(name, NEW) for name in names]


def test_what_is_about_to_be_sent_is_told_first(rig: Rig) -> None:
    told: list[str] = []

    def sending(changes: object) -> None:
        assert rig.calls == 0
        told.extend(str(change) for change in changes)  # type: ignore[attr-defined]

    rig.authority.point(CE, str(NEW))
    rig.says(f"good {NEW}")
    rig.provider.update([CE, SE], NEW, sending)
    assert told == [f"{SE}: {OLD} -> {NEW}"]


def test_names_are_taken_offline(rig: Rig) -> None:
    rig.says(f"good {NEW}", f"good {NEW}")
    rig.provider.update([CE, SE], NEW)
    rig.shows(NEW)
    rig.says("good", "good")
    assert rig.provider.withdraw(held(CE, SE)) == ()
    (_, asked) = rig.service.asked
    assert (asked.hosts, asked.offline, asked.address) == ([CE, SE], True, str(NEW))
    rig.shows()
    rig.says(f"good {NEW}", f"good {NEW}")
    rig.provider.update([CE, SE], NEW)
    assert rig.calls == 3, "what was taken offline is sent anew by the next start"


def test_a_name_that_leads_elsewhere_by_now_is_left_alone(rig: Rig) -> None:
    rig.authority.point(CE, str(OLD))
    rig.authority.point(SE, str(NEW))
    rig.says("good")
    assert rig.provider.withdraw(held(CE, SE)) == ()
    assert [asked.hosts for asked in rig.service.asked] == [[SE]]


def test_an_account_that_has_no_offline_keeps_its_names_and_can_go_on(rig: Rig) -> None:
    rig.shows(NEW)
    rig.says("!donator", "!donator")
    (ce, se) = rig.provider.withdraw(held(CE, SE))
    assert ce.startswith(f"{CE} still leads to {NEW}")
    assert "!donator" in se
    rig.shows(OLD)
    rig.says(f"good {NEW}", f"good {NEW}")
    assert len(rig.provider.update([CE, SE], NEW)) == 2, "it is no reason to refuse updates"


@pytest.mark.parametrize(("status", "body"), [(200, "911"), (503, "busy")])
def test_a_service_in_trouble_is_asked_again_later(rig: Rig, status: int, body: str) -> None:
    rig.record.parent.mkdir()
    rig.shows(NEW)
    rig.says(body, status=status)
    with pytest.raises(DnsError) as late:
        rig.provider.withdraw(held(CE))
    assert late.value.not_before == rig.now + RETRY_SECONDS
    with pytest.raises(DnsError):
        rig.provider.withdraw(held(CE))
    assert rig.calls == 1


def test_withdrawing_makes_no_directory(rig: Rig, tmp_path: Path) -> None:
    rig.provider = replace(rig.provider, history=tmp_path / "gone" / "record.json")
    rig.shows(NEW)
    rig.says("good")
    rig.provider.withdraw(held(CE))
    assert rig.calls == 1
    assert not (tmp_path / "gone").exists()
