"""A box that does not come up says why at once, leaves its logs, and nothing else."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import pairwise

from harness.deadline import wait_for
from tests.integration.leaks.sandbox import PREFIX, Sandbox, children, command_line, settled

BOX = f"{PREFIX}dead"
NODE = "xensenode"
PATIENCE = 60.0


def test_node_that_dies(machine: Callable[..., Sandbox]) -> None:
    """Its services are not awaited to the end of their time, which is longer than this command may take."""
    sandbox = machine()
    before = sandbox.inventory()
    with sandbox.popen([sys.executable, "-m", "harness.cli", "start", "--box", BOX]) as starting:
        wait_for(
            f"the systemd of {NODE}, or the end of icebox",
            lambda: _kill_systemd_of_node(sandbox) or starting.poll() is not None,
            PATIENCE,
            pause=0.01,
        )
        output, _ = starting.communicate(timeout=PATIENCE)
    assert starting.returncode == 3, output
    logs = sandbox.home / "log" / f"failed-{BOX}"
    assert f"{NODE} ended while its services were awaited" in output
    assert f"logs of all nodes are in {logs}" in output
    assert f"{BOX}.{NODE}" in (logs / "dom0-nodes.txt").read_text()
    # Its journal may not have begun.
    assert (logs / "xencenode-journal.txt").exists()
    assert "systemd" in (logs / "xencenode-processes.txt").read_text()
    assert not settled(sandbox, before, but=["state"])
    # The box's own are gone; its journal and the state directory's version stay with any box.
    assert not any(any((sandbox.home / name).iterdir()) for name in ("boxes", "ledger"))
    assert [path.name for path in (sandbox.home / "log").iterdir()] == [logs.name]


def _kill_systemd_of_node(sandbox: Sandbox) -> bool:
    """Kill the node's first process once it is systemd; False before."""
    for controller in sandbox.processes(lambda words: ("--name", f"{BOX}.{NODE}") in pairwise(words)):
        for init in children(controller):
            if command_line(init)[:1] == ["/lib/systemd/systemd"]:
                os.kill(init, signal.SIGKILL)
                return True
    return False
