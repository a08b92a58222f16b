"""Results of trials, made up."""

from harness.drill.trial import Named, Result

GATEKEEPER, DISK = "gatekeeper@xencenode", "disk@xenwnnode"


def result(
    *named: str, wanted: tuple[str, ...] = (GATEKEEPER,), mended: bool | None = True, **more: object
) -> Result:
    """Of a trial in which these were found."""
    found = tuple(Named(each, f"{each} is broken") for each in named)
    names = tuple(f"fault-{index}" for index, _ in enumerate(wanted)) or ("noise",)
    return Result(names, wanted, found, seconds=1.5, mended=mended, **more)  # type: ignore[arg-type]


def noise(*named: str) -> Result:
    return result(*named, wanted=(), mended=None)
