"""The pins fit the ranges, are complete, and name no place."""

import json
import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.setup import pins
from harness.setup.machine import CHECKOUT
from harness.setup.node import OLDEST, parse_version
from harness.setup.packagelist import parse

PINS = pins.parse((CHECKOUT / "constraints.txt").read_text())
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
RANGES = [
    Requirement(text)
    for text in [*PROJECT["dependencies"], *(x for g in PROJECT["optional-dependencies"].values() for x in g)]
]


@pytest.mark.parametrize("wanted", RANGES, ids=str)
def test_every_dependency_is_pinned_within_its_range(wanted: Requirement) -> None:
    assert PINS[pins.normalise(wanted.name)] in wanted.specifier


def test_the_pins_are_closed_and_nothing_is_pinned_in_vain() -> None:
    """pip installs exactly these, without resolving."""
    needed, open_names = set(), {pins.normalise(wanted.name) for wanted in RANGES}
    while open_names:
        name = open_names.pop()
        needed.add(name)
        open_names |= needs_of(name) - needed
    assert needed == set(PINS)


def needs_of(name: str) -> set[str]:
    if name == pins.NODE:
        # may not be installed here, and needs nothing
        return set()
    wanted = [Requirement(text) for text in metadata.requires(name) or []]
    here = [need for need in wanted if not need.marker or need.marker.evaluate({"extra": ""})]
    return {pins.normalise(need.name) for need in here}


def test_what_runs_here_is_what_is_pinned() -> None:
    different = {
        name: (version, metadata.version(name))
        for name, version in PINS.items()
        if name != pins.NODE and metadata.version(name) != version
    }
    assert different == {}


def test_names_are_normalised() -> None:
    assert pins.parse("Foo_Bar.x==1.0  # why\n# all\n\n") == {"foo-bar-x": "1.0"}


def test_the_lock_of_allure_names_no_place() -> None:
    lock = json.loads((CHECKOUT / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)
    wanted = json.loads((CHECKOUT / "package.json").read_text())["dependencies"]["allure"]
    assert lock["packages"]["node_modules/allure"]["version"] == wanted


def test_the_oldest_node_satisfies_all_of_allure() -> None:
    lock = json.loads((CHECKOUT / "package-lock.json").read_text())
    oldest = ".".join(map(str, OLDEST))
    asked = [entry.get("engines", {}) for entry in lock["packages"].values()]
    engines = {engine["node"] for engine in asked if "node" in engine}
    assert [engine for engine in engines if not satisfies(oldest, engine)] == []


def satisfies(version: str, engine: str) -> bool:
    """npm's ranges as far as they occur: alternatives of >=, ^ and bare major versions."""
    return any(_fits(version, part.strip()) for part in engine.split("||"))


def _fits(version: str, part: str) -> bool:
    if part.startswith(">="):
        number = re.sub(r"[ x.]+$", "", part[2:].strip())
        return SpecifierSet(f">={number}").contains(version)
    number = part.removeprefix("^").removeprefix("~").removesuffix(".x")
    return version.split(".")[0] == number.split(".")[0] and SpecifierSet(f">={number}").contains(version)


@pytest.mark.parametrize(
    ("text", "version"), [("v20.19.1\n", (20, 19, 1)), ("v23.0.0-rc.1", (23, 0, 0)), ("", ()), ("nope", ())]
)
def test_versions_of_node(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("name", ["packages.list", "packages-test.list"])
def test_every_package_has_its_reason(name: str) -> None:
    lines = (CHECKOUT / "harness/setup" / name).read_text().splitlines()
    assert all("#" in line for line in lines if line.strip())
    names = parse("\n".join(lines))
    assert len(names) == len(set(names))
