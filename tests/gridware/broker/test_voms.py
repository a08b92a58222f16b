"""What the VOMS library gives is given back: the broker asks it for years."""

import ctypes
from typing import Any

from gridware.wms.broker.voms import VomsLibrary

NO_FILE = 6
"""An error of the library's (voms_apic.h)."""


class Recorded:
    """The library, and the addresses of words that it has made."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self.made: list[int] = []

    def VOMS_ErrorMessage(self, *words: Any) -> int:  # noqa: N802 - the library's name
        self.made.append(self.library.VOMS_ErrorMessage(*words))
        return self.made[-1]


def test_the_words_of_an_error_are_given_back_once() -> None:
    library: Any = VomsLibrary()
    voms, free, freed = library._voms, library._free, []
    library._voms = recorded = Recorded(voms)

    def note(message: ctypes.c_void_p) -> None:
        freed.append(message.value)
        free(message)

    library._free = note
    data = voms.VOMS_Init(None, None)
    assert library._text(data, ctypes.c_int(NO_FILE))
    voms.VOMS_Destroy(data)
    assert len(recorded.made) == 1
    assert freed == recorded.made
