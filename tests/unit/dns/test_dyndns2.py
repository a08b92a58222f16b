"""The dyndns2 client against a fake service: every return code, and that it never hammers."""

import re
import socket
import stat
from dataclasses import replace

import pytest

from harness.dns.dyndns2 import SETTLING
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.returncode import RETRY_SECONDS
from harness.errors import ExitCode, InputError
from tests.unit.dns.fake_dns import FakeDns
from tests.unit.dns.rig import CE, NEW, OLD, PASSWORD, SE, Rig


def test_good_for_several_hosts_in_one_call(rig: Rig) -> None:
    rig.says(f"good {NEW}", f"good {NEW}")
    changes = rig.provider.update([CE, SE], NEW)
    assert [str(change) for change in changes] == [f"{CE}: {OLD} -> {NEW}", f"{SE}: {OLD} -> {NEW}"]
    (asked,) = rig.service.asked
    assert (asked.path, asked.hosts, asked.address) == ("/nic/update", [CE, SE], str(NEW))
    assert asked.credentials == f"trainer:{PASSWORD}"
    assert asked.host == f"dynupdate.example.org:{rig.service.port}"
    assert re.fullmatch(r"GridInABox icebox/\S+-\S+ trainer@example.org", asked.agent)


def test_what_the_authority_has_is_not_sent(rig: Rig) -> None:
    rig.authority.point(CE, str(NEW))
    rig.authority.point(SE, str(NEW))
    assert rig.provider.update([CE, SE], NEW) == ()
    assert rig.calls == 0


def test_only_the_stale_host_is_sent(rig: Rig) -> None:
    rig.authority.point(CE, str(NEW))
    rig.says(f"good {NEW}")
    (change,) = rig.provider.update([CE, SE], NEW)
    assert change.name == SE
    assert rig.service.asked[0].hosts == [SE]


def test_nochg_is_recorded_and_not_provoked_again(rig: Rig) -> None:
    rig.says(f"nochg {NEW}", f"nochg {NEW}")
    rig.provider.update([CE, SE], NEW)
    assert rig.provider.update([CE, SE], NEW) == (), "the authority still shows the old address"
    assert rig.calls == 1
    rig.now += SETTLING + 1
    rig.provider.update([CE, SE], NEW)
    assert rig.calls == 2, "but it had its time"


def test_there_and_back_is_two_updates(rig: Rig) -> None:
    rig.says(f"good {NEW}")
    rig.provider.update([CE], NEW)
    rig.authority.point(CE, str(NEW))
    rig.says(f"good {OLD}")
    (change,) = rig.provider.update([CE], OLD)
    assert change.after == OLD
    assert rig.calls == 2


def test_a_silent_authority_leaves_the_record_to_decide(rig: Rig) -> None:
    rig.authority.refuse = True
    rig.says(f"good {NEW}")
    rig.provider.update([CE], NEW)
    rig.now += SETTLING + 1
    assert rig.provider.update([CE], NEW) == ()
    assert rig.calls == 1


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("badauth", "user name or password is wrong"),
        ("badagent", "has blocked this program"),
        ("!donator", "has not paid"),
        ("abuse", "blocked for abuse"),
        ("numhost", "too many hosts"),
        ("good 127.0.0.1", "ignored the request"),
    ],
)
def test_a_refusal_stops_everything_until_the_account_changes(rig: Rig, code: str, why: str) -> None:
    rig.says(code)
    text = rig.fails(DnsRefusedError)
    assert f"it said {code} (now): " in text
    assert why in text
    assert "\n  do:  " in text
    assert str(rig.record) in text
    rig.now += 365 * 86400
    assert f"it said {code} (earlier: nothing was sent now)" in rig.fails(DnsRefusedError)
    assert rig.calls == 1
    rig.says(f"good {NEW}", f"good {NEW}")
    changed = replace(rig.provider, account="second")
    assert len(changed.update([CE, SE], NEW)) == 2
    assert rig.provider.update([CE, SE], NEW) == (), "success lifts the stop"


@pytest.mark.parametrize("code", ["nohost", "notfqdn"])
def test_a_refused_host_does_not_hold_up_the_others(rig: Rig, code: str) -> None:
    rig.says(f"good {NEW}", code)
    text = rig.fails(DnsRefusedError)
    assert f"refuses an update of {SE}" in text
    assert rig.fails(DnsRefusedError).count("earlier") == 1
    assert rig.calls == 1
    rig.now += SETTLING + 1
    rig.says(f"good {NEW}")
    rig.fails(DnsRefusedError)
    assert rig.service.asked[-1].hosts == [CE], "the other host is sent all the same"
    rig.authority.point(CE, str(NEW))
    assert rig.provider.update([CE], NEW) == ()
    rig.record.unlink()
    assert len(rig.provider.update([CE, SE], NEW)) == 1, "deleting the record lifts the stop"


@pytest.mark.parametrize("lines", [("abuse", f"good {NEW}"), (f"good {NEW}", "abuse")])
def test_a_stop_stands_whatever_came_with_it(rig: Rig, lines: tuple[str, str]) -> None:
    rig.says(*lines)
    rig.fails(DnsRefusedError)
    assert "earlier" in rig.fails(DnsRefusedError)
    assert rig.calls == 1


def test_a_stop_is_no_matter_when_the_names_are_right(rig: Rig) -> None:
    rig.says("badauth")
    rig.fails(DnsRefusedError)
    for name in (CE, SE):
        rig.authority.point(name, str(NEW))
    assert rig.provider.update([CE, SE], NEW) == ()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "911"),
        (200, "dnserr"),
        (503, "<html>busy</html>"),
        (429, "slow down"),
        (404, "not found"),
        (302, ""),
        (200, "hello"),
        (200, "<html>hello</html>"),
        (200, ""),
        (200, "good 203.0.113.77"),
    ],
)
def test_a_failing_service_is_left_alone_for_half_an_hour(rig: Rig, status: int, body: str) -> None:
    rig.says(body, status=status)
    text = rig.fails(DnsError)
    assert "nothing is sent before" in text
    rig.now += RETRY_SECONDS - 1
    rig.fails(DnsError)
    assert rig.calls == 1
    rig.now += 2
    rig.says(f"good {NEW}", f"good {NEW}")
    assert len(rig.provider.update([CE, SE], NEW)) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_an_http_refusal_is_badauth(rig: Rig, status: int) -> None:
    rig.says("go away", status=status)
    assert "user name or password is wrong" in rig.fails(DnsRefusedError)
    rig.fails(DnsRefusedError)
    assert rig.calls == 1


def test_the_worst_code_is_told_and_the_good_one_kept(rig: Rig) -> None:
    rig.says(f"good {NEW}", "abuse")
    assert "abuse" in rig.fails(DnsRefusedError)
    assert str(NEW) in rig.record.read_text()


def test_an_address_other_than_asked_for(rig: Rig) -> None:
    rig.says("good 198.51.100.1")
    assert f"points {CE} elsewhere" in rig.fails(DnsError, (CE,))
    rig.fails(DnsError, (CE,))
    assert rig.calls == 1


def test_no_service_there(rig: Rig) -> None:
    def refused(host: str, port: int) -> socket.socket:
        if port == rig.authority.port:
            return rig.connect(host, port)
        raise ConnectionRefusedError("connection refused")

    rig.provider = replace(rig.provider, service=replace(rig.provider.service, connect=refused))
    assert "does not answer" in rig.fails(DnsError)
    assert not rig.record.exists(), "nothing was said, so nothing is held against the next try"


def test_refusals_are_bad_input_and_failures_are_not() -> None:
    assert DnsRefusedError("x").exit_code is ExitCode.BAD_INPUT
    assert DnsError("x").exit_code is ExitCode.UNKNOWN


def test_the_record_is_for_its_owner_and_has_no_secret(rig: Rig) -> None:
    rig.says("badauth")
    rig.fails(DnsRefusedError)
    assert stat.S_IMODE(rig.record.stat().st_mode) == 0o600
    assert PASSWORD not in rig.record.read_text()
    assert [path.name for path in rig.record.parent.iterdir()] == ["record.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 2}', '{"schema": 1}'])
def test_a_damaged_record_sends_nothing(rig: Rig, text: str) -> None:
    rig.record.parent.mkdir()
    rig.record.write_text(text)
    with pytest.raises(InputError, match="can't be used"):
        rig.provider.update([CE], NEW)
    assert rig.calls == 0


def test_verify_asks_authority_and_resolver(rig: Rig) -> None:
    with FakeDns().running() as resolver:
        resolver.point(CE, str(NEW))
        provider = replace(rig.provider, resolver=resolver.server("resolver"))
        authority, other = provider.verify([CE], NEW)
    assert (authority.good, other.good) == (False, True)
    assert authority.seen == (OLD,)


def test_verify_without_anyone_to_ask(rig: Rig) -> None:
    (answer,) = replace(rig.provider, authority=None).verify([CE], NEW)
    assert not answer.good
    assert "no name server to ask" in str(answer)


def test_the_password_does_not_show(rig: Rig) -> None:
    assert PASSWORD not in repr(rig.provider)
