"""``./icebox ssh`` and ``./icebox console`` before they become another program."""

import argparse
import os
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli
from harness.commands import login
from harness.dom0.namespace import Namespace
from harness.errors import InputError
from tests.unit.sites import SITE


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A fake of a box that is up."""
    key = SimpleNamespace(path=tmp_path / "key", public="ssh-ed25519 AAAA")
    made = SimpleNamespace(
        name="school",
        site=SITE,
        dom0=Namespace("dom0", 1),
        pace=1.0,
        files=SimpleNamespace(known_hosts=lambda name: tmp_path / name),
        secrets=SimpleNamespace(ssh_key=lambda _name: key),
    )
    monkeypatch.setattr(login, "box_that_is_up", lambda _options: made)
    return made


def options(*words: str) -> argparse.Namespace:
    return cli.parser().parse_args(words)


def test_ssh_tells_a_connection_that_fails(box: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit code alone does not: 255 is also that of a command which a signal ended."""
    became: list[str] = []
    monkeypatch.setattr(os, "execvp", lambda _program, words: became.extend(words))
    login.run_ssh(options("ssh", "ce", "exit 3"))
    assert became[-2:] == ["root@192.168.1.2", "exit 3"]
    assert "-q" not in became
    (proxy,) = (word for word in became if word.startswith("ProxyCommand="))
    assert shlex.split(proxy)[-3:] == ["192.168.1.2", "22", "20.0"]
    assert "%" not in proxy, "ssh would take it for a token of its own"
    assert {"LogLevel=ERROR", "StrictHostKeyChecking=yes", "ConnectTimeout=20"} <= set(became)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--as", "nobody", "ui"), "nobody is called 'nobody'"),
        (("--as", "student01", "ce"), "has no account there"),
        (("--as", "student01", "wn1"), "has no account there"),
    ],
)
def test_who_has_no_account_is_told_before_ssh_asks_for_a_password(
    box: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    monkeypatch.setattr(os, "execvp", lambda _program, words: pytest.fail(f"became {words}"))
    with pytest.raises(InputError, match=why):
        login.run_ssh(options("ssh", *words))
