"""Values of a JDL's attributes as the ClassAd library has worked them out."""

from __future__ import annotations

import classad2


def text(ad: classad2.ClassAd, name: str) -> str:
    """A text; empty for whatever else stands there, or nothing."""
    value = ad.eval(name) if name in ad else ""
    return value if isinstance(value, str) else ""


def texts(ad: classad2.ClassAd, name: str) -> list[str]:
    """An attribute that may be one text or a list of them."""
    value = ad.eval(name) if name in ad else []
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []


def whole(ad: classad2.ClassAd, name: str, default: int = 0) -> int:
    """A whole number."""
    value = ad.eval(name) if name in ad else default
    # The library's "undefined" and "error" are whole numbers for Python.
    return value if isinstance(value, int) and not isinstance(value, classad2.Value) else default


def true(ad: classad2.ClassAd, name: str) -> bool:
    """Whether it stands there, and is true."""
    return name in ad and ad.eval(name) is True


def ads(ad: classad2.ClassAd, name: str) -> list[classad2.ClassAd]:
    """An attribute that may be one ad or a list of them."""
    value = ad.eval(name) if name in ad else []
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, classad2.ClassAd)]
