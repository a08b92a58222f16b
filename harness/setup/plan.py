"""Running the steps: what does not wait for another runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from harness.console import Console
from harness.setup.shell import Shell
from harness.setup.step import Step

READY = "is ready"


def lacking(steps: Sequence[Step]) -> list[Step]:
    """The steps that have something to do."""
    return [step for step in steps if not step.ready()]


def run(steps: Sequence[Step], shell: Shell, console: Console) -> None:
    """Run ``steps``; each asks again whether it is ready when its turn comes.

    The first failure stops the others and is raised when all have ended; so does Ctrl-C.  What was
    complete stays, the rest is made anew by the next run.
    """
    with ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="setup") as pool:
        try:
            _run_in_order(steps, shell, console, pool)
        except BaseException:
            shell.stop()
            raise


def _run_in_order(steps: Sequence[Step], shell: Shell, console: Console, pool: ThreadPoolExecutor) -> None:
    waiting = list(steps)
    names = {step.name for step in steps}
    ended: set[str] = set()
    running: dict[Future[None], Step] = {}
    while waiting or running:
        for step in [step for step in waiting if ended.issuperset(names.intersection(step.after))]:
            waiting.remove(step)
            running[pool.submit(_run_one, step, shell, console)] = step
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
            ended.add(running.pop(future).name)


def _run_one(step: Step, shell: Shell, console: Console) -> None:
    ready = step.ready()
    with console.stage(step.title, key=f"setup.{step.name}", announce=not ready) as stage:
        if ready:
            stage.skip(READY)
        else:
            step.install(shell)
