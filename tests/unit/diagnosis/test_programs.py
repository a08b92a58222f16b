"""Commands that are not found, can't start, or are shut to one student; and a loader that speaks first."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.box.box import Box
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Case, Unseen, View
from harness.diagnosis.facts import programs
from harness.errors import HarnessError
from harness.services.graph import Graph
from harness.site import Node, Role, Site
from tests.unit.diagnosis.judging import judged


@pytest.mark.parametrize(
    ("first", "others", "says", "degraded"),
    [
        ("done", "", "", False),
        ("/usr/bin/lfc-ls\ndone", "", "", False),
        ("lfc-ls\ndone", "", "has student01 start something else by lfc-ls: a function", False),
        ("alias lcg-cr='echo no'\ndone", "", "start something else by alias lcg-cr='echo no'", False),
        ("no: lfc-ls\nno: lcg-cr\ndone", "", "has no lfc-ls and 1 more that student01 can run", False),
        ("welcome\ndone", "", "", False),
        ("", "", "lets student01 type nothing", False),
        ("/usr/bin/lfc-ls wants /usr/bin/nopython\ndone", "", "lfc-ls that wants /usr/bin/nopython", False),
        ("/usr/bin/lfc-ls can not be read\ndone", "", "has a lfc-ls that can not be read", False),
        ("done", "= student02\ndone\n", "", False),
        ("done", "= student02\nno: lfc-ls\ndone\n", "has no lfc-ls that student02 can run", True),
        ("done", "= student02\n= student03\ndone", "lets student02 type nothing", True),
    ],
)
def test_what_students_can_type(
    site: Site, monkeypatch: pytest.MonkeyPatch, first: str, others: str, says: str, degraded: bool
) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return {"code": 0, "said": first if words[2] else others}

    monkeypatch.setattr(programs, "_aside", lambda *_: "")
    seen = judged(site, "programs", Role.UI, answer)
    assert [(says in each.why, each.degraded) for each in seen] == [(True, degraded)] * bool(says)


def test_a_dot_file_with_a_function_for_a_command_is_laid_aside(site: Site, tmp_path: Path) -> None:
    """By grep(1), which has to pass over what never ends, and over what only begins so."""
    for name, text in {".bash_profile": "lfc-ls() { echo no; }", ".bashrc": "alias lfc-lsx=x"}.items():
        (tmp_path / name).write_text(f"{text}\n")
    os.mkfifo(tmp_path / ".profile")

    def run(words: list[str], timeout: float) -> Any:
        here = [each.replace("/home/student01", str(tmp_path)) for each in words]
        ran = subprocess.run(here, capture_output=True, text=True, timeout=timeout)
        return SimpleNamespace(stdout=ran.stdout.replace(str(tmp_path), "/home/student01"))

    box = cast(Box, SimpleNamespace(site=site, inside=lambda _node: SimpleNamespace(run=run)))
    case = Case(box, site.ui, View())
    path = "/home/student01/.bash_profile"
    assert programs._aside(case, "student01", "lfc-ls").startswith(f"`mv {path} {path}.aside` on the UI")
    assert programs._aside(case, "student01", "alias lcg-cr='x'") == ""


def test_who_waits_without_end_hides_nothing_of_what_others_have(site: Site) -> None:
    own, others = programs._wants(site, site.ui)
    answers: dict[str, dict[str, Any]] = {
        json.dumps(own.words): {"got": {"said": "no: lfc-ls\ndone"}},
        json.dumps(others.words): {"late": True},
    }
    case = Case(cast(Box, SimpleNamespace(site=site)), site.ui, View({site.ui.name: answers}))
    assert [seen.why for seen in programs._programs(case)] == ["has no lfc-ls that student01 can run"]
    answers[json.dumps(own.words)] = {"got": {"said": "done"}}
    with pytest.raises(Unseen):
        list(programs._programs(case))


def test_what_somebodys_shell_prints_is_typed_as_one_word(site: Site) -> None:
    said = {"code": 0, "said": "/usr/bin/$(reboot) can not be read\ndone"}
    [seen] = judged(site, "programs", Role.WN, lambda _place, _words: said)
    assert seen.remedy == "`./icebox restore xenwnnode '/usr/bin/$(reboot)'`"


def test_the_one_command_that_was_changed_is_put_back_and_else_what_all_of_them_want(site: Site) -> None:
    def remedy(*lines: str) -> str:
        said = "\n".join([*lines, "done"])
        return judged(site, "programs", Role.WN, lambda _place, _words: {"code": 0, "said": said})[0].remedy

    one, other = (f"/usr/bin/{name} wants /usr/bin/python3" for name in ("lcg-cr", "lfc-ls"))
    assert remedy(one) == "`./icebox restore xenwnnode /usr/bin/lcg-cr`"
    assert remedy(one, other) == "`./icebox restore xenwnnode /usr/bin/python3`"


@pytest.mark.parametrize(
    "error", [HarnessError("libvirtd does not answer"), OSError(5, "Input/output error")]
)
def test_a_judge_that_can_not_look_once_more_judges_nothing(site: Site, error: Exception) -> None:
    def inside(_node: Node) -> None:
        raise error

    fact = next(each for each in programs.FACTS if each.name == "starts")
    case = Case(cast(Box, SimpleNamespace(site=site, inside=inside)), site.se, View())
    with pytest.raises(Unseen, match=r"xensenode: starts: .*(libvirtd does not answer|Input/output error)"):
        list(fact.seen(case))


def test_interpreters_are_looked_for_by_the_shell(tmp_path: Path) -> None:
    for name, first in {
        "lcg-good": "#!/bin/sh",
        "lcg-flags": "#! /bin/sh -e",
        "lcg-env": "#!/usr/bin/env sh",
        "lcg-elf": "\x7fELF",
        "lcg-lost": "#!/nowhere/python",
        "lcg-wrong": "#!/usr/bin/env nowhere",
    }.items():
        (tmp_path / name).write_text(f"{first}\n")
    line = programs.STARTED.replace(programs.BINARIES, f"{tmp_path}/lcg-*")
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        f"{tmp_path}/lcg-lost wants /nowhere/python",
        f"{tmp_path}/lcg-wrong wants nowhere",
    ]
    assert ran.stderr == ""


USUAL = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
LOADER = "ERROR: ld.so: object 'x.so' from /etc/ld.so.preload cannot be preloaded: ignored.\n"


@pytest.mark.parametrize(
    ("said", "says", "does"),
    [
        ("root\nroot\n", "", ""),
        (f"{LOADER}root\n{LOADER}root\n", "ERROR: ld.so", "rm -f /etc/ld.so.preload"),
        ("sh: warning: locale\nroot\nroot\n", "sh: warning: locale", ""),
        ("id: cannot find name for user ID 0\n0\nroot\n", "does not know its own accounts", "restore"),
        ("root\nid: cannot find name for group ID 0\n0\n", "does not know its own accounts", "restart"),
    ],
)
def test_a_program_says_what_it_should_and_no_more(site: Site, said: str, says: str, does: str) -> None:
    seen = judged(site, "starts", Role.WN, lambda _place, words: beginning(words, {"code": 0, "said": said}))
    assert [says in each.why and does in each.remedy for each in seen] == [True] * bool(says)


def test_all_on_a_node_rests_on_how_programs_start_there_and_nothing_elsewhere(site: Site) -> None:
    graph = Graph(site, "box", ALL)
    starts = next(each for each in graph.all if each.link.name == "starts" and each.node == site.se)
    above = {each for each in graph.all if starts in graph.beneath(each)}
    here = {each for each in graph.all if each.node == site.se and each.link.name not in ("starts", "node")}
    assert here <= above
    assert not any(each.node is None for each in above)


@pytest.mark.parametrize(
    ("shell", "python", "prints", "says"),
    [
        (0, 127, "not found", "has no /usr/bin/python3 that starts: not found"),
        (0, 0, "", ""),
        (0, 0, "not mine\n", "has no /usr/bin/python3 that says nothing of its own: not mine"),
        (127, 127, "", ""),
        (0, 124, "ended after 10 s", ""),
    ],
    ids=["no python", "both start", "one that says more", "nothing starts", "a busy one"],
)
def test_a_node_that_nobody_can_look_at_may_have_no_python(
    site: Site, shell: int, python: int, prints: str, says: str
) -> None:
    def run(words: list[str], timeout: float) -> SimpleNamespace:
        assert timeout <= 10.0
        code = shell if words == ["/bin/true"] else python
        return SimpleNamespace(ok=not code, output=prints, exit_code=code)

    node = SimpleNamespace(run=run)
    box = cast(Box, SimpleNamespace(site=site, inside=lambda _node: node))
    fact = next(each for each in programs.FACTS if each.name == "starts")
    case = Case(box, site.se, View())
    if says:
        assert [each.why for each in fact.seen(case)] == [says]
    else:
        with pytest.raises(Unseen):
            list(fact.seen(case))


def test_a_command_that_ends_as_soon_as_it_begins_is_told(site: Site) -> None:
    line = "; ".join(
        programs.BEGIN.format(command=command, name=command.split()[0])
        for command in ("python3 -c 'import nosuch'", "nosuch-command --help", "ls --nosuch", "ls --help")
    )
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, env=USUAL)
    broken, missing = ran.stdout.splitlines()
    assert broken == "! python3 ModuleNotFoundError: No module named 'nosuch'"
    assert missing.startswith("! nosuch-command ")
    said = {"code": 0, "said": f"{broken}\n{programs.END}\n"}
    [seen] = judged(site, "programs", Role.WN, lambda _place, _words: said)
    assert "has a python3 that ends as soon as it has begun: ModuleNotFoundError" in seen.why


def test_a_node_without_what_it_is_looked_at_with_is_told_first(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = subprocess.run(["sh", "-c", programs.THERE], capture_output=True, text=True, check=True)
    assert "there is no grep" not in ran.stdout
    monkeypatch.setattr(
        programs, "changed", lambda _box, _node: {"/usr/sbin/ip": "removed", "/etc/x": "added"}
    )
    said = {"code": 0, "said": "root\nroot\nthere is no ip\n"}
    [seen] = judged(site, "starts", Role.SE, lambda _place, words: beginning(words, said))
    assert seen.why == "has no ip any more"
    assert seen.remedy == f"`./icebox restore {site.se} /usr/sbin/ip`"


def beginning(words: tuple[Any, ...], said: dict[str, Any], **modes: int) -> Any:
    """What programs say, or what every path begins with, with these modes: ``var_lib`` is /var/lib."""
    if words[0] != "files":
        return said
    changed = {f"/{name.strip('_').replace('_', '/')}": mode for name, mode in modes.items()}
    return {path: {"mode": changed.get(path, 0o755), "changed": 3.0} for path in words[1]}


@pytest.mark.parametrize("path", ["/", "/var/lib"])
def test_a_directory_that_every_path_begins_with_lets_everyone_through(site: Site, path: str) -> None:
    well = {"code": 0, "said": "root\nroot\n"}
    assert judged(site, "starts", Role.WN, lambda _place, words: beginning(words, well)) == []
    modes = {path.strip("/").replace("/", "_") or "_": 0o700}
    [seen] = judged(site, "starts", Role.WN, lambda _place, words: beginning(words, well, **modes))
    assert seen.why == f"lets nobody but root through {path} (mode 700)"
    assert seen.steps[0].line.startswith(f"chmod a+rx {path};")
