"""pbsdsh chooses slots of a job, and a fake srun is told of them."""

from pathlib import Path

import pytest

from gridware.pbs import pbsdsh, slurm


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the fake srun was told, line by line: hosts, slots, then its last words. Its exit code is 3."""
    log, nodes, program = tmp_path / "told", tmp_path / "nodes", tmp_path / "srun"
    nodes.write_text("wn1\nwn1\nwn2\n")
    program.write_text(
        f'#!/bin/sh\n{{ cat $SLURM_HOSTFILE | tr "\\n" " "; echo "/ $PBSDSH_SLOTS"; }} >> {log}\n'
        f'for word; do last=$word; done; echo "$last" >> {log}\nexit 3\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(slurm, "BIN", str(tmp_path))
    monkeypatch.setenv("PBS_NODEFILE", str(nodes))
    return log


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ([], ["wn1 wn1 wn2 / 0 1 2", "-v"]),
        (["-u"], ["wn1 wn2 / 0 2", "-v"]),
        (["-n", "1"], ["wn1 / 1", "-v"]),
        (["-c", "2"], ["wn1 wn1 / 0 1", "-v"]),
        (["-h", "wn2.example.org"], ["wn2 / 2", "-v"]),
        (["-s", "-u"], ["wn1 / 0", "-v", "wn2 / 2", "-v"]),
    ],
)
def test_slots(told: Path, words: list[str], lines: list[str]) -> None:
    """Options behind the program are its own."""
    assert pbsdsh.main([*words, "ls", "-v"]) == 3
    assert told.read_text().splitlines() == lines


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        (["-n", "7", "ls"], "the job has no such slot", 1),
        (["-c", "two", "ls"], "-c needs a number", 2),
        ([], "usage: pbsdsh", 2),
    ],
)
def test_refusals(
    told: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str, code: int
) -> None:
    assert pbsdsh.main(words) == code
    assert text in capsys.readouterr().err
    assert not told.exists()


def test_outside_of_a_job(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PBS_NODEFILE", raising=False)
    assert pbsdsh.main(["ls"]) == 1
    assert "this is no PBS job" in capsys.readouterr().err
