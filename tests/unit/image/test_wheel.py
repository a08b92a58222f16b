"""gridware in the role layers: its modules, and the commands that a part asks for."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import base, bytecode, layer
from harness.image.base import Base
from tests.unit.image.tree import Asked, write

PROGRAM = Path(__file__).parents[3] / "gridware/src/gridware/program.py"
NODE = """\
[commands]
"/usr/bin" = ["sa*"]
"/opt/lcg/bin" = ["say"]
"""


def built(based: Base) -> layer.RoleLayers:
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    return layers


def test_a_part_has_its_commands(checkout: Path, based: Base, owned: Asked) -> None:
    write(checkout / "box/parts/node/part.toml", NODE)
    top = built(based).of("ce")
    for directory in ("usr/bin", "opt/lcg/bin"):
        script = top / directory / "say"
        assert script.stat().st_mode & 0o777 == 0o755
        lines = script.read_text().splitlines()
        # Our modules, whatever a student or a job has in its environment.
        assert lines[0] == "#!/usr/bin/python3 -IS"
        assert "from gridware.say import main" in lines


def test_garbage_is_looked_for_once_a_command_is_loaded(checkout: Path, based: Base, owned: Asked) -> None:
    write(checkout / "box/parts/node/part.toml", NODE)
    told = "import gc\nLOADING = gc.isenabled()\ndef main():\n    print(LOADING, gc.isenabled())\n"
    told += "    return 3\n"
    write(checkout / "gridware/src/gridware/say.py", told)
    write(checkout / "gridware/src/gridware/program.py", PROGRAM.read_text())
    top = built(based).of("ce")
    words = [sys.executable, "-c", (top / "usr/bin/say").read_text()]
    library = top / bytecode.library(based).lstrip("/")
    done = subprocess.run(words, cwd=library, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"], done.stderr
    assert done.returncode == 3


def test_others_have_the_modules_alone(checkout: Path, based: Base, owned: Asked) -> None:
    top = built(based).of("ce")
    assert (top / bytecode.library(based).lstrip("/") / "gridware/say.py").is_file()
    assert not list(top.rglob("say"))


def test_roles_share_the_modules(
    checkout: Path, based: Base, owned: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "ROLES", ("ce", "node"))
    layers, module = built(based), bytecode.library(based).lstrip("/") + "/gridware/say.py"
    assert (layers.of("ce") / module).samefile(layers.of("node") / module)


def test_no_package(checkout: Path, based: Base, owned: Asked) -> None:
    (checkout / "gridware/pyproject.toml").write_text("[project]\n")
    with pytest.raises(HarnessError, match="makes no wheel"):
        built(based)


def test_a_change_of_a_module_makes_other_layers(checkout: Path, based: Base) -> None:
    before = layer.wanted(based).key
    write(checkout / "gridware/src/gridware/say.py", "WORD = 'other'\n")
    assert layer.wanted(based).key != before
