"""Text files that a person wrote and names: one clear error for whatever else is found there.

Kind, mode and size are looked at before anything is read: a device or a pipe never ends.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from harness.errors import InputError, shortened

LONGEST = 1 << 20
"""Bytes of a file, unless it says otherwise: what people write by hand is far shorter."""


def read(path: Path, what: str, *, remedy: str, most: int = LONGEST, secret: bool = False) -> str:
    """The text of the file, which messages call ``what``, such as ``the site file``.

    Raises InputError if there is none, if it can't be read, has more than ``most`` bytes or, being
    ``secret``, is open to others than its owner; ``remedy`` says what to do if there is none.
    """
    try:
        return _text(path, what, most, secret)
    except FileNotFoundError:
        raise _error(f"there is no such {what.removeprefix('the ')}", path, "", remedy) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        why = f"line {line} has the byte 0x{error.object[error.start]:02x}, which is no UTF-8"
        raise _error(f"{what} is not text", path, why, "write it as UTF-8 text") from None
    except PermissionError as error:
        raise _error(
            f"{what} can't be read", path, _reason(error), "be its owner or root, or let others read it"
        ) from None
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise _error(f"{what} can't be read", path, _reason(error), "see that its path is right") from None


def _text(path: Path, what: str, most: int, secret: bool) -> str:
    _check(path, path.stat(), what, most, secret)
    # Without waiting: what the name leads to may have become a pipe meanwhile.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        _check(path, os.fstat(handle), what, most, secret)
        content = file.read(most + 1)
    _check_size(path, len(content), what, most)
    # Editors of Windows put a mark before it.
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _check(path: Path, state: os.stat_result, what: str, most: int, secret: bool) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise _error(f"{what} is a directory", path, "", "name the file in it")
    if not stat.S_ISREG(state.st_mode):
        raise _error(f"{what} is no ordinary file", path, "", "copy what it gives into a file, and name that")
    mode = stat.S_IMODE(state.st_mode)
    if secret and mode & 0o077:
        raise _error(f"others can read {what}", path, f"its mode is {mode:04o}", f"chmod 600 {path}")
    _check_size(path, state.st_size, what, most)


def _check_size(path: Path, size: int, what: str, most: int) -> None:
    if size > most:
        why = f"it has {size} bytes or more, and {most} are the most that are read"
        raise _error(f"{what} is too large", path, why, "see that the right file is named")


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _error(what: str, path: Path, why: str, remedy: str) -> InputError:
    return InputError(what, where=shortened(str(path)), why=why, remedy=shortened(remedy))
