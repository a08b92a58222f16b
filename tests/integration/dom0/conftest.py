"""A machine that is reached by ssh alone, and the default site on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.dom0.sshhost import CONFIG
from tests.integration.dom0 import rig
from tests.integration.dom0.rig import Rented
from tests.unit import sites


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rented]:
    """The rented machine; nothing of it is left."""
    with (
        rig.rented(f"far{os.getpid() % 10**6}", tmp_path_factory.mktemp("rented")) as machine,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(CONFIG, str(machine.client))
        yield machine


@pytest.fixture(scope="module")
def site_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default site, on that machine."""
    remote = 'kind = "remote"\nhost = "root@dom0"'
    return sites.site_file(tmp_path_factory.mktemp("site"), ('kind = "embedded"', remote))
