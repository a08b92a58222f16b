"""All facts, one file for each kind; a fact says what it carries."""

from __future__ import annotations

from harness.diagnosis.fact import Fact
from harness.diagnosis.facts import (
    accounts,
    barriers,
    batch,
    broker,
    disk,
    environment,
    information,
    leads,
    limits,
    names,
    network,
    pace,
    ports,
    programs,
    properties,
    running,
    settings,
    student,
    trust,
    typed,
    ways,
    work,
)

FACTS: tuple[Fact, ...] = (
    *network.FACTS,
    *ports.FACTS,
    *barriers.FACTS,
    *names.FACTS,
    *ways.FACTS,
    *leads.FACTS,
    *limits.FACTS,
    *pace.FACTS,
    *disk.FACTS,
    *trust.FACTS,
    *settings.FACTS,
    *accounts.FACTS,
    *running.FACTS,
    *batch.FACTS,
    *properties.FACTS,
    *work.FACTS,
    *programs.FACTS,
    *environment.FACTS,
    *broker.FACTS,
    *information.FACTS,
    *student.FACTS,
    *typed.FACTS,
)
"""In the order in which they are shown: what others rest on comes first."""
