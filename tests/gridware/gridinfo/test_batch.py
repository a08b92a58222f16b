"""Numbers of the batch system, from what sinfo and squeue print."""

import pytest

from gridware.gridinfo import batch
from gridware.gridinfo.batch import Jobs, Queue


def test_slots_of_all_node_states_are_added_up() -> None:
    text = "short|up|2/4/0/6\nshort|up|0/0/2/2\nlong|up|2/4/0/6\n"
    queues = batch.parse_sinfo(text)
    assert queues["short"] == Queue("Production", 6, 4)
    assert queues["long"] == Queue("Production", 6, 4)


@pytest.mark.parametrize(
    ("available", "status"),
    [("up", "Production"), ("down", "Queueing"), ("drain", "Draining"), ("inact", "Closed"), ("?", "Closed")],
)
def test_availability_becomes_the_glue_status(available: str, status: str) -> None:
    assert batch.parse_sinfo(f"short|{available}|0/2/0/2\n")["short"].status == status


def test_the_vo_counts_its_own_accounts_only() -> None:
    text = "short|R|gilda001\nshort|PD|gildasgm\nshort|PD|root\nlong|CG|gilda012\nshort|R|gildabc\n"
    everyone, ours = batch.parse_squeue(text, "gilda")
    assert everyone == {"short": Jobs(2, 2), "long": Jobs(1, 0)}
    assert ours == {"short": Jobs(1, 1), "long": Jobs(1, 0)}


def test_finished_jobs_count_nowhere() -> None:
    everyone, _ = batch.parse_squeue("short|CD|gilda001\nshort|CA|gilda001\n", "gilda")
    assert everyone == {"short": Jobs(0, 0)}


def test_a_free_slot_means_no_wait() -> None:
    assert batch.response_times(Queue("Production", 4, 1), Jobs(3, 0), 15) == (0, 0)


def test_the_wait_grows_with_the_jobs_ahead() -> None:
    assert batch.response_times(Queue("Production", 2, 0), Jobs(2, 3), 15) == (900, 1800)


def test_nothing_can_be_said_of_a_closed_queue() -> None:
    assert batch.response_times(batch.UNKNOWN, batch.UNKNOWN_JOBS, 15) == (444444, 444444)
