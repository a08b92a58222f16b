"""The catalogue: each fault is one, can be told from the others, and hits what the graph knows."""

import re
import subprocess
from collections import Counter

import pytest

from harness.errors import InputError
from harness.faults import hands, registry
from harness.faults.fault import DOM0, OUTSIDE, Fault, Step
from harness.faults.noise import NOISE
from harness.services.registry import SERVICES
from harness.site import Role

ALL = (*registry.catalogue(), *NOISE)
LEAST = 80


def test_there_are_enough_and_no_two_share_a_name_or_a_mark() -> None:
    assert len(registry.catalogue()) >= LEAST
    for what in (lambda fault: fault.name, lambda fault: fault.mark, lambda fault: fault.about):
        assert [each for each, count in Counter(map(what, ALL)).items() if count > 1] == []


def test_each_says_what_must_be_found_and_noise_that_nothing_must() -> None:
    for fault in registry.catalogue():
        assert fault.link, fault
        assert fault.where in (*Role, DOM0, OUTSIDE), fault
        assert not fault.about.endswith("."), fault
    assert [fault.name for fault in NOISE if fault.finding] == []


def test_every_node_the_dom0_and_the_outside_are_hit() -> None:
    assert {step.place for fault in registry.catalogue() for step in fault.steps} == {*Role, DOM0, OUTSIDE}


@pytest.mark.parametrize("how", ["stopped", "hung"])
def test_every_service_is_stopped_and_hung_on_every_role(how: str) -> None:
    hit = {fault.finding for fault in registry.catalogue() if fault.name.endswith(how)}
    wanted = {f"{service.name}@{role}" for service in SERVICES for role in service.roles}
    # What another service starts and stops, and what the kernel does alone once it was begun.
    other = {"stopped": "records@", "hung": "tunnel@"}[how]
    assert {each for each in wanted - hit if not each.startswith(other)} == set()


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_what_is_typed_is_shell_and_names_no_variable_that_is_not_there(fault: Fault) -> None:
    known = set(hands.NAMES) | {"keep", "mark"}
    for step in fault.steps:
        for text in (step.put, step.take):
            read = subprocess.run(["sh", "-n"], input=hands.FUNCTIONS + text, text=True, capture_output=True)
            assert (read.returncode, read.stderr) == (0, ""), text
            assert _unknown(text, known) == set(), text


def _unknown(text: str, known: set[str]) -> set[str]:
    """Variables that are read and neither known nor set there."""
    words = set(re.findall(r"(?<![\\$])\$\{?([a-z][a-z_]*)", text))
    own = set(re.findall(r"(?:^|[\s;({'\"])([a-z_]+)=", text)) | set(re.findall(r"for ([a-z]+) in", text))
    own |= {word for line in re.findall(r"read (?:-r )?([a-z_ ]+)", text) for word in line.split()}
    return words - known - own - {"back"}


def test_nothing_rests_on_the_names_and_addresses_of_one_site() -> None:
    own = re.compile(r"gilda|xen[a-z]*node|192\.168\.1\.[1-6]\b|sytes|student0")
    found = [
        f"{fault.name}: {text}" for fault in ALL for step in fault.steps for text in (step.put, step.take)
    ]
    assert [each for each in found if own.search(each)] == []


def test_a_name_that_there_is_not_is_told_with_those_like_it() -> None:
    with pytest.raises(InputError) as caught:
        registry.named("gatekeper-ce-stopped")
    assert "gatekeeper-ce-stopped" in caught.value.why
    assert registry.find("gatekeper-ce-stopped") == ()


def test_a_mark_tells_nobody_the_name() -> None:
    fault = Fault("gatekeeper-ce-stopped", "it is stopped", "gatekeeper@ce", (Step("ce", "true", "true"),))
    assert len(fault.mark) == 8
    assert "gate" not in fault.mark
