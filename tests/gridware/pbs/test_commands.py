"""qdel, pbsnodes and qstat against recorded Slurm, and against fakes that refuse."""

import os
import pwd
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gridware.pbs import jobscript, notes, pbsnodes, qdel, qstat, records, server, slurm
from gridware.pbs.errors import PbsError
from tests.gridware.pbs.conftest import SERVER, Fake

SILENT = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert qstat.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Job ID                    Name             User            Time Use S Queue"
    assert lines[1] == "------------------------- ---------------- --------------- -------- - -----"
    assert lines[4] == "23.xencenode              fails            gilda001        00:00:00 C short          "
    assert [line.split()[4] for line in lines[2:]] == ["C", "C", "C", "H", "R", "R", "R", "R"]


def test_qstat_of_an_empty_server_prints_nothing(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("scontrol", out="No jobs in the system\n")
    assert qstat.main([]) == 0
    assert qstat.main(["-a"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("recorded_slurm")
@pytest.mark.parametrize("word", ["23", "23.xencenode", "23.xencenode.sytes.net", "23@xencenode"])
def test_qstat_takes_every_form_of_an_id(capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert qstat.main(["-f", word]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Job Id: 23.xencenode.sytes.net"
    # Globus' pbs.pm takes the fourth word of this line, split at blanks.
    assert "    job_state = C" in lines
    assert "    exit_status = 3" in lines
    assert "    Join_Path = oe" in lines
    assert "    Output_Path = xencenode.sytes.net:/home/gilda001/fails.o23" in lines
    assert "    Job_Owner = gilda001@xencenode.sytes.net" in lines


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_of_an_unknown_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert qstat.main(["-f", "99.xencenode", "28"]) == 153
    captured = capsys.readouterr()
    assert captured.err == "qstat: Unknown Job Id 99.xencenode\n"
    assert "Job Id: 28." in captured.out


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_of_a_running_job(capsys: pytest.CaptureFixture[str]) -> None:
    qstat.main(["-f", "25"])
    text = capsys.readouterr().out
    assert "    job_state = R\n" in text
    assert "    exec_host = xenwnnode/1\n" in text
    assert "    Resource_List.nodect = 1\n    Resource_List.nodes = 1\n" in text
    assert "    Resource_List.walltime = 00:15:00\n" in text
    assert (
        "    job_radix = 0\n    submit_host = xencenode.sytes.net\n    init_work_dir = /home/gilda001\n"
        in text
    )
    assert "\n\tPBS_O_" in text, "long values go on behind a tab"
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_queues(capsys: pytest.CaptureFixture[str]) -> None:
    qstat.main(["-q"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "server: xencenode.sytes.net"
    assert lines[5].split() == ["short", "--", "--", "00:15:00", "--", "4", "1", "--", "E", "R"]
    assert lines[7].split()[3] == "48:00:00"
    assert lines[-1].split() == ["4", "1"]
    qstat.main(["-Q", "short"])
    assert capsys.readouterr().out.splitlines()[2].split()[:8] == [
        "short",
        "0",
        "8",
        "yes",
        "yes",
        "0",
        "4",
        "1",
    ]
    qstat.main(["-Qf", "infinite"])
    assert "    resources_max.walltime = 48:00:00\n" in capsys.readouterr().out
    assert qstat.main(["-q", "nosuch"]) == 170


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_long(capsys: pytest.CaptureFixture[str]) -> None:
    qstat.main(["-an1", "25"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "xencenode.sytes.net: "
    assert lines[5].split()[:4] == ["25.xencenode", "gilda001", "short", "fill"]
    assert lines[5].endswith("   xenwnnode/1")
    qstat.main(["-n", "25"])
    assert capsys.readouterr().out.splitlines()[6] == "   xenwnnode/1"
    qstat.main(["-u", "gilda002"])
    assert capsys.readouterr().out == ""
    qstat.main(["-i"])
    assert len(capsys.readouterr().out.splitlines()) == 6


@pytest.mark.parametrize("command", [qstat, pbsnodes])
def test_dead_server(fake: Fake, capsys: pytest.CaptureFixture[str], command: object) -> None:
    fake("scontrol", err=SILENT, code=1)
    assert command.main([]) == 111  # type: ignore[attr-defined]
    assert f"cannot connect to server {SERVER} (errno=111) Connection refused" in capsys.readouterr().err


@pytest.mark.usefixtures("recorded_slurm")
def test_qdel_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert qdel.main(["99"]) == 153
    assert capsys.readouterr().err == f"qdel: Unknown Job Id 99.{SERVER}\n"
    assert qdel.main(["23"]) == 168
    assert "Request invalid for state of job" in capsys.readouterr().err
    assert qdel.main(["abc"]) == 1
    assert capsys.readouterr().err == "qdel: illegally formed job identifier: abc\n"
    assert qdel.main([]) == 2


def test_qdel_of_anothers_job(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("scontrol", out="JobId=5 JobName=x UserId=gilda002(20002) JobState=RUNNING Partition=short\n")
    fake("scancel", err="scancel: error: Kill job error on job id 5: Access/permission denied", code=1)
    assert qdel.main(["5"]) == 159
    assert capsys.readouterr().err == f"qdel: Unauthorized Request 5.{SERVER}\n"


@pytest.mark.usefixtures("recorded_slurm")
def test_qstat_in_other_forms(capsys: pytest.CaptureFixture[str]) -> None:
    qstat.main(["-f", "-1", "25"])
    text = capsys.readouterr().out
    assert "\n\t" not in text
    assert "PBS_O_SHELL=/bin/bash,PBS_O_HOST=xencenode.sytes.net" in text
    qstat.main(["-x", "25"])
    (job,) = ElementTree.fromstring(capsys.readouterr().out)
    assert job.findtext("Job_Id") == f"25.{SERVER}"
    assert job.findtext("Resource_List/walltime") == "00:15:00"
    assert job.findtext("start_time") == "1795352974"


def test_notes_too_long_for_a_record_come_from_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a fake scontrol: ``qsub -v`` of kilobytes is shown whole to the owner, and others see the rest."""
    known = {"Variable_List": f"PBS_O_WORKDIR=/desk,A={'x' * 3000}", "submit_args": "-v A", "Join_Path": "oe"}
    record = f"JobId=5 JobName=x UserId=g(1) JobState=RUNNING Partition=short Comment={notes.write(known)}\n"
    (tmp_path / "script").write_text("\n".join(["#!mom", *jobscript.lines(known), jobscript.MARKER, "date"]))
    (tmp_path / "record").write_text(record)
    program = tmp_path / "scontrol"
    program.write_text(
        f"#!/bin/sh\n[ $1 = show ] && exec cat {tmp_path}/record\nexec cat {tmp_path}/script\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(slurm, "BIN", str(tmp_path))
    assert qstat.main(["-f", "-1", "5"]) == 0
    shown = capsys.readouterr().out
    assert f"    Variable_List = {known['Variable_List']}\n" in shown
    assert "    submit_args = -v A\n" in shown
    (tmp_path / "script").unlink()
    assert qstat.main(["-f", "5"]) == 0
    assert "    Join_Path = oe\n" in capsys.readouterr().out


@pytest.mark.usefixtures("recorded_slurm")
def test_where_a_job_ran_stays_known(capsys: pytest.CaptureFixture[str]) -> None:
    qstat.main(["-f", "21"])
    assert "    exec_host = xenwnnode2/1\n" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["12x", "x", "12[", "12[a]", ""])
def test_ids_that_are_none(word: str) -> None:
    with pytest.raises(PbsError, match="illegally formed job identifier"):
        server.number_of(word, SERVER)


def test_ids_of_another_server() -> None:
    with pytest.raises(PbsError, match="cannot connect to server other"):
        server.number_of("12.other", SERVER)


def test_another_default_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBS_DEFAULT", "xencenode")
    assert server.name() == SERVER
    monkeypatch.setenv("PBS_DEFAULT", "other")
    with pytest.raises(PbsError, match="cannot connect to server other"):
        server.name()


def test_records() -> None:
    line = (
        "JobId=1 JobName=a b=c WorkDir=/x y Nodes=wn1 CPU_IDs=0-1 Mem=0 Nodes=wn[2-3] CPU_IDs=4 CPUs/Task=1"
    )
    fields = records.parse(line)
    assert fields["JobName"] == "a b=c"
    assert fields["WorkDir"] == "/x y"
    assert (fields["Nodes"], fields["CPU_IDs"]) == ("wn1 wn[2-3]", "0-1 4")
    assert records.expand_hosts("wn[1-2,07],se") == ["wn1", "wn2", "wn07", "se"]
    assert records.expand_numbers("0-1,4") == [0, 1, 4]


def test_the_path_of_a_job_opens_no_field_that_slurm_fills() -> None:
    line = "JobId=1 UserId=anna(7) Command=/x UserId=root(0)/j a JobState=Z WorkDir=/w ExitCode=1 Comment=c"
    fields = records.parse(line)
    assert (fields["UserId"], fields["WorkDir"], fields["Comment"]) == ("anna(7)", "/w ExitCode=1", "c")
    assert not {"JobState", "ExitCode"} & set(fields)


PLAIN = "JobId={number} JobName={name} UserId=gilda001(20001) JobState=RUNNING Partition=short {more}\n"
SOUND = PLAIN.format(number=5, name="x", more="Comment=pbs:Priority=3;Resource_List.walltime=60")


@pytest.mark.parametrize(
    "record",
    [
        PLAIN.format(number=6, name="x\nJobId=7 JobName=y", more=""),
        PLAIN.format(
            number=6, name="x", more="Comment=pbs:on=many;Priority=high;Resource_List.walltime=soon"
        ),
        PLAIN.format(number=6, name="x", more="Comment=pbs:Variable_List=%zz;Resource_List.<x>=1"),
        PLAIN.format(number=6, name="x", more="Comment=a ExitCode=x:y Restarts=often JobState= "),
        PLAIN.format(number=6, name="x", more="Comment=a Nodes=wn[1-99999999999] CPU_IDs=0-99999999999"),
        PLAIN.format(number=6, name="x", more="Comment=a ArrayTaskId=1-99999999999"),
        PLAIN.format(number=6, name="x", more="Comment=a JobId=-- ArrayJobId=--"),
    ],
)
def test_what_a_student_writes_into_a_job_keeps_nobody_from_theirs(
    fake: Fake, capsys: pytest.CaptureFixture[str], record: str
) -> None:
    fake("scontrol", out=SOUND + record)
    for words in ([], ["-f"], ["-x"], ["-a", "-n"], ["-Bf"]):
        assert qstat.main(words) == 0
        text = capsys.readouterr()
        assert f"5.{SERVER}" in text.out or "5.xencenode" in text.out or "-Bf" in words
        if "-x" in words:
            ElementTree.fromstring(text.out)


def test_a_value_makes_no_line_of_its_own(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    forged = PLAIN.format(
        number=6, name="x\u2028JobId=9\x1b[2J", more="Comment=pbs:submit_args=a%0AJob_Id:%209"
    )
    fake("scontrol", out=SOUND + forged)
    assert qstat.main(["-f", "-1"]) == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if "Id: " in line and not line.startswith("    ")] == [
        f"Job Id: 5.{SERVER}", f"Job Id: 6.{SERVER}",
    ]  # fmt: skip
    assert "    submit_args = a?Job_Id: 9\n" in text
    assert "\x1b" not in text


def test_what_became_of_its_output_makes_no_line(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake("scontrol", out=SOUND + PLAIN.format(number=6, name="x", more="Comment=pbs:undelivered=a%0A7.x"))
    assert qstat.main(["-s"]) == 0
    assert "\n   a?7.x\n" in capsys.readouterr().out


def test_what_a_job_used_is_shown_once_it_has_ended(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    used = PLAIN.format(number=6, name="x", more="Comment=pbs:used.cput=3725;used.mem=2048kb")
    fake("scontrol", out=used)
    assert qstat.main(["-f", "6"]) == 0
    assert "resources_used.cput" not in capsys.readouterr().out
    fake("scontrol", out=used.replace("RUNNING", "COMPLETED"))
    assert qstat.main(["-f", "6"]) == 0
    assert "    resources_used.cput = 01:02:05\n    resources_used.mem = 2048kb\n" in capsys.readouterr().out
    for wrong in ("used.cput=soon", "used.mem=%0Akb", "used.cput=" + 5000 * "9"):
        fake("scontrol", out=used.replace("RUNNING", "COMPLETED").replace("used.cput=3725", wrong))
        assert qstat.main(["-f", "6"]) == 0
        assert "resources_used.cput" not in capsys.readouterr().out


def test_qdel_of_all_goes_on_after_a_refusal(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """Between the look and the order a job may have ended."""
    user = pwd.getpwuid(os.getuid()).pw_name
    jobs = "".join(
        PLAIN.format(number=number, name="x", more="").replace("gilda001", user) for number in (5, 6, 7)
    )
    fake("scontrol", out=jobs)
    calls = fake("scancel", err="scancel: error: Kill job error: Access/permission denied", code=1)
    assert qdel.main(["all"]) == 159
    assert calls.read_text().split() == ["5", "6", "7"]
    assert capsys.readouterr().err.count("Unauthorized Request") == 3
