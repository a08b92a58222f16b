"""A finding says which link it is, and comes through JSON as it was."""

import json

from harness.diagnosis.finding import Finding, Findings, Step

DISK = Finding(
    link="disk",
    node="xensenode",
    what="the disk of xensenode is full",
    probe="df /storage",
    output="0 bytes are free",
    since=1.5,
    log=("No space left on device",),
    stops=("gridftp on xensenode",),
    means="no file gets to the SE",
    remedy="make room: `du -x / | sort -n | tail`",
    steps=(Step("xensenode", "journalctl --vacuum-size=10M"),),
)


def test_a_finding_is_called_by_its_link_and_node() -> None:
    assert DISK.id == "disk@xensenode"
    assert Finding(link="hairpin", what="none").id == "hairpin"


def test_only_what_has_steps_is_mended_by_a_program() -> None:
    assert DISK.safe
    assert not Finding(link="clock", what="it is late").safe


def test_findings_come_through_json_as_they_were() -> None:
    late = Finding(link="clock", node="xencenode", what="it is late", degraded=True)
    found = Findings((DISK,), (late,), ("xenwnnode: its python3 is gone",), 1.25, (DISK,))
    read = Findings.of(json.loads(json.dumps(found.to_json())))
    assert read == found
    assert [each.id for each in read] == ["disk@xensenode", "clock@xencenode"]
    assert read.seconds == found.seconds
