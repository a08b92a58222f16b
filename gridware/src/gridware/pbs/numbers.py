"""Whole numbers in what people and Slurm write: ASCII digits, no more than 64 bits hold."""

from __future__ import annotations

LONGEST = 18


def is_whole(text: str) -> bool:
    """Whether ``int`` takes it, and nothing but digits stands there."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST


def is_signed(text: str) -> bool:
    """The same with a sign before it, or none."""
    return is_whole(text[1:] if text[:1] in ("+", "-") else text)
