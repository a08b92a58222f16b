"""What a loader says before every program is no word of the program's, and no file that is to go."""

import os
import subprocess
from pathlib import Path

from harness.diagnosis.facts import work
from harness.site import Role, Site
from tests.unit.diagnosis.judging import judged

NOISE = "ERROR: ld.so: object 'x.so' from {file} cannot be preloaded: ignored."


def noisy(tmp_path: Path, file: Path) -> dict[str, str]:
    """An environment in which mktemp speaks as if a loader named that file first."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "mktemp").write_text(
        f'#!/bin/sh\necho "{NOISE.format(file=file)}" >&2\nexec /usr/bin/mktemp "$@"\n'
    )
    (programs / "mktemp").chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}"}


def test_a_look_takes_away_what_it_made_and_nothing_that_was_named_before_it(tmp_path: Path) -> None:
    file, books = tmp_path / "ld.so.preload", tmp_path / "books"
    file.touch()
    books.mkdir()
    environment = noisy(tmp_path, file)
    line = work.writes(str(books))
    ran = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert file.exists()
    assert list(books.iterdir()) == []


def test_the_key_of_a_node_on_which_a_loader_speaks_is_the_same(site: Site) -> None:
    key = {"/etc/munge/munge.key": {"owner": "munge", "mode": 0o400, "changed": 0.0}}
    noise = {site.ce.name: NOISE.format(file="/etc/ld.so.preload") + "\n"}

    def answer(place: str, words: tuple[object, ...]) -> object:
        said = f"{noise.get(place, '')}{'ab' * 32}  /etc/munge/munge.key\n"
        return {"code": 0, "said": said} if words[0] == "run" else key

    assert judged(site, "mungekey", Role.WN, answer) == []


def test_what_a_loader_says_is_no_rule_of_routing(site: Site) -> None:
    def answer(_place: str, words: tuple[object, ...]) -> object:
        said = NOISE.format(file="/etc/ld.so.preload") + "\n"
        return [] if words == ("tables",) else {"code": 0, "said": said}

    assert judged(site, "barrier", Role.WN, answer) == []
