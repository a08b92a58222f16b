"""A job on its WN, with everything real but Slurm: an scontrol here that has a record or none."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gridware.pbs import jobscript, limits, notes, request, submit
from gridware.pbs.jobscript import Owner
from gridware.pbs.processes import Process
from tests.gridware.pbs.conftest import SERVER

RECORD = (
    "JobId=12 JobName={name} UserId=gilda001(20001) JobState=RUNNING Partition=short RunTime={run} "
    "Comment={notes}"
)
START = """
from gridware.pbs import mom, slurm, watch
slurm.BIN = {fakes!r}
watch.KILL_SECONDS = 0.5
mom.main()
"""
PATIENCE = 60.0


class Place:
    """A home, a work directory and a Slurm that knows job 12."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path / "home"
        for folder in ("home", "desk", "tmp", "bin"):
            (path / folder).mkdir()
        self.owner = Owner("gilda001", str(self.home), "/bin/bash")
        self.knows("")

    def knows(self, record: str) -> None:
        """What scontrol answers; nothing: it fails, as without a server."""
        program = self.path / "bin/scontrol"
        answer = f"echo '{record}'" if record else "echo 'Unable to contact slurm controller' >&2; exit 1"
        program.write_text(f'#!/bin/sh\necho "$*" >> {self.path}/calls\ncase $1 in show) {answer} ;; esac\n')
        program.chmod(0o755)

    def start(self, script: str, *options: str, limit: int = 900, **given: str) -> subprocess.Popen[bytes]:
        wanted = request.build(request.command_line(list(options))[0], script)
        fixed = jobscript.variables(wanted, self.owner, SERVER, "job", str(self.path / "desk"))
        remembered = submit.remembered(wanted, SERVER, fixed, list(options), str(self.path / "desk"))
        head = jobscript.head(wanted, self.owner, fixed, remembered)
        path = self.path / "slurm_script"
        path.write_text(jobscript.batch(head, script))
        now = int(time.time())
        environment = {
            "PATH": os.environ["PATH"], "TMPDIR": str(self.path / "tmp"), "SLURM_JOB_ID": "12",
            "SLURM_JOB_PARTITION": "short", "SLURM_JOB_CPUS_PER_NODE": "2(x2),1",
            "SLURM_JOB_NODELIST": "wn[1-3]",
            "SLURM_JOB_START_TIME": str(now), "SLURM_JOB_END_TIME": str(now + limit), **given,
        }  # fmt: skip
        code = START.format(fakes=str(self.path / "bin"))
        return subprocess.Popen([sys.executable, "-IS", "-c", code, path], env=environment)

    def run(self, script: str, *options: str, limit: int = 900, **given: str) -> int:
        return self.start(script, *options, limit=limit, **given).wait(PATIENCE)

    def output(self, letter: str = "o") -> str:
        return (self.path / f"desk/job.{letter}12").read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def awaited(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def test_job_runs(place: Place) -> None:
    script = 'echo $# "$1" $QUOTED $PBS_JOBID $PBS_WALLTIME\ncat $PBS_NODEFILE\npwd\necho bad >&2\nexit 7\n'
    assert place.run(script, "-F", "'one word' two", "-v", r"QUOTED=it\'s", "-S", "/bin/sh") == 7
    assert place.output().splitlines() == [
        f"2 one word it's 12.{SERVER} 900", "wn1", "wn1", "wn2", "wn2", "wn3", str(place.home),
    ]  # fmt: skip
    assert place.output("e") == "bad\n"
    assert not list((place.path / "tmp").iterdir()), "the job's directory is still there"


def test_what_a_job_has_is_its_own_and_it_keeps_the_kernel_s_limits(place: Place) -> None:
    """Others on the WN read neither script nor nodes; qsig and limits reach all of it by its session."""
    script = (
        'stat -c %a "${PBS_NODEFILE%/*}" $PBS_NODEFILE "$0"\n[ $(ps -o sid= -p $$) = $$ ] && echo leads\n'
    )
    script += "ulimit -v; ulimit -t\n"
    assert place.run(script, "-l", "vmem=2gb,cput=30") == 0
    kept = [str(2 * 1024**2), str(30 + limits.GRACE)]
    assert place.output().splitlines() == ["700", "600", "700", "leads", *kept]


def test_scripts_name_their_interpreter(place: Place) -> None:
    assert place.run("#!/bin/bash\n((x = 3)); [[ $x == 3 ]] && echo yes", "-S", "/bin/sh") == 0
    assert place.output() == "yes\n"


def test_paths_with_variables(place: Place) -> None:
    (place.home / "logs").mkdir()
    words = ("-t", "1-3", "-o", "$HOME/logs/$PBS_ARRAYID.$X", "-e", "one", "-v", "X=y", "-d", "$HOME/logs")
    given = {"SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "3", "SLURM_JOB_ID": "14"}
    assert place.run("pwd; echo $PBS_JOBID $PBS_JOBNAME; echo bad >&2", *words, **given) == 0
    assert (place.home / "logs/3.y").read_text() == f"{place.home}/logs\n12[3].{SERVER} job-3\n"
    assert (place.path / "desk/one-3").read_text() == "bad\n"


def test_output_that_cannot_be_written(place: Place) -> None:
    place.knows(RECORD.format(name="job", run="00:00:01", notes=notes.write({"o": "/nonexistent/x"})))
    assert place.run("echo ran; echo bad >&2", "-o", "/nonexistent/x") == 0
    assert (place.home / "job.o12").read_text() == "ran\n"
    told = "PBS: output file /nonexistent/x can't be written (No such file or directory): the output is in"
    assert place.output("e") == f"bad\n{told} {place.home}/job.o12\n"
    calls = (place.path / "calls").read_text()
    assert "update JobId=12 Comment=pbs:" in calls
    assert "undelivered=PBS:%20output%20file%20/nonexistent/x" in calls


def test_output_that_stays_on_the_worker_node(place: Place) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as path:
        assert place.run("echo ran", "-o", f"{path}/x", "-e", "err") == 0
        assert (Path(path) / "x").read_text() == "ran\n"
    told = f"PBS: output file {path}/x is on {os.uname().nodename}: CE and WNs share their homes alone\n"
    assert (place.path / "desk/err").read_text() == told


BURN = "python3 -c 'import time\nwhile time.process_time() < 1.1: pass'"


def test_what_a_job_used_is_told_at_its_end(place: Place) -> None:
    place.knows(RECORD.format(name="job", run="00:00:09", notes=notes.write({"Priority": "3"})))
    assert place.run(BURN, SLURM_JOB_START_TIME=str(int(time.time()) - 9)) == 0
    told = re.search(
        r"^update JobId=12 Comment=pbs:Priority=3;used\.cput=(\d+);used\.mem=(\d+)kb$",
        (place.path / "calls").read_text(),
        re.MULTILINE,
    )
    assert told
    assert 1 <= int(told[1]) < 60
    assert 2000 < int(told[2]) < 1_000_000


def test_a_short_job_is_not_kept_up_by_it(place: Place) -> None:
    place.knows(RECORD.format(name="job", run="00:00:00", notes=notes.write({"Priority": "3"})))
    assert place.run("true", SLURM_JOB_START_TIME=str(int(time.time()) + 600)) == 0
    assert "update" not in (place.path / "calls").read_text()


def test_directory_that_is_not_there(place: Place) -> None:
    assert place.run("echo ran", "-d", "/nonexistent") == 254
    assert place.output("e") == "PBS: /nonexistent: No such file or directory: the job can't be started\n"


def test_what_qalter_changed(place: Place) -> None:
    changed = notes.write({"o": "new.$PBS_JOBNAME", "v": "X=5", "Join_Path": "oe"})
    place.knows(RECORD.format(name="renamed", run="00:00:01", notes=changed))
    assert place.run("echo $X; echo bad >&2", "-o", "old", "-v", "X=1") == 0
    assert (place.path / "desk/new.renamed").read_text() == "5\nbad\n"


def test_walltime_in_seconds(place: Place) -> None:
    place.knows(RECORD.format(name="job", run="00:00:02", notes=notes.write({"Resource_List.walltime": "1"})))
    assert place.run("trap 'echo told; exit 3' TERM; sleep 600 & wait", "-l", "walltime=1") == -signal.SIGTERM
    assert place.output() == "told\n"
    assert "=>> PBS: job killed: walltime " in place.output("e")
    assert place.output("e").endswith(" exceeded limit 1\n")


def test_job_that_does_not_listen_is_ended_too(place: Place) -> None:
    assert place.run("trap '' TERM; sleep 600; sleep 600", "-l", "walltime=1") == -signal.SIGTERM


def test_longer_walltime_given_while_it_runs(place: Place) -> None:
    place.knows(
        RECORD.format(name="job", run="00:00:02", notes=notes.write({"Resource_List.walltime": "60"}))
    )
    assert place.run("sleep 3; echo end", "-l", "walltime=1") == 0
    assert place.output() == "end\n"


def test_cpu_time_of_all_processes(place: Place) -> None:
    script = "for i in 1 2; do (while :; do :; done) & done; wait"
    assert place.run(script, "-l", "cput=1") == -signal.SIGTERM
    assert "=>> PBS: job killed: cput " in place.output("e")


def test_ends_by_the_signal_of_its_job(place: Place) -> None:
    assert place.run("exec bash -c 'kill -9 $$'", "-S", "/bin/sh") == -signal.SIGKILL


def test_nothing_is_left_behind(place: Place) -> None:
    assert place.run("sleep 600 & echo $! > ~/pid") == 0
    pid = int((place.home / "pid").read_text())
    awaited(lambda: not Path(f"/proc/{pid}").exists())


def test_a_session_of_many_slots_is_one(tmp_path: Path) -> None:
    """srun starts mom once for each slot of ``qsub -I -l nodes=2``: only the first has the terminal."""
    head = "\n".join(
        jobscript.lines({"shell": "/bin/sh", "interactive": "yes", "command": f"env > {tmp_path}/ran"})
    )
    code = START.format(fakes=str(tmp_path))
    for number, there in (("1", False), ("0", True)):
        given = {
            "PATH": os.environ["PATH"],
            "SLURM_JOB_ID": "12",
            "SLURM_PROCID": number,
            "TMPDIR": str(tmp_path),
            jobscript.HEAD: head,
        }
        ran = subprocess.run([sys.executable, "-IS", "-c", code, "-I"], env=given, timeout=PATIENCE)
        assert (ran.returncode, (tmp_path / "ran").exists()) == (0, there)
    assert jobscript.HEAD not in (tmp_path / "ran").read_text()


def test_daemons_of_a_job_end_with_it(place: Place) -> None:
    """One that has left the session and its parent, as ``daemon(7)`` has it, would keep a slot's CPU busy."""
    assert place.run("setsid bash -c 'sleep 600 & echo $! > ~/pid'; until [ -s ~/pid ]; do :; done") == 0
    pid = int((place.home / "pid").read_text())
    awaited(lambda: not Path(f"/proc/{pid}").exists())


def test_a_job_that_empties_its_directory_ends_as_it_ends(place: Place) -> None:
    assert place.run("rm -rf $TMPDIR/*; exit 7") == 7
    assert place.run("touch $(dirname $PBS_NODEFILE)/more; exit 7") == 7
    assert not list((place.path / "tmp").iterdir())
    assert place.output("e") == ""


def test_variables_keep_their_signs(place: Place) -> None:
    assert place.run('echo "$X"', "-v", "X=a\u2028b\fc%0Ad") == 0
    assert place.output() == "a\u2028b\fc%0Ad\n"


def test_signals_of_qsig(place: Place) -> None:
    script = (
        "trap 'echo usr1' USR1; trap 'echo term; exit 4' TERM; touch ~/ready; while :; do sleep 0.05; done"
    )
    job = place.start(script)
    awaited((place.home / "ready").exists)
    for number, sign in ((signal.SIGUSR1, "usr1\n"), (signal.SIGTERM, "usr1\nterm\n")):
        os.kill(job.pid, 34 + number)
        awaited(lambda sign=sign: place.output() == sign)
    assert job.wait(PATIENCE) == 4


def process(cpu: int = 0, virtual: int = 0, pages: int = 0) -> Process:
    ticks = cpu * os.sysconf("SC_CLK_TCK")
    return Process(1, f"1 (a) b) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 5 {virtual} {pages} 0")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"cput": "10"}, ""),
        ({"cput": "5"}, "cput 6 exceeded limit 5"),
        ({"pcput": "3"}, ""),
        ({"pcput": "00:00:02"}, "pcput exceeded limit 2"),
        ({"vmem": "1gb"}, ""),
        ({"vmem": "5kb"}, "vmem 6000 exceeded limit 5120"),
        ({"pvmem": "2kb"}, "pvmem exceeded limit 2048"),
        ({"mem": "16kb"}, "mem job total 24 kb exceeded limit 16 kb"),
        ({"pmem": "8kb"}, "pmem exceeded limit 8192"),
        ({"pmem": "12kb"}, ""),
    ],
)
def test_limits(asked: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridware.pbs.processes.PAGE", 4096)
    assert limits.exceeded(asked, [process(3, 3000, 3), process(3, 3000, 3)]) == why
