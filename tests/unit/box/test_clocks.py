"""Clocks of nodes that have stood still: those of kernels of their own are set."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import clocks
from harness.command import CommandResult
from harness.errors import HarnessError
from tests.drill.tried import Told, failing
from tests.unit.sites import site_with_guests

BOX = "mine"


class Clock:
    """A node with a clock that is off by some seconds, as its shell tells it; or the dom0, from where nodes
    are reached."""

    def __init__(self, now: Callable[[], float], ahead: float) -> None:
        self.now, self.ahead = now, ahead
        self.unreached: list[Exception] = []
        """How it fails to reach a node, before it does."""

    def open_socket(self, address: str, port: int) -> SimpleNamespace:
        assert (address.startswith("192.168.1."), port) == (True, 22)
        if self.unreached:
            raise self.unreached.pop()
        return SimpleNamespace(close=lambda: None)

    def run(self, line: str) -> CommandResult:
        if line.startswith(clocks.SET):
            self.ahead += float(line.split()[-1])
            return CommandResult(line, "node", 0, "", "", 0.0)
        return CommandResult(line, "node", 0, f"{self.now() + self.ahead:.9f}\n", "", 0.0)


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nodes with kernels of their own have clocks; one more second passes with each command."""
    passing = iter(range(10**9, 10**9 + 1000))
    now = SimpleNamespace(time=lambda: float(next(passing)))
    monkeypatch.setattr(clocks, "time", now)
    monkeypatch.setattr(clocks, "side_by_side", lambda act, nodes, _: [act(node) for node in nodes])
    nodes = {"ui": Clock(now.time, -3600.0), "se": Clock(now.time, -0.2)}
    return SimpleNamespace(
        name=BOX,
        pace=1.0,
        site=site_with_guests(tmp_path),
        dom0=Clock(now.time, 0.0),
        nodes=nodes,
        shell=lambda node: nodes[node.role.value],
        down=list,
    )


def test_a_clock_that_stood_is_put_right(clocked: Any) -> None:
    clocks.put_right(clocked)
    assert abs(clocked.nodes["ui"].ahead) <= 1.0
    assert clocked.nodes["se"].ahead == -0.2, "nobody knows it better"


def test_clocks_go_by_that_of_a_dom0_on_another_machine(clocked: Any) -> None:
    clocked.dom0.ahead = 50.0
    clocks.put_right(clocked)
    assert abs(clocked.nodes["ui"].ahead - 50.0) <= 2.0
    assert abs(clocked.nodes["se"].ahead - 50.0) <= 2.0


def test_a_node_whose_cable_is_a_new_one_is_waited_for(clocked: Any) -> None:
    clocked.dom0.unreached = [OSError(113, "No route to host"), HarnessError("the network is not there")]
    clocks.put_right(clocked)
    assert clocked.dom0.unreached == []
    assert abs(clocked.nodes["ui"].ahead) <= 1.0


def test_a_node_that_is_down_has_no_clock(clocked: Any) -> None:
    clocked.down = lambda: [clocked.site.ui]
    clocks.put_right(clocked)
    assert clocked.nodes["ui"].ahead == -3600.0


def test_what_a_shell_says_before_is_no_time(clocked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ui = clocked.nodes["ui"]

    def talking(line: str) -> CommandResult:
        return replace(told := Clock.run(ui, line), stdout=f"Welcome to node 1\n{told.stdout}")

    ui.run = talking
    clocks.put_right(clocked)
    assert abs(ui.ahead) <= 1.0
    ui.run = lambda line: CommandResult(line, "node", 0, "", "", 0.0)
    with pytest.raises(clocks.UnsetError, match="tells no time"):
        clocks.put_right(clocked)


@pytest.mark.tries("./icebox ssh --box … … date -s @$(date +%s)")
def test_a_clock_that_can_not_be_set(clocked: Any, told: Told) -> None:
    """What is told is the line for that node, which sets its clock by this machine's."""
    ui = clocked.nodes["ui"]

    def refuse(line: str) -> CommandResult:
        if line.startswith(clocks.SET):
            return CommandResult(line, "node", 1, "", "Operation not permitted", 0.0)
        return Clock.run(ui, line)

    ui.run = refuse
    error = failing(told, lambda: clocks.put_right(clocked), HarnessError)
    assert "Operation not permitted" in error.why
    before, typed = int(time.time()), error.remedy.partition(f"--box {BOX} {clocked.site.ui.name} ")[2]
    said = subprocess.run(["sh", "-c", f"echo {typed}"], capture_output=True, text=True).stdout
    assert before <= int(said.removeprefix("date -s @")) <= time.time()
