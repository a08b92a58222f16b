"""The second pytest of a run: it is waited for, and not for ever."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures import turns as module
from fixtures.turns import Turns

pytest_plugins = ["pytester"]


def of(words: list[str], directory: Path) -> Turns:
    """One whose process is another program."""
    made = Turns(cast(Any, None), directory, -1)
    made.reports.touch()
    made.said.write_text("the last words\n")
    made._child = subprocess.Popen(words)
    return made


def wait(turns: Turns) -> str:
    return turns.wait(cast(Any, SimpleNamespace(testscollected=0)), 1.0)


def test_what_ends_well_is_no_trouble(tmp_path: Path) -> None:
    assert wait(of(["true"], tmp_path)) == ""


def test_what_ends_otherwise_is_told_with_its_last_words(tmp_path: Path) -> None:
    assert wait(of(["sh", "-c", "exit 3"], tmp_path)).endswith("ended early (code 3): the last words")


def test_what_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.1)
    turns = of(["sleep", "600"], tmp_path)
    assert "were ended 0.1 s after the others (code -2)" in wait(turns)
    assert turns._child is not None
    assert turns._child.poll() is not None


def test_a_check_that_was_blocked_in_it_stands_in_junit(pytester: pytest.Pytester) -> None:
    """Its reason comes by way of JSON, which has no tuples."""
    pytester.makeconftest(
        """
        import json
        from pathlib import Path
        from types import SimpleNamespace
        import pytest
        from fixtures.turns import Reporter, Turns

        KEPT = Path("reports.jsonl")

        def pytest_configure(config):
            if config.option.xmlpath is None:
                config.pluginmanager.register(Reporter(config, KEPT))

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            if session.config.option.xmlpath is not None:
                turns = Turns(session.config, Path(), -1)
                turns.reports, turns._child = KEPT, SimpleNamespace()
                assert turns.hear() == 1
        """
    )
    pytester.makepyfile(
        test_it="import pytest\ndef test_x(): pytest.skip('blocked by CE-1: it is down')",
        test_none="def test_y(): pass",
    )
    pytester.runpytest_inprocess("test_it.py").assert_outcomes(skipped=1)
    done = pytester.runpytest_inprocess("test_none.py", "--junit-xml=junit.xml")
    assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()
    assert 'message="blocked by CE-1: it is down"' in (pytester.path / "junit.xml").read_text()
