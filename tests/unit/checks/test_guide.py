"""The original's lines, letter for letter, on the default site."""

import os
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from harness.actors import guide
from harness.actors.guide import Lines, Person
from harness.command import CommandResult, announce, listening
from tests.unit.sites import SITE

# As the user guide of 2007 prints them; NAME stands there for the reader's own.
CE = "xencenode.sytes.net"
PRINTED = [
    "adduser testuser",
    "su - testuser",
    "voms-proxy-init -voms gilda",
    "lcg-infosites --vo gilda ce",
    "lcg-infosites --vo gilda se",
    f"globus-job-run {CE} /bin/hostname",
    f"ldapsearch -x -H ldap://{CE}:2170 -b mds-vo-name=local,o=grid",
    "qsub -I",
    'echo "hostname; sleep 20" | qsub -q short',
    f"globus-job-run {CE}:2119/jobmanager-pbs -q short /bin/hostname",
    f"glite-job-submit -r {CE} hw.jdl",
    f"edg-gridftp-ls --verbose gsiftp://{CE}/storage",
    f"edg-gridftp-mkdir gsiftp://{CE}/storage/mydir",
    f"globus-url-copy file:/bin/hostname gsiftp://{CE}/storage/mydir/myfile",
    f"lcg-cr -v --vo gilda -d {CE} -l lfn:/grid/gilda/NAME/testfile file:/bin/hostname",
]


def test_the_default_site_has_the_guide_s_lines() -> None:
    lines = Lines(SITE)
    named = Lines(lines.site, person="NAME")
    typed = [
        lines.adduser,
        lines.become,
        lines.proxy,
        lines.infosites("ce"),
        lines.infosites("se"),
        lines.fork,
        lines.search,
        lines.interactive,
        lines.queued,
        lines.batch,
        lines.submit,
        lines.listed(CE),
        lines.made(CE),
        lines.copied(CE),
        named.registered(CE),
    ]
    assert typed == PRINTED
    assert 'VirtualOrganisation = "gilda";' in lines.jdl


class FakeUi:
    """A fake UI: root's lines are typed here, with the programs in a directory of the test's own."""

    name = "ui"

    def __init__(self, programs: Path) -> None:
        self.programs = programs

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.programs / name).chmod(0o755)

    def run(self, line: str | list[str], *, stdin: str = "", timeout: float = 60) -> CommandResult:
        words = ["/bin/bash", "-c", line if isinstance(line, str) else " ".join(line)]
        environment = {**os.environ, "PATH": str(self.programs), "HERE": str(self.programs)}
        done = subprocess.run(
            words, input=stdin, env=environment, capture_output=True, text=True, timeout=timeout
        )
        command = line if isinstance(line, str) else " ".join(line)
        return announce(CommandResult(command, self.name, done.returncode, done.stdout, done.stderr, 0.0))


@pytest.fixture
def ui(tmp_path: Path) -> FakeUi:
    made = FakeUi(tmp_path)
    made.program("getent", 'echo "testuser:x:1001:"')
    return made


@pytest.fixture
def person(ui: FakeUi, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(guide.PoolAccount, "first", lambda ce, vo: None)
    return Person(cast("Any", ui), cast("Any", None), SITE)


def test_a_name_that_is_taken_is_left_to_whom_it_belongs(person: Person) -> None:
    assert person.lines.adduser == "adduser testuser2"


def test_the_report_has_what_the_person_typed(person: Person, ui: FakeUi) -> None:
    ui.program("su", "/bin/cat")
    told: list[CommandResult] = []
    with listening(told.append):
        ran = person.type("voms-proxy-init -voms gilda")
    assert told == [ran]
    assert (ran.command, ran.where, ran.stdout) == (
        "voms-proxy-init -voms gilda",
        "testuser2@ui",
        "voms-proxy-init -voms gilda\n",
    )


def test_with_the_account_its_proxy_goes(person: Person, ui: FakeUi, tmp_path: Path) -> None:
    """The number of an account is known as long as there is one."""
    ui.program("pkill", "exit 1")
    ui.program("userdel", ": > $HERE/gone")
    ui.program("id", "[ -e $HERE/gone ] || echo 4711")
    ui.program("rm", 'echo "$@" > $HERE/removed')
    person.leave()
    assert (tmp_path / "removed").read_text() == "-f /tmp/x509up_u4711\n"
    assert (tmp_path / "gone").exists()
