"""The checks against the same command lines typed one after another over plain ssh.

Counted above the line: from the moment the box is up until the last check has ended.  Counted below: every
line that those checks typed (with its standard input and variables), by the ssh client on a fresh box, one
after another, with no pause for reading or typing.  A line that was repeated until something had happened
is repeated until it has; one that ends otherwise than in the checks counts at most what it took there.
What checks do without typing, lines on the dom0 itself and laying files count above only.  Checks that stop
or move the box run alone, on a second box beside the first, and are not made of lines: below the line their
time is added, where both kinds of checks are counted, or left out on both sides.
"""

from dataclasses import dataclass

from bench import record, validaterun
from bench.figure import Figure, ratios
from bench.replay import Recording, Replay, replay
from bench.session import Bench, Session
from harness.errors import HarnessError

LIMIT = 0.6


@dataclass(frozen=True)
class Sample:
    """One validate and the two replays of its lines."""

    checks: float
    recording: Recording
    plain: Replay
    shared: Replay

    @property
    def alone(self) -> float:
        return self.recording.alone_seconds


def measure(session: Session) -> list[Figure]:
    """By turns: a validate, its lines over new connections, its lines over lasting connections."""
    samples = [_sample(session) for _ in range(session.runs)]
    checks = [each.checks for each in samples]
    alone = tuple(each.alone for each in samples)
    apart = [each.recording.shared_seconds for each in samples]
    last = samples[-1]
    note = f"{last.plain.typed} lines; {len(last.plain.otherwise)} ended otherwise than in the checks"
    return [
        Figure(
            "checks.ratio",
            "checks ÷ their lines typed over plain ssh",
            "ratio",
            ratios(checks, [each.plain.seconds + each.alone for each in samples]),
            LIMIT,
            note=note,
        ),
        Figure(
            "checks.shared-ratio",
            "checks that share the box ÷ their lines typed over plain ssh",
            "ratio",
            ratios(apart, [each.plain.seconds for each in samples]),
            LIMIT,
        ),
        Figure(
            "checks.connected-ratio",
            "the same, with one connection for each account left open",
            "ratio",
            ratios(apart, [each.shared.seconds for each in samples]),
        ),
        Figure("checks.seconds", "all checks", "s", tuple(checks)),
        Figure("checks.alone-seconds", "of which: checks that run alone", "s", alone),
        Figure(
            "checks.plain-seconds",
            "lines of the others over plain ssh",
            "s",
            tuple(each.plain.seconds for each in samples),
        ),
    ]


def _sample(session: Session) -> Sample:
    directory = session.directory()
    environment = {record.DIRECTORY: str(directory)}
    tried = validaterun.run(session, environment)
    recording = Recording.read(directory)
    if not recording.steps:
        raise HarnessError("the checks typed nothing", why=tried.verdict.trouble or "no check had a box")
    replays = []
    for share in (False, True):
        with session.box() as (box, _):
            replays.append(replay(box, recording, session.directory(), share=share))
    return Sample(tried.stages["checks"], recording, *replays)


BENCH = Bench("checks", "the checks against their lines over plain ssh", measure)
