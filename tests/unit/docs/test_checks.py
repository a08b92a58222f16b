"""docs/checks.md is what docs/make_checks.py makes of the checks."""

import re

from docs import make_checks
from tests.unit.docs import pages


def test_the_page_of_checks_is_up_to_date() -> None:
    assert make_checks.PAGE.read_text(encoding="utf-8") == make_checks.page(), (
        "run: python -m docs.make_checks"
    )


def test_every_check_says_what_a_trainer_learns() -> None:
    assert not [check.id for check in make_checks.checks() if not check.learns]


def test_checks_that_pages_name_are_there() -> None:
    known = {check.id for check in make_checks.checks()}
    roles = "|".join(sorted({identifier.partition("-")[0] for identifier in known}))
    for page in pages.PAGES:
        named = set(re.findall(rf"\b(?:{roles})-\d+\b", pages.prose(page)))
        assert named <= known, f"{page.name} names checks that are not there"


def test_no_check_is_chosen_by_another_module_s_name() -> None:
    """``-k test_wn`` are the checks of test_wn.py, and no others."""
    modules = sorted((pages.ROOT / "tests" / "acceptance").glob("test_*.py"))
    stems = [module.stem for module in modules]
    names = {
        (module.stem, name)
        for module in modules
        for name in re.findall(r"^def (test_\w+)", module.read_text(), re.MULTILINE)
    }
    assert names
    assert not [
        f"{name} of {of}.py is chosen by {stem}"
        for of, name in sorted(names)
        for stem in stems
        if stem != of and stem in name
    ]
