"""From options to arguments of sbatch, file names of the output, and the script of the job."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from pbs import jobscript, notes, paths, request, submit
from pbs.errors import PbsError
from pbs.jobscript import Owner

HOST = "xencenode.sytes.net"
OWNER = Owner("gilda001", "/home/gilda001", "/bin/bash")


def build(*words: str) -> request.Request:
    return request.build(request.command_line(list(words))[0], "")


def arguments(*words: str) -> list[str]:
    wanted = build(*words)
    fixed = jobscript.variables(wanted, OWNER, HOST, "STDIN", "/desk")
    common = submit.common(wanted, HOST, "STDIN", fixed, list(words), OWNER)
    return common + submit.batch(wanted, "STDIN", "/desk", OWNER)


def test_plain_job() -> None:
    found = arguments()
    assert "--job-name=STDIN" in found
    assert "--chdir=/home/gilda001" in found
    assert "--output=/desk/STDIN.o%j" in found
    assert "--error=/desk/STDIN.e%j" in found
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
        (("-d", "/tmp"), "--chdir=/tmp"),
        (("-t", "0-3%2"), "--array=0-3%2"),
        (("-t", "0-3"), "--output=/desk/STDIN.o%A-%a"),
        (("-W", "depend=afterok:1.xencenode:2"), "--dependency=afterok:1:2"),
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


def test_dependencies_that_are_not_offered() -> None:
    with pytest.raises(PbsError, match="dependency on is not offered"):
        submit.dependency("on:3", HOST)


@pytest.mark.parametrize(
    ("words", "out", "err"),
    [
        (("-j", "oe"), "/desk/STDIN.o%j", "/desk/STDIN.o%j"),
        (("-j", "eo", "-e", "x"), "/desk/x", "/desk/x"),
        (("-o", "ce.sytes.net:/data/out", "-e", "err"), "/data/out", "/desk/err"),
        (("-o", "/data/a:b"), "/data/a:b", "/desk/STDIN.e%j"),
        (("-o", "/100%/"), "/100%%/STDIN.o%j", "/desk/STDIN.e%j"),
        (("-k", "oe", "-o", "/data/out"), "/home/gilda001/STDIN.o%j", "/home/gilda001/STDIN.e%j"),
    ],
)
def test_output_files(words: tuple[str, ...], out: str, err: str) -> None:
    assert paths.outputs(build(*words), "STDIN", "/desk", "/home/gilda001") == (out, err)


def test_output_into_a_directory(tmp_path: Path) -> None:
    out, _ = paths.outputs(build("-o", str(tmp_path)), "job", "/desk", "/home/x")
    assert out == f"{tmp_path}/job.o%j"


def test_notes_come_back() -> None:
    written = notes.write({"a": "x y;z%20|", "empty": "", "Resource_List.nodes": "1:ppn=2"})
    assert " " not in written
    assert notes.read(written) == {"a": "x y;z%20|", "Resource_List.nodes": "1:ppn=2"}
    assert notes.read("someone's comment") == {}


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


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("", """'/bin/bash' -l -c 'exec "$0" "$@"' "$spool/script" </dev/null"""),
        ("/bin/csh@wn,/bin/sh", """'/bin/sh' -l -c 'exec "$0" "$@"' "$spool/script" </dev/null"""),
        ("/bin/csh", """'/bin/csh' "$spool/script" </dev/null"""),
    ],
)
def test_shell_of_the_job(shell: str, line: str) -> None:
    wanted = build("-S", shell) if shell else build()
    assert line in jobscript.batch(wanted, OWNER, {}, "echo").splitlines()


def test_job_script_runs(tmp_path: Path) -> None:
    """The whole script under sh, with an scontrol that names the hosts."""
    (tmp_path / "scontrol").write_text("#!/bin/sh\nprintf 'wn1\\nwn2\\nwn3\\n'\n")
    (tmp_path / "scontrol").chmod(0o755)
    wanted = build("-S", "/bin/sh", "-F", "'one word' two", "-v", r"QUOTED=it\'s")
    fixed = jobscript.variables(wanted, OWNER, HOST, "name", "/desk") | {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    script = 'echo $# "$1" $QUOTED $PBS_JOBID\ncat $PBS_NODEFILE\n#--- job script ---\nexit 7\n'
    path = tmp_path / "slurm_script"
    path.write_text(jobscript.batch(wanted, OWNER, fixed, script).replace(" -l -c", " -c"))
    environment = {
        **os.environ, "TMPDIR": str(tmp_path), "SLURM_JOB_ID": "12", "SLURM_JOB_PARTITION": "short",
        "SLURM_JOB_CPUS_PER_NODE": "2(x2),1", "SLURM_JOB_NODELIST": "wn[1-3]",
        "SLURM_JOB_START_TIME": "0", "SLURM_JOB_END_TIME": "900",
    }  # fmt: skip
    done = subprocess.run(["/bin/sh", path], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"2 one word it's 12.{HOST}", "wn1", "wn1", "wn2", "wn2", "wn3"]
    assert done.returncode == 7
    assert not list(tmp_path.glob("12.*")), "the job's directory is still there"
