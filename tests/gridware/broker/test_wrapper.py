"""The wrapper at work on this machine against a door of the test's own."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gridware.wms.broker import wrapper
from tests.gridware.broker.samples import ID
from tests.gridware.broker.test_orders import CEID, orders

HARNESS = """
import json, sys, types
SPEC = json.loads(sys.stdin.readline())
calls = []
given = sys.modules["jobspec"] = types.ModuleType("jobspec")
given.SPEC = SPEC
for name, text in SPEC.pop("programs"):
    made = sys.modules[name] = types.ModuleType(name)
    exec(compile(text.replace("\\nmain()\\n", "\\n"), name, "exec"), made.__dict__)
names = sys.modules["jobwrapper"].__dict__
class BrokerConnection:
    def call(self, call, source=None, target=None, **values):
        if target: open(target, "w").write(SPEC["contents"][values["name"]])
        if source: values["content"] = open(source).read()
        calls.append((call, values))
names["BrokerConnection"] = BrokerConnection
names["main"]()
print(json.dumps(calls))
"""


def run_wrapper(
    tmp_path: Path, jdl: str, contents: list[str] | None = None, path: str = "", **changes: Any
) -> dict[str, Any]:
    """Run the wrapper with a door that notes what it is told; returns the outputs by name, and the end.

    ``path``: a directory with commands to be found before those of this machine.
    """
    told = orders(jdl, **changes)
    spec = {**told, "contents": contents or [], "programs": wrapper.programs(told)}
    (tmp_path / "scratch").mkdir()
    done = subprocess.run(
        [sys.executable, "-IS", "-c", HARNESS],
        input=json.dumps(spec) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env={
            "PATH": f"{path or '/bin'}:/usr/bin:/bin",
            "EDG_WL_SCRATCH": str(tmp_path / "scratch"),
            "HOME": "/home/x",
        },
    )
    calls = json.loads(done.stdout)
    assert calls[0][0] == "claim"
    assert not list((tmp_path / "scratch").iterdir())
    (end,) = [values for call, values in calls if call == "finish"]
    stored = [values["content"] for call, values in calls if call == "store"]
    return {**end, "files": dict(zip(end.get("outputs", ()), stored, strict=True))}


ECHO = '#!/bin/bash\nfor a in "$@"; do echo "<$a>"; done\n'


def test_arguments_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    jdl = r"""[ Executable = "echo.sh"; Arguments = "a \"b  c\" 'd $HOME' $HOME e\\ f"; StdOutput = "out";
        OutputSandbox = {"out"}; ]"""
    end = run_wrapper(tmp_path, jdl, [ECHO], files=["echo.sh"])
    assert end["files"]["out"] == "<a>\n<b  c>\n<d $HOME>\n</home/x>\n<e f>\n"
    assert end["exit_code"] == 0


def test_environment_keeps_blanks_and_quotes(tmp_path: Path) -> None:
    jdl = r"""[ Executable = "/bin/sh"; Arguments = "-c 'echo \"$A|$B|$C|$GLITE_WMS_JOBID|$GLITE_CE\"'";
        Environment = {"A=x  y", "B=p\"q`r", "C=\"in quotes\""};
        StdOutput = "out"; OutputSandbox = "out"; ]"""
    end = run_wrapper(tmp_path, jdl)
    assert end["files"]["out"] == f'x  y|p"q`r|in quotes|{ID}|{CEID}\n'


def test_input_exit_code_wildcards_and_missing_files(tmp_path: Path) -> None:
    jdl = """[ Executable = "/bin/sh"; Arguments = "-c 'cat; echo 1 > a.dat; echo 2 > b.dat; exit 3'";
        StdInput = "in.txt"; StdOutput = "sub/out"; StdError = "sub/out";
        OutputSandbox = {"sub/out", "*.dat", "nothing"}; ]"""
    end = run_wrapper(tmp_path, jdl, ["hello\n"], files=["in.txt"])
    assert end["files"] == {"out": "hello\n", "a.dat": "1\n", "b.dat": "2\n"}
    assert (end["exit_code"], end["missing"]) == (3, ["nothing"])


def test_a_program_killed_by_a_signal_has_the_shells_code(tmp_path: Path) -> None:
    assert (
        run_wrapper(tmp_path, """[ Executable = "/bin/sh"; Arguments = "-c 'kill -9 $$'"; ]""")["exit_code"]
        == 137
    )


def test_a_failed_prologue_is_no_run_of_the_program(tmp_path: Path) -> None:
    end = run_wrapper(tmp_path, '[ Executable = "/bin/true"; Prologue = "/bin/false"; ]')
    assert end["failure"] == "the prologue ended with 1"
    assert not end.get("started")


def test_a_failed_epilogue_is_one(tmp_path: Path) -> None:
    end = run_wrapper(tmp_path, '[ Executable = "/bin/true"; Epilogue = "/bin/false"; ]')
    assert (end["failure"], end["started"]) == ("the epilogue ended with 1", True)


def test_arguments_may_hold_a_pipe(tmp_path: Path) -> None:
    jdl = (
        '[ Executable = "/bin/echo"; Arguments = "a b | tr a c"; StdOutput = "out"; OutputSandbox = "out"; ]'
    )
    end = run_wrapper(tmp_path, jdl)
    assert (end["exit_code"], end["files"]) == (0, {"out": "c b\n"})


def test_a_program_may_be_named_by_a_variable_and_have_no_first_line(tmp_path: Path) -> None:
    end = run_wrapper(
        tmp_path,
        '[ Executable = "$WHERE/job.sh"; Environment = {"WHERE=$PWD"}; Arguments = "x";'
        ' Prologue = "/bin/chmod"; PrologueArguments = "755 job.sh"; StdOutput = "out";'
        ' OutputSandbox = "out"; ]',
        ["echo in bash: $1 ${BASH_VERSION:+yes}\n"],
        files=["job.sh"],
    )
    assert end["files"]["out"] == "in bash: x yes\n"


def test_a_server_that_falls_silent_keeps_no_slot_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "bin/globus-url-copy"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\nexec sleep 1000\n")
    command.chmod(0o755)
    text = wrapper._program
    monkeypatch.setattr(
        wrapper, "_program", lambda path: text(path).replace("COPYING = 3600", "COPYING = 0.1")
    )
    jdl = '[ Executable = "/bin/true"; InputSandbox = {"gsiftp://se/a"}; ]'
    end = run_wrapper(tmp_path, jdl, path=str(command.parent))
    assert re.fullmatch(r"gsiftp://se/a was not copied to file:///\S+/a within 0.1 s", end["failure"])
    assert not end["started"]


LCG_CR = """#!/bin/bash
echo "$@" >> log
case " $* " in
    *" lfn:/taken "*) echo "lcg_cr: File exists" >&2; exit 1 ;;
    *" down "*) echo "lcg_cr: Connection refused" >&2; exit 1 ;;
esac
echo "noise"; echo guid:1
"""


def uploaded(tmp_path: Path, output_data: str, code: int = 0) -> list[str]:
    """What the report of a job with OutputData says behind its head; lcg-cr is one of the test's own."""
    command = tmp_path / "bin/lcg-cr"
    command.parent.mkdir()
    command.write_text(LCG_CR)
    command.chmod(0o755)
    jdl = f"""[ Executable = "/bin/sh"; Arguments = "-c 'touch a b log; exit {code}'";
        OutputData = {{ {output_data} }};
        OutputSandbox = {{ "DSUpload_AAAAAAAAAAAAAAAAAAAAAA.out", "log" }}; ]"""
    end = run_wrapper(tmp_path, jdl, path=str(command.parent))
    (tmp_path / "tried").write_text(end["files"]["log"])
    head, _, rest = end["files"]["DSUpload_AAAAAAAAAAAAAAAAAAAAAA.out"].partition("\n\n")
    assert head.endswith("# <outputfile> <lfn|guid|Error>")
    return [line for line in rest.splitlines() if line]


def test_output_data_is_stored_and_told(tmp_path: Path) -> None:
    told = uploaded(
        tmp_path,
        '[ OutputFile = "a" ], [ OutputFile = "b"; LogicalFileName = "lfn:/b"; StorageElement = "se" ]',
    )
    assert told == ["a    guid:1", "b    lfn:/b"]
    first, second = (tmp_path / "tried").read_text().splitlines()
    assert re.fullmatch(r"--vo gilda file:/\S+/a", first)
    assert re.fullmatch(r"--vo gilda -d se -l lfn:/b file:/\S+/b", second)


def test_a_name_that_is_taken_or_an_se_that_is_down_loses_no_result(tmp_path: Path) -> None:
    told = uploaded(tmp_path, '[ OutputFile = "a"; LogicalFileName = "lfn:/taken"; StorageElement = "down" ]')
    assert told == ["a    guid:1"]
    assert len((tmp_path / "tried").read_text().splitlines()) == 4


def test_what_is_not_stored_says_why(tmp_path: Path) -> None:
    (told,) = uploaded(tmp_path, '[ OutputFile = "c" ]')
    assert told.startswith("c    Error: File c has not been found on the WN ")


def test_a_failed_job_stores_nothing(tmp_path: Path) -> None:
    assert uploaded(tmp_path, '[ OutputFile = "a" ]', code=3) == [
        "a    Error: not stored, as the job's exit code is 3"
    ]
    assert not (tmp_path / "tried").read_text()
