"""From options to arguments of sbatch, the job's notes, and the script that Slurm keeps."""

import time

import pytest

from gridware.pbs import jobscript, notes, request, submit
from gridware.pbs.jobscript import Owner

HOST = "xencenode.sytes.net"
OWNER = Owner("gilda001", "/home/gilda001", "/bin/bash")


def build(*words: str) -> request.Request:
    return request.build(request.command_line(list(words))[0], "")


def arguments(*words: str) -> list[str]:
    wanted = build(*words)
    common = submit.common(wanted, HOST, "STDIN", remembered(*words), OWNER)
    return common + submit.batch(wanted)


def remembered(*words: str) -> dict[str, str]:
    wanted = build(*words)
    fixed = jobscript.variables(wanted, OWNER, HOST, "STDIN", "/desk")
    return submit.remembered(wanted, HOST, fixed, list(words), "/desk")


def test_plain_job() -> None:
    found = arguments()
    assert "--job-name=STDIN" in found
    assert "--chdir=/home/gilda001" in found
    assert "--output=/dev/null" in found, "the job's own mom opens the files, where their names are known"
    assert "--requeue" in found
    assert not any(word.startswith(("--partition", "--time", "--hold")) for word in found)


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        (("-q", "short"), "--partition=short"),
        (("-l", "walltime=00:01:30"), "--time=2"),
        (("-A", "gilda"), "--account=gilda"),
        (("-h",), "--hold"),
        (("-r", "n"), "--no-requeue"),
        (("-p", "-5"), "--nice=5"),
        (("-n",), "--exclusive"),
        (("-t", "0-3%2"), "--array=0-3%2"),
        (("-W", "depend=afterok:1.xencenode:2"), "--dependency=afterok:1:2"),
        (("-W", "depend=afterokarray:3[].xencenode,afterany:4[2]"), "--dependency=afterok:3,afterany:4_2"),
        (("-W", "depend=on:2"), "--hold"),
        (("-W", "block=true"), "--wait"),
        (("-a", "203001020304.05"), "--begin=2030-01-02T03:04:05"),
    ],
)
def test_options(words: tuple[str, ...], argument: str) -> None:
    assert argument in arguments(*words)


def test_moments_that_have_passed_mean_the_next_ones() -> None:
    now = time.strptime("2026-11-22 12:00:00", "%Y-%m-%d %H:%M:%S")
    assert submit.begin("1300", now) == "2026-11-22T13:00:00"
    assert submit.begin("1100", now) == "2026-11-23T11:00:00"
    assert submit.begin("211100", now) == "2026-12-21T11:00:00"
    assert submit.begin("10211100", now) == "2027-10-21T11:00:00"
    assert submit.begin("2712312359.30", now) == "2027-12-31T23:59:30"


def test_notes_come_back() -> None:
    written = notes.write({"a": "x y;z%20|", "empty": "", "Resource_List.nodes": "1:ppn=2"})
    assert " " not in written
    assert notes.read(written) == {"a": "x y;z%20|", "Resource_List.nodes": "1:ppn=2"}
    assert notes.read("someone's comment") == {}


def test_notes_fit_into_a_record() -> None:
    """Slurm refuses more than 1024 bytes; what the job needs stays, what people read goes."""
    written = notes.write(
        {"o": "/out", "submit_args": "é" * 600, "Resource_List.mem": "1gb", "Variable_List": "x" * 300}
    )
    assert len(written.encode()) <= 1000
    assert notes.read(written) == {
        "o": "/out", "Resource_List.mem": "1gb", "Variable_List": "x" * 300, "cut": "y",
    }  # fmt: skip


def test_notes_of_a_job() -> None:
    found = remembered("-o", "out.$PBS_JOBID", "-e", "$HOME/err", "-W", "depend=afterok:3:4,on:2")
    assert found["o"] == "/desk/out.$PBS_JOBID"
    assert found["e"] == "$HOME/err"
    assert found["depend"] == f"afterok:3.{HOST}:4.{HOST},on:2"
    assert found["on"] == "2"


def test_notes_show_what_a_job_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torque shows the variables of ``-v`` and ``-V`` in Variable_List, not only its own."""
    monkeypatch.setenv("MINE", "yes")
    assert ",RUN=7,MINE=yes" in remembered("-v", "RUN=7,MINE")["Variable_List"]
    assert "MINE=yes" in remembered("-V")["Variable_List"].split(",")
    assert "MINE" not in remembered()["Variable_List"]


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "yes")
    monkeypatch.setenv("SLURM_JOB_ID", "5")
    assert "MINE" not in jobscript.variables(build(), OWNER, HOST, "n", "/desk")
    everything = jobscript.variables(build("-V"), OWNER, HOST, "n", "/desk")
    assert everything["MINE"] == "yes"
    assert "SLURM_JOB_ID" not in everything
    some = jobscript.variables(build("-v", r"MINE,A='1,2',B=x\,y,GONE"), OWNER, HOST, "n", "/desk")
    assert (some["MINE"], some["A"], some["B"]) == ("yes", "1,2", "x,y")
    assert some["PBS_ENVIRONMENT"] == "PBS_BATCH"
    assert some["PBS_O_WORKDIR"] == "/desk"


def test_script_comes_back() -> None:
    wanted = build("-v", "TEXT=it's %; \\\nnew", "-F", "'one word' two")
    fixed = jobscript.variables(wanted, OWNER, HOST, "n", "/desk")
    script = f"echo\n{jobscript.MARKER}\nexit 7\n"
    text = jobscript.batch(jobscript.head(wanted, OWNER, fixed, {"o": "/out"}), script)
    assert text.startswith(f"#!{jobscript.PROGRAM}\n")
    head, back = jobscript.of(text)
    assert back == script
    assert head["env.TEXT"] == fixed["TEXT"]
    assert (head["o"], head["F"], head["shell"]) == ("/out", "'one word' two", "/bin/bash")
