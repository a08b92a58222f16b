"""A shell on a node: whom it trusts, and how it tells the ends of commands and connections apart."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import paramiko
import pytest

from harness.access import channel
from harness.access.shell import Account, LostError, Shell, ShellError
from harness.command import TIMED_OUT, CommandError, CommandFailed
from harness.deadline import wait_for
from harness.errors import CheckFailed, ExitCode
from harness.report.classify import classify
from harness.report.verdict import Outcome
from harness.state import checkout
from tests.drill.tried import Told
from tests.unit.access.fake_sshd import FakeSshd, new_key, public


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[FakeSshd]:
    fake = FakeSshd(new_key(tmp_path / "host"), new_key(tmp_path / "user"))
    yield fake
    fake.close()


@pytest.fixture
def shell(sshd: FakeSshd, tmp_path: Path) -> Iterator[Shell]:
    made = Shell("ui", Account("root", tmp_path / "user"), sshd.dial, public(sshd.host_key))
    yield made
    made.close()


def test_a_command_that_ends_by_itself(shell: Shell) -> None:
    ran = shell.run("exit 3")
    assert (ran.exit_code, ran.signal, ran.stdout, ran.stderr) == (3, "", "out\n", "err\n")
    assert not ran.ok


@pytest.mark.parametrize(("name", "code"), [("KILL", 137), ("TERM", 143), ("SEGV", 139)])
def test_a_command_that_a_signal_killed_is_the_boxs_fault(shell: Shell, name: str, code: int) -> None:
    ran = shell.run(f"killed {name}")
    assert (ran.exit_code, ran.signal, ran.stdout) == (code, name, "half\n")
    with pytest.raises(CommandFailed, match=f"was killed by SIG{name}") as failed:
        ran.expect_success()
    assert classify(failed.value, "call").outcome is Outcome.FAILED
    with pytest.raises(CommandError, match=f"was killed by SIG{name}"):
        ran.check()


@pytest.mark.parametrize("line", ["vanish", "end-without-a-word", "refuse"])
def test_a_connection_that_is_lost_beside_a_sound_node_is_the_harness(shell: Shell, line: str) -> None:
    with pytest.raises(LostError, match=f"the connection was lost while `{line}` ran") as lost:
        shell.run(line)
    assert lost.value.exit_code is ExitCode.UNKNOWN
    assert classify(lost.value, "call").outcome is Outcome.UNKNOWN
    assert shell.run("exit 0").ok, "the next command has a connection of its own"


def test_a_connection_that_is_lost_before_a_command_has_begun_is_taken_up_once(
    sshd: FakeSshd, shell: Shell
) -> None:
    assert shell.run("exit 0").ok
    sshd.cutting_off = 1
    assert shell.run("exit 3").exit_code == 3
    assert (sshd.logins, sshd.cutting_off) == (2, 0)
    sshd.cutting_off = 2
    with pytest.raises(LostError, match="the connection was lost while `exit 4` ran"):
        shell.run("exit 4")
    assert sshd.cutting_off == 0


def test_what_others_have_opened_in_place_of_a_lost_connection_stays_open(
    sshd: FakeSshd, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads share a connection, and may all hear that it is lost after one of them has a new one."""
    assert shell.run("exit 0").ok
    first, before = shell.transport, channel.converse

    def converse(transport: paramiko.Transport, line: str, *rest: Any) -> channel.Said:
        if transport is not first or line != "exit 3":
            return before(transport, line, *rest)
        sshd.cutting_off = 1
        assert shell.run("exit 4").exit_code == 4
        return before(transport, line, *rest)

    monkeypatch.setattr(channel, "converse", converse)
    assert shell.run("exit 3").exit_code == 3
    assert sshd.logins == 2


def test_a_session_that_is_slow_to_open_ends_no_command_of_others(sshd: FakeSshd, shell: Shell) -> None:
    assert shell.run("exit 0").ok
    with ThreadPoolExecutor() as pool:
        running = pool.submit(shell.run, "wait")
        wait_for("the command to run", lambda: len(sshd.commands) == 2, 10.0)
        sshd.deaf = 1
        assert shell.run("exit 3", timeout=1.5).exit_code == 3
        assert sshd.logins == 2
        sshd.hears.set()
        assert running.result().exit_code == 0


def test_a_node_that_is_lost_for_good_is_the_boxs_fault(shell: Shell) -> None:
    with pytest.raises(ShellError, match="was lost while `vanish for-good` ran, and can't log in") as lost:
        shell.run("vanish for-good")
    assert "nobody listens" in lost.value.why
    assert classify(lost.value, "call").outcome is Outcome.FAILED


@pytest.mark.parametrize("line", ["hang", "silent-but-alive", "unheard"])
def test_what_is_too_slow_is_ended(shell: Shell, line: str) -> None:
    assert shell.run("exit 0").ok, "to log in takes a while, too, where many do"
    ran = shell.run(line, timeout=0.5)
    assert ran.exit_code == TIMED_OUT
    assert "no answer in time" in ran.stderr


def test_a_node_may_be_left_before_its_last_words(
    shell: Shell, sshd: FakeSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a busy machine, where its thread gets no processor until then: no error of any thread's."""
    before = paramiko.Channel.close

    def close(channel: paramiko.Channel) -> None:
        before(channel)
        if channel.get_transport().server_mode:
            raise EOFError

    monkeypatch.setattr(paramiko.Channel, "close", close)
    assert shell.run("exit 0").ok
    sshd.close()


def test_what_is_given_comes_through(shell: Shell) -> None:
    given = "x" * 300_000
    assert shell.run("echo", stdin=given).stdout == given


def test_a_command_need_not_read_what_it_is_given(shell: Shell) -> None:
    assert shell.run("exit 4", stdin="y" * 5_000_000).exit_code == 4


def test_one_connection_serves_many_commands(shell: Shell, sshd: FakeSshd) -> None:
    for _ in range(3):
        assert shell.run("exit 0").ok
    assert sshd.logins == 1


def test_another_host_key_is_refused(sshd: FakeSshd, tmp_path: Path) -> None:
    """Whoever stands in for a node must not be believed, nor be shown who we are."""
    known = public(new_key(tmp_path / "the-nodes"))
    shell = Shell("ui", Account("root", tmp_path / "user"), sshd.dial, known)
    with pytest.raises(CheckFailed, match="can't log in as root") as refused:
        shell.run("exit 0")
    assert "BadHostKeyException" in refused.value.why
    assert sshd.logins == 0


def test_a_host_key_of_another_kind_is_refused(sshd: FakeSshd, tmp_path: Path) -> None:
    import paramiko

    known = public(paramiko.ECDSAKey.generate())
    shell = Shell("ui", Account("root", tmp_path / "user"), sshd.dial, known)
    with pytest.raises(CheckFailed, match="can't log in as root"):
        shell.run("exit 0")
    assert sshd.logins == 0


def test_an_account_that_is_not_admitted(sshd: FakeSshd, tmp_path: Path) -> None:
    new_key(tmp_path / "stranger")
    shell = Shell("ui", Account("root", tmp_path / "stranger"), sshd.dial, public(sshd.host_key))
    with pytest.raises(ShellError, match="can't log in as root") as refused:
        shell.run("exit 0")
    assert classify(refused.value, "setup").outcome is Outcome.FAILED


@pytest.mark.tries("run it again")
def test_what_was_lost_is_run_again(shell: Shell, told: Told) -> None:
    with pytest.raises(LostError) as lost:
        shell.run("vanish")
    told(lost.value)
    assert shell.run("exit 0").ok


def test_what_happens_to_a_connection_is_not_printed_beside_its_error() -> None:
    """pytest has handlers of its own, so another Python is asked."""
    line = "import logging, harness.access.shell; logging.getLogger('paramiko.transport').error('Exception')"
    done = subprocess.run([sys.executable, "-c", line], cwd=checkout(), capture_output=True, check=True)
    assert done.stderr == b""
