"""Files that a person names: whatever is found in their place is said for what it is."""

import os
from pathlib import Path

import pytest

from harness import givenfile
from harness.errors import InputError


def error(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        givenfile.read(path, "the site file", remedy="name one")
    assert caught.value.remedy
    return caught.value


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("grün\n")
    assert givenfile.read(tmp_path / "file", "the site file", remedy="") == "grün\n"


def test_a_file_of_windows(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("\ufeffgrün\r\n".encode())
    assert givenfile.read(tmp_path / "file", "the site file", remedy="") == "grün\n"


def test_none(tmp_path: Path) -> None:
    assert str(error(tmp_path / "none")) == f"{tmp_path}/none: there is no such site file\n  do:  name one"


def test_a_directory(tmp_path: Path) -> None:
    found = error(tmp_path)
    assert found.what == "the site file is a directory"
    assert "UTF-8" not in found.remedy


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert error(tmp_path / "pipe").what == "the site file is no ordinary file"


def test_a_device() -> None:
    assert error(Path("/dev/null")).what == "the site file is no ordinary file"


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"one\ntwo \x95\n")
    found = error(tmp_path / "image")
    assert (found.what, found.remedy) == ("the site file is not text", "write it as UTF-8 text")
    assert found.why == "line 2 has the byte 0x95, which is no UTF-8"


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "file").touch()
    monkeypatch.setattr(givenfile.os, "open", refuse)  # root would be let in
    found = error(tmp_path / "file")
    assert (found.what, found.why) == ("the site file can't be read", "Permission denied")


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    found = error(tmp_path / ("a" * 5000))
    assert found.why == "File name too long"
    assert len(found.where) < 250


def test_a_way_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert error(tmp_path / "file/site.toml").why == "Not a directory"
