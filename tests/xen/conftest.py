"""The emulated Xen host, for all that is tried on it."""

from collections.abc import Iterator

import pytest

from harness.dom0.sshhost import CONFIG, SshHost
from harness.xenhost import host, system
from tests.xen.running import icebox


@pytest.fixture(scope="module")
def xen() -> Iterator[SshHost]:
    """The host, as a remote dom0 is reached; nothing runs of it afterwards."""
    if host.is_up():
        pytest.fail("a Xen host is up, and this run would stop it: ./icebox xen-host stop")
    icebox("start").check()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(CONFIG, str(host.config()))
            yield SshHost(f"root@{host.NAME}", host.run_dir())
    finally:
        icebox("stop").check()
    assert not host.run_dir().exists()
    assert not (system.top() / "run").exists()
    assert system.ledger().is_over
