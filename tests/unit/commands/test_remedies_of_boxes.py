"""What is said of a box, its image or a run that was named is done: then the command goes on."""

import io
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli
from harness.box import bringup, restored
from harness.commands import login, options, report, validate
from harness.dns.kinds.hosts import KIND
from harness.errors import InputError
from harness.image import accounts, build
from harness.image.accounts import Texts
from harness.image.base import Base
from harness.image.build import Image
from harness.image.layer import RoleLayers
from harness.ledger import Ledger
from harness.report.rundir import RunDir
from harness.report.verdict import Answer, Verdict
from harness.setup import testing
from harness.setup.machine import Machine
from harness.state import checkout
from tests.drill.tried import Told, failing, refused
from tests.unit.sites import SITE


@pytest.mark.tries("use it (./icebox status --box …), stop it, or choose another name")
@pytest.mark.parametrize("way", ["stop it", "another name"])
def test_a_box_that_is_up(home: Path, monkeypatch: pytest.MonkeyPatch, told: Told, way: str) -> None:
    up = {"mine"}
    monkeypatch.setattr(bringup.teardown, "live_owner", lambda ledger: 0)
    monkeypatch.setattr(bringup.teardown, "is_dead", lambda name: False)
    monkeypatch.setattr(bringup, "is_up", lambda name, ledger: name in up)
    remedy = refused(told, lambda: bringup.refuse_if_up("mine", Ledger("mine")))
    [looks] = re.findall(r"\((\./icebox [^)]*)\)", remedy)
    assert cli.parser().parse_args(shlex.split(looks)[1:]).box == "mine"
    if way == "stop it":
        up.clear()
        bringup.refuse_if_up("mine", Ledger("mine"))
    else:
        bringup.refuse_if_up("other", Ledger("other"))


@pytest.mark.tries("./icebox start…")
def test_a_box_that_is_down(home: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """Start is stood for by what it would make."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    Ledger("mine").intend("data", "/a")
    up: set[str] = set()
    monkeypatch.setattr(options, "is_up", lambda name, ledger: name in up)
    monkeypatch.setattr(options, "going_on", lambda name: name)
    asked = cli.parser().parse_args(["status", "--box", "mine"])
    typed = cli.parser().parse_args(shlex.split(refused(told, lambda: options.box_that_is_up(asked)))[1:])
    assert typed.command == "start"
    up.add(typed.box)
    assert options.box_that_is_up(asked) == "mine"


@pytest.mark.tries("name one such as 198.51.100.7")
def test_no_address(monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("harness.commands.box.box_that_is_up", lambda _: SimpleNamespace(name="x", close=int))
    monkeypatch.setattr("harness.box.names.move", lambda box, address: ())
    assert cli.main(["move", "--address", "here"]) == 2
    remedy = told(capsys.readouterr().err.partition("do:")[2].strip())
    assert cli.main(["move", "--address", remedy.rpartition(" ")[2]]) == 0


@pytest.mark.tries("./icebox ssh… … COMMAND runs a command without one")
def test_a_console_without_a_terminal(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    box = SimpleNamespace(name="school", site=SITE)
    monkeypatch.setattr(login, "box_that_is_up", lambda _: box)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    asked = cli.parser().parse_args(["console", "--box", "school", "ce"])
    typed = refused(told, lambda: login.run_console(asked)).replace("COMMAND", "id").partition(" runs")[0]
    found = cli.parser().parse_args(shlex.split(typed)[1:])
    assert (found.command, found.box, found.node, found.line) == ("ssh", "school", "ce", ["id"])


@pytest.mark.tries("./icebox validate makes one")
def test_a_run_that_there_is_not(tmp_path: Path, told: Told) -> None:
    asked = SimpleNamespace(directory=tmp_path / "run", json=True)
    refused(told, lambda: report.run(asked))  # type: ignore[arg-type]
    made = RunDir.create(tmp_path, elsewhere=tmp_path / "run")
    made.verdict_json.write_text(Verdict(Answer.GO).to_json())
    assert report.run(asked) == 0  # type: ignore[arg-type]


@pytest.mark.tries("give words of the checks' names, such as -k test_hello_world or -k 'wn and not box'")
def test_words_that_choose_nothing(tmp_path: Path, told: Told) -> None:
    made = RunDir.create(tmp_path, elsewhere=tmp_path / "run")
    validate._log(made).write_text("ERROR: Wrong expression\n")
    wrong = validate._wrong_choice(SimpleNamespace(only="test_("), made)  # type: ignore[arg-type]
    from _pytest.mark.expression import Expression

    for words in re.findall(r"-k (\w+|'[^']+')", told(wrong)):
        Expression.compile(words.strip("'"))


@pytest.mark.tries("make its directory")
def test_a_hosts_file_without_a_directory(tmp_path: Path, told: Told) -> None:
    file = tmp_path / "class" / "hosts"
    refused(told, lambda: KIND.looks["file"](file))
    file.parent.mkdir()
    KIND.looks["file"](file)


@pytest.mark.tries("choose another name for the VO")
def test_a_vo_that_is_called_like_an_account(told: Told) -> None:
    texts = Texts("root:x:0:0::/root:/bin/sh\n", "root:x:0:\ndaemon:x:1:\n", "root:*:1::::::\n")
    site = SITE
    refused(told, lambda: accounts.check_names(texts, replace(site, vo="daemon")))
    accounts.check_names(texts, site)


@pytest.mark.tries("name a file in a directory that is there, on a disk with space")
def test_a_place_for_the_packed_image(home: Path, tmp_path: Path, told: Told) -> None:
    image = Image(Base("0123"), RoleLayers(Base("0123"), "4567"))
    for name in image.keys:
        (home / "image" / name).mkdir(parents=True)
        (home / "image" / name / "file").touch()
    refused(told, lambda: build.pack(image, tmp_path))
    assert build.pack(image, tmp_path / "image.tar.zst") > 0


@pytest.mark.tries("name one of them, or several with a comma between")
def test_an_environment_of_the_tests(told: Told) -> None:
    machine = Machine(checkout=checkout())
    error = failing(told, lambda: testing.check_names(machine, ["-e", "units"]), InputError)
    known = error.why.partition(": ")[2].split(", ")
    for words in (known[0], ",".join(known[:2])):
        testing.check_names(machine, ["-e", words])


@pytest.mark.tries("name a file or directory that came with the node, from / on, such as /etc/lcmaps")
def test_a_file_that_did_not_come_with_a_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    (tmp_path / "etc/lcmaps").mkdir(parents=True)
    site = SITE
    put: list[bytes] = []
    ran = SimpleNamespace(check=lambda: SimpleNamespace(stdout="/etc/lcmaps\n"))
    inside = SimpleNamespace(put=lambda path, content, mode: put.append(content), run=lambda *_, **__: ran)
    box = SimpleNamespace(name="icebox", way_in=lambda node: inside)
    monkeypatch.setattr(restored, "layers_of", lambda box, node: [tmp_path])
    remedy = refused(told, lambda: restored.restore(box, site.ce, ["lcmaps"]))
    assert restored.restore(box, site.ce, [remedy.rpartition(" ")[2]]) == ["/etc/lcmaps"]
    assert put
