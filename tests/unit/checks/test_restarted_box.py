"""A box whose dom0 another process has started anew."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from harness.access.shell import Shell
from harness.box import box as box_module
from harness.box.box import Box
from harness.site import Node, Role


@dataclass
class Dom0:
    """A dom0's network, with the far ends of what was dialled."""

    name: str
    stands: bool = True
    opened: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    def open_socket(self, host: str, port: int, timeout: float = 10.0) -> socket.socket:
        self.opened.append(socket.socketpair())
        return self.opened[-1][0]

    @property
    def cut(self) -> list[bool]:
        """Of each line, whether it was."""
        return [_ended(far) for _, far in self.opened]

    def close(self) -> None:
        for pair in self.opened:
            for end in pair:
                end.close()


def _ended(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False


NODE = Node("xencenode", Role.CE, "192.168.1.2", "sytes.net")  # type: ignore[arg-type]


@pytest.fixture
def dom0s(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Dom0, Dom0]]:
    old, new = Dom0("old"), Dom0("new")
    monkeypatch.setattr(box_module.standing, "attach", lambda name, ledger: new)
    yield old, new
    old.close()
    new.close()


@pytest.fixture
def box(dom0s: tuple[Dom0, Dom0]) -> Box:
    made = Box(None, dom0s[0], SimpleNamespace(box="unit"), None)  # type: ignore[arg-type]
    made.secrets = SimpleNamespace(  # type: ignore[assignment,misc]
        ssh_key=lambda owner: SimpleNamespace(path="/nowhere", public="ssh-ed25519 AAAA")
    )
    made.machines = SimpleNamespace(pace=lambda: 1.0)  # type: ignore[assignment]
    return made


def test_shells_of_before_dial_the_new_dom0(box: Box, dom0s: tuple[Dom0, Dom0]) -> None:
    shell = box.shell(NODE)
    shell.dial()
    dom0s[0].stands = False
    shell.dial()
    assert [len(dom0.opened) for dom0 in dom0s] == [1, 1]


def test_lines_to_the_old_dom0_are_cut(box: Box, dom0s: tuple[Dom0, Dom0]) -> None:
    line = box.shell(NODE).dial()
    assert dom0s[0].cut == [False]
    dom0s[0].stands = False
    assert box.dom0.name == "new"
    assert dom0s[0].cut == [True]
    assert line.recv(1) == b""


def test_a_shell_that_finds_the_new_dom0_while_it_connects_is_not_stuck(
    box: Box, dom0s: tuple[Dom0, Dom0], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(shell: Shell) -> SimpleNamespace:
        shell.dial()
        return SimpleNamespace(get_transport=lambda: "live", close=lambda: None)

    monkeypatch.setattr(Shell, "_connect", connect)
    shell = box.shell(NODE)
    dom0s[0].stands = False
    done = threading.Thread(target=lambda: shell.transport, daemon=True)
    done.start()
    done.join(10)
    assert not done.is_alive(), "the shell waits for itself"


def test_hang_up_spares_other_nodes(box: Box, dom0s: tuple[Dom0, Dom0]) -> None:
    other = Node("xensenode", Role.SE, "192.168.1.4", "sytes.net")  # type: ignore[arg-type]
    lines = [box.shell(node).dial() for node in (other, NODE)]
    box.hang_up(NODE.name)
    assert dom0s[0].cut == [False, True]
    box.hang_up()
    assert dom0s[0].cut == [True, True]
    assert len(lines) == 2
