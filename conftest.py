"""Names the fixture plugins; nothing else."""

pytest_plugins = [
    "fixtures.checks",
    "fixtures.box",
    "fixtures.nodes",
    "fixtures.footing",
    "fixtures.credentials",
    "fixtures.jobs",
    "fixtures.network",
    "fixtures.dns",
    "fixtures.evidence",
    "fixtures.catalogue",
    "fixtures.several",
]
