"""What runs on a machine that is a remote dom0 takes nothing but Python's own library."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.box import far
from harness.dom0 import sent
from harness.dom0.kinds import KINDS
from harness.dom0.place import PYTHON
from harness.dom0.shelf import DIRECTORY, VOLUME, InDirectory
from harness.dom0.standing import undo
from harness.errors import HostError
from harness.ledger import Ledger
from harness.state import checkout


def test_it_knows_what_every_kind_of_dom0_writes_down() -> None:
    """Of a kind that it did not know it would say that a later icebox had made the box."""
    program = sent.RUN.replace('"/mnt"', repr(str(checkout())))
    look = program.replace("main(*sys.argv[1:])", "from harness import ledger; print(*ledger.KINDS)")
    words = [PYTHON, "-I", "-S", "-B", "-c", look]
    known = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert {kind for dom0 in KINDS.all().values() for kind in dom0.UNDO} <= set(known)


@pytest.mark.parametrize(("words", "said"), [({"nodes": "many"}, "bad words"), ({"nodes": 0}, "")])
def test_it_is_loaded_without_what_is_installed_here(words: dict[str, object], said: str) -> None:
    """Standard library alone: -S leaves out all packages, -I the checkout."""
    program = sent.RUN.replace('"/mnt"', repr(str(checkout())))
    done = subprocess.run(
        [PYTHON, "-I", "-S", "-B", "-c", program, "check", json.dumps(words)], capture_output=True, text=True
    )
    if said:
        assert "TypeError" in done.stderr, "and it came as far as its own words"
    else:
        answer = json.loads(done.stdout)
        assert "done" in answer or answer["error"]["bad_host"], "whatever this machine lacks for a box"


def test_it_knows_what_outlives_a_run() -> None:
    assert {VOLUME, DIRECTORY} <= {*far._undoing()}
    assert not {VOLUME, DIRECTORY} & {*undo()}, "a stop leaves it"


def test_another_machine_looks_itself_for_room_for_disks(home: Path, tmp_path: Path) -> None:
    assert home
    wanted = InDirectory("school", str(tmp_path / "disk"), {"CENode": 1}, {"CENode": 0})
    with pytest.raises(HostError, match="there is no directory"):
        far.check_shelf("school", "laptop", wanted.words())
    (tmp_path / "disk").mkdir()
    far.check_shelf("school", "laptop", wanted.words())
    assert list((tmp_path / "disk").iterdir()) == [], "nothing is made"
    Ledger("school").intend("laptop", "another")
    with pytest.raises(HostError, match="another box named 'school'"):
        far.check_shelf("school", "laptop", wanted.words())


def asked(driver: str, memory: int = 256) -> dict[str, Any]:
    node = {"name": "xenwnnode", "address": "192.168.1.3", "role": "wn", "memory": memory}
    packages = {"a-package": ["no/such/file"]} if driver == "lacking" else {}
    return {"driver": driver, "packages": packages, "domain": "sytes.net", "nodes": [node]}


def test_another_machine_looks_itself_for_what_domains_want(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    monkeypatch.setattr(far.xl, "check", lambda: looked.append("xl"))
    monkeypatch.setattr(far.xl, "check_room", lambda wanted: looked.append(wanted))
    far.check_machines(**asked("xen"))
    [rule, wanted] = looked
    assert rule == "xl"
    assert isinstance(wanted, dict)
    assert {(str(node), str(node.address), each) for node, each in wanted.items()} == {
        ("xenwnnode", "192.168.1.3", 256)
    }
    far.check_machines(**{**asked("xen"), "nodes": []})
    assert looked[2:] == ["xl"], "nothing is started"
    with pytest.raises(HostError, match="can't run nodes whose hypervisor is lacking") as caught:
        far.check_machines(**asked("lacking"))
    assert caught.value.remedy == "apt-get install --no-install-recommends a-package"
