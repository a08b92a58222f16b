"""Names the plugins of the checks; nothing else."""

pytest_plugins = [
    "fixtures.checks",
    "fixtures.evidence",
    "fixtures.again",
    "fixtures.box",
    "fixtures.needs",
    "fixtures.nodes",
    "fixtures.credentials",
    "fixtures.jobs",
    "fixtures.network",
    "fixtures.dns",
    "fixtures.catalogue",
    "fixtures.several",
    "fixtures.horizon",
    "bench.record",
]
