"""Who does not get in, while another student does, has the cause in his own home: that is said, and which."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast

import pytest

from harness.box.box import Box
from harness.errors import HarnessError
from harness.services import looks
from tests.unit.sites import SITE

FIRST, LAST = SITE.students[0].login, SITE.students[-1].login


class Login:
    """A shell on the UI, in which some are kept waiting."""

    def __init__(self, login: str, shut: tuple[str, ...]) -> None:
        self.login, self.shut = login, shut

    def with_environment(self) -> Self:
        return self

    def longer(self, seconds: float) -> float:
        return seconds

    def run(self, _line: str, timeout: float) -> Any:
        if self.login in self.shut:
            raise HarnessError(f"waited {timeout:.0f} s for the login", where="ui", why="", remedy="")
        return SimpleNamespace(stdout="in\n", output="in\n", exit_code=0)

    def get(self, _path: str) -> None:
        pass

    def close(self) -> None:
        pass


def seen(shut: tuple[str, ...], homes: Mapping[str, str]) -> str:
    """What is said of the login at a UI where these are kept waiting, by what they have in their homes."""

    def run(line: str) -> Any:
        return SimpleNamespace(ok=True, stdout=next(homes[each] for each in homes if f"/{each} " in line))

    box = cast(Box, SimpleNamespace(site=SITE, shell=lambda _ui, login: Login(login, shut)))
    return looks.student_logs_in(box, SITE.ui, lambda: {SITE.ui: cast(Any, SimpleNamespace(run=run))})


@pytest.mark.parametrize(
    ("shut", "says"),
    [
        ((), ""),
        ((FIRST, LAST), "does not go: waited 12 s for the login"),
        ((FIRST,), f"does not go: waited 12 s for the login; {LAST} gets in, who has no .ssh/rc in his home"),
    ],
)
def test_another_student_tells_whose_matter_a_login_is(shut: tuple[str, ...], says: str) -> None:
    homes = {FIRST: ".ssh/authorized_keys\n.ssh/rc\n\x1b[31m.bashrc\n", LAST: ".ssh/authorized_keys\n"}
    assert seen(shut, homes) == says


def test_where_homes_do_not_differ_none_of_their_files_is_named() -> None:
    assert seen((FIRST,), {FIRST: ".bashrc\n", LAST: ".bashrc\n"}).endswith(f"; {LAST} gets in")


def test_what_a_login_reads_is_listed_by_a_shell(tmp_path: Path) -> None:
    for name in (".ssh/rc", ".bashrc", ".config/other", ".bash_profile"):
        (tmp_path / "ann" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ann" / name).touch()
    line = looks.OWN.replace("/home/", f"{tmp_path}/").format(login="ann")
    said = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert sorted(said.split()) == [".bash_profile", ".bashrc", ".ssh/rc"]
