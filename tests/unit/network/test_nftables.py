"""The ruleset as text; what it does is proved in tests/integration/network."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.network import beside
from harness.network.beside import Attachment
from harness.network.nftables import render
from harness.site import Bridge
from harness.site.ports import PortTable
from tests.unit.sites import SITE


def test_an_empty_table_has_no_elements() -> None:
    text = render(replace(SITE, ports=PortTable((), Path("none.cfg"))), uplink="uplink0", resolver=None)
    assert "elements" not in text
    assert "dnat" not in text.replace("ct status dnat", "")


def test_names() -> None:
    site = replace(SITE, bridge=Bridge("br-other", SITE.bridge.interface))
    text = render(site, uplink="eth0.7", resolver=None)
    assert 'oifname "eth0.7"' in text
    assert 'iifname "br-other"' in text


@pytest.mark.parametrize("name", ["", "two words", 'quote"', "x" * 16])
def test_a_name_that_nft_cannot_take(name: str) -> None:
    with pytest.raises(ValueError, match="no interface name"):
        render(SITE, uplink=name, resolver=None)


def test_a_table_name_that_nft_cannot_take() -> None:
    with pytest.raises(ValueError, match="no table name"):
        beside.render(SITE, Attachment([]), "a-b; flush ruleset")
