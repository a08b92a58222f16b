"""Running commands in the test process."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Output:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Output]


def runner(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> Run:
    """``main`` as a function from arguments to its output."""

    def run(*arguments: str) -> Output:
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Output(code, captured.out, captured.err)

    return run
