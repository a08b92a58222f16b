"""The wrapper where a job can't be started: it says why, and that trying again is of no use."""

import re
from pathlib import Path

import pytest

from tests.gridware.broker.test_wrapper import run_wrapper


@pytest.mark.parametrize(
    ("executable", "content", "why"),
    [
        ("/no/such", "", "there is no such file"),
        ("$NOWHERE/x", "", "/x on .*: there is no such file"),
        ("~/x", "", "/home/x/x on .*: there is no such file"),
        ("gone.sh", "", "./gone.sh on .*: there is no such file"),
        ("/tmp", "", "it is a directory"),
        ("/etc/passwd", "", "it may not be executed by"),
        ("job.sh", "#!/no/interpreter -x\n", "no program as its first line names it: #!/no/interpreter -x"),
        ("job.sh", "#!/bin/bash\r\necho\r\n", "on DOS"),
        ("job.sh", "\x7fELF of another machine\0", "no program for this machine"),
    ],
)
def test_what_cannot_be_started_is_told_and_not_tried_again(
    tmp_path: Path, executable: str, content: str, why: str
) -> None:
    sent = [executable] if content else []
    jdl = f'[ Executable = "{executable}"; StdOutput = "out"; StdError = "err"; ]'
    end = run_wrapper(tmp_path, jdl, [content], files=sent)
    assert end["failure"].startswith("the Executable ")
    assert re.search(why, end["failure"])
    assert end["final"]
    assert "exit_code" not in end


@pytest.mark.parametrize(
    ("attribute", "why"),
    [
        ('StdInput = "/no/such"', "the StdInput /no/such can't be read"),
        ('StdOutput = "/proc/x/out"', "the StdOutput /proc/x/out can't be written"),
        ('StdError = "/tmp"', "the StdError /tmp can't be written on .*: Is a directory"),
        ('Prologue = "/no/such"', "the Prologue /no/such on .*: there is no such file"),
        ('Epilogue = "/no/such"', "the Epilogue /no/such on .*: there is no such file"),
    ],
)
def test_other_files_of_a_job_are_told_as_well(tmp_path: Path, attribute: str, why: str) -> None:
    end = run_wrapper(tmp_path, f'[ Executable = "/bin/true"; {attribute}; ]')
    assert re.search(why, end["failure"])
    assert end["final"]


def test_a_code_of_127_of_the_program_s_own_is_its_exit_code(tmp_path: Path) -> None:
    end = run_wrapper(tmp_path, """[ Executable = "/bin/sh"; Arguments = "-c 'exit 127'"; ]""")
    assert end["exit_code"] == 127
