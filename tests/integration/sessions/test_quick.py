"""A quick run: the guide's lines alone, and what a dead service is to them."""

import pytest

from tests.integration.sessions.conftest import PATIENCE

pytest_plugins = ["pytester"]

CONFTEST = """
from pathlib import Path
import pytest
from harness.services.graph import Graph
from harness.services.health import Health
from harness.sitefile import load
from harness.state import checkout
from fixtures.checks import CHOSEN
pytest_plugins = ["fixtures.checks", "fixtures.evidence", "fixtures.box", "fixtures.needs"]

@pytest.fixture
def box():
    "A fake, whose gatekeeper is dead."

@pytest.fixture
def health(box, pytestconfig, tmp_path):
    def ask(placed, each):
        return {one: "does not answer" for one in placed if one.link.name == "gatekeeper"}
    graph = Graph(load(checkout() / "icebox.toml"), "school")
    return Health(graph, ask, tmp_path / "good", pytestconfig.stash[CHOSEN], patience=0.0)
"""
CHECKS = """
import pytest

@pytest.mark.needs("gatekeeper")
@pytest.mark.check("CE-1", role="ce", title="the one that tells")
def test_tells(box): pass

@pytest.mark.needs("gatekeeper")
@pytest.mark.check("GUIDE-1", role="guide", title="a line")
def test_line(box): pass

@pytest.mark.check("GUIDE-2", role="guide", title="another")
def test_other(box): pass
"""


@pytest.mark.parametrize("choice", [("--quick",), ("-k", "line or other")], ids=" ".join)
def test_a_line_that_rests_on_a_dead_service_says_what_mends_it(
    suite: pytest.Pytester, choice: tuple[str, ...]
) -> None:
    done = suite.runpytest_subprocess("-n0", *choice, timeout=PATIENCE)
    done.assert_outcomes(errors=1, passed=1, deselected=1)
    done.stdout.fnmatch_lines(
        ["*gatekeeper on xencenode does not answer*", "*systemctl restart globus-gatekeeper*"]
    )


FOUND = """
import json
from dataclasses import replace
from fixtures import diagnosis
from fixtures.lease import LEASE
from harness.diagnosis.finding import Finding, Findings

DNS = Finding(link="dns", what="names lead nowhere", words=("gatekeeper",), told_by="CE-1")

@pytest.fixture(autouse=True)
def looked(request):
    diagnosis.write(request.config.stash[LEASE].directory / diagnosis.LOOKED, Findings((DNS,)))

@pytest.fixture
def needed(looked, needed):
    return needed
"""
SOUND = CONFTEST.replace(' if one.link.name == "gatekeeper"', " if not one")


def test_what_a_look_has_found_broken_beneath_is_not_tried_but_by_the_check_that_is_about_it(
    pytester: pytest.Pytester, suite: pytest.Pytester
) -> None:
    pytester.makeconftest(SOUND + FOUND)
    done = suite.runpytest_subprocess("-n0", "-rs", timeout=60)
    done.assert_outcomes(passed=2, skipped=1)
    done.stdout.fnmatch_lines(["*blocked by dns: names lead nowhere*"])


def test_in_a_whole_run_it_is_blocked_by_the_check_that_tells(suite: pytest.Pytester) -> None:
    done = suite.runpytest_subprocess("-n0", "-rs", timeout=PATIENCE)
    done.assert_outcomes(errors=1, passed=1, skipped=1)
    done.stdout.fnmatch_lines(["*blocked by CE-1: gatekeeper on xencenode does not answer*"])


CORE = """
import pytest

def check(id, role="ce"):
    return pytest.mark.check(id, role=role, title=id)

@check("NET-1")
def test_network(): pass

@check("CE-1")
def test_the_gatekeepers(): pass

@check("BOX-1")
def test_the_boxs(): pass

@check("GUIDE-1", "guide")
def test_line(): pass

@check("SEC-1")
def test_refusals(): pass
"""


def test_the_core_has_one_of_each_service(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(CORE)
    done = pytester.runpytest_subprocess("--core", "-v", "-p", "no:cacheprovider", "-n0")
    done.assert_outcomes(passed=4, deselected=1)
    done.stdout.no_fnmatch_line("*test_refusals*")
