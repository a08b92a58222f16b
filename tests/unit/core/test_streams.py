"""Standard output and error that are closed, full or read by nobody: a command ends as it would have."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli, defect
from harness.errors import LINE, HarnessError, on_screen, shown
from harness.state import checkout

# As a shell would have them: each stands behind the command.
ENDINGS = [
    ("status --box nobody", ">/dev/full", 1),
    ("status --box nobody", ">&-", 1),
    ("stop --box nobody", "2>/dev/full", 2),
    ("stop --box nobody", "2>&-", 2),
    ("start --box A", "<&- >&- 2>&-", 2),
    ("--help", ">/dev/full 2>&1", 0),
]


def shell(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "ICEBOX_HOME": str(home),
        "PYTHONPATH": str(checkout()),
        "PYTHON": sys.executable,
    }
    line = line.replace("icebox ", '"$PYTHON" -P -m harness.cli ')
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize(("words", "way", "code"), ENDINGS)
def test_the_exit_code_is_kept(home: Path, words: str, way: str, code: int) -> None:
    if os.geteuid() != 0 and code == 1:
        pytest.skip("status needs root")
    done = shell(f"icebox {words} {way}", home)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_full_output_is_told(home: Path) -> None:
    done = shell("icebox --help >/dev/full", home)
    assert done.stderr == f"icebox: standard output can't be written: {os.strerror(errno.ENOSPC)}\n"


def test_nobody_reads_to_the_end(home: Path) -> None:
    done = shell("icebox --help | head -n1; exit ${PIPESTATUS[0]}", home)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: icebox")


def test_a_closed_output_is_no_file_that_is_opened_next(home: Path) -> None:
    """The ledger's lock, for one, would get the number 1 and what is said."""
    code = "import os; from harness import streams; streams.mend(); print(os.open('/etc/hosts', os.O_RDONLY))"
    done = shell(f'"$PYTHON" -c "{code}; os.write(2, os.readlink(\'/proc/self/fd/1\').encode())" >&-', home)
    assert done.stderr == "/dev/null"


def test_what_nobody_foresaw_is_no_traceback(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def break_down(_words: object) -> None:
        raise KeyError("x" * 5000)

    monkeypatch.setattr(cli, "parser", break_down)
    monkeypatch.setattr("harness.interrupt.as_keyboard", lambda: None)
    assert cli.main(["status"]) == 3
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert "KeyError: 'xxx" in said
    assert len(said) < 1000
    assert f"with {home}/log/{defect.FILE}" in said
    assert "break_down" in (home / "log" / defect.FILE).read_text()
    assert (home / "log" / defect.FILE).stat().st_mode & 0o777 == 0o600


def test_a_message_is_a_screen_at_most() -> None:
    text = str(HarnessError("a\x1b[31m" + "b" * 5000, where="w" * 5000, why="\n".join(map(str, range(5000)))))
    assert len(text) < 3 * LINE
    assert "\x1b" not in text
    assert "a\\x1b[31mb" in text
    assert "and 4976 more lines" in text
    assert on_screen("ä\t✓") == "ä\t✓"


def test_a_value_is_shown_whatever_it_is() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == shown(10**5000) == "a value too large to be shown"
    assert shown("a" * 300) == "'" + "a" * 199 + "…"


@pytest.mark.parametrize(
    ("name", "why"),
    [("file", "it is no directory"), ("file/home", "Not a directory"), ("a" * 401, "characters; 400 are")],
)
def test_a_state_directory_that_is_none(home: Path, name: str, why: str) -> None:
    (home / "file").touch()
    done = shell("icebox status", home / name)
    assert done.returncode == 2
    assert "the state directory can't be used" in done.stderr
    assert why in done.stderr
    launcher = subprocess.run(
        [checkout() / "icebox", "start"],
        env={**os.environ, "ICEBOX_HOME": str(home / name)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (launcher.returncode, why in launcher.stderr, launcher.stdout) == (2, True, "")
    assert (home / "file").read_bytes() == b""


def test_a_long_word_is_not_repeated_whole(home: Path) -> None:
    done = shell(f"icebox start --{'x' * 50000}", home)
    assert done.returncode == 2
    assert len(done.stderr) < 1000
