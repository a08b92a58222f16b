"""qhold, qrls, qalter, qselect, qsig, qmove, qrerun, qmsg and qmgr, with fakes of Slurm's commands."""

import os
import pwd
import signal
from pathlib import Path

import pytest

from gridware.pbs import (
    depend,
    notes,
    qalter,
    qhold,
    qmove,
    qmsg,
    qrerun,
    qrls,
    qselect,
    qsig,
    request,
    resources,
    slurm,
    spans,
)
from gridware.pbs.errors import PbsError, UsageError
from tests.gridware.pbs.conftest import SERVER, Fake

JOB = (
    "JobId={id} JobName=x UserId=gilda001(20001) JobState={state} Reason={reason} Partition=short Nice=0 "
    "Requeue=1 RunTime=00:00:01 TimeLimit=00:15:00 Dependency=(null) WorkDir=/home/gilda001 Comment={notes}\n"
)


def job(state: str = "PENDING", reason: str = "Resources", notes: str = "pbs:", ident: str = "5") -> str:
    return JOB.format(id=ident, state=state, reason=reason, notes=notes)


@pytest.fixture(autouse=True)
def _student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 20001)


def changes(calls: Path) -> list[str]:
    """What scontrol was told to do beside showing things."""
    words = calls.read_text().splitlines()
    orders = ("update", "hold", "uhold", "release", "requeue", "requeuehold", "suspend")
    return (
        words[next(n for n, word in enumerate(words) if word in orders) :] if set(orders) & set(words) else []
    )


@pytest.mark.parametrize(
    ("command", "record", "told"),
    [
        (qhold, job(), ["uhold", "5"]),
        (qrls, job(reason="JobHeldUser"), ["release", "5"]),
        (qrls, job(), []),
        (qrls, job(reason="JobHeldUser", notes="pbs:on=1"), []),
        (qhold, job("RUNNING"), ["update", "JobId=5", "Comment=pbs:Hold_Types=u"]),
    ],
)
def test_hold_and_release(fake: Fake, command: object, record: str, told: list[str]) -> None:
    calls = fake("scontrol", out=record)
    assert command.main(["5"]) == 0  # type: ignore[attr-defined]
    assert changes(calls) == told


@pytest.mark.parametrize(
    ("command", "words", "record", "code", "said"),
    [
        (qhold, ["-h", "o", "5"], job(), 159, f"Unauthorized Request  5.{SERVER}"),
        (qhold, ["-h", "x", "5"], job(), 2, "illegal -h value"),
        (qrls, ["5"], job(reason="JobHeldAdmin"), 159, "Unauthorized Request"),
        (qhold, ["5"], job("COMPLETED"), 168, "Request invalid for state of job"),
        (qhold, [], job(), 2, "usage: qhold"),
        (qsig, ["-s", "NOSUCH", "5"], job("RUNNING"), 165, "Unknown/illegal signal name NOSUCH"),
        (qsig, ["-s", "64", "5"], job("RUNNING"), 165, "Unknown/illegal signal name 64"),
        (qsig, ["-s", "suspend", "5"], job("RUNNING"), 159, "Unauthorized Request"),
        (qsig, ["5"], job(), 168, "Request invalid for state of job"),
        (qrerun, ["5"], job("RUNNING"), 159, "Unauthorized Request"),
        (qmsg, ["text", "5"], job(), 168, "Request invalid for state of job"),
        (qalter, ["-N", "new", "5"], job("RUNNING"), 167, "Cannot modify attribute while job running"),
        (qalter, ["-l", "nodes=2", "5"], job("RUNNING"), 167, "Cannot modify attribute while job running"),
        (qalter, ["-l", "walltime=20:00", "5"], job("RUNNING"), 159, "Unauthorized Request"),
        (qalter, ["-N", "1x", "5"], job(), 2, "illegal -N value"),
        (qalter, ["-t", "1", "5"], job(), 1, "isn't a job array but -t was specified"),
    ],
)
def test_refusals(
    fake: Fake,
    capsys: pytest.CaptureFixture[str],
    command: object,
    words: list[str],
    record: str,
    code: int,
    said: str,
) -> None:
    calls = fake("scontrol", out=record)
    cancels = fake("scancel")
    assert command.main(words) == code  # type: ignore[attr-defined]
    assert said in capsys.readouterr().err
    assert not calls.exists() or not changes(calls)
    assert not cancels.exists()


@pytest.mark.parametrize(
    ("given", "sent"),
    [([], 15), (["-s", "USR1"], 10), (["-s", "SIGKILL"], 9), (["-s", "2"], 2)],
)
def test_signals_travel_to_the_jobs_mom(fake: Fake, given: list[str], sent: int) -> None:
    fake("scontrol", out=job("RUNNING"))
    calls = fake("scancel")
    assert qsig.main([*given, "5"]) == 0
    assert calls.read_text().splitlines() == ["--batch", f"--signal={34 + sent}", "5"]
    assert 34 + sent <= signal.SIGRTMAX


def test_signal_null_is_sent_to_nobody(fake: Fake) -> None:
    fake("scontrol", out=job("RUNNING"))
    calls = fake("scancel")
    assert qsig.main(["-s", "SIGNULL", "5"]) == 0
    assert not calls.exists()


def test_alter(fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    calls = fake("scontrol", out=job())
    words = ["-N", "new", "-o", "out.$PBS_JOBID", "-l", "cput=60", "-r", "n", "-p", "-5", "-v", "A=1", "5"]
    assert qalter.main(words) == 0
    assert changes(calls)[:5] == ["update", "JobId=5", "Name=new", "Requeue=0", "Nice=5"]
    (comment,) = (word for word in changes(calls) if word.startswith("Comment="))
    assert notes.read(comment.removeprefix("Comment=")) == {
        "Resource_List.cput": "60", "o": f"{tmp_path}/out.$PBS_JOBID", "v": "A=1", "Priority": "-5",
    }  # fmt: skip


def test_refused_change_leaves_no_note(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """Slurm does a part of an update before it refuses the rest, so that goes first and alone."""
    calls = fake("scontrol", out=job(), err="Access/permission denied", code=1)
    assert qalter.main(["-N", "new", "-m", "a", "5"]) == 159
    assert f"Unauthorized Request 5.{SERVER}" in capsys.readouterr().err
    assert "Comment=" not in calls.read_text()


@pytest.mark.usefixtures("recorded_slurm")
@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ([], [21, 22, 23, 24, 25, 26, 27, 28]),
        (["-s", "R"], [25, 26, 27, 28]),
        (["-s", "QH"], [24]),
        (["-s", ".ne.R"], [21, 22, 23, 24]),
        (["-N", "fails"], [23]),
        (["-h", "u"], [24]),
        (["-u", "gilda002"], []),
        (["-u", "gilda001,gilda002@x", "-s", "C"], [21, 22, 23]),
        (["-q", "short@xencenode", "-l", "walltime.ge.15:00"], [21, 22, 23, 24, 25, 26, 27, 28]),
        (["-l", "walltime.lt.900"], []),
        (["-p", ".gt.0"], []),
        (["-r", "n"], []),
    ],
)
def test_select(capsys: pytest.CaptureFixture[str], words: list[str], numbers: list[int]) -> None:
    assert qselect.main(words) == 0
    assert capsys.readouterr().out.split() == [f"{number}.{SERVER}" for number in numbers]


@pytest.mark.usefixtures("recorded_slurm")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-s", "X"], 2, "illegal -s value"),
        (["-l", "walltime=1"], 2, "illegal -l value"),
        (["-l", "nonsense.eq.1"], 187, "Unknown resource type"),
        (["-q", "nosuch"], 170, "Unknown queue"),
        (["operand"], 2, "usage: qselect"),
    ],
)
def test_select_refuses(capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str) -> None:
    assert qselect.main(words) == code
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("recorded_slurm")
def test_move(capsys: pytest.CaptureFixture[str]) -> None:
    assert qmove.main(["nosuch", "24"]) == 170
    assert qmove.main(["long", "25"]) == 168
    assert qmove.main(["long", "24"]) == 0
    assert qmove.main(["long"]) == 2


def test_before_makes_the_other_job_wait(fake: Fake) -> None:
    calls = fake("scontrol", out=job(reason="JobHeldUser", notes="pbs:on=1"))
    depend.tell(depend.before("beforeok:5", SERVER), "9")
    told = changes(calls)
    assert told[:3] == ["update", "JobId=5", "Dependency=afterok:9"]
    assert told[-2:] == ["release", "5"]


def test_before_needs_a_job_that_waits(fake: Fake) -> None:
    fake("scontrol", out=job())
    with pytest.raises(PbsError, match="submit that job with -W depend=on:COUNT"):
        depend.before("before:5", SERVER)


@pytest.mark.parametrize("text", ["", "x", "3-1", "1,,2", "-3"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        spans.read(text)


def test_ranges() -> None:
    assert spans.read("1,3-5") == {1, 3, 4, 5}
    assert spans.write([5, 3, 4, 1]) == "1,3-5"
    assert request.array_request("0-10,12%2")
    assert resources.ignored({"nodes": "1:ppn=2"}) == []


@pytest.mark.parametrize("text", ["+-5", "\u00b2", "5" * 5000, "", "-"])
def test_priorities_that_are_none(text: str) -> None:
    for letter in "pb":
        with pytest.raises(UsageError, match=f"illegal -{letter} value"):
            request.Request().add(letter, text)
    with pytest.raises(UsageError):
        qselect._number("p", text)


@pytest.mark.parametrize("text", ["\u00b2\u00b2\u00b2\u00b2", "12345", "1200.\u00b2\u00b2"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="illegal -a value"):
        request.Request().add("a", text)


def test_message(fake: Fake, tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("so far\n")
    fake("scontrol", out=job("RUNNING", notes=notes.write({"o": str(path), "Join_Path": "oe"})))
    assert qmsg.main(["hello", "5"]) == 0
    assert path.read_text() == "so far\nPBS: hello\n"


def test_message_waits_for_no_reader(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    fake("scontrol", out=job("RUNNING", notes=notes.write({"o": str(tmp_path / "pipe"), "Join_Path": "oe"})))
    assert qmsg.main(["hello", "5"]) == 159
    assert "No such device or address" in capsys.readouterr().err


def test_message_of_root_is_written_as_the_owner(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's owner says where its output is: root writes nothing there that the owner could not."""
    told: list[tuple[str, object]] = []
    for name in ("setgroups", "setegid", "seteuid"):
        monkeypatch.setattr(os, name, lambda given, name=name: told.append((name, given)))
    monkeypatch.setattr(os, "getuid", lambda: 0)
    path = tmp_path / "out"
    path.touch()
    monkeypatch.setattr(qmsg, "_append", lambda job, path, line: told.append((path, line)))
    fake("scontrol", out=job("RUNNING", notes=notes.write({"o": str(path), "Join_Path": "oe"})))
    fake("squeue", out="1\n")
    assert qmsg.main(["hello", "5"]) == 0
    group = pwd.getpwuid(1).pw_gid
    assert told == [
        ("setgroups", []), ("setegid", group), ("seteuid", 1), (str(path), "PBS: hello\n"),
        ("seteuid", 0), ("setegid", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("said", ["Job has already finished", "Job/step already completing or completed"])
def test_a_job_that_ends_at_that_moment(
    fake: Fake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, said: str, tmp_path: Path
) -> None:
    """Slurm's own words for it would be a System error."""
    program = tmp_path / "ends/scontrol"
    program.parent.mkdir()
    record = "JobId=5 JobName=x UserId=g(1) JobState=PENDING Reason=Priority Partition=short"
    program.write_text(
        f'#!/bin/sh\n[ $1 = show ] && exec echo "{record}"\necho "{said} for job 5" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(slurm, "BIN", str(program.parent))
    assert qhold.main(["5"]) == 15016 & 0xFF
    assert "Request invalid for state of job" in capsys.readouterr().err
