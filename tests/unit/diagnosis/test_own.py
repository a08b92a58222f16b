"""What a student has of his own is found by leaving it out, and by laying it there again, piece by piece."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import own
from harness.site import Site

FAILS = Seen("fails: no CA is known", "voms-proxy-init")


def tried(tmp_path: Path, line: str, *files: str) -> str:
    """What is said of a line that a student with these files in his home types, after it failed."""
    home, work = tmp_path / "home", tmp_path / "work"
    for name in (".globus/usercert.pem", ".globus/userkey.pem", *files):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x")
    work.mkdir()
    shell = own.BARE.replace(f". {own.MADE}", ":")
    ran = subprocess.run(
        ["bash", "-c", f"{shell}\nat_fault '{line}' 'proxy ui'"],
        env={"HOME": str(home), "USER": "ann", "PATH": os.environ["PATH"], "d": str(work)}
        | {"PATIENCE": "60", "SECOND": "30", "X509_USER_PROXY": str(work / "proxy")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ran.stdout


def test_the_piece_that_stops_a_command_is_named(tmp_path: Path) -> None:
    files = (".bash_history", ".globus/certificates/x", ".ssh/authorized_keys", ".ldaprc")
    assert tried(tmp_path, "[ ! -e $HOME/.globus/certificates ]", *files) == (
        "=bare= proxy ui .globus/certificates\n"
    )
    assert (tmp_path / "home/.globus/certificates/x").exists(), "it is only looked at"


def test_a_command_that_fails_anyhow_says_nothing(tmp_path: Path) -> None:
    assert tried(tmp_path, "false", ".ldaprc") == ""


def test_what_no_file_stops_is_the_environment_s(tmp_path: Path) -> None:
    assert tried(tmp_path, "[ -s $HOME/.globus/userkey.pem ]", ".ldaprc") == "=bare= proxy ui\n"


def test_a_student_who_is_handed_another_s_names_gets_none_of_them_typed(tmp_path: Path) -> None:
    assert tried(tmp_path, "[ ! -e $HOME/.x ]", ".x; reboot", ".$(reboot)") == "=bare= proxy ui\n"


@pytest.mark.parametrize(
    ("said", "why", "remedy"),
    [
        ("", "fails: no CA is known", ""),
        ("=bare= login xencenode .ldaprc\n", "fails: no CA is known", ""),
        (
            "=bare= proxy xenuinode .globus/certificates\n",
            "it goes without /home/student01/.globus/certificates, which student01 has of his own",
            "`mv /home/student01/.globus/certificates /home/student01/.globus/certificates.aside`",
        ),
        ("x\n=bare= proxy xenuinode\n", "it goes without the environment", "see the dot files"),
    ],
)
def test_it_is_told_with_what_lays_it_aside(site: Site, said: str, why: str, remedy: str) -> None:
    case = Case(cast(Box, SimpleNamespace(site=site)), site.ui, View())
    seen = own.told(case, "proxy", said, FAILS)
    assert why in seen.why
    assert remedy in seen.remedy
    assert bool(seen.remedy) is bool(remedy)
