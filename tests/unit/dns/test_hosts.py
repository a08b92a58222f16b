"""The hosts file: only the block of the box is ever touched."""

import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.dns import hosts
from harness.dns.errors import DnsRefusedError
from harness.dns.hosts import HostsProvider, system_resolve
from harness.dns.provider import Change
from harness.errors import WaitError

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
    one.withdraw()
    assert path.read_text() == f"{OTHERS}# icebox two: begin\n{NEW}\t{SE}\n# icebox two: end\n"
    two.withdraw()
    two.withdraw()
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


def test_verify_asks_the_file(path: Path) -> None:
    provider = HostsProvider(path, resolve=lambda _: (OLD,))
    provider.update([CE], NEW)
    (said,) = provider.verify([CE], NEW)
    assert said.good, "this machine does not read that file, so it is not asked"


def test_verify_asks_this_machine_too_if_it_reads_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "SYSTEM", str(path))
    provider = HostsProvider(path, resolve=lambda _: (OLD,))
    provider.update([CE], NEW)
    said, machine = provider.verify([CE], NEW)
    assert said.good
    assert not machine.good
    assert str(machine) == f"{CE}: this machine says {OLD}, not {NEW}"


def test_names_as_this_machine_has_them() -> None:
    assert IPv4Address("127.0.0.1") in system_resolve("localhost")
    assert system_resolve("no such name") == ()


def test_what_it_withdraws_is_its_block_alone(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHERS.encode() + b"10.0.0.3 windows\r\n10.0.0.4 form\x0cfeed\n")
    before = path.read_bytes()
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    HostsProvider(link).update([CE, SE], OLD)
    assert HostsProvider(link).withdraw() == ()
    assert path.read_bytes() == before
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hosts", "link"]


def test_withdrawing_twice_writes_nothing(path: Path) -> None:
    HostsProvider(path).update([CE], OLD)
    HostsProvider(path).withdraw()
    before = path.stat()
    HostsProvider(path).withdraw()
    assert path.stat().st_ino == before.st_ino


def test_a_file_that_was_made_for_the_block_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "new"
    HostsProvider(path).update([CE], OLD)
    HostsProvider(path).update([CE], NEW)
    HostsProvider(path).withdraw()
    assert not path.exists()
    HostsProvider(path).withdraw()
    HostsProvider(path).update([CE], OLD)
    with path.open("a") as file:
        file.write("10.0.0.2 later\n")
    HostsProvider(path).withdraw()
    assert path.read_text() == "10.0.0.2 later\n"


def test_an_empty_file_of_somebody_stays(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    HostsProvider(path).update([CE], OLD)
    HostsProvider(path).withdraw()
    assert path.read_text() == ""


def test_a_directory_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    HostsProvider(tmp_path / "gone" / "hosts").withdraw()


def test_what_is_about_to_be_written_is_told_first(path: Path) -> None:
    told: list[str] = []

    def sending(changes: Sequence[Change]) -> None:
        assert path.read_text() == OTHERS
        told.extend(str(change) for change in changes)

    HostsProvider(path).update([CE], OLD, sending)
    assert told == [f"{CE}: nothing -> {OLD}"]


def test_boxes_that_write_at_the_same_time_lose_nothing(path: Path) -> None:
    boxes = [HostsProvider(path, f"icebox {number}") for number in range(8)]

    def comes_and_goes(number: int) -> None:
        for _ in range(5):
            boxes[number].update([f"ce{number}.example.org"], OLD)
            if number % 2:
                boxes[number].withdraw()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(comes_and_goes, range(8)))
    text = path.read_text()
    assert [f"ce{number}.example.org" in text for number in range(8)] == [True, False] * 4
    assert text.startswith(OTHERS)


def test_another_that_never_ends_to_write_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "PATIENCE", 0.1)
    with HostsProvider(path)._alone(), pytest.raises(WaitError, match="another box"):
        HostsProvider(path).update([CE], OLD)
    assert path.read_text() == OTHERS
