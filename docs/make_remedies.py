"""Writes docs/remedies.md from the drills and from what the source prints.

python docs/make_remedies.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.drill.drills import DRILLS  # noqa: E402
from tests.drill.printed import printed  # noqa: E402
from tests.drill.without import WITHOUT  # noqa: E402

PAGE = ROOT / "docs" / "remedies.md"
HEAD = """\
# Remedies

Made by `docs/make_remedies.py` from `tests/drill/` and the source; don't edit it by hand.

Checks and icebox itself print what to do about what they find. `./icebox test -e drill` tries it: it breaks
a box, sees the check fail with the remedy, types that, and sees the check pass. A remedy is cut at its
semicolons; `…` stands for what is known only as it is printed. A unit test fails when a part that says what
to do stands neither under *Tried* nor under *Not tried*.
"""
NOT_TRIED = """

## Not tried

{look} parts say only where to look, or which check tells more. {given} say how to write what was given,
such as a site file or an option: unit tests give it wrongly and read the error; they do not try the remedy.
"""


def page() -> str:
    """The text of docs/remedies.md."""
    parts = printed()
    drilled = [part for part in parts if any(part.of(drill.remedy) for drill in DRILLS)]
    rows = [f"| {drill.check} | {drill.name} | {_cell(drill.remedy)} |" for drill in DRILLS]
    reasons = [
        f"\n{reason[0].upper()}{reason[1:]}:\n\n" + "\n".join(f"- {text}" for text in texts) + "\n"
        for reason, texts in WITHOUT.items()
    ]
    look = sum(part.looks for part in parts if part not in drilled)
    given = sum(part.given and not part.looks for part in parts if part not in drilled)
    tried = "\n## Tried\n\n| check | fault | what is typed, or must be true again |\n|---|---|---|\n"
    return (
        "".join([HEAD, tried, "\n".join(rows), NOT_TRIED.format(look=look, given=given), *reasons]).rstrip(
            "\n"
        )
        + "\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
