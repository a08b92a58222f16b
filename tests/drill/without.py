"""Remedies that no drill tries, and why.  docs/remedies.md lists them; a test keeps the list complete."""

from pathlib import Path


def _read(text: str) -> dict[str, list[str]]:
    """Reasons end with a colon, and below each, indented, stand the remedies."""
    found: dict[str, list[str]] = {}
    reason = ""
    for line in filter(str.strip, text.splitlines()):
        if line.startswith("  "):
            found[reason].append(line.strip())
        else:
            reason = line.removesuffix(":")
            found[reason] = []
    return found


WITHOUT = _read(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"))
"""By reasons."""
