"""Warnings of a check: what is not wrong yet, in the verdict, the Allure report and junit.xml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import allure
import pytest


@dataclass(frozen=True)
class Notice:
    """What a check warns of, and what to do about it."""

    warnings: tuple[str, ...] = ()
    remedy: str = ""


NOTICE = pytest.StashKey[Notice]()
"""On the item of a check, for whoever makes its result."""


def warn(item: pytest.Item, warnings: Sequence[str], remedy: str) -> None:
    """Show ``warnings`` beside the result of ``item``, which they don't change.

    ``warnings`` are in plain words and begin with the node.
    """
    if not warnings:
        return
    before = item.stash.get(NOTICE, Notice())
    item.stash[NOTICE] = Notice((*before.warnings, *warnings), before.remedy or remedy)
    for warning in warnings:
        with allure.step(f"warning: {warning}"):
            allure.attach(f"{warning}\n{remedy}\n", "warning", allure.attachment_type.TEXT)
