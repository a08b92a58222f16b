"""Typed tuples with names, as ``typing.NamedTuple``, without the time that ``typing`` takes to load.

A command lives for some fifty milliseconds; that module takes ten of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Maker(type):
        """Makes a tuple of a class whose annotations are its fields."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in fields and key not in _OWN:
                    setattr(made, key, value)
            return made

    _OWN = {"__annotations__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__"}

    class NamedTuple(metaclass=_Maker):
        """Base of such classes."""
