"""The process that has children for the broker, and what it does when it dies, or nobody asks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from gridware.wms.broker import children, condor, trial
from gridware.wms.broker.children import Children
from gridware.wms.broker.condor import CondorError, Order

PATIENCE = 60.0
FINE = b"fine\n"
SERVING = """
import os, socket
from gridware.wms.broker import children
children.IDLE = {idle}
children.serve(socket.socket(fileno=0), {{b"e": bytes.upper, b"d": lambda _question: os.abort()}})
"""


@pytest.fixture
def made() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


def ask(made: Children) -> bytes:
    return made.ask(trial.WORK, b'["[]"]', PATIENCE)


def test_what_died_is_made_anew(made: Children) -> None:
    assert ask(made) == FINE
    assert made._parent is not None
    made._parent.kill()
    made._parent.wait()
    assert ask(made) == FINE


def test_a_child_s_end_ends_nothing_else() -> None:
    mine, its = socket.socketpair()
    with mine, its, subprocess.Popen([sys.executable, "-c", SERVING.format(idle=PATIENCE)], stdin=its) as ran:
        its.close()
        made = Children()
        made._parent, made._way = ran, mine
        for work, answer in ((b"d", b""), (b"x", b""), (b"e", b"HALLO")):
            assert made.ask(work, b"hallo", PATIENCE) == answer
        made.close()
        assert ran.returncode == 0


def test_it_ends_when_nobody_asks() -> None:
    mine, its = socket.socketpair()
    with mine, its:
        words = [sys.executable, "-c", SERVING.format(idle=0.01)]
        subprocess.run(words, stdin=its, check=True, timeout=PATIENCE)


def test_who_does_not_answer_is_not_waited_for_for_ever(
    made: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children.socket, "send_fds", lambda *_: None)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(children.socket, "socketpair", lambda: (ours, theirs.dup()))
    with theirs, pytest.raises(TimeoutError):
        made.ask(trial.WORK, b"[]", 0.01)


def test_nothing_is_left_of_a_process_that_has_ended(made: Children) -> None:
    assert ask(made) == FINE
    assert made._parent is not None
    process = f"/proc/{made._parent.pid}"
    made._hang_up()
    end = time.monotonic() + PATIENCE
    while os.path.exists(process) and time.monotonic() < end:
        time.sleep(0.01)
    assert not os.path.exists(process), "nobody has taken leave of it"


@pytest.mark.parametrize("account", ["nobody", "no-such-account"])
def test_attempts_that_can_t_be_queued_are_an_error(made: Children, account: str) -> None:
    """There is no schedd here, and not each account."""
    order = Order("J.1", account, "/tmp", "/tmp/proxy", "short")
    with pytest.raises(CondorError):
        condor.submit([order], made)
    assert ask(made) == FINE


@pytest.mark.parametrize("queue", ["a\n+GliteAttempt = 1", "a\r", "a b", "$(x)", "$ENV(HOME)", "\0", "ü"])
def test_what_would_be_more_than_a_queue_s_name_is_queued_nowhere(queue: str) -> None:
    assert Order("J.1", "gilda001", "/tmp", "/tmp/proxy", "long-2.a_b@ce").queue
    with pytest.raises(CondorError, match="can't stand in HTCondor's queue"):
        Order("J.1", "gilda001", "/tmp", "/tmp/proxy", queue)
