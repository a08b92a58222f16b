"""A word in a packaged program that is another in the image: a setting for which the program has no file."""

from __future__ import annotations

from pathlib import Path

from harness.errors import HarnessError
from harness.image.part import Part

_END = b"\0"


def change_into(layer: Path, part: Part, base: Path) -> None:
    """Put a changed copy of each file that ``part`` names into its layer; raises HarnessError.

    A name in ``base`` may be a link: what it leads to is changed.
    """
    for path, word in part.words.items():
        source = base / path.lstrip("/")
        if source.is_symlink():
            source = source.parent / source.readlink()
        try:
            content = source.read_bytes()
            made = change(content, word.old.encode(), word.new.encode())
        except (OSError, ValueError) as error:
            raise HarnessError(
                f"{word.old!r} can't be changed in {path}",
                where=str(part.directory / "part.toml"),
                why=str(error),
                remedy="the package may have changed: see if it needs the change still, and mend `words`",
            ) from error
        target = layer / source.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made)
        target.chmod(source.stat().st_mode & 0o7777)


def change(content: bytes, old: bytes, new: bytes) -> bytes:
    """``content`` with its one constant ``old``, a whole C string, replaced by ``new``, which may be shorter.

    Raises ValueError if it is not there exactly once, or ``new`` finds no room.
    """
    if len(new) > len(old):
        raise ValueError(f"{len(new)} bytes do not fit where {len(old)} stand")
    whole = _END + old + _END
    if (found := content.count(whole)) != 1:
        raise ValueError(f"it is there {found} times, not once")
    return content.replace(whole, _END + new.ljust(len(old), _END) + _END)
