"""junit.xml, which pytest writes as checks end: made to say the same as the verdict."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from harness.report.scrub import private_keys
from harness.report.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.report.verdict import CheckResult


def lay(path: Path, checks: Mapping[str, CheckResult | None]) -> None:
    """Have failures that are blocked by a finding stand as skipped, and every other say its finding.

    ``checks`` are by node id.  A file that is not there, or no XML, is left alone.
    """
    if not path.is_file():
        return
    laid = {_name(nodeid): check for nodeid, check in checks.items() if check is not None and check.finding}
    try:
        tree = ElementTree.parse(path)
    except ElementTree.ParseError as error:
        print(f"junit.xml is not complete: {error}", file=sys.stderr)
        return
    for suite in tree.iter("testsuite"):
        _drop_first_tries(suite)
        for case in suite.iter("testcase"):
            check = laid.get((case.get("classname", ""), case.get("name", "")))
            if check is not None:
                _lay(suite, case, check)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _drop_first_tries(suite: ElementTree.Element) -> None:
    """Of a check that was tried again, the second try counts, and has a property that says so."""
    last = {(case.get("classname"), case.get("name")): case for case in suite.iter("testcase")}
    for case in list(suite.iter("testcase")):
        if last[case.get("classname"), case.get("name")] is not case:
            suite.remove(case)
            suite.set("tests", str(len(last)))


def _name(nodeid: str) -> tuple[str, str]:
    """Class and name of a test, as junit.xml has them."""
    path, _, name = nodeid.partition("::")
    return path.removesuffix(".py").replace("/", "."), name


def _lay(suite: ElementTree.Element, case: ElementTree.Element, check: CheckResult) -> None:
    properties = case.find("properties")
    if properties is None:
        properties = ElementTree.Element("properties")
        case.insert(0, properties)
    ElementTree.SubElement(properties, "property", name="finding", value=check.finding)
    if check.outcome is not Outcome.BLOCKED:
        return
    for kind in ("failure", "error"):
        for failure in case.findall(kind):
            case.remove(failure)
            _count(suite, f"{kind}s", -1)
            _count(suite, "skipped", 1)
            why = private_keys(f"blocked by {check.blocked_by}: {check.message}")
            ElementTree.SubElement(case, "skipped", type="pytest.skip", message=why)


def _count(suite: ElementTree.Element, name: str, more: int) -> None:
    suite.set(name, str(max(0, int(suite.get(name, "0")) + more)))
