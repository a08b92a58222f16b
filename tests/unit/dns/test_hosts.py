"""The hosts file: only the block of the box is ever touched."""

from __future__ import annotations

import stat
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.dns.errors import DnsRefusedError
from harness.dns.hosts import HostsProvider, system_resolve

CE, SE = "xencenode.sytes.net", "xensenode.sytes.net"
OLD, NEW = IPv4Address("203.0.113.10"), IPv4Address("203.0.113.77")
OTHERS = "127.0.0.1\tlocalhost\n::1 localhost ip6-localhost\n\n# mine\n10.0.0.1 printer  # upstairs\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "hosts"
    file.write_text(OTHERS)
    return file


def test_the_block_is_added_and_followed(path: Path) -> None:
    provider = HostsProvider(path)
    assert [str(change) for change in provider.update([CE, SE], OLD)] == [
        f"{CE}: nothing -> {OLD}",
        f"{SE}: nothing -> {OLD}",
    ]
    assert path.read_text() == f"{OTHERS}# icebox: begin\n{OLD}\t{CE}\n{OLD}\t{SE}\n# icebox: end\n"
    (first, _) = provider.update([CE, SE], NEW)
    assert (first.before, first.after) == ((OLD,), NEW)
    assert str(OLD) not in path.read_text()


def test_what_is_right_already_is_not_written(path: Path) -> None:
    provider = HostsProvider(path)
    provider.update([CE], OLD)
    before = path.stat()
    assert provider.update([CE], OLD) == ()
    assert path.stat().st_ino == before.st_ino


def test_a_name_that_left_the_site_leaves_the_block(path: Path) -> None:
    HostsProvider(path).update([CE, SE], OLD)
    assert HostsProvider(path).update([CE], OLD) == ()
    assert SE not in path.read_text()


def test_lines_after_the_block_stay_there(path: Path) -> None:
    HostsProvider(path).update([CE], OLD)
    with path.open("a") as file:
        file.write("10.0.0.2 later\n")
    HostsProvider(path).update([CE], NEW)
    assert path.read_text().endswith("# icebox: end\n10.0.0.2 later\n")


def test_mode_and_link_are_kept(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    HostsProvider(link).update([CE], OLD)
    assert link.is_symlink()
    assert CE in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hosts", "link"]


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new"
    HostsProvider(path).update([CE], OLD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_two_boxes_in_one_file(path: Path) -> None:
    one, two = HostsProvider(path, "icebox one"), HostsProvider(path, "icebox two")
    one.update([CE], OLD)
    two.update([SE], NEW)
    one.remove()
    assert path.read_text() == f"{OTHERS}# icebox two: begin\n{NEW}\t{SE}\n# icebox two: end\n"
    two.remove()
    two.remove()
    assert path.read_text() == OTHERS


def test_a_line_of_someone_else(path: Path) -> None:
    path.write_text(f"{OTHERS}10.0.0.9 grid {CE}\n")
    before = path.read_text()
    with pytest.raises(DnsRefusedError, match="another line already has") as caught:
        HostsProvider(path).update([CE], OLD)
    assert f"10.0.0.9 grid {CE}" in str(caught.value)
    assert path.read_text() == before


def test_damaged_marks(path: Path) -> None:
    path.write_text(f"{OTHERS}# icebox: begin\n{OLD} {CE}\n")
    with pytest.raises(DnsRefusedError, match="marks of the block are damaged"):
        HostsProvider(path).update([CE], NEW)


def test_verify_asks_the_file_and_the_machine(path: Path) -> None:
    provider = HostsProvider(path, resolve=lambda _: (OLD,))
    provider.update([CE], NEW)
    file, machine = provider.verify([CE], NEW)
    assert (file.good, machine.good) == (True, False)


def test_names_as_this_machine_has_them() -> None:
    assert IPv4Address("127.0.0.1") in system_resolve("localhost")
    assert system_resolve("no such name") == ()
