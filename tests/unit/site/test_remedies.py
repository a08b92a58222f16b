"""What is said of a site file, a port table or another given file is done to it: then it is taken."""

import os
import re
import shutil
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness import givenfile, sitefile
from harness.errors import InputError
from harness.site import ports
from harness.state import checkout
from tests.drill.tried import Told, failing, refused
from tests.unit import sites

NETWORK, BRIDGE = IPv4Network("192.168.1.0/24"), IPv4Address("192.168.1.1")


def table(path: Path, text: str) -> ports.PortTable:
    path.write_text(text)
    return ports.load_ports(path, network=NETWORK, bridge=BRIDGE)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        pytest.param(
            "2119=192.168.1.2",
            "2119>192.168.1.2:2119",
            marks=pytest.mark.tries(
                "write it as host_port>dest_ip:dest_port, or from-to>dest_ip for a range that keeps its ports"
            ),
        ),
        pytest.param(
            "200-100>192.168.1.2", "100-200>192.168.1.2", marks=pytest.mark.tries("put the lower port first")
        ),
        pytest.param("100-200>192.168.1.2:7", "", marks=pytest.mark.tries("write …-…>…")),
        pytest.param(
            "70000>192.168.1.2:7", "7000>192.168.1.2:7", marks=pytest.mark.tries("use a port from 1 to …")
        ),
        pytest.param(
            "7>10.1.1.1:7", "7>192.168.1.2:7", marks=pytest.mark.tries("use a node's private address")
        ),
        pytest.param(
            "7>192.168.1:7",
            "7>192.168.1.2:7",
            marks=pytest.mark.tries("write the node's private address, like 192.168.1.2"),
        ),
        pytest.param(
            "22>192.168.1.2:22",
            "2222>192.168.1.2:22",
            marks=pytest.mark.tries("take another host port, as the original did with 2222 for ssh"),
        ),
        pytest.param(
            "7>192.168.1.2:7\n7>192.168.1.3:7",
            "7>192.168.1.2:7\n8>192.168.1.3:7",
            marks=pytest.mark.tries("give each row its own host ports"),
        ),
        pytest.param(
            "7=1\n8=1",
            "7>192.168.1.2:7\n8>192.168.1.2:7",
            marks=pytest.mark.tries("mend each of these rows and start again"),
        ),
        pytest.param(
            "\n".join(f"{port}>192.168.1.2:7" for port in range(3000, 3000 + ports.MOST_ROWS + 1)),
            f"3000-{3000 + ports.MOST_ROWS}>192.168.1.2",
            marks=pytest.mark.tries("write at most … rows", "a range takes one"),
        ),
    ],
)
def test_rows(tmp_path: Path, told: Told, wrong: str, right: str) -> None:
    """Where the remedy has the whole row, that is written."""
    remedy = refused(told, lambda: table(tmp_path / "ports.cfg", wrong))
    assert table(tmp_path / "ports.cfg", right or remedy.removeprefix("write ")).rows


@pytest.mark.tries("give this node rows of its own, at lower ports")
def test_rows_of_further_nodes(tmp_path: Path, told: Told) -> None:
    """A second CE gets the first one's rows, further up."""
    first, second = IPv4Address("192.168.1.2"), IPv4Address("192.168.1.7")
    high = table(tmp_path / "ports.cfg", "65500>192.168.1.2:7")
    refused(told, lambda: ports.with_further(high, first, [second]))
    own = table(tmp_path / "ports.cfg", "65500>192.168.1.2:7\n7000>192.168.1.7:7")
    assert ports.with_further(own, first, [second]).rows == own.rows


@pytest.mark.tries("add one at a host port of its own, such as 1…")
def test_the_row_of_wmproxy(tmp_path: Path, told: Told) -> None:
    """An earlier version's table, whose owner has used the port for something else."""
    broker = IPv4Address("192.168.1.6")
    written = "9000>192.168.1.6:9000\n7443>192.168.1.5:443\n"
    taken = table(tmp_path / "ports.cfg", written)
    remedy = refused(told, lambda: ports.with_wmproxy(taken, broker))
    mended = table(tmp_path / "ports.cfg", written + remedy.rpartition(" ")[2])
    assert [row.first for row in ports.with_wmproxy(mended, broker) if row.reaches(broker, 7443)] == [17443]


@pytest.mark.tries(
    "copy that of the checkout there, gridbox-ports.cfg, or write one, a row a line: "
    "host_port>dest_ip:dest_port, or from-to>dest_ip for a range that keeps its ports"
)
def test_no_table(tmp_path: Path, told: Told) -> None:
    file = tmp_path / "ports.cfg"
    remedy = refused(told, lambda: ports.load_ports(file, network=NETWORK))
    (name,) = re.findall(r"\S+\.cfg", remedy)
    shutil.copy(checkout() / name, file)
    assert ports.load_ports(file, network=NETWORK).rows
    assert table(file, "7>192.168.1.2:7\n").rows


def read(path: Path, **more: bool) -> str:
    return givenfile.read(path, "the file", remedy="write it", most=100, **more)


@pytest.mark.tries("name the file in it")
def test_a_directory(tmp_path: Path, told: Told) -> None:
    refused(told, lambda: read(tmp_path))
    (tmp_path / "file").write_text("text")
    assert read(tmp_path / "file") == "text"


@pytest.mark.tries("copy what it gives into a file, and name that")
def test_a_pipe(tmp_path: Path, told: Told) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(told, lambda: read(tmp_path / "pipe"))
    (tmp_path / "file").write_text("text")
    assert read(tmp_path / "file") == "text"


@pytest.mark.tries("see that the right file is named")
def test_a_large_file(tmp_path: Path, told: Told) -> None:
    (tmp_path / "large").write_text("x" * 101)
    refused(told, lambda: read(tmp_path / "large"))
    (tmp_path / "file").write_text("text")
    assert read(tmp_path / "file") == "text"


@pytest.mark.tries("write it as UTF-8 text")
def test_no_text(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").write_bytes("Zürich".encode("latin-1"))
    refused(told, lambda: read(tmp_path / "file"))
    (tmp_path / "file").write_text("Zürich", encoding="utf-8")
    assert read(tmp_path / "file") == "Zürich"


@pytest.mark.tries("be its owner or root, or let others read it")
def test_a_file_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """To root all files are open: the system's refusal is made here."""
    (tmp_path / "file").write_text("text")
    mine, open_file = [False], os.open

    def guarded(path: str, *more: int, **others: int) -> int:
        if not mine[0] and str(path).endswith("/file"):
            raise PermissionError(13, "Permission denied")
        return open_file(path, *more, **others)

    monkeypatch.setattr(os, "open", guarded)
    refused(told, lambda: read(tmp_path / "file"))
    mine[0] = True
    assert read(tmp_path / "file") == "text"


@pytest.mark.tries("see that its path is right")
def test_a_path_that_is_none(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").write_text("text")
    refused(told, lambda: read(tmp_path / "file" / "file"))
    assert read(tmp_path / "file") == "text"


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    """The default site, to be changed."""
    return sites.site_file(tmp_path)


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert re.search(old, text, re.MULTILINE)
    file.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE))


@pytest.mark.tries("name one with --site FILE")
def test_no_site_file(site_file: Path, told: Told) -> None:
    refused(told, lambda: sitefile.load(site_file.with_name("other.toml")))
    assert sitefile.load(site_file).nodes


@pytest.mark.tries("mend the named line")
def test_a_line_that_is_no_toml(site_file: Path, told: Told) -> None:
    sound = site_file.read_text().splitlines()
    site_file.write_text("\n".join([*sound[:3], "this is = = none", *sound[3:]]))
    error = failing(told, lambda: sitefile.load(site_file), InputError)
    [line] = re.findall(r"line (\d+)", error.why)
    lines = site_file.read_text().splitlines()
    del lines[int(line) - 1]
    site_file.write_text("\n".join(lines))
    assert sitefile.load(site_file).nodes


@pytest.mark.tries("put `schema = …` at its top")
def test_no_schema(site_file: Path, told: Told) -> None:
    changed(site_file, r"^schema.*\n", "")
    [line] = re.findall(r"`([^`]+)`", refused(told, lambda: sitefile.load(site_file)))
    site_file.write_text(f"{line}\n{site_file.read_text()}")
    assert sitefile.load(site_file).nodes


@pytest.mark.tries("use a newer icebox, or write the file for schema 1")
@pytest.mark.parametrize("way", ["icebox", "file"])
def test_a_later_schema(site_file: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str) -> None:
    changed(site_file, r"^schema.*", "schema = 2")
    refused(told, lambda: sitefile.load(site_file))
    if way == "icebox":
        monkeypatch.setattr(sitefile, "SCHEMA", 2)
    else:
        changed(site_file, r"^schema.*", "schema = 1")
    assert sitefile.load(site_file).nodes


@pytest.mark.tries("write it as […], with its keys below")
def test_no_table_of_the_site(site_file: Path, told: Told) -> None:
    sound = site_file.read_text()
    site_file.write_text("students = 5\n" + re.sub(r"(?ms)^\[students\]\n.*?(?=^\[|\Z)", "", sound))
    remedy = refused(told, lambda: sitefile.load(site_file))
    heading = remedy.split()[3].rstrip(",")
    site_file.write_text(site_file.read_text().replace("students = 5\n", "") + f"\n{heading}\ncount = 5\n")
    assert len(sitefile.load(site_file).students) == 5


@pytest.mark.tries("mend them")
def test_a_key_that_is_none(site_file: Path, told: Told) -> None:
    changed(site_file, r"^\[students\]", "[students]\ncuont = 3")
    refused(told, lambda: sitefile.load(site_file))
    changed(site_file, r"^cuont.*\n", "")
    assert sitefile.load(site_file).nodes


@pytest.mark.tries("mend or delete them")
@pytest.mark.parametrize("way", ["mend", "delete"])
def test_rows_to_nobody(site_file: Path, told: Told, way: str) -> None:
    file = site_file.with_name("gridbox-ports.cfg")
    sound = file.read_text()
    file.write_text(f"{sound}\n7000>192.168.1.99:7\n")
    refused(told, lambda: sitefile.load(site_file))
    file.write_text(f"{sound}\n7000>192.168.1.2:7\n" if way == "mend" else sound)
    assert sitefile.load(site_file).ports.rows
