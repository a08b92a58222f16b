"""Typed tuples with names, as ``typing.NamedTuple``, without the time that ``typing`` takes to load.

A command lives for some thirty milliseconds; that module takes ten of them. ``collections``, which compiles
a function for each such class, takes five.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter

    class _Maker(type):
        """Makes a tuple of a class whose annotations are its fields."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            getters = {field: _tuplegetter(at, "") for at, field in enumerate(fields)}
            own = {"_fields": fields, "_defaults": defaults, "__match_args__": fields, "__slots__": ()}
            return type(name, (_Named,), {**body, **getters, **own})

    class _Named(tuple):
        __slots__ = ()

        def __new__(cls, *values, **named):
            fields = cls._fields
            if named or len(values) != len(fields):
                given = {**cls._defaults, **dict(zip(fields, values, strict=False)), **named}
                twice = named.keys() & set(fields[: len(values)])
                if twice or len(values) > len(fields) or given.keys() != set(fields):
                    raise TypeError(f"{cls.__name__} takes {', '.join(fields)}")
                values = [given[field] for field in fields]
            return tuple.__new__(cls, values)

        def __repr__(self):
            shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self):
            return tuple(self)

        def _replace(self, **named):
            return type(self)(**{**dict(zip(self._fields, self, strict=True)), **named})

    class NamedTuple(metaclass=_Maker):
        """Base of such classes."""
