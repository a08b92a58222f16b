"""What is said of a command that failed, and of one that was repeated."""

from dataclasses import replace

import pytest

from harness.command import CommandFailed, CommandResult, announce, listening, reason
from harness.deadline import wait_for
from harness.errors import CheckFailed, WaitError
from harness.expect import eventually

RAN = CommandResult("voms-proxy-init -voms gilda", "student01@xenuinode", 1, "", "", 0.2)
VOMS = f"""\
Your identity: /C=IT/O=GridBox/CN=Student One
Creating temporary proxy {"." * 1700}+++++ Done
Contacting  xenrbnode.sytes.net:15001 [/C=IT/CN=xenrbnode.sytes.net] "gilda" Failed

Error: gilda: User unknown to this VO.
None of the contacted servers for gilda were capable
of returning a valid AC for the user.
"""


GLITE = """
**** Error: UI_JDL_ERROR ****
bad.jdl, line 2: Executable: a value is missing before the end of the file
Nothing was sent.


                         *** Log file created ***
Possible Errors and Debug messages have been printed in the following file:
/tmp/glite-job-submit_2117472293_435_1795787245.log
"""


def test_a_message_begins_with_the_reason() -> None:
    failed = CommandFailed(replace(RAN, stderr=VOMS), "see UI-2")
    assert failed.what.startswith("Error: gilda: User unknown to this VO (`voms-proxy-init")
    assert failed.what.endswith("ended with exit code 1)")
    assert "...." not in str(failed)
    assert "Creating temporary proxy" in failed.why


def test_a_command_without_a_word_is_named() -> None:
    failed = CommandFailed(RAN)
    assert (failed.what, failed.why) == (
        "`voms-proxy-init -voms gilda` ended with exit code 1",
        "it printed nothing",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("GRAM Job submission failed (error code 7)\nsee the manual\n", "error code 7"),
        ("error: a\nglobus_xio: A system call failed: No space left on device\n500 End.\n", "No space left"),
        ("The certificate is not yet valid: Cert with subject /C=IT\n530 End.", "not yet valid"),
        ("part of it\nended by the harness: no answer in time\n", "no answer"),
        (GLITE, "Error: UI_JDL_ERROR: bad.jdl, line 2: Executable: a value is missing before the end"),
        ("**** Error: NS_SUBMIT_FAIL ****", "Error: NS_SUBMIT_FAIL"),
        ("errors are in this file:\n", "errors are in this file:"),
        ("all is well\n", ""),
    ],
)
def test_reason(text: str, told: str) -> None:
    assert told in reason(text)
    assert bool(reason(text)) == bool(told)


def test_what_does_not_answer_is_told_as_such() -> None:
    """Not as an exit code, which the harness gave it."""
    silent = replace(
        RAN,
        command="edg-gridftp-ls gsiftp://se.example.org/",
        exit_code=124,
        stdout="",
        stderr="\nended by the harness: no answer in time\n",
        seconds=120.3,
    )
    told = CommandFailed(silent).what
    assert told == "no answer within 120 s (`edg-gridftp-ls gsiftp://se.example.org/` was ended then)"
    own = replace(silent, stderr="timeout: sending signal TERM\n")
    assert "ended with exit code 124" in CommandFailed(own).what


def test_a_long_command_does_not_hide_the_reason() -> None:
    failed = CommandFailed(replace(RAN, command=f"echo {'x' * 5000}", stderr="no such host"))
    assert failed.what.startswith("no such host")
    assert len(failed.what) < 300


def typed(answer: str) -> bool:
    announce(replace(RAN, command="qstat", stdout=answer))
    announce(replace(RAN, command=f"look {answer}"))
    return answer == "599"


@pytest.mark.parametrize(
    "wait", [wait_for, lambda what, probe, most, pause: eventually(what, probe, seconds=most, pause=pause)]
)
def test_six_hundred_polls_are_one_step_with_the_last_answer(wait) -> None:
    told: list[CommandResult] = []
    answers = iter(map(str, range(600)))
    with listening(told.append):
        announce(replace(RAN, command="before"))
        wait("600 looks", lambda: typed(next(answers)), 60, pause=0)
        announce(replace(RAN, command="after"))
    polls = [(each.times, each.stdout) for each in told if each.command == "qstat"]
    assert polls == [(600, "599")]
    assert (told[0].command, told[-1].command) == ("before", "after")
    assert len(told) <= 53


def test_polls_that_come_to_nothing_are_told_too() -> None:
    told: list[CommandResult] = []
    with listening(told.append), pytest.raises(WaitError):
        wait_for("nothing", lambda: typed("1"), 0.02, pause=0.001)
    assert [each.command for each in told] == ["qstat", "look 1"]
    with listening(told.append), pytest.raises(CheckFailed):
        eventually("nothing", lambda: typed("1"), seconds=0.02, pause=0.001)
    assert len(told) == 4
