"""What is broken on a node whose files were changed: its finding says how to put them back."""

from __future__ import annotations

from harness.diagnosis.diagnose import ALL, _Looked, _roots
from harness.diagnosis.fact import Seen
from harness.services.graph import Graph, Placed
from harness.sitefile import load
from harness.state import checkout

GRAPH = Graph(load(checkout() / "icebox.toml"), "mine", ALL)
RESTORE = "`./icebox restore xenrbnode /etc/icebox/wms.toml`, and start its services again"


def placed(name: str, role: str) -> Placed:
    [found] = [each for each in GRAPH.all if each.link.name == name and each.node and each.node.role == role]
    return found


BROKER, CHANGED = placed("broker", "rb"), Seen("are not as they were laid", remedy=RESTORE)


def test_the_remedy_begins_with_what_puts_the_files_back() -> None:
    looked = _Looked({BROKER: Seen("does not answer")}, suspects={placed("settings", "rb"): CHANGED})
    found = _roots(GRAPH, looked)
    assert list(found) == [BROKER]
    assert found[BROKER].remedy == f"{RESTORE}; {BROKER.link.remedy}"


def test_files_of_another_node_are_not_in_it() -> None:
    looked = _Looked({BROKER: Seen("does not answer")}, suspects={placed("settings", "ce"): CHANGED})
    assert _roots(GRAPH, looked) == {BROKER: Seen("does not answer")}


def test_records_that_lie_may_do_so_by_changed_settings() -> None:
    lying = placed("published", "ce")
    looked = _Looked({lying: Seen("tells forty slots")}, suspects={placed("settings", "ce"): CHANGED})
    assert _roots(GRAPH, looked)[lying].remedy == f"{RESTORE}; {lying.link.remedy}"


def test_they_are_not_why_a_disk_is_full() -> None:
    disk = placed("disk", "ce")
    looked = _Looked({disk: Seen("is full")}, suspects={placed("settings", "ce"): CHANGED})
    assert _roots(GRAPH, looked)[disk] == Seen("is full")


def test_what_says_itself_what_to_put_back_is_not_told_more() -> None:
    key = placed("mungekey", "ce")
    looked = _Looked({key: Seen("is another one")}, suspects={placed("settings", "ce"): CHANGED})
    assert _roots(GRAPH, looked)[key] == Seen("is another one")
