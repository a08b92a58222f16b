"""Lines between a gridmanager and its GAHP server."""

import pytest

from gridware.wms.gahp.lines import Lines, line


@pytest.mark.parametrize(
    "words", [["A"], ["A", "b c"], ["A", ""], ["A", "b\\c", "d\r\ne"], ["A", "\\", " ", "é;[=]"]]
)
def test_what_is_written_is_read(words: list[str]) -> None:
    assert list(Lines().feed(line(*words))) == [words]


def test_lines_come_in_pieces() -> None:
    lines = Lines()
    text = line("ONE", 'a "b"\\') + line("TWO")
    found = [words for sign in text for words in lines.feed(sign)]
    assert found == [["ONE", 'a "b"\\'], ["TWO"]]


def test_gridmanagers_end_lines_as_on_dos() -> None:
    assert list(Lines().feed("A b\r\nC\r\n")) == [["A", "b"], ["C"]]
