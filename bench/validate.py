"""A warm ``./icebox validate`` of the default site: all of it, and each stage.

Warm: the machine is prepared and the image is built.  Counted from the start of the command to its end,
report and removal of the box included.
"""

from bench import validaterun
from bench.figure import Figure
from bench.session import Bench, Session

AIM = 45.0


def measure(session: Session) -> list[Figure]:
    """Whole validates, one after another."""
    trials = [validaterun.run(session) for _ in range(session.runs)]
    checks = len(trials[-1].verdict.checks)
    whole = tuple(each.timeline.seconds for each in trials)
    figures = [
        Figure(
            "validate.seconds",
            "warm `./icebox validate` in all",
            "s",
            whole,
            aim=AIM,
            note=f"{checks} checks; verdict {trials[-1].verdict.verdict}",
        )
    ]
    for number, title in enumerate(validaterun.STAGES):
        samples = tuple(each.stages[title] for each in trials)
        figures.append(Figure(f"validate.stage-{number}", title, "s", samples))
    return figures


BENCH = Bench("validate", "a warm validate, stage by stage", measure)
