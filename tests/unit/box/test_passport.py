"""A job's passport: it is followed by its names from node to node, and says what it could not find out."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import passport
from harness.errors import CheckFailed, InputError
from harness.site import Node
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE

CONTACT = "https://xencenode.sytes.net:20228/1737/1445/"
JOB = "https://xenrbnode.sytes.net:9000/Ng6mYYBg6RixEpy9-Qd_0g"


def event(time: float, name: str, source: str, **attributes: str) -> dict[str, Any]:
    return {"time": time, "name": name, "source": source, "attributes": json.dumps(attributes)}


BOOKS = {
    "job": {"state": "Done", "contact": "", "exit_code": 0, "reason": "", "failure": ""},
    "events": [
        event(1.0, "REGJOB", "UserInterface"),
        event(4.0, "TRANSFER", "JobController", Dest_jobid=CONTACT, Result="OK"),
        event(5.0, "RUNNING", "LogMonitor", Node="xenwnnode.sytes.net"),
    ],
}
ON_CE = "2.500000 xencenode slurmctld[52]: sched: Allocate JobId=12 NodeList=xenwnnode\nno line of a log"
ON_WN = "3.000000 xenwnnode slurmd[50]: Launching batch job 12 for UID 7"


class Box:
    """One whose nodes say what they are told to."""

    def __init__(self, **said: str) -> None:
        self.site = SITE
        self.said, self.asked = said, list[tuple[str, list[str]]]()

    def way_in(self, node: Node) -> Any:
        def run(words: list[str], timeout: float) -> Any:
            assert timeout > 0
            self.asked.append((node.role.value, words))
            kind = "find" if "find" in words else "log" if "logged" in words else "books"
            said = self.said.get(f"{node.role}_{kind}", "")
            return SimpleNamespace(check=lambda: SimpleNamespace(stdout=said))

        return None if f"{node.role}_down" in self.said else SimpleNamespace(run=run)


def of(box: Box, word: str) -> passport.Passport:
    return passport.of(box, word)  # type: ignore[arg-type]


def test_a_brokers_job_is_followed_to_its_wn() -> None:
    box = Box(rb_books=json.dumps(BOOKS), ce_find="12\n", ce_log=ON_CE, wn_log=ON_WN)
    found = of(box, JOB)
    assert found.names == (CONTACT, "12.xencenode.sytes.net")
    assert found.state == "Done, exit code 0"
    assert [(each.time, each.where) for each in found.events] == [
        (1.0, "UI"),
        (2.5, "CE"),
        (3.0, "WN"),
        (4.0, "RB"),
        (5.0, "WN"),
    ]
    assert found.gaps == ()
    assert box.asked[0][1][-1] == "Ng6mYYBg6RixEpy9-Qd_0g"


def test_a_batch_job_is_found_by_its_number_alone() -> None:
    found = of(Box(ce_log=ON_CE, wn_log=ON_WN), "12")
    assert [each.node for each in found.events] == ["xencenode", "xenwnnode"]


def test_what_is_forgotten_or_down_is_a_gap_and_no_error() -> None:
    found = of(Box(rb_books=json.dumps(BOOKS)), JOB)
    assert [gap for gap in found.gaps if "does not know" in gap]
    found = of(Box(rb_books=json.dumps(BOOKS), ce_down=""), JOB)
    assert "xencenode is down" in found.gaps
    told = list(passport.lines(found, str))
    assert told[0] == f"job {JOB}"
    assert told[-1].startswith("  not found out: xencenode")


def test_a_job_that_nobody_knows() -> None:
    with pytest.raises(CheckFailed, match="nobody knows"):
        of(Box(), JOB)


@pytest.mark.tries("give what glite-wms-job-submit, globus-job-submit or qsub printed")
@pytest.mark.parametrize("word", ["", "nonsense", "https://x/y", "12; reboot", "../12"])
def test_a_word_that_is_no_job(word: str, told: Told) -> None:
    box = Box(ce_log=ON_CE)
    failing(told, lambda: of(box, word), InputError)
    assert box.asked == []
    assert of(box, "12.xencenode.sytes.net").events
