"""Bad input for a session of checks: said once, before anything is made, and not by every check."""

from pathlib import Path

import pytest

from harness import interrupt
from harness.state import checkout

pytest_plugins = ["pytester"]


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--site={tmp}/nowhere.toml", "there is no such site file"),
        ("--site={tmp}/bad.toml", "is not valid TOML"),
        ("--box=Bad_Name", "'Bad_Name' can't be the name of a box"),
        ("--run-dir={tmp}", "is not empty and holds no earlier run"),
        ("--keep=perhaps", "invalid choice: 'perhaps'"),
    ],
)
def test_one_error(
    home: Path,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    workers: str,
    option: str,
    said: str,
) -> None:
    bad = pytester.path
    (bad / "bad.toml").write_text("[[")
    monkeypatch.chdir(checkout())
    for name in ("as_keyboard", "as_keyboard_once"):  # signals of this process are not theirs
        monkeypatch.setattr(interrupt, name, lambda: None)
    words = ["tests/acceptance", "-p", "no:cacheprovider", "-n", workers, option.format(tmp=bad)]
    # One of them with a process of its own, whose end is seen as well.
    apart = "nowhere" in option
    done = (pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess)(*words)
    text = done.stdout.str() + done.stderr.str()
    assert done.ret == pytest.ExitCode.USAGE_ERROR, text
    assert text.count(said) == 1
    assert "Traceback" not in text
    assert list(home.iterdir()) == []
