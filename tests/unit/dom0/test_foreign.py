"""A trial of a host's rules that does not end, or can't be held, is told of, and stops nobody."""

import subprocess

import pytest

from harness.dom0 import foreign
from harness.dom0.hostnet import HostNetwork
from harness.network.beside import Attachment
from tests.unit.sites import SITE


def test_a_trial_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(foreign, "TRYING", 0.0)
    monkeypatch.setattr(foreign, "_rules", lambda: iter(()))
    foreign.check(SITE, HostNetwork({}, {}, ()), Attachment([]))
    assert "the trial had not ended after 0 s" in capsys.readouterr().err


def test_rules_that_nft_reads_in_part(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As nft 1.0.6 lists a table of iptables-nft where libxtables is not installed."""
    said = {
        "tables": ("table ip filter\n", ""),
        "table": ("table ip filter {}\n", "# Warning: table ip filter is ...\nXT match addrtype not found\n"),
    }

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, *said["tables" if "tables" in words else "table"])

    monkeypatch.setattr(foreign.shutil, "which", lambda name: name if name == "nft" else None)
    monkeypatch.setattr(foreign.subprocess, "run", run)
    foreign.check(SITE, HostNetwork({}, {}, ()), Attachment([]))
    told = capsys.readouterr().err
    assert "nft can't read the match addrtype in table ip filter" in told
    assert "`iptables` is installed" in told
