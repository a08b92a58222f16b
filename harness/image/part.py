"""Parts: what a role's layer is made of, as declared in ``box/parts/<part>/part.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness import state
from harness.errors import HarnessError

KEYS = {"includes", "units", "masks", "files", "dirs", "copies", "words", "commands", "tables"}

KEYS_AND_PAGE = f"keys are {', '.join(sorted(KEYS))}; docs/maintainer.md explains them"


@dataclass(frozen=True)
class Attributes:
    """Mode and owner (``user:group``) of a file or directory in a layer; ``source`` for a copy."""

    mode: int
    owner: str = "root:root"
    source: str = ""


@dataclass(frozen=True)
class Word:
    """A word in a packaged program, and what stands there in the image."""

    old: str
    new: str


@dataclass(frozen=True)
class Part:
    """One part, without what it includes."""

    name: str
    directory: Path
    includes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    files: Mapping[str, Attributes] = field(default_factory=dict)
    dirs: Mapping[str, Attributes] = field(default_factory=dict)
    copies: Mapping[str, Attributes] = field(default_factory=dict)
    words: Mapping[str, Word] = field(default_factory=dict)
    """By the path of the program."""
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of programs of gridware (``*`` is any text), by the directory that they stand in."""
    tables: str = ""
    """A file of a package with the SQL of tables that are made with the image."""

    @property
    def tree(self) -> Path:
        """Static files."""
        return self.directory / "tree"

    @property
    def templates(self) -> Path:
        """Files rendered for each node."""
        return self.directory / "site"

    @property
    def native(self) -> Path:
        """Objects in C, compiled for the layer: what services load."""
        return self.directory / "native"

    @property
    def programs(self) -> Path:
        """Programs in C, compiled for the layer."""
        return self.directory / "programs"


def parts_dir() -> Path:
    """Where the parts of the image stand in the checkout."""
    return state.checkout() / "box" / "parts"


def load(name: str) -> Part:
    """Read one part; raises HarnessError for a key it does not know."""
    path = parts_dir() / name / "part.toml"
    try:
        return _parse(path, path.read_text(encoding="utf-8"))
    except OSError as error:
        known = sorted(each.parent.name for each in parts_dir().glob("*/part.toml"))
        why, remedy = error.strerror or str(error), f"parts that can be included: {', '.join(known)}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why, remedy = str(error), f"mend the line named; {KEYS_AND_PAGE}"
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        why, remedy = f"a value is of another kind than its key asks for: {error}", KEYS_AND_PAGE
    raise HarnessError(f"the part {name!r} can't be read", where=str(path), why=why, remedy=remedy)


@cache
def _parse(path: Path, text: str) -> Part:
    """Kept, since each role asks for the same few parts."""
    raw = tomllib.loads(text)
    unknown = set(raw) - KEYS
    if unknown:
        why = ", ".join(sorted(unknown))
        raise HarnessError("unknown keys in a part", where=str(path), why=why, remedy=KEYS_AND_PAGE)
    return Part(
        path.parent.name,
        path.parent,
        _names(raw, "includes"),
        _names(raw, "units"),
        _names(raw, "masks"),
        _attributes(raw.get("files", {}), "0644"),
        _attributes(raw.get("dirs", {}), "0755"),
        _attributes(raw.get("copies", {}), "0644"),
        {path: Word(str(word["from"]), str(word["to"])) for path, word in raw.get("words", {}).items()},
        {path: _names(raw["commands"], path) for path in raw.get("commands", {})},
        str(raw.get("tables", "")),
    )


def closure(name: str) -> tuple[Part, ...]:
    """A part and all it includes, each once, what is included before what includes it."""
    found: dict[str, Part] = {}

    def visit(part_name: str, path: tuple[str, ...]) -> None:
        if part_name in path:
            raise HarnessError(
                "parts include each other in a circle",
                where=str(parts_dir() / part_name / "part.toml"),
                why=" > ".join((*path, part_name)),
                remedy="take one of these out of `includes`",
            )
        if part_name in found:
            return
        part = load(part_name)
        for included in part.includes:
            visit(included, (*path, part_name))
        found[part_name] = part

    visit(name, ())
    return tuple(found.values())


def _names(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TypeError(f"{key} is {found!r}, no list of names")
    return tuple(found)


def _attributes(raw: Mapping[str, Any], mode: str) -> dict[str, Attributes]:
    return {
        path: Attributes(
            int(str(value.get("mode", mode)), 8), value.get("owner", "root:root"), value.get("from", "")
        )
        for path, value in raw.items()
    }
