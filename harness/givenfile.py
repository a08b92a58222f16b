"""Text files that a person wrote and names: one clear error for whatever else is found there."""

from __future__ import annotations

from pathlib import Path

from harness.errors import InputError, shortened


def read(path: Path, what: str, *, remedy: str) -> str:
    """The text of the file, which messages call ``what``, such as ``the site file``.

    Raises InputError if there is none or it can't be read; ``remedy`` says what to do if there is none.
    """
    try:
        return _text(path, what)
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
    except OSError as error:
        raise _error(f"{what} can't be read", path, _reason(error), "see that its path is right") from None


def _text(path: Path, what: str) -> str:
    path.stat()  # what can't be looked at raises here; the questions below only say no
    if path.is_dir():
        raise _error(f"{what} is a directory", path, "", "name the file in it")
    if not path.is_file():
        # A pipe would keep us waiting, and is empty when it is read again.
        raise _error(f"{what} is no ordinary file", path, "", "copy what it gives into a file, and name that")
    return path.read_text(encoding="utf-8")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _error(what: str, path: Path, why: str, remedy: str) -> InputError:
    return InputError(what, where=shortened(str(path)), why=why, remedy=remedy)
