"""What checks are grouped by, in the order a report shows them."""

from __future__ import annotations

from harness.services.registry import BROKER, CATALOGUE, SERVICES
from harness.site import Role

TITLES = {
    "net": "Network",
    "dns": "Names",
    "time": "Clocks",
    "cert": "Certificates",
    "ui": "User interface",
    "ce": "Computing element",
    "wn": "Worker nodes",
    BROKER.group: BROKER.title.capitalize(),
    "se": "Storage element",
    CATALOGUE.group: CATALOGUE.title.capitalize(),
    "rb": "Central services",
    "guide": "User's guide",
    "sec": "Security",
    "box": "Whole box",
}
NODES = {role.value: role.value for role in Role} | {
    service.group: service.roles[0].value for service in SERVICES if service.group
}
"""Role of the nodes that the checks of a group are about; the other groups are about the whole box."""
NODE_TITLES = {role.value: TITLES[role.value] for role in Role} | {"wn": "Worker node"}


def title(role: str) -> str:
    """What a trainer reads for a role's short name."""
    return TITLES.get(role, role.upper() or "Others")


def position(role: str) -> int:
    """Where the group stands in a report; unknown ones come last."""
    return list(TITLES).index(role) if role in TITLES else len(TITLES)
