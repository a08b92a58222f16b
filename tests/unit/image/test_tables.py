"""Tables that are made with the image."""

import os
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import base, layer, tables
from harness.image.base import Base
from tests.unit.image.tree import Asked, write


def test_a_package_without_the_sql(checkout: Path, based: Base, owned: Asked) -> None:
    write(checkout / "box/parts/node/part.toml", 'tables = "/usr/share/voms/voms-mysql.data"\n')
    with pytest.raises(HarnessError, match="does not make the tables") as refused:
        layer.build(layer.wanted(based), base.ledger())
    assert "voms-mysql.data" in refused.value.why
    assert refused.value.where.endswith("node/part.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="the image's programs are run in its root")
def test_a_database_that_never_ends_is_not_waited_for_without_end(
    checkout: Path, based: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(based.root / "usr/share/t.sql", "CREATE TABLE one (two INT);\n")
    write(checkout / "box/parts/node/part.toml", 'tables = "/usr/share/t.sql"\n')
    monkeypatch.setattr(tables, "_SCRIPT", "sleep 1000")
    monkeypatch.setattr(tables, "LONGEST", 0.2)
    with pytest.raises(HarnessError, match="does not make the tables") as refused:
        layer.build(layer.wanted(based), base.ledger())
    assert "timed out after 0.2 seconds" in refused.value.why
    assert [entry.kind for entry in base.ledger().open_entries()] == ["directory"], "no builder is left"


@pytest.mark.skipif(os.geteuid() != 0, reason="the image's programs are run in its root")
def test_a_database_that_is_not_made(checkout: Path, based: Base) -> None:
    """Here for want of a MariaDB in the base of these tests."""
    write(based.root / "usr/share/t.sql", "CREATE TABLE one (two INT);\n")
    write(checkout / "box/parts/node/part.toml", 'tables = "/usr/share/t.sql"\n')
    with pytest.raises(HarnessError, match="does not make the tables") as refused:
        layer.build(layer.wanted(based), base.ledger())
    assert refused.value.why
    assert not layer.wanted(based).built
    assert [entry.kind for entry in base.ledger().open_entries()] == ["directory"], "no builder is left"


def test_a_role_without_tables_has_none(tmp_path: Path) -> None:
    assert list(tables.of(tmp_path)) == []
