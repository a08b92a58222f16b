"""libvirt that does not answer, and what it is asked for."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

from harness.errors import HarnessError, LostError, SilentError, WaitError
from harness.virt.connection import Hypervisor

PRETENDED = "test:///default"
"""libvirt's own driver for tests; its one machine is called ``test``."""


@pytest.fixture
def deaf(tmp_path: Path) -> Iterator[str]:
    """URI of a socket that takes connections and never answers."""
    path = tmp_path / "deaf"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        yield f"lxc+unix:///system?socket={path}"


@pytest.fixture
def over() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_nobody_listens() -> None:
    with pytest.raises(WaitError, match="libvirt to answer") as late:
        Hypervisor("lxc+unix:///system?socket=/nowhere/libvirt-sock", 0.05)
    assert "/nowhere/libvirt-sock" in late.value.why
    assert "None" not in late.value.why


def test_one_that_listens_and_never_answers(deaf: str) -> None:
    with pytest.raises(SilentError, match="libvirtd to take a connection") as late:
        Hypervisor(deaf, 0.2, remedy="./icebox stop --box school")
    assert late.value.remedy == "./icebox stop --box school"


def test_the_process_ends_though_a_call_never_does(deaf: str) -> None:
    program = f"""
from harness.errors import SilentError
from harness.virt.connection import Hypervisor
try:
    Hypervisor({deaf!r}, 0.2)
except SilentError:
    print("silent", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "silent\n"), done.stderr


def test_one_that_falls_silent_later(over: threading.Event) -> None:
    hypervisor = Hypervisor(PRETENDED)
    with pytest.raises(SilentError, match="hangs"):
        hypervisor._ask("hangs", lambda connection: over.wait(), 0.1)
    assert hypervisor.names() == ["test"], "the next question has a connection of its own"
    hypervisor.close()


def test_a_closed_one_that_is_silent_is_left(over: threading.Event) -> None:
    hypervisor = Hypervisor(PRETENDED)
    with pytest.raises(SilentError):
        hypervisor._ask("hangs", lambda connection: over.wait(), 0.1)
    hypervisor.close()


def test_machines_that_are_not_there_are_no_error() -> None:
    hypervisor = Hypervisor(PRETENDED)
    assert hypervisor.is_active("test")
    assert not hypervisor.is_active("nobody")
    assert hypervisor.describe("nobody") == ""
    hypervisor.destroy("nobody")
    hypervisor.close()


def test_what_libvirt_refuses_is_told_in_its_words() -> None:
    hypervisor = Hypervisor(PRETENDED)
    with pytest.raises(HarnessError, match="starts the node wn") as refused:
        hypervisor.create("<domain/>", "wn")
    assert refused.value.why
    hypervisor.close()


def test_a_machine_with_a_kernel_of_its_own_powers_off() -> None:
    there = Hypervisor(PRETENDED)
    assert there.is_active("test")
    there.shut_down("test", 10.0)
    assert not there.is_active("test")


@pytest.mark.parametrize("code", [libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_OPERATION_INVALID])
@pytest.mark.parametrize("domain", [libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE])
def test_a_lost_connection_is_told_by_where_its_error_is_from(code: int, domain: int) -> None:
    """One of its codes is said of machines that have ended, too."""

    def lose(_: libvirt.virDomain) -> None:
        error = libvirt.libvirtError("lost")
        error.err = (code, domain, "client socket is closed", 2, None, None, None, -1, -1)
        raise error

    hypervisor = Hypervisor(PRETENDED)
    before = hypervisor._connection
    with pytest.raises(LostError, match=r"the connection to libvirtd, which .* was lost") as lost:
        hypervisor._on("test", "looks", lose)
    assert lost.value.why == "client socket is closed"
    assert hypervisor.version(), "the next question has a connection of its own"
    assert hypervisor._connection is not before
    hypervisor.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Hypervisor]:
    """The driver for tests with a machine that no other connection has."""
    file = tmp_path / "node.xml"
    machine = "<name>ui</name><memory>8192</memory><os><type>hvm</type></os>"
    file.write_text(f"<node><domain type='test'>{machine}</domain></node>")
    made = Hypervisor(f"test://{file}")
    yield made
    made.close()


def test_a_machine_stands_still_and_goes_on(alone: Hypervisor) -> None:
    for act, state in (
        (alone.suspend, libvirt.VIR_DOMAIN_PAUSED),
        (alone.resume, libvirt.VIR_DOMAIN_RUNNING),
    ):
        for name in ("ui", "none-such"):
            act(name)
        assert alone._ask("says", lambda found: found.lookupByName("ui").state()[0]) == state
        assert alone.is_active("ui"), "it is none that is down"


def test_a_machine_ends_with_its_memory_in_a_file(alone: Hypervisor, tmp_path: Path) -> None:
    alone.save("ui", str(tmp_path / "memory"), 8)
    assert (tmp_path / "memory").stat().st_size > 0
    assert not alone.is_active("ui")
    with pytest.raises(HarnessError, match="reads the memory of xenuinode"):
        alone.restore(str(tmp_path / "none-such"), "xenuinode", 8)


def test_much_memory_has_longer_to_be_written_and_read(
    alone: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libvirtd writes is not ended by that nobody waits for it any more."""
    given: list[float] = []
    monkeypatch.setattr(alone, "_ask", lambda _what, _action, seconds: given.append(seconds))
    for memory in (0, 4096):
        alone.save("ui", "/saved/ui", memory)
        alone.restore("/saved/ui", "xenuinode", memory)
    assert given == [90.0, 90.0, 90.0 + 1024.0, 90.0 + 1024.0]
