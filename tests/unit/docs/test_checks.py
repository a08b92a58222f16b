"""docs/checks.md is what docs/make_checks.py makes of the checks."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from tests.unit.docs import pages


@pytest.fixture
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_checks", pages.ROOT / "docs" / "make_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up there.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "make_checks", module)
        spec.loader.exec_module(module)
    return module


def test_the_page_of_checks_is_up_to_date(made: ModuleType) -> None:
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run: python docs/make_checks.py"


def test_every_check_says_what_a_trainer_learns(made: ModuleType) -> None:
    assert not [check.id for check in made.checks() if not check.learns]


def test_checks_that_pages_name_are_there(made: ModuleType) -> None:
    known = {check.id for check in made.checks()}
    roles = "|".join(sorted({identifier.partition("-")[0] for identifier in known}))
    for page in pages.PAGES:
        named = set(re.findall(rf"\b(?:{roles})-\d+\b", pages.prose(page)))
        assert named <= known, f"{page.name} names checks that are not there"
