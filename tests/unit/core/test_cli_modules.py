"""Each command has a module, and none loads another's."""

import argparse
import importlib
import subprocess
import sys

import pytest

from harness import cli, state
from harness.commands.words import CommandParser


@pytest.mark.parametrize("group", cli.GROUPS)
def test_each_command_stands_with_its_module(group: str) -> None:
    commands = argparse.ArgumentParser().add_subparsers(parser_class=CommandParser)
    importlib.import_module(f"harness.commands.{group}").add(commands)
    assert tuple(commands.choices) == cli.GROUPS[group]


def test_a_command_loads_no_other() -> None:
    asked = "cli.parser(['--no-install', 'report', 'start'])"
    words = [sys.executable, "-c", f"import sys; from harness import cli; {asked}; print(*sys.modules)"]
    told = subprocess.run(words, cwd=state.checkout(), capture_output=True, text=True, check=True)
    loaded = told.stdout.split()
    groups = {name.rpartition(".")[2] for name in loaded if name.startswith("harness.commands.")}
    assert groups & set(cli.GROUPS) == {"report"}
    assert "paramiko" not in loaded
