"""The dyndns2 client, its service and its authority."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.dns.fake_dns import FakeDns
from tests.unit.dns.fake_service import FakeService
from tests.unit.dns.rig import CE, OLD, SE, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with FakeService().running() as service, FakeDns().running() as authority:
        for name in (CE, SE):
            authority.point(name, str(OLD))
        yield Rig(service, authority, tmp_path / "state" / "record.json")
