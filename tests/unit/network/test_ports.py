"""The port table: what it takes, and what it says about rows it does not take."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.site.portrow import PortRow
from harness.site.ports import PortTable, load_ports, with_further, with_wmproxy

NETWORK = IPv4Network("192.168.1.0/24")
BRIDGE = IPv4Address("192.168.1.1")
UI = IPv4Address("192.168.1.5")
SE = IPv4Address("192.168.1.4")


def load(tmp_path: Path, text: str) -> PortTable:
    path = tmp_path / "ports.cfg"
    path.write_text(text)
    return load_ports(path, network=NETWORK, bridge=BRIDGE)


def failure(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_the_original_syntax(tmp_path: Path) -> None:
    table = load(tmp_path, "2222>192.168.1.5:22\n")
    assert table.rows == (PortRow(2222, 2222, UI, 22, 1),)


def test_comments_blank_lines_and_blanks(tmp_path: Path) -> None:
    table = load(tmp_path, "# ports\n\n  2222 > 192.168.1.5 : 22   # ssh\r\n\t\n3147>192.168.1.4:3147#rfio\n")
    assert [(row.first, row.target, row.line) for row in table] == [(2222, 22, 3), (3147, 3147, 5)]


def test_a_range_keeps_its_ports(tmp_path: Path) -> None:
    (row,) = load(tmp_path, "20000-20099>192.168.1.4\n")
    assert (row.first, row.last, row.address, row.target) == (20000, 20099, SE, 20000)
    assert row.keeps_ports
    assert row.target_of(20042) == 20042


def test_find(tmp_path: Path) -> None:
    table = load(tmp_path, "2222>192.168.1.5:22\n20000-20099>192.168.1.4\n")
    assert table.find(2222) is table.rows[0]
    assert table.find(20099) is table.rows[1]
    assert table.find(20100) is None
    assert table.rows[0].target_of(2222) == 22


def test_rows_without_node(tmp_path: Path) -> None:
    table = load(tmp_path, "2222>192.168.1.5:22\n3147>192.168.1.4:3147\n")
    (row,) = table.rows_without_node([UI])
    assert row.address == SE


def test_an_empty_table_closes_everything(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing\n").rows == ()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("hello", "no row of a port table"),
        ("2222:192.168.1.5:22", "no row of a port table"),
        ("2222>192.168.1.5", "the port at the node is missing"),
        ("2222>192.168.1.500:22", "192.168.1.500 is no IPv4 address"),
        ("0>192.168.1.5:22", "there is no port 0"),
        ("65536>192.168.1.5:22", "there is no port 65536"),
        ("2222>192.168.1.5:70000", "there is no port 70000"),
        ("9-3>192.168.1.5", "before its start"),
        ("1000-1009>192.168.1.5:80", "a range keeps its ports"),
        ("2222>10.0.0.5:22", "the bridge's network is 192.168.1.0/24"),
        ("2222>192.168.1.0:22", "no node can have 192.168.1.0"),
        ("2222>192.168.1.255:22", "no node can have 192.168.1.255"),
        ("2222>192.168.1.1:22", "is the bridge itself"),
        ("22>192.168.1.5:22", "port 22 is the dom0's own ssh"),
        ("20-30>192.168.1.5", "port 22 is the dom0's own ssh"),
        ("٢٢٢٢>192.168.1.5:22", "no row of a port table"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, why: str) -> None:
    text = failure(tmp_path, f"# comment\n{row}  # why not\n")
    assert text.startswith(f"{tmp_path}/ports.cfg:2: bad row in the port table: {row}\n")
    assert why in text
    assert "\n  do:  " in text


@pytest.mark.parametrize("second", ["2222>192.168.1.4:22", "2200-2300>192.168.1.4", "2222>192.168.1.5:22"])
def test_a_clash_names_both_lines(tmp_path: Path, second: str) -> None:
    text = failure(tmp_path, f"2222>192.168.1.5:22\n\n{second}\n")
    assert ":3: bad row" in text
    assert "line 1 already has host port 2222: 2222>192.168.1.5:22" in text


def test_overlapping_ranges(tmp_path: Path) -> None:
    text = failure(tmp_path, "2000-2099>192.168.1.4\n2050-2150>192.168.1.5\n")
    assert "line 1 already has host ports 2050 to 2099" in text


def test_all_bad_rows_in_one_error(tmp_path: Path) -> None:
    text = failure(tmp_path, "22>192.168.1.5:22\n2222>192.168.1.5:22\nnonsense\n")
    assert "2 bad rows" in text
    assert "ports.cfg:1: 22>192.168.1.5:22: port 22 is the dom0's own ssh" in text
    assert "ports.cfg:3: nonsense: " in text


SECOND, THIRD = IPv4Address("192.168.1.170"), IPv4Address("192.168.1.171")


def test_further_nodes_get_the_first_ones_rows_further_up(tmp_path: Path) -> None:
    table = load(tmp_path, "2119>192.168.1.2:2119\n20200-20299>192.168.1.2\n2811>192.168.1.4:2811\n")
    made = with_further(table, IPv4Address("192.168.1.2"), [SECOND, THIRD])
    assert [str(row) for row in made][3:] == [
        "2219>192.168.1.170:2119",
        "21200-21299>192.168.1.170",
        "2319>192.168.1.171:2119",
        "22200-22299>192.168.1.171",
    ]
    assert made.rows[4].keeps_ports


def test_a_further_node_with_rows_of_its_own_gets_no_others(tmp_path: Path) -> None:
    table = load(tmp_path, "2119>192.168.1.2:2119\n4444>192.168.1.170:2119\n")
    assert with_further(table, IPv4Address("192.168.1.2"), [SECOND]) == table


def test_a_port_that_is_taken_is_no_port_of_a_further_node(tmp_path: Path) -> None:
    table = load(tmp_path, "2119>192.168.1.2:2119\n2219>192.168.1.5:22\n")
    with pytest.raises(InputError, match=r"2219>192\.168\.1\.170:2119, as 2119>192\.168\.1\.2:2119"):
        with_further(table, IPv4Address("192.168.1.2"), [SECOND])


RB = IPv4Address("192.168.1.6")


def test_a_table_that_leads_to_the_bookkeeping_leads_to_wmproxy_too(tmp_path: Path) -> None:
    before = load(tmp_path, "2222>192.168.1.5:22\n9100>192.168.1.6:9000\n")
    made = with_wmproxy(before, RB)
    assert list(map(str, made))[2:] == ["7443>192.168.1.6:7443"]
    assert made.rows[2].line == 2
    for has in ("9000>192.168.1.6:9000\n8443>192.168.1.6:7443\n", "7000-9999>192.168.1.6\n"):
        assert with_wmproxy(load(tmp_path, has), RB) == load(tmp_path, has)
    closed = load(tmp_path, "2222>192.168.1.5:22\n9000>192.168.1.5:9000\n")
    assert with_wmproxy(closed, RB) == closed


def test_the_port_of_wmproxy_may_be_another_s(tmp_path: Path) -> None:
    table = load(tmp_path, "9000>192.168.1.6:9000\n7443>192.168.1.5:443\n")
    with pytest.raises(InputError, match=r"9000>192\.168\.1\.6:9000, which wants 7443>192\.168\.1\.6:7443"):
        with_wmproxy(table, RB)
