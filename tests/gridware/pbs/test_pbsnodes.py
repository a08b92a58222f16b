"""pbsnodes, with recorded answers of Slurm's commands."""

import pytest

from gridware.pbs import pbsnodes
from tests.gridware.pbs.conftest import SERVER


@pytest.mark.usefixtures("recorded_slurm")
def test_pbsnodes_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert pbsnodes.main(["-a"]) == 0
    first, second = capsys.readouterr().out.rstrip("\n").split("\n\n")
    lines = first.splitlines()
    assert lines[:5] == [
        "xenwnnode",
        "     state = job-exclusive",
        "     np = 2",
        "     properties = lcgpro",
        "     ntype = cluster",
    ]
    assert lines[5] == f"     jobs = 1/25.{SERVER}, 0/28.{SERVER}"
    assert "loadave=" in lines[6]
    assert "     state = offline" in second.splitlines()
    assert "     note = offlined by pbsnodes" in second.splitlines()


@pytest.mark.usefixtures("recorded_slurm")
def test_pbsnodes_lists(capsys: pytest.CaptureFixture[str]) -> None:
    pbsnodes.main(["-l"])
    assert capsys.readouterr().out.split() == ["xenwnnode2", "offline"]
    pbsnodes.main(["-l", "job-exclusive"])
    assert capsys.readouterr().out.split() == ["xenwnnode", "job-exclusive"]
    assert pbsnodes.main(["wn9"]) == 214
    assert "cannot locate specified node wn9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("slurm_state", "allocated", "states"),
    [
        ("IDLE", 0, ["free"]),
        ("MIXED", 1, ["free"]),
        ("ALLOCATED", 2, ["job-exclusive"]),
        ("IDLE+DRAIN", 0, ["offline"]),
        ("DOWN+DRAIN", 0, ["down", "offline"]),
        ("IDLE+NOT_RESPONDING", 0, ["down"]),
        ("IDLE*", 0, ["down"]),
        ("UNKNOWN", 0, ["state-unknown"]),
        ("IDLE+COMPLETING", 0, ["free"]),
    ],
)
def test_states_of_nodes(slurm_state: str, allocated: int, states: list[str]) -> None:
    fields = {"NodeName": "wn", "CPUTot": "2", "CPUAlloc": str(allocated), "State": slurm_state}
    assert pbsnodes.Node(fields, []).states == states
