"""Role layers and site layers."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import base, layer
from harness.image.base import Base
from harness.image.layer import Directory, File, Owners, RoleLayers, Shared, SiteLayer
from tests.unit.image.tree import GROUP, PASSWD, Asked, write


@pytest.fixture(params=[0o027, 0o077])
def closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A caller whose files are shut to others, as hardening guides have it."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def shut(top: Path) -> list[str]:
    """Directories that an account in the node could not enter, and files it could not read."""
    wrong = []
    for path in [top, *top.rglob("*")]:
        wanted = 0o755 if path.is_dir() else 0o644
        if not path.is_symlink() and path.stat().st_mode & wanted != wanted:
            wrong.append(str(path.relative_to(top)))
    return wrong


def test_layers_are_open_whatever_the_umask(
    closed: None, checkout: Path, based: Base, owned: Asked, tmp_path: Path
) -> None:
    based.root.chmod(0o755)
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    assert shut(layers.of("ce")) == []
    made = SiteLayer(tmp_path / "box/site/ce", "ce", based, layers)
    os.umask(0o077)
    made.build({"vo": "gilda"}, [File("/etc/key.pem", b"secret\n", 0o400)], Owners(PASSWD, GROUP))
    assert sorted(shut(made.directory)) == ["etc/key-copy.pem", "etc/key.pem", "etc/voms.conf"]


def test_role_layers(checkout: Path, based: Base, owned: Asked) -> None:
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    top = layers.of("ce")
    assert (top / "etc/motd").stat().st_mode & 0o777 == 0o644
    assert (top / "usr/bin/run").stat().st_mode & 0o777 == 0o755
    assert (top / "storage").stat().st_mode & 0o7777 == 0o1777
    for kind in ("multi-user.target.wants", "x.target.requires"):
        assert (top / "etc/systemd/system" / kind / "ssh.service").is_symlink()
    assert base.ledger().open_entries() == []


def test_site_layer(checkout: Path, based: Base, owned: Asked, tmp_path: Path) -> None:
    owners = Owners(PASSWD, GROUP)
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    write(tmp_path / "site/ce/etc/stale", "from the last start\n")
    made.build({"vo": "gilda"}, [File("/etc/key.pem", b"secret\n", 0o400)], owners)
    assert (tmp_path / "site/ce/etc/voms.conf").read_text() == "vo gilda\n"
    assert (tmp_path / "site/ce/etc/voms.conf").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "site/ce/etc/gilda.conf").exists()
    assert (tmp_path / "site/ce/etc/key-copy.pem").read_bytes() == b"secret\n"
    assert owned["key-copy.pem"] == (103, 104)
    assert not (tmp_path / "site/ce/etc/stale").exists()


def test_a_file_that_the_image_has_is_shared_with_it(
    checkout: Path, based: Base, owned: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "image/table.frm", "rows\n", 0o660)
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    items = [File("/etc/key.pem", b"secret\n"), Directory("/data", 0o700), Shared("/data/table.frm", source)]
    made.build({"vo": "gilda"}, items, Owners(PASSWD, GROUP))
    assert (made.directory / "data/table.frm").samefile(source)

    def apart(*_paths: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", apart)
    made.build({"vo": "gilda"}, items, Owners(PASSWD, GROUP))
    copy = made.directory / "data/table.frm"
    assert not copy.samefile(source)
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("rows\n", 0o660)
    assert owned["table.frm"] == (source.stat().st_uid, source.stat().st_gid)


def test_a_template_that_asks_for_what_is_not_there(
    checkout: Path, based: Base, owned: Asked, tmp_path: Path
) -> None:
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    with pytest.raises(HarnessError) as caught:
        made.build({"site": "x"}, [], Owners(PASSWD, GROUP))
    assert "'vo' is undefined" in caught.value.why
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\n{{ nothing }}\n", "'nothing' is undefined"),
        ("a\n{% if vo %}\nb\n", "endif"),
        ("a\n{{ vo + 1 }}\n", "can only concatenate str"),
        ("a\n{{ vo.split(1) }}\n", "must be str or None"),
    ],
)
def test_the_line_of_a_bad_template_is_named(
    checkout: Path, based: Base, owned: Asked, tmp_path: Path, text: str, why: str
) -> None:
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    path = checkout / "box/parts/ce/site/etc/voms.conf.j2"
    write(path, text)
    with pytest.raises(HarnessError) as caught:
        made.build({"vo": "gilda"}, [], Owners(PASSWD, GROUP))
    assert caught.value.where == f"{path}:2"
    assert why in caught.value.why
    assert "mend that line" in caught.value.remedy


def test_nobody_has_this_owner() -> None:
    with pytest.raises(HarnessError, match="no such user or group 'ldap'"):
        Owners(PASSWD, GROUP).of("voms:ldap")
