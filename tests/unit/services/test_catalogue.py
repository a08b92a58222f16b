"""The catalogue of services agrees with the image, the checks and itself."""

import ast
import re

import pytest

from harness.dom0.protocols import TALKS
from harness.image import part
from harness.services.graph import Graph, names_of
from harness.services.looks import LOOKS
from harness.services.registry import LINKS, SERVICES, at_port, ports_of
from harness.services.service import Link, Look, Service, Talk
from harness.site import Role
from harness.state import checkout
from tests.unit.sites import SITE

BROUGHT = {"voms@{vo}.service": "icebox-vo.service", "bdii-slapd.service": "bdii.service"}
"""Units that others of the image start."""


def ids(link: Link) -> str:
    return f"{link.name}-{'-'.join(link.roles)}"


@pytest.mark.parametrize("service", SERVICES, ids=ids)
def test_every_unit_is_started_by_the_image_and_mended_by_its_name(service: Service) -> None:
    for role in service.roles:
        started = {unit for each in part.closure(role.value) for unit in each.units}
        assert {BROUGHT.get(unit, unit) for unit in service.units} <= started
    for unit in service.units:
        words = unit.removesuffix(".service").replace("{vo}", "VO")
        assert re.search(rf"systemctl (?:re)?start [^`]*{re.escape(words)}", service.remedy), service.remedy
    assert service.means
    assert service.asked


@pytest.mark.parametrize("link", LINKS, ids=ids)
def test_every_question_can_be_asked_and_every_need_is_there(link: Link) -> None:
    assert {each.kind for each in link.asked if isinstance(each, Talk)} <= TALKS.keys()
    assert {each.name for each in link.asked if isinstance(each, Look)} <= LOOKS.keys()
    assert {*link.needs} <= names_of(LINKS)
    assert bool(link.asked) != bool(link.needs) or isinstance(link, Service)


def test_one_link_for_each_name_and_node_and_one_service_at_each_port() -> None:
    site = SITE
    placed = [(each.link.name, each.node) for each in Graph(site).all]
    assert len(placed) == len(set(placed))
    for role in Role:
        assert len(ports_of(role)) == len(set(ports_of(role)))
    assert at_port(Role.CE, 2170) is at_port(Role.CE, 2135)
    assert at_port(Role.UI, 2119) is None


def test_who_tells_of_a_link_is_a_check() -> None:
    source = "".join(path.read_text() for path in (checkout() / "tests/acceptance").glob("test_*.py"))
    known = {
        node.args[0].value
        for node in ast.walk(ast.parse(source.replace("from __future__ import annotations", "")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "pytest.mark.check"
        and isinstance(node.args[0], ast.Constant)
    }
    assert {link.told_by for link in LINKS} - {""} <= known
