"""Writes docs/remedies.md from the drills and from what the source prints.

python -m docs.make_remedies
"""

from pathlib import Path

from tests.drill.drills import DRILLS
from tests.drill.printed import Part, printed
from tests.drill.printed import parts as pieces
from tests.drill.tried import tried
from tests.drill.without import WITHOUT

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "remedies.md"
HEAD = """\
# Remedies

Made by `docs/make_remedies.py` from `tests/drill/` and the source; don't edit it by hand.

Checks and icebox itself print what to do about what they find. `./icebox test -e drill` tries it: it breaks
a box, sees the check fail with the remedy, types that, and sees the check pass. What is said of this machine,
of names, of a checkout and of what was given is tried by unit and integration tests: they put the fault in,
get the error, do what it says, and see the thing work. A remedy is cut at its semicolons; `…` stands for what
is known only as it is printed. One that has the same commands typed as another is tried with it. A unit test
fails when a part that says what to do stands in none of the three lists.
"""
TESTED = """
## Tried by tests of their own

| what is done | test |
|---|---|
"""
TYPED = tuple(text for drill in DRILLS for text in pieces(drill.remedy))
"""What is typed in drills."""
NOT_TRIED = """

## Not tried

{look} parts say only where to look, or which check tells more.
"""


def page() -> str:
    """The text of docs/remedies.md."""
    texts = {each.text for each in tried()}
    rows = [f"| {drill.check} | {drill.name} | {_cell(drill.remedy)} |" for drill in DRILLS]
    reasons = [
        f"\n{reason[0].upper()}{reason[1:]}:\n\n" + "\n".join(f"- {text}" for text in texts) + "\n"
        for reason, texts in WITHOUT.items()
    ]
    left = [part for part in printed() if not drilled(part) and part.text not in texts]
    look = sum(part.looks for part in left)
    drills = (
        "\n## Tried on a box\n\n| check | fault | what is typed, or must be true again |\n|---|---|---|\n"
    )
    not_tried = NOT_TRIED.format(look=look)
    written = [HEAD, drills, "\n".join(rows), "\n", TESTED, "\n".join(_tested()), not_tried, *reasons]
    return "".join(written).rstrip("\n") + "\n"


def drilled(part: Part) -> bool:
    """Whether a drill types it, or the same commands in other words."""
    return any(map(part.of, TYPED)) or part.same_as(TYPED)


def _tested() -> list[str]:
    """A row for each remedy that a test tries."""
    tests: dict[str, list[str]] = {}
    for each in tried():
        tests.setdefault(each.text, []).append(f"`{each.test}`")
    return [f"| {_cell(text)} | {', '.join(names)} |" for text, names in sorted(tests.items())]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
