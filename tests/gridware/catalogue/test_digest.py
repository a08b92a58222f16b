"""Checksums of local files, by values of their standards: RFC 1321, RFC 1950 and the CRC of zip."""

from pathlib import Path

import pytest

from gridware.catalogue import digest


@pytest.mark.parametrize(
    ("kind", "of_abc", "of_nothing"),
    [
        ("md5", "900150983cd24fb0d6963f7d28e17f72", "d41d8cd98f00b204e9800998ecf8427e"),
        ("adler32", "024d0127", "00000001"),
        ("crc32", "352441c2", "00000000"),
    ],
)
def test_a_file(tmp_path: Path, kind: str, of_abc: str, of_nothing: str) -> None:
    (tmp_path / "abc").write_text("abc")
    (tmp_path / "nothing").touch()
    assert digest.of_file(str(tmp_path / "abc"), kind) == of_abc
    assert digest.of_file(str(tmp_path / "nothing"), kind) == of_nothing


def test_one_that_is_larger_than_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "abc").write_text("abc")
    monkeypatch.setattr(digest, "BLOCK", 2)
    assert digest.of_file(str(tmp_path / "abc"), "adler32") == "024d0127"
    assert digest.of_file(str(tmp_path / "abc"), "md5").startswith("9001")
