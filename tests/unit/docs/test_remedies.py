"""Every remedy that is printed has a drill, says only where to look, or is listed as one without."""

import subprocess
import sys

import pytest
from _pytest.mark.expression import Expression

from docs import make_remedies
from docs.make_remedies import drilled
from tests.drill.drill import Drill
from tests.drill.drills import DRILLS
from tests.drill.printed import Part, parts, printed
from tests.drill.tried import tried
from tests.drill.without import WITHOUT
from tests.unit.docs import pages

LISTED = [text for texts in WITHOUT.values() for text in texts]


def by_a_test(part: Part) -> bool:
    return any(part.text == each.text for each in tried())


def test_a_remedy_that_says_what_to_do_has_a_drill_a_test_or_a_reason() -> None:
    bare = [
        f"{part.place}: {part.text}"
        for part in printed()
        if not (part.looks or drilled(part) or by_a_test(part) or part.text in LISTED)
    ]
    assert bare == [], "write a drill or a test, or say in tests/drill/without.txt why there is none"


def test_the_list_of_those_without_holds_no_others() -> None:
    texts = {part.text for part in printed() if not (part.looks or drilled(part) or by_a_test(part))}
    assert sorted(set(LISTED) - texts) == []
    assert len(LISTED) == len(set(LISTED))


def test_a_drill_tries_what_is_printed() -> None:
    unknown = [
        f"{drill}: {text}"
        for drill in DRILLS
        for text in parts(drill.remedy)
        if not any(part.of(text) for part in printed())
    ]
    assert unknown == []
    assert len({str(drill) for drill in DRILLS}) == len(DRILLS), "two drills have one name"


def test_a_test_tries_what_is_printed_and_hears_it() -> None:
    texts = {part.text for part in printed()}
    assert sorted(f"{each.test}: {each.text}" for each in tried() if each.text not in texts) == []
    deaf = sorted({each.test for each in tried() if not each.arguments & {"told", "broken"}})
    assert deaf == [], "it has to give the fixture `told` what is printed"


@pytest.mark.parametrize(
    "text",
    [
        "`systemctl restart bdii` on the CE",
        "see `journalctl -u bdii`, then restart it",
        "set umask 077 on the UI",
        "the WN must reach the SE",
        "`systemctl status slurmd` there: start what is down",
        "look at /etc/hosts and chmod 644 it",
        "see that the disk has room",
        "./icebox stop and start",
    ],
)
def test_what_is_to_be_done_is_known_as_such(text: str) -> None:
    assert not Part(text, "expect", "tests/acceptance/test_x.py:1").looks


@pytest.mark.parametrize(
    "text",
    [
        "check SE-2 tells more",
        "`journalctl -u bdii` on RB tells which node it can't reach",
        "on the SE: `systemctl status xrootd@icebox` and /var/log/xrootd",
        "read /var/log/globus/gram_*.log on the CE",
        "port 2171 must lead to RB (NET-4)",
        "docs/site-file.md explains every key",
    ],
)
def test_where_to_look_is_known_as_such(text: str) -> None:
    assert Part(text, "expect", "tests/acceptance/test_x.py:1").looks


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("else `systemctl restart bdii` on the CE", True),
        ("./icebox ssh … systemctl restart bdii", True),
        ("./icebox stop --box …, then ./icebox start --box …", True),
        ("`systemctl restart bdii slapd` there", False),
        ("look at `df -h` and the journal", False),
    ],
)
def test_the_same_commands_in_other_words(text: str, same: bool) -> None:
    drills = [
        "restore it, then `systemctl restart bdii` there",
        "./icebox stop and ./icebox start lay it anew",
    ]
    assert Part(text, "expect", "tests/acceptance/test_x.py:1").same_as(drills) is same


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """The checks as pytest names them."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "tests/acceptance",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(words, cwd=pages.ROOT, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if "::" in line]
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("drill", DRILLS, ids=str)
def test_a_drill_chooses_a_check(drill: Drill, collected: list[str]) -> None:
    chosen = Expression.compile(drill.select)
    assert [each for each in collected if chosen.evaluate(lambda word, **_: word.lower() in each.lower())]  # noqa: B023


def test_the_page_of_remedies_is_up_to_date() -> None:
    written = make_remedies.PAGE.read_text(encoding="utf-8")
    assert written == make_remedies.page(), "run: python -m docs.make_remedies"
