"""What ``./icebox ledger`` takes."""

import pytest

from harness import cli
from harness.box import host
from harness.commands import ledger
from harness.errors import InputError


def test_names_are_forgotten_by_clean_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "check_root", lambda: None)
    with pytest.raises(InputError, match="goes with clean"):
        ledger.run(cli.parser().parse_args(["ledger", "--forget-names"]))
