"""One remote command through the harness against ssh with a persistent control connection.

Counted above the line: ``Shell.run`` from the call to the result, connection open.  Counted below: one run
of the ssh client over a control master, from its start to its end.  Measured by turns, medians of many.
"""

from functools import partial

from bench.figure import Figure, ratios
from bench.plainssh import PlainSsh
from bench.sampling import by_turns, seconds
from bench.session import Bench, Session

LIMIT = 1.0
TIMES = 200
LARGE = 20
MEGABYTE = "head -c 1000000 /dev/zero | tr '\\0' x"


def measure(session: Session) -> list[Figure]:
    """Both ways to the UI of one box, for a command that does nothing and for one that prints 1 MB."""
    with session.box() as (box, _):
        shell = box.shell(box.site.ui)
        directory = session.directory()
        with PlainSsh.of(box, shell, directory).shared(directory / "control") as ssh:
            sides = [(partial(shell.run, line), partial(ssh.run, line)) for line in ("true", MEGABYTE)]
            for pair in sides:
                by_turns(3, pair)
            (ours, theirs), (ours_large, theirs_large) = (
                by_turns(times, [partial(seconds, side) for side in pair])
                for times, pair in zip((TIMES, LARGE), sides, strict=True)
            )
        new = [PlainSsh.of(box, shell, directory).run("true")[2] for _ in range(LARGE)]
    large = "a command that prints 1 MB, through the harness ÷ over a control connection"
    return [
        Figure(
            "command.ratio",
            "one command through the harness ÷ ssh over a control connection",
            "ratio",
            ratios(ours, theirs),
            LIMIT,
        ),
        Figure("command.large-ratio", large, "ratio", ratios(ours_large, theirs_large)),
        Figure("command.harness-ms", "`true` through the harness", "ms", milliseconds(ours)),
        Figure("command.ssh-ms", "`true` by ssh over a control connection", "ms", milliseconds(theirs)),
        Figure("command.new-ms", "`true` by ssh with a new connection", "ms", milliseconds(new)),
    ]


def milliseconds(samples: list[float]) -> tuple[float, ...]:
    return tuple(sample * 1000 for sample in samples)


BENCH = Bench("command", "one remote command against ssh with a control connection", measure)
