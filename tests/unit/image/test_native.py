"""A part's programs in C."""

from pathlib import Path

import pytest

from harness.errors import HostError
from harness.image import base, layer, native
from harness.image.base import Base
from tests.unit.image.tree import Asked, write

INIT = Path(__file__).parents[3] / "box/parts/node/programs/init.c"
PROGRAM = "extern int said(int);\nint say(int what) { return said(what); }\n"


def test_a_role_layer_has_the_object(checkout: Path, based: Base, owned: Asked) -> None:
    write(checkout / "box/parts/node/native/say.c", PROGRAM)
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    made = layers.of("ce") / "usr/lib/icebox/say.so"
    assert made.read_bytes()[:4] == b"\x7fELF"
    assert made.stat().st_mode & 0o777 == 0o644
    assert made.parent.stat().st_mode & 0o777 == 0o755


def test_the_object_asks_for_no_library_of_this_machine(tmp_path: Path) -> None:
    native.compile_one(write(tmp_path / "say.c", PROGRAM), tmp_path / "say.so")
    content = (tmp_path / "say.so").read_bytes()
    assert b"said" in content
    assert b"libc.so" not in content
    assert b"GLIBC" not in content


def test_a_program_asks_for_no_library_at_all(checkout: Path, based: Base, owned: Asked) -> None:
    write(checkout / "box/parts/node/programs/init.c", INIT.read_text())
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    made = layers.of("ce") / "usr/lib/icebox/init"
    assert made.stat().st_mode & 0o777 == 0o755
    assert b"/lib/systemd/systemd" in made.read_bytes()
    assert b"ld-linux" not in made.read_bytes()


def test_a_mistake_is_told_in_the_compilers_words(tmp_path: Path) -> None:
    source = write(tmp_path / "say.c", "int say( {\n")
    with pytest.raises(HostError) as caught:
        native.compile_one(source, tmp_path / "say.so")
    assert "say.c:1:" in str(caught.value)
    assert str(source) in str(caught.value)


def test_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "COMPILER", str(tmp_path / "none"))
    with pytest.raises(HostError, match="icebox setup"):
        native.compile_one(write(tmp_path / "say.c", PROGRAM), tmp_path / "say.so")
