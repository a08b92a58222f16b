"""Kinds of one thing, each of them a module of one folder: what is laid there is there to be chosen.

Names are known without loading anything, since the launcher reads a site file before anything is installed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar, cast

T = TypeVar("T")
ATTRIBUTE = "KIND"
"""What a module of a kind calls it."""


class Kinds(Generic[T]):
    """The kinds in the folder of a package."""

    def __init__(self, package: str, folder: str) -> None:
        self._package = package
        found = [module.name for module in pkgutil.iter_modules([str(Path(folder).parent)])]
        self._loaded: dict[str, T | None] = dict.fromkeys(found)

    def names(self) -> tuple[str, ...]:
        return tuple(self._loaded)

    def of(self, name: str) -> T:
        """One kind; raises KeyError for a name that there is none of."""
        kind = self._loaded[name]
        if kind is None:
            module = importlib.import_module(f"{self._package}.{name}")
            kind = self._loaded[name] = cast(T, getattr(module, ATTRIBUTE))
        return kind

    def all(self) -> Mapping[str, T]:
        return {name: self.of(name) for name in self._loaded}

    def register(self, name: str, kind: T) -> None:
        """Have a kind that lies elsewhere, as one of a test's own."""
        self._loaded[name] = kind
