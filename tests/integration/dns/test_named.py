"""The embedded name service, and updates to it, with the real BIND of the image."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import dns.message
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.update
import pytest

from harness.dns.connection import NameServerConnection, Server
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Record
from harness.dns.reverse import ReverseNames
from harness.dns.rfc2136 import Rfc2136Provider
from harness.dns.server import start
from harness.dns.tsig import TsigKey
from harness.dns.zone import NameService
from harness.dom0.namespace import Namespace
from tests.integration.dns.chroot import chroot_place
from tests.unit.sites import SITE

ADDRESS = IPv4Address("203.0.113.53")
ELSEWHERE = IPv4Address("203.0.113.77")
KEY = TsigKey.generate()
DOMAIN, PUBLIC = SITE.domain, SITE.public_address
NAMES = tuple(node.fqdn for node in SITE.nodes)
SERVICE = NameService(SITE, ADDRESS, KEY)
AUTHORITY = Server(str(ADDRESS), "authority")


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with chroot_place(ADDRESS) as made:
        start(SERVICE, made)
        yield made


@pytest.fixture
def provider(place: Namespace) -> Rfc2136Provider:
    resolver = Server(str(ADDRESS), "resolver")
    return Rfc2136Provider(DOMAIN, AUTHORITY, KEY, place.open_socket, resolver)


def ask(place: Namespace, name: str, kind: str = "A") -> dns.message.Message:
    with NameServerConnection(AUTHORITY, place.open_socket) as conversation:
        return conversation.send(dns.message.make_query(name, kind))


def test_names_follow_the_address(provider: Rfc2136Provider) -> None:
    for address in (PUBLIC, ELSEWHERE):
        changes = provider.update(NAMES, address)
        assert {change.name for change in changes} == set(NAMES)
        answers = provider.verify(NAMES, address)
        assert len(answers) == 2 * len(NAMES)
        assert all(answer.good for answer in answers), [str(answer) for answer in answers]


def test_what_is_right_already_is_not_sent(provider: Rfc2136Provider) -> None:
    provider.update(NAMES, PUBLIC)
    serial = ask_serial(provider)
    assert provider.update(NAMES, PUBLIC) == ()
    assert ask_serial(provider) == serial


def addresses(place: Namespace, name: str) -> list[str]:
    return sorted(record.address for rrset in ask(place, name).answer for record in rrset)


def test_what_was_added_is_withdrawn_and_nothing_else(provider: Rfc2136Provider, place: Namespace) -> None:
    provider.update(NAMES, PUBLIC)
    another = dns.update.UpdateMessage(DOMAIN, keyring=KEY.for_messages())
    another.add(f"{NAMES[0]}.", 60, "A", str(ELSEWHERE))
    with NameServerConnection(AUTHORITY, place.open_socket) as conversation:
        assert conversation.send(another).rcode() == dns.rcode.NOERROR
    provider.update(NAMES[1:2], ELSEWHERE)
    assert provider.withdraw([Record(name, PUBLIC) for name in NAMES]) == ()
    assert addresses(place, NAMES[0]) == [str(ELSEWHERE)], "somebody else's address"
    assert addresses(place, NAMES[1]) == [str(ELSEWHERE)], "it leads elsewhere by now"
    assert addresses(place, NAMES[2]) == []
    serial = ask_serial(provider)
    assert provider.withdraw([Record(name, PUBLIC) for name in NAMES]) == ()
    assert ask_serial(provider) == serial, "what is gone is no reason for a new zone"


def test_withdrawing_with_a_wrong_key_is_denied(provider: Rfc2136Provider, place: Namespace) -> None:
    provider.update(NAMES, PUBLIC)
    wrong = replace(provider, key=replace(KEY, secret=TsigKey.generate().secret))
    with pytest.raises(DnsRefusedError, match="same secret"):
        wrong.withdraw([Record(NAMES[0], PUBLIC)])
    assert addresses(place, NAMES[0]) == [str(PUBLIC)]


def ask_serial(provider: Rfc2136Provider) -> int:
    with NameServerConnection(AUTHORITY, provider.connect) as conversation:
        (rrset,) = conversation.ask(DOMAIN, dns.rdatatype.SOA).answer
        return int(rrset[0].serial)


def test_only_the_stale_name_is_changed(provider: Rfc2136Provider) -> None:
    provider.update(NAMES, PUBLIC)
    provider.update(NAMES[:1], ELSEWHERE)
    (change,) = provider.update(NAMES, PUBLIC)
    assert (change.name, change.before, change.after) == (NAMES[0], (ELSEWHERE,), PUBLIC)


def test_verify_tells_who_is_wrong(provider: Rfc2136Provider) -> None:
    provider.update(NAMES, PUBLIC)
    answers = provider.verify(NAMES[:1], ELSEWHERE)
    assert [answer.good for answer in answers] == [False, False]
    assert str(answers[0]) == f"{NAMES[0]}: authority {ADDRESS} says {PUBLIC}, not {ELSEWHERE}"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (replace(KEY, secret=TsigKey.generate().secret), "same secret"),
        (replace(KEY, name="somebody"), "has a key of this name"),
    ],
)
def test_a_wrong_key_is_denied(provider: Rfc2136Provider, key: TsigKey, why: str) -> None:
    provider.update(NAMES, PUBLIC)
    with pytest.raises(DnsRefusedError, match=why) as caught:
        replace(provider, key=key).update(NAMES, ELSEWHERE)
    assert KEY.secret not in str(caught.value)
    assert all(answer.good for answer in provider.verify(NAMES, PUBLIC))


def test_a_name_that_is_no_node_is_denied(provider: Rfc2136Provider) -> None:
    provider.update(NAMES, PUBLIC)
    with pytest.raises(DnsRefusedError, match="REFUSED"):
        provider.update((*NAMES, f"www.{DOMAIN}"), ELSEWHERE)
    assert all(answer.good for answer in provider.verify(NAMES, PUBLIC)), "all names or none"


def test_a_name_outside_the_zone(provider: Rfc2136Provider) -> None:
    with pytest.raises(DnsRefusedError, match=r"not in the zone sytes.net: www.example.org"):
        provider.update(["www.example.org"], PUBLIC)


@pytest.mark.parametrize("name", [f"nobody.{DOMAIN}", "www.example.org", "xencenode", "org"])
def test_unknown_names_are_denied(place: Namespace, name: str) -> None:
    assert ask(place, name).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("address", ["192.168.1.4", "203.0.113.11", "127.0.0.1", "10.1.2.3"])
def test_other_addresses_have_no_name(place: Namespace, address: str) -> None:
    name = dns.reversename.from_address(address).to_text()
    assert ask(place, name, "PTR").rcode() == dns.rcode.NXDOMAIN


def test_the_public_address_has_one_name_and_takes_it_along(place: Namespace) -> None:
    reverse = ReverseNames(AUTHORITY, KEY, place.open_socket)
    for name in NAMES[:2]:  # the second takes the first one's place
        reverse.point(PUBLIC, name)
        assert reverse.names(PUBLIC) == [name]
    reverse.point(PUBLIC, NAMES[0], gone=PUBLIC)
    assert reverse.names(PUBLIC) == [NAMES[0]], "an address that stays keeps its name"
    reverse.point(ELSEWHERE, NAMES[0], gone=PUBLIC)
    assert (reverse.names(ELSEWHERE), reverse.names(PUBLIC)) == ([NAMES[0]], [])
    place.run(f"echo nameserver {ADDRESS} > /etc/resolv.conf").check()
    assert place.run(["getent", "hosts", str(ELSEWHERE)]).check().stdout.split()[1:] == [NAMES[0]]


def test_a_reverse_name_needs_the_key(place: Namespace) -> None:
    stranger = replace(KEY, secret=TsigKey.generate().secret)
    with pytest.raises(DnsRefusedError, match="same secret"):
        ReverseNames(AUTHORITY, stranger, place.open_socket).point(PUBLIC, NAMES[1])


def test_a_node_has_no_ipv6_address(provider: Rfc2136Provider, place: Namespace) -> None:
    provider.update(NAMES, PUBLIC)
    reply = ask(place, NAMES[0], "AAAA")
    assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])


def test_its_version_and_its_zones_are_its_own(place: Namespace) -> None:
    version = dns.message.make_query("version.bind", "TXT", "CH")
    with NameServerConnection(AUTHORITY, place.open_socket) as conversation:
        assert conversation.send(version).answer == []
    assert ask(place, DOMAIN, "AXFR").rcode() == dns.rcode.REFUSED


def test_the_resolver_of_programs_gets_answers(provider: Rfc2136Provider, place: Namespace) -> None:
    provider.update(NAMES, PUBLIC)
    place.run(f"echo nameserver {ADDRESS} > /etc/resolv.conf").check()
    found = place.run(["getent", "ahostsv4", NAMES[0]]).check()
    assert found.stdout.split()[0] == str(PUBLIC)
    assert not place.run(["getent", "hosts", "192.168.1.4"]).ok


def test_it_runs_as_bind_and_shows_its_key_to_nobody(place: Namespace) -> None:
    seen = place.run("stat -c '%U %a' /run/named/named.conf; stat -c %U /proc/$(cat /run/named/named.pid)")
    assert seen.stdout.split() == ["bind", "600", "bind"]


def test_a_place_without_the_address_says_so() -> None:
    with chroot_place() as bare, pytest.raises(DnsError, match="answers nobody"):
        start(SERVICE, bare)
