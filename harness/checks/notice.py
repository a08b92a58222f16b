"""Warnings of a check that passed: a step and a text in the Allure report, a property of pytest's."""

from __future__ import annotations

from collections.abc import Sequence

import allure
import pytest

PROPERTY = "warning"
"""Name under which a report carries each warning, as text, in ``user_properties``."""


def warn(item: pytest.Item, warnings: Sequence[str], remedy: str) -> None:
    """Show ``warnings`` beside the result of ``item``, which they don't change."""
    for warning in warnings:
        item.user_properties.append((PROPERTY, warning))
        with allure.step(f"warning: {warning}"):
            allure.attach(f"{warning}\n{remedy}\n", "warning", allure.attachment_type.TEXT)
