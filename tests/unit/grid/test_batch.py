"""qsub, qstat and pbsnodes."""

import pytest

from harness.grid.batch import JobId, parse_interactive, parse_pbsnodes, parse_qstat
from harness.grid.errors import UnexpectedOutput

QSTAT = """\
Job ID                    Name             User            Time Use S Queue
------------------------- ---------------- --------------- -------- - -----
1.xencenode               STDIN            gilda014        00:00:02 C short
2.xencenode               ...name-cut-off  gilda001               0 Q infinite
13.xencenode              STDIN            gilda001        00:01:00 R short
14[].xencenode            array            gilda001               0 H short
"""
NODES = """\
xenwnnode
     state = free
     np = 2
     properties = lcgpro
     ntype = cluster
     jobs = 0/3.xencenode.sytes.net, 1/4.xencenode.sytes.net
     status = rectime=1795352793,ncpus=2,state=free,jobs=3.xencenode.sytes.net,opsys=linux

xenwnnode2
     state = down,offline
     np = 2

"""


def test_a_job_id() -> None:
    job = JobId.parse("12.xencenode.sytes.net\n")
    assert (job.number, job.server, str(job)) == (12, "xencenode.sytes.net", "12.xencenode.sytes.net")
    with pytest.raises(UnexpectedOutput):
        JobId.parse("qsub: waiting")


def test_jobs_and_their_states() -> None:
    done, waiting, running, array = parse_qstat(QSTAT)
    assert (array.number, array.waiting) == (14, True)
    assert (done.number, done.user, done.queue, done.done) == (1, "gilda014", "short", True)
    assert (waiting.number, waiting.name, waiting.queue, waiting.waiting) == (
        2,
        "...name-cut-off",
        "infinite",
        True,
    )
    assert (running.number, running.running) == (13, True)


def test_an_empty_queue_prints_nothing() -> None:
    assert parse_qstat("") == ()


def test_an_error_is_no_empty_queue() -> None:
    with pytest.raises(UnexpectedOutput):
        parse_qstat("qstat: cannot connect to server xencenode (errno=111)\n")


def test_worker_nodes() -> None:
    first, second = parse_pbsnodes(NODES)
    assert (first.name, first.slots, first.properties) == ("xenwnnode", 2, ("lcgpro",))
    assert first.jobs == ("3.xencenode.sytes.net", "4.xencenode.sytes.net")
    assert first.free
    assert first.up
    assert (second.free, second.up, second.jobs) == (False, False, ())


def test_a_full_node_is_up_but_not_free() -> None:
    (node,) = parse_pbsnodes("wn\n     state = job-exclusive\n     np = 1\n")
    assert node.up
    assert not node.free


def test_no_node_at_all() -> None:
    with pytest.raises(UnexpectedOutput):
        parse_pbsnodes("pbsnodes: cannot connect to server\n")


@pytest.mark.parametrize("end_of_input", ["", "^@", "^D"])
def test_words_of_an_interactive_job_in_a_terminal(end_of_input: str) -> None:
    words = parse_interactive(
        "echo a\r\nqsub: waiting for job 3.ce.example.org to start\r\n"
        f"{end_of_input}qsub: job 3.ce.example.org ready\r\n\r\n"
        "wn:~$ exit\r\nlogout\r\nqsub: job 3.ce.example.org completed\r\n"
    )
    assert words == {"ready": JobId(3, "ce.example.org"), "completed": JobId(3, "ce.example.org")}
