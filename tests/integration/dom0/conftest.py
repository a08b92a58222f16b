"""A machine that is reached by ssh alone, and the default site on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.dom0.sshhost import CONFIG
from harness.state import checkout
from tests.integration.dom0 import rig
from tests.integration.dom0.rig import Rented


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rented]:
    """The rented machine; nothing of it is left."""
    if not rig.is_root():
        pytest.skip("boxes need root")
    with (
        rig.rented(f"far{os.getpid() % 10**6}", tmp_path_factory.mktemp("rented")) as machine,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(CONFIG, str(machine.client))
        yield machine


@pytest.fixture(scope="module")
def site_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default site, on that machine."""
    path = tmp_path_factory.mktemp("site") / "icebox.toml"
    text = (checkout() / "icebox.toml").read_text()
    assert 'kind = "embedded"' in text
    path.write_text(text.replace('kind = "embedded"', 'kind = "remote"\nhost = "root@dom0"'))
    path.with_name("gridbox-ports.cfg").write_bytes((checkout() / "gridbox-ports.cfg").read_bytes())
    return path
