"""The files of the embedded name service as text; BIND reads them in tests/integration/dns."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath

import pytest

from harness.dns.tsig import TsigKey
from harness.dns.zone import NameService
from harness.errors import InputError
from harness.site.addresses import ROOM_SERVER
from tests.unit.sites import SITE

KEY = TsigKey.generate()
OTHERS = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
SERVICE = NameService(SITE, IPv4Address("203.0.113.53"), KEY, PurePosixPath("/run/dns"))


def test_all_files_lie_in_the_directory() -> None:
    files = dict(SERVICE.files())
    assert {path.parent for path in files} == {PurePosixPath("/run/dns")}
    assert SERVICE.configuration in files


def test_one_grant_a_node_and_no_more() -> None:
    text = dict(SERVICE.files())[SERVICE.configuration]
    assert text.count("grant icebox-dyn name ") == len(SERVICE.site.nodes)
    assert "grant icebox-dyn name xencenode.sytes.net. A;" in text
    assert "recursion no;" in text


def test_others_are_asked_for_all_but_reverse_names() -> None:
    text = dict(replace(SERVICE, others=OTHERS).files())[SERVICE.configuration]
    assert "recursion yes;" in text
    assert "forwarders { 192.0.2.1; 192.0.2.2; };" in text
    assert 'zone "sytes.net"' not in text
    assert 'zone "."' not in text
    assert 'zone "in-addr.arpa"' in text


def test_laptops_are_told_the_sites_names_and_refused_all_others() -> None:
    text = dict(replace(SERVICE, room=ROOM_SERVER).files())[SERVICE.configuration]
    assert f"listen-on {{ 203.0.113.53; {ROOM_SERVER}; }};" in text
    _, _, room = text.partition('view "room"')
    assert room.count("zone ") == 1
    assert 'zone "sytes.net" { in-view "inside"; };' in room
    assert "recursion no;" in room
    assert "view" not in dict(SERVICE.files())[SERVICE.configuration]


def test_reverse_names_and_nothing_else_below_in_addr_arpa() -> None:
    text = dict(SERVICE.files())[SERVICE.configuration]
    assert "update-policy { grant icebox-dyn zonesub PTR; };" in text
    assert text.count("update-policy") == 2


def test_the_secret_stands_in_the_configuration_alone() -> None:
    assert [KEY.secret in text for text in dict(SERVICE.files()).values()] == [True, False, False, False]
    assert KEY.secret not in repr(SERVICE)


def test_a_key_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.stanza)
    file.chmod(0o600)
    assert TsigKey.read(file) == KEY


def test_a_secret_that_is_not_base64() -> None:
    with pytest.raises(InputError, match="not base64"):
        TsigKey("bad", "!!!")
