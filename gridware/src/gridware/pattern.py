"""Regular expressions that were compiled with the image.

To load ``re`` and to compile its patterns takes a command longer than what it is typed for.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]  # the module around it makes enumerations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any, AnyStr

_made: dict[Any, Any] = {}
try:
    from gridware import patterns  # type: ignore[attr-defined]  # harness/image/patterns.py makes it
except ImportError:
    pass  # the sources as they stand
else:
    if patterns.MAGIC == _sre.MAGIC:
        _made = patterns.MADE


def pattern(text: AnyStr) -> re.Pattern[AnyStr]:
    """As ``re.compile``; flags stand in the text: ``(?i)``."""
    made = _made.get(text)
    if made is None:
        import re

        return re.compile(text)
    flags, code, groups, names, order = made
    return _sre.compile(text, flags, list(code), groups, names, order)  # type: ignore[no-any-return]
