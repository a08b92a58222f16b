"""What came too late to be judged is looked at once more, unless it stands on what is broken."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis import diagnose
from harness.diagnosis.diagnose import ALL, _whole
from harness.diagnosis.fact import Seen
from harness.diagnosis.looked import Looked
from harness.services.graph import Graph, Placed
from tests.unit.sites import SITE

GRAPH = Graph(SITE, "mine", ALL)
BOX = cast(Box, SimpleNamespace())


def placed(name: str, role: str) -> Placed:
    [found] = [each for each in GRAPH.all if each.link.name == name and each.node and each.node.role == role]
    return found


@pytest.mark.parametrize("broken", ["slurmctld", "spool"])
def test_only_what_could_be_a_first_link_has_more_time(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    dead, above, other = placed(broken, "ce"), placed("reserved", "wn"), placed("published", "se")
    asked: list[Collection[Placed]] = []

    def look(_box: Box, links: Collection[Placed], _patience: float) -> Looked:
        asked.append(links)
        late = frozenset({above, other} if len(asked) == 1 else ())
        return Looked({dead: Seen("is dead")} if len(asked) == 1 else {other: Seen("lies")}, unseen=late)

    monkeypatch.setattr(diagnose, "_look", look)
    monkeypatch.setattr(diagnose, "_more_time", lambda _box: 2.5)
    looked = _whole(BOX, GRAPH)
    assert asked == [GRAPH.all, [other]]
    assert looked.broken == {dead: Seen("is dead"), other: Seen("lies")}
    assert looked.unseen == {above}, "what is beneath a doubtful one is still looked at again"
