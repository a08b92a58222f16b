"""An attribute that is worked out when it is first asked for, as ``functools.cached_property``.

That module takes a command longer to load than its question takes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:  # noqa: N801  (a decorator, as its model)
        """The value takes its place among the object's own."""

        def __init__(self, work):
            self.work, self.__doc__ = work, work.__doc__

        def __get__(self, owner, kind):
            if owner is None:
                return self
            value = owner.__dict__[self.work.__name__] = self.work(owner)
            return value


__all__ = ["lazy"]
