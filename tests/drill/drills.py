"""All drills."""

from tests.drill import catalogue, files, machines, network, security, services, settings

DRILLS = (
    *services.DRILLS,
    *catalogue.DRILLS,
    *files.DRILLS,
    *settings.DRILLS,
    *network.DRILLS,
    *security.DRILLS,
    *machines.DRILLS,
)
