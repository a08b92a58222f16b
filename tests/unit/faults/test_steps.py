"""What is broken is put back as it was, from whatever state it is in: by a shell, on files of a test."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from harness.faults import hands, steps
from harness.faults.fault import Step


class Node:
    """A directory that stands for a node."""

    def __init__(self, top: Path) -> None:
        self.file, self.keep, self.log = top / "etc" / "setting", top / "kept" / "0123abcd", top / "log"
        self.file.parent.mkdir()
        self.file.write_text("port 1\n")
        self.keep.mkdir(parents=True)

    def type(self, text: str) -> None:
        mark = f"keep={self.keep} mark={self.keep.name}"
        subprocess.run(["sh", "-c", f"set -e; {mark}\n{hands.FUNCTIONS}{text}\n"], check=True)

    def put(self, step: Step) -> None:
        self.type(step.put)

    def take(self, step: Step) -> None:
        self.type(step.take)

    @property
    def restarts(self) -> int:
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def edited(node: Node) -> Step:
    return steps.settings("ce", str(node.file), "s/1/2/", f"echo restarted >> {node.log}")


def test_a_changed_file_comes_back_with_its_rights_and_its_reader_is_told_each_time(node: Node) -> None:
    node.file.chmod(0o640)
    node.put(edited(node))
    assert (node.file.read_text(), node.restarts) == ("port 2\n", 1)
    node.take(edited(node))
    assert (node.file.read_text(), node.restarts) == ("port 1\n", 2)
    assert stat.S_IMODE(node.file.stat().st_mode) == 0o640


def test_an_edit_that_changes_nothing_is_no_fault(node: Node) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        node.put(steps.settings("ce", str(node.file), "s/nosuch/2/", "true"))


def test_what_was_not_put_in_is_taken_out_without_a_trace(node: Node) -> None:
    for step in (edited(node), steps.gone("ce", str(node.file)), steps.modes("ce", str(node.file), "600")):
        node.take(step)
    assert (node.file.read_text(), node.restarts) == ("port 1\n", 0)


def test_put_in_twice_it_is_still_what_was_there_first_that_comes_back(node: Node) -> None:
    change = steps.changed("ce", str(node.file), f"echo 'port 2' > {node.file}")
    node.put(change)
    node.put(change)
    node.take(change)
    assert node.file.read_text() == "port 1\n"


def test_a_copy_that_was_cut_off_is_not_taken_for_the_file(node: Node) -> None:
    cut = Path(f"{node.keep}{node.file}.part")
    cut.parent.mkdir(parents=True)
    cut.write_text("por")
    node.put(edited(node))
    node.take(edited(node))
    assert node.file.read_text() == "port 1\n"


def test_what_somebody_mended_is_replaced_by_what_was_there(node: Node) -> None:
    step = steps.gone("ce", str(node.file))
    node.put(step)
    assert not node.file.exists()
    node.file.write_text("port 7\n")
    node.take(step)
    assert node.file.read_text() == "port 1\n"


def test_directories_and_links_come_back_whole(node: Node) -> None:
    top = node.file.parent
    (top / "link").symlink_to("setting")
    (top / "deep").mkdir(mode=0o711)
    step = steps.gone("ce", str(top))
    node.put(step)
    assert not top.exists()
    node.take(step)
    assert os.readlink(top / "link") == "setting"
    assert stat.S_IMODE((top / "deep").stat().st_mode) == 0o711


def test_rights_come_back_however_often_they_were_changed(node: Node) -> None:
    node.file.chmod(0o640)
    step = steps.modes("ce", str(node.file), "666")
    node.put(step)
    node.put(step)
    assert stat.S_IMODE(node.file.stat().st_mode) == 0o666
    node.take(step)
    assert stat.S_IMODE(node.file.stat().st_mode) == 0o640


def test_a_service_that_does_not_come_back_is_part_of_the_fault_but_not_of_its_end(node: Node) -> None:
    step = steps.changed("ce", str(node.file), f"rm {node.file}", f"test -e {node.file}")
    node.put(step)
    node.take(step)
    assert node.file.exists()
