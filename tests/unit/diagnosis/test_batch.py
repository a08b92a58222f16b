"""The batch system is judged right: queues, slots, and what keeps jobs from them."""

from typing import Any

import pytest

from harness.diagnosis.fact import Seen
from harness.diagnosis.facts import batch, settings
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged


@pytest.mark.parametrize(("count", "found"), [(2, 0), (8, 1)])
def test_a_wn_with_many_programs_is_overloaded_and_one_with_few_is_not(
    site: Site, count: int, found: int
) -> None:
    seen = judged(site, "load", Role.WN, lambda _place, _words: [["sh"] * count, [], *[["sh"] * count] * 3])
    assert len(seen) == found
    assert all(each.degraded for each in seen)


def started(code: int, said: str, state: str) -> Answers:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[1].startswith("sinfo"):
            return {"code": 0, "said": f"xenwnnode {state} none\n"}
        return {"code": code, "said": said}

    return answer


@pytest.mark.parametrize(
    ("code", "said", "state", "found"),
    [
        (0, "", "idle", False),
        (1, "srun: error: task 0: Exited with exit code 1", "idle", True),
        (124, "", "idle", True),
        (124, "", "alloc", False),
        (1, "srun: error: Unable to allocate resources: Requested nodes are busy", "mix", False),
    ],
)
def test_a_job_that_does_not_start_counts_where_a_slot_is_free(
    site: Site, code: int, said: str, state: str, found: bool
) -> None:
    assert bool(judged(site, "runs", Role.WN, started(code, said, state))) is found


RESERVATION = (
    "ReservationName=course StartTime=2026-01-01T00:00:00 EndTime=2026-01-02T00:00:00 Duration=1-00:00:00 "
    "Nodes={nodes} NodeCnt=1 CoreCnt=2 Features=(null) PartitionName=short Flags=IGNORE_JOBS,SPEC_NODES "
    "TRES=cpu=2 Users=root Groups=(null) Accounts=(null) Licenses=(null) State={state} BurstBuffer=(null)\n"
)


@pytest.mark.parametrize(
    ("nodes", "state", "kept"),
    [
        ("xenwnnode", "ACTIVE", True),
        ("other,xenwnnode", "ACTIVE", True),
        ("xenwnnode", "INACTIVE", False),
        ("xenwnnode2", "ACTIVE", False),
        ("xenwnnode[1-3]", "ACTIVE", False),
    ],
)
def test_a_wn_that_is_kept_for_others(site: Site, nodes: str, state: str, kept: bool) -> None:
    said = RESERVATION.format(nodes=nodes, state=state)
    found = judged(site, "reserved", Role.WN, lambda *_: {"code": 0, "said": said})
    assert [each.remedy for each in found] == ["`scontrol delete reservationname=course` on the CE"] * kept


@pytest.mark.parametrize(
    ("hosts", "named"),
    [("wn[1-3,7]", True), ("wn[1,3]", False), ("wn2", True), ("w[2-9],x", False), ("", False)],
)
def test_host_lists_of_slurm(hosts: str, named: bool) -> None:
    assert batch._lists(hosts, "wn2") is named


def test_a_wn_without_a_property_that_jobs_ask_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = "NodeName=xenwnnode2 Features=none\nNodeName=xenwnnode CPUs=2 Features=lcgpro X=1\n"
    monkeypatch.setattr(settings, "made", lambda *_: made)

    def seen(has: str) -> list[Seen]:
        return judged(site, "properties", Role.WN, lambda *_: {"code": 0, "said": has})

    assert seen("xenwnnode lcgpro\n") == []
    assert seen("xenwnnode big,lcgpro\n") == []
    assert seen("") == [], "the scheduler's own trouble"
    [lacks] = seen("xenwnnode (null)\nother lcgpro\n")
    assert lacks.steps[0].place == site.ce.name
    assert lacks.steps[0].line.endswith("availablefeatures=lcgpro activefeatures=lcgpro")


OPEN = (
    "PartitionName={name} AllowGroups=ALL AllowAccounts=ALL Hidden=NO DefaultTime=NONE MaxTime=UNLIMITED "
    "MaxNodes=UNLIMITED MinNodes=0 Nodes=wn State=UP"
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("", ""), ""),
        (("MaxTime=UNLIMITED", "MaxTime=00:15:00"), ""),
        (("MaxTime=UNLIMITED", "MaxTime=00:01:00"), "its jobs may take 1 minutes, not 15"),
        (("MaxNodes=UNLIMITED", "MaxNodes=0"), "its MaxNodes is 0"),
        (("MinNodes=0", "MinNodes=5"), "its MinNodes is 5"),
        (("Hidden=NO", "Hidden=YES"), "its Hidden is YES"),
        (("DefaultTime=NONE", "DefaultTime=00:00:10"), "its DefaultTime is 00:00:10"),
    ],
)
def test_a_queue_that_serves_not_everybody_is_closed(site: Site, change: tuple[str, str], says: str) -> None:
    lines = [OPEN.format(name=queue.name) for queue in site.queues]
    lines[0] = lines[0].replace(*change)
    said = {"code": 0, "said": "\n".join(lines)}
    seen = judged(site, "queues", Role.CE, lambda _place, _words: said)
    assert [says in each.why for each in seen] == [True] * bool(says)


def test_a_pool_account_whose_job_managers_can_not_write_is_told(site: Site) -> None:
    def seen(owner: str) -> list[Seen]:
        lease = {"/etc/grid-security/gridmapdir/gilda001": {"links": 1, "owner": "root", "mode": 0o644}}
        told = {"owner": "gilda001", "mode": 0o700, "changed": 3.0}
        homes = {"/home/gilda001": told, "/home/gilda001/.globus": told | {"owner": owner}}

        def answer(_place: str, words: tuple[Any, ...]) -> Any:
            if words[0] == "run":
                return {"code": 0, "said": "gilda001:/home/gilda001:/bin/bash\n"}
            return lease if words[1] == [batch.LEASES] else homes

        return judged(site, "pool", Role.CE, answer)

    assert seen("gilda001") == []
    [problem] = seen("root")
    assert "/home/gilda001/.globus is root's" in problem.why
    assert problem.steps[0].line.startswith("chown -R gilda001: /home/gilda001/.globus")
