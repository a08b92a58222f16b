"""Which worker does which integration tests, in which order, and which are left out."""

import pytest

from tests.integration.conftest import FIRST, TOGETHER
from tests.integration.sessions.conftest import PATIENCE

pytest_plugins = ["pytester"]

CONFTEST = "from tests.integration.conftest import *"
CHECK = """
import time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(4))
def test_some(number, worker_id):
    Path(f"{Path(__file__).parent.name}-{Path(__file__).stem}-{worker_id}").touch()
    time.sleep(0.1)
"""
MARKED = """
import pytest

def test_quick(): pass

@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.long)])
def test_one_or_two(number): pass

@pytest.mark.long
def test_slow(): pass
"""
HERE = "tests/integration/a_room/test_it.py"


@pytest.fixture
def rooms(pytester: pytest.Pytester) -> pytest.Pytester:
    """Integration tests of another checkout."""
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nmarkers =\n  long: as in pyproject.toml\n")
    return pytester


def write(rooms: pytest.Pytester, test: str, text: str) -> None:
    path = rooms.path / "tests/integration" / test
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_file_is_one_workers_and_a_room_that_shares_a_box_too(rooms: pytest.Pytester) -> None:
    files = [f"{room}/test_{file}.py" for room in (*TOGETHER, "a_new_room") for file in ("one", "two")]
    for file in files:
        write(rooms, file, CHECK)
    words = ("-n3", "--import-mode=importlib", "-p", "no:cacheprovider")
    done = rooms.runpytest_subprocess(*words, timeout=PATIENCE)
    done.assert_outcomes(passed=4 * len(files))
    told = [path.name.split("-") for path in rooms.path.glob("*-gw*")]
    assert len(told) == len(files), "a file was done by two"
    for each in TOGETHER:
        assert len({worker for room, _, worker in told if room == each}) == 1
    assert len({worker for *_, worker in told}) == 3


def test_what_takes_longest_is_begun_first(rooms: pytest.Pytester) -> None:
    longest = [place if place.endswith(".py") else f"{place}/test_it.py" for place in FIRST]
    for file in (*longest, "a_new_room/test_it.py"):
        write(rooms, file, "def test_it(): pass")
    words = ("--collect-only", "-q", "--import-mode=importlib", "-p", "no:cacheprovider")
    # In a process of its own: this one may have loaded what has these names.
    done = rooms.runpytest_subprocess(*words, timeout=PATIENCE)
    begun = [line for line in done.outlines if "::" in line]
    assert begun == [f"tests/integration/{file}::test_it" for file in (*longest, "a_new_room/test_it.py")]


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ([], ["test_quick", "test_one_or_two[1]"]),
        (["-m", "long"], ["test_one_or_two[2]", "test_slow"]),
        (["-m", "not long"], ["test_quick", "test_one_or_two[1]"]),
        (["-k", "slow"], ["test_slow"]),
        (["-k", "slow or quick"], ["test_quick"]),
        ([f"{HERE}::test_slow"], ["test_slow"]),
        ([f"{HERE}::test_slow", f"{HERE}::test_quick"], ["test_slow", "test_quick"]),
        ([f"{HERE}::test_one_or_two"], ["test_one_or_two[1]", "test_one_or_two[2]"]),
        ([f"{HERE}::test_one_or_two[2]"], ["test_one_or_two[2]"]),
    ],
    ids=str,
)
def test_what_takes_long_is_left_out_unless_it_is_asked_for(
    rooms: pytest.Pytester, words: list[str], passed: list[str]
) -> None:
    write(rooms, "a_room/test_it.py", MARKED)
    done = rooms.runpytest(*words, "-v", "--import-mode=importlib", "-p", "no:cacheprovider")
    told = [line.split()[0].partition("::")[2] for line in done.outlines if " PASSED" in line]
    assert told == passed
    assert done.ret == 0
    header = "tests marked 'long' are left out" in done.stdout.str()
    assert header is ("-m" not in words)
