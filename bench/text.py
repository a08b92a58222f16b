"""Figures in words: values with their units, limits, and whether they are met."""

from collections.abc import Mapping
from typing import Any

UNITS = {"s": " s", "ms": " ms", "MB": " MB", "ratio": "", "share": ""}


def value(number: float, unit: str) -> str:
    """``2.35``, ``47 MB``, ``0.38 s``: three digits that count, none after a hundred."""
    if unit == "share":
        return f"{number:.0%}"
    text = f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return text + UNITS[unit]


def bound(figure: Mapping[str, Any]) -> str:
    """``at most 2.5``, ``aim 45 s``, or nothing."""
    if "limit" in figure:
        return f"at most {value(figure['limit'], figure['unit'])}"
    return f"aim {value(figure['aim'], figure['unit'])}" if "aim" in figure else ""


def met(figure: Mapping[str, Any]) -> str:
    """``met``, ``NOT met``, or nothing for a figure without a bound."""
    return {True: "met", False: "NOT met", None: ""}[figure.get("met")]


def spread(figure: Mapping[str, Any]) -> str:
    """``1.9 – 2.4`` of a figure measured more than once."""
    if figure["runs"] < 2:
        return ""
    return f"{value(figure['min'], figure['unit'])} – {value(figure['max'], figure['unit'])}"


def line(figure: Mapping[str, Any]) -> str:
    """One line of the closing summary."""
    told = f"{figure['title']}: {value(figure['median'], figure['unit'])}"
    return f"{told}  ({bound(figure)}: {met(figure)})" if bound(figure) else told
