"""Arrays and their tasks in qstat and qdel, with fakes of Slurm's commands."""

import pytest

from gridware.pbs import qdel, qstat
from tests.gridware.pbs.conftest import SERVER, Fake


def test_qdel_of_a_member_of_an_array(fake: Fake) -> None:
    record = "JobId=6 ArrayJobId=5 ArrayTaskId=3 JobName=x UserId=gilda001(20001) JobState=RUNNING"
    fake("scontrol", out=f"{record} Partition=short\n")
    calls = fake("scancel")
    assert qdel.main(["5[3].xencenode"]) == 0
    assert calls.read_text() == "5_3\n"


ARRAY = "".join(
    f"JobId={number} ArrayJobId=5 ArrayTaskId={task} JobName=a UserId=gilda001(20001) JobState={state} "
    "Reason=None RunTime=00:00:01 Partition=short Nodes=wn CPU_IDs=0\n"
    for number, task, state in ((5, "4-6,9%2", "PENDING"), (7, "2", "RUNNING"), (6, "1", "COMPLETED"))
)


def test_qstat_of_an_array(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("scontrol", out=ARRAY)
    assert qstat.main([]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [(row[0], row[4]) for row in rows] == [("5[].xencenode", "R")]
    assert qstat.main(["-t"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0].partition(".")[0] for row in rows] == ["5[1]", "5[2]", "5[4]", "5[5]", "5[6]", "5[9]"]
    assert [row[1] for row in rows][:1] == ["a-1"]
    assert qstat.main(["-f", "5[]"]) == 0
    assert f"Job Id: 5[].{SERVER}\n" in (text := capsys.readouterr().out)
    assert "    job_array_request = 1-2,4-6,9\n" in text
    assert qstat.main(["5[2]"]) == 0
    assert "5[2].xencenode" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "cancelled"),
    [
        (["-t", "4", "5[]"], "5_[4]"),
        (["-t", "2,4-6", "5"], "5_[2,4-6]"),
        (["5[].xencenode"], "5"),
        (["5[9]"], "5_9"),
        (["-t", "1-5", "5[]"], "5_[2,4-5]"),
    ],
)
def test_qdel_of_tasks(fake: Fake, words: list[str], cancelled: str) -> None:
    """What has ended already is left alone, and nothing goes that was not named."""
    fake("scontrol", out=ARRAY)
    calls = fake("scancel")
    assert qdel.main(words) == 0
    assert calls.read_text() == f"{cancelled}\n"


@pytest.mark.parametrize("waiting", ["4", "4%1", "4-5:1%1"])
def test_qstat_of_an_array_whose_last_tasks_wait(
    fake: Fake, capsys: pytest.CaptureFixture[str], waiting: str
) -> None:
    """Slurm writes how many may run (``%1``) behind a single task as well."""
    record = (
        f"JobId=9 ArrayJobId=7 ArrayTaskId={waiting} JobName=x UserId=g(1) JobState=PENDING Partition=short"
    )
    fake("scontrol", out=f"{record}\n")
    assert qstat.main(["-t"]) == 0
    assert "7[4].xencenode" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-t", "77", "5[]"], 153, f"Unknown Job Id 5[77].{SERVER}"),
        (["-t", "1", "5[]"], 168, "Request invalid for state of job"),
        (["-t", "x", "5[]"], 2, "illegal -t value 'x'"),
        (["-t", "5-2", "5[]"], 2, "illegal -t value '5-2'"),
        (["-W", "soon", "5[]"], 2, "illegal -W value"),
    ],
)
def test_qdel_of_tasks_refuses(
    fake: Fake, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    fake("scontrol", out=ARRAY)
    calls = fake("scancel")
    assert qdel.main(words) == code
    assert said in capsys.readouterr().err
    assert not calls.exists()


@pytest.mark.usefixtures("recorded_slurm")
def test_qdel_of_tasks_of_a_plain_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert qdel.main(["-t", "1", "25"]) == 1
    assert "job id '25' isn't a job array but -t was specified" in capsys.readouterr().err
