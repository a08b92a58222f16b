"""The ruleset as text; what it does is proved in tests/integration/network."""

import re
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.network import beside
from harness.network.beside import Attachment
from harness.network.nftables import removal, render
from harness.site import Bridge
from harness.site.ports import PortTable
from tests.unit.network.sites import BRIDGE, PUBLIC, make_site

RESOLVER = IPv4Address("203.0.113.53")


def test_it_replaces_itself_in_one_transaction() -> None:
    text = render(make_site(), uplink="uplink0", resolver=None)
    assert text.startswith("add table ip icebox\ndelete table ip icebox\ntable ip icebox {\n")
    assert text.endswith("}\n")
    assert text.startswith(removal())


def test_no_public_address_in_it() -> None:
    text = render(make_site(), uplink="uplink0", resolver=None)
    addresses = {IPv4Address(word) for word in re.findall(r"\d+\.\d+\.\d+\.\d+", text)}
    assert PUBLIC not in addresses
    assert all(address in BRIDGE.network or address.is_loopback for address in addresses)


def test_the_maps() -> None:
    text = render(make_site(), uplink="uplink0", resolver=None)
    assert "20000-20099 : 192.168.1.4" in text
    assert "3147 : 192.168.1.4" in text
    assert "2222 : 192.168.1.5 . 22" in text


def test_an_empty_table_has_no_elements() -> None:
    text = render(make_site(PortTable((), Path("none.cfg"))), uplink="uplink0", resolver=None)
    assert "elements" not in text
    assert "dnat" not in text.replace("ct status dnat", "")


def test_queries_go_to_the_resolver() -> None:
    assert f"dnat ip to {RESOLVER}" in render(make_site(), uplink="uplink0", resolver=RESOLVER)


def test_names() -> None:
    site = replace(make_site(), bridge=Bridge("br-other", BRIDGE.interface))
    text = render(site, uplink="eth0.7", resolver=None)
    assert 'oifname "eth0.7"' in text
    assert 'iifname "br-other"' in text


@pytest.mark.parametrize("name", ["", "two words", 'quote"', "x" * 16])
def test_a_name_that_nft_cannot_take(name: str) -> None:
    with pytest.raises(ValueError, match="no interface name"):
        render(make_site(), uplink=name, resolver=None)


def test_a_table_name_that_nft_cannot_take() -> None:
    with pytest.raises(ValueError, match="no table name"):
        beside.render(make_site(), Attachment([]), "a-b; flush ruleset")
