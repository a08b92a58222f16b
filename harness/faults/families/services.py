"""Services that are stopped, hang, crash or are slow: each unit of each role that the graph knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.faults import steps
from harness.faults.fault import Fault, Step
from harness.services.registry import SERVICES
from harness.services.service import Service

CRASHING = ("gatekeeper@ce", "slurmctld@ce", "gridftp@se", "catalogue@rb", "myproxy@rb")
SLOW = ("gatekeeper@ce", "bdii@rb", "voms@rb", "catalogue@rb", "broker@rb", "gridftp@se")
NOT_PAUSED = ("tunnel",)
"""What the kernel goes on doing while the program that began it hangs."""


STARTED_BY = {"bdii": ("bdii",)}
"""By services, what starts them again unless it is stopped as well, or hangs: a BDII that takes nothing for
ten seconds ends who keeps it current, and systemd starts both."""


def _units(service: Service) -> tuple[str, ...]:
    return tuple(unit.removesuffix(".service").replace("{vo}", "$vo") for unit in service.units)


def _each() -> Iterator[tuple[str, str, Service]]:
    """What is said of it, its role, and the service."""
    for service in SERVICES:
        for role in service.roles:
            yield f"{service.name}@{role}", str(role), service


def _family(how: str, about: str, step: Callable[[str, Service], Step], *only: str) -> Iterator[Fault]:
    for link, role, service in _each():
        if link in only or (not only and service.name not in NOT_PAUSED):
            said = about.format(title=service.title, node=role.upper())
            found = f"pace@{role}" if how == "slow" else link
            yield Fault(f"{service.name}-{role}-{how}", said, found, (step(role, service),))


FAULTS = (
    *(
        Fault(
            f"{service.name}-{role}-stopped",
            f"{service.title} on the {role.upper()} is stopped",
            finding,
            (steps.stopped(role, *STARTED_BY.get(service.name, ()), *_units(service)),),
        )
        for finding, role, service in _each()
        if service.name != "records"  # which the information system starts, and stops with
    ),
    *_family(
        "hung",
        "{title} on the {node} hangs: its port is open, and nobody answers",
        lambda role, service: steps.paused(role, *STARTED_BY.get(service.name, ()), *_units(service)),
    ),
    *_family(
        "crashing",
        "{title} on the {node} ends as soon as it is started, again and again",
        lambda role, service: steps.crashing(role, _units(service)[0]),
        *CRASHING,
    ),
    *_family(
        "slow",
        "{title} on the {node} takes four seconds and more for each answer",
        lambda role, service: steps.slowed(role, _units(service)[0]),
        *SLOW,
    ),
)
