"""All facts, one file for each kind; a fact says what it carries."""

from __future__ import annotations

from harness.diagnosis.fact import Fact
from harness.diagnosis.facts import (
    batch,
    broker,
    disk,
    information,
    names,
    network,
    settings,
    student,
    trust,
    ways,
)

FACTS: tuple[Fact, ...] = (
    *network.FACTS,
    *names.FACTS,
    *ways.FACTS,
    *disk.FACTS,
    *trust.FACTS,
    *settings.FACTS,
    *batch.FACTS,
    *broker.FACTS,
    *information.FACTS,
    *student.FACTS,
)
"""In the order in which they are shown: what others rest on comes first."""
