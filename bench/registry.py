"""All benchmarks, in the order in which they run."""

from bench import (
    bare,
    bringup,
    broker,
    catalogue,
    checks,
    command,
    domains,
    image,
    install,
    memory,
    room,
    scale,
    state,
    validate,
    walls,
)

BENCHES = (
    bringup.BENCH,
    checks.BENCH,
    command.BENCH,
    broker.BENCH,
    catalogue.BENCH,
    validate.BENCH,
    memory.BENCH,
    state.BENCH,
    walls.BENCH,
    image.BENCH,
    install.BENCH,
    room.BENCH,
    domains.BENCH,
    scale.BENCH_BOXES,
    scale.BENCH_WNS,
    bare.BENCH,
)
