"""A validate of a box in which one service is dead: how much longer it takes than one of the sound box.

By turns on the same box: sound, and with each fault.  A service that was stopped refuses at once; one that
hangs takes connections, and nobody knows at first that no answer will come.
"""

from contextlib import nullcontext

from bench import validaterun
from bench.figure import Figure, ratios
from bench.session import Bench, Session
from harness.box.box import Box
from harness.deadline import wait_for
from harness.diagnosis.diagnose import diagnose
from harness.errors import HarnessError
from harness.faults import standing
from harness.faults.registry import named
from harness.report.verdict import Answer

LIMIT = 1.2
"""At most so many times as long."""
FAULTS = (
    "gatekeeper-ce-stopped",
    "gatekeeper-ce-hung",
    "voms-rb-hung",
    "slurmctld-ce-hung",
    "gridftp-se-hung",
    "broker-rb-hung",
)
SOUND = 60.0
"""Seconds until a box is sound again, once a fault is out."""


def measure(session: Session) -> list[Figure]:
    """One box for all of it."""
    sound: list[float] = []
    broken: dict[str, list[float]] = {name: [] for name in FAULTS}
    with session.box() as (box, _):
        for _ in range(session.runs):
            sound.append(_validate(session, box, ""))
            for name, seconds in broken.items():
                seconds.append(_validate(session, box, name))
    return [
        *(
            Figure(f"dead.{name}", f"validate with the fault {name} ÷ of the sound box", "ratio", each, LIMIT)
            for name, each in ((name, ratios(seconds, sound)) for name, seconds in broken.items())
        ),
        Figure("dead.sound", "validate of the sound box", "s", tuple(sound)),
    ]


def _validate(session: Session, box: Box, fault: str) -> float:
    """Seconds until the verdict; the box is sound afterwards.  Raises HarnessError if the verdict is odd."""
    with standing.within(box, named(fault)) if fault else nullcontext():
        ran = validaterun.run(session, box=box.name)
    wanted = Answer.NO_GO if fault else Answer.GO
    if ran.verdict.verdict is not wanted:
        said = "; ".join(each.summary for each in ran.verdict.findings) or str(ran.verdict.verdict)
        raise HarnessError(f"the verdict is not {wanted}", where=fault or "the sound box", why=said)
    wait_for("the box to be sound again", lambda: not diagnose(box).broken, SOUND)
    return ran.timeline.seconds


BENCH = Bench("dead", "a validate of a box with a dead service", measure, by_default=False)
