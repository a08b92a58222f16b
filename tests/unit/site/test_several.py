"""Sites of several CEs, WNs and SEs."""

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.site import Site
from harness.sitefile import load
from tests.unit.sites import DEFAULT, site_file

FIRST = {"ce": '192.168.1.2"\n', "wn": '192.168.1.3"\n', "se": '192.168.1.4"\n'}


def site_of(tmp_path: Path, **counts: int) -> Site:
    """The default site with other counts."""
    text = "\n".join(line for line in DEFAULT.splitlines() if not line.startswith("count = 1 ")) + "\n"
    text = text.replace("count = 1\n", "")
    for role, count in counts.items():
        assert FIRST[role] in text
        text = text.replace(FIRST[role], f"{FIRST[role]}count = {count}\n")
    return load(site_file(tmp_path, text=text))


def test_further_nodes_have_names_and_addresses_of_their_own(tmp_path: Path) -> None:
    site = site_of(tmp_path, ce=2, wn=2, se=3)
    assert [(node.name, str(node.address)) for node in (*site.ces, *site.ses)] == [
        ("xencenode", "192.168.1.2"),
        ("xencenode2", "192.168.1.170"),
        ("xensenode", "192.168.1.4"),
        ("xensenode2", "192.168.1.180"),
        ("xensenode3", "192.168.1.181"),
    ]


def test_wns_go_round_the_ces(tmp_path: Path) -> None:
    site = site_of(tmp_path, ce=2, wn=3)
    assert [[wn.name for wn in site.wns_of(ce)] for ce in site.ces] == [
        ["xenwnnode", "xenwnnode3"],
        ["xenwnnode2"],
    ]
    assert all(site.cluster(wn) == ce for ce in site.ces for wn in site.wns_of(ce))
    assert site.cluster(site.ces[1]) == site.ces[1]


def test_public_ports(tmp_path: Path) -> None:
    site = site_of(tmp_path, ce=2, wn=2, se=2)
    assert [site.public_port(ce, 2119) for ce in site.ces] == [2119, 2219]
    assert [site.public_port(se, 2811) for se in site.ses] == [2811, 2911]
    assert site.public_port(site.rb, 2170) == 2171
    assert site.public_port(site.wn, 22) == 22


def test_each_ce_needs_a_wn(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 WNs for 2 CEs: each CE needs one"):
        site_of(tmp_path, ce=2)


def test_too_many(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="10 is not between 1 and 9"):
        site_of(tmp_path, se=10)
