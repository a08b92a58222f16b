"""A small source tree, a base layer with hardly anything in it, and no need to be root."""

import os
import sys
from pathlib import Path

import pytest

from harness import state
from harness.image import bytecode, layer
from harness.image.base import Base
from tests.unit.image.tree import GROUP, PASSWD, Asked, write


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Owners that were asked for, by file name; a fake, so that nobody needs to be root."""
    asked: Asked = {}

    def chown(path: str | Path, uid: int, gid: int, *, follow_symlinks: bool = True) -> None:
        asked[os.path.basename(path)] = (uid, gid)

    monkeypatch.setattr(os, "chown", chown)
    return asked


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with two small parts."""
    top = tmp_path / "checkout"
    write(top / "box/base/packages.list", "openssh-server  # everybody\n\n# nobody\nvoms-server\n")
    write(top / "box/parts/node/part.toml", 'units = ["ssh.service"]\n')
    write(top / "box/parts/node/tree/etc/motd", "hello\n", 0o600)
    write(
        top / "box/parts/ce/part.toml",
        """\
        includes = ["node"]
        masks = ["noisy.service"]
        [files]
        "/etc/voms.conf" = {mode = "0640", owner = "root:voms"}
        [dirs]
        "/storage" = {mode = "1777"}
        [copies]
        "/etc/key-copy.pem" = {from = "/etc/key.pem", mode = "0400", owner = "voms:voms"}
        """,
    )
    write(top / "box/parts/ce/tree/usr/bin/run", "#!/bin/sh\n", 0o755)
    write(
        top / "gridware/pyproject.toml",
        """\
        project = {name = "gridware", version = "1", description = "x", scripts = {say = "gridware.say:main"}}
        build-system = {requires = ["flit_core"], build-backend = "flit_core.buildapi"}
        """,
    )
    write(top / "gridware/src/gridware/__init__.py", "")
    write(top / "gridware/src/gridware/say.py", "WORD = 'hello'\n")
    write(top / "box/parts/ce/site/etc/voms.conf.j2", "vo {{ vo }}\n")
    write(top / "box/parts/ce/site/etc/{{ vo }}.conf.j2", "name\n")
    monkeypatch.setattr(state, "checkout", lambda: top)
    monkeypatch.setattr(layer, "ROLES", ("ce",))
    # The base of these tests has no Python.
    monkeypatch.setattr(bytecode, "interpreter", lambda _base: [sys.executable, "-I"])
    return top


@pytest.fixture
def based(home: Path) -> Base:
    """A built base layer with hardly anything in it."""
    made = Base("0123456789abcdef")
    write(made.top / "manifest.json", '{"voms-server": "2.1"}')
    write(made.root / "etc/passwd", PASSWD)
    write(made.root / "etc/group", GROUP)
    install = "[Install]\nWantedBy=multi-user.target\nRequiredBy=x.target\n"
    write(made.root / "usr/lib/systemd/system/ssh.service", install)
    return made
