"""One word moves a whole site into another private network."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.site import Site
from tests.unit.sites import SITE, site_with


def site_in(directory: Path, line: str) -> Site:
    return site_with(directory, ("[network]", f"[network]\n{line}"))


@pytest.mark.parametrize("word", ["10.20.30.0", "10.20.30.0/24"])
def test_everything_follows(tmp_path: Path, word: str) -> None:
    before, site = SITE, site_in(tmp_path, f'instead = "{word}"')
    assert site.bridge.network == IPv4Network("10.20.30.0/24")
    told = [site.bridge.address, *(node.address for node in site.nodes), *(row.address for row in site.ports)]
    was = [
        before.bridge.address,
        *(node.address for node in before.nodes),
        *(row.address for row in before.ports),
    ]
    assert [int(address) - int(IPv4Address("10.20.30.0")) for address in told] == [
        int(address) - int(IPv4Address("192.168.1.0")) for address in was
    ]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("10.20.30.0/16", "not of the size|not a network"),
        ("10.20.0.0/16", "not of the size of 192.168.1.0/24"),
        ("10.20.30.7", "not a network"),
        ("203.0.113.0", "the outside's own"),
        ("home", "not a network"),
    ],
)
def test_what_can_not_be_the_network(tmp_path: Path, word: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        site_in(tmp_path, f'instead = "{word}"')
