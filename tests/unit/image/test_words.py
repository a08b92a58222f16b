"""Words in packaged programs."""

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import base, layer, words
from harness.image.base import Base
from tests.unit.image.tree import Asked, write

OLD, NEW = "eNULL:ALL", "HIGH"
PROGRAM = b"\x7fELF # 'eNULL:ALL' used instead\0eNULL:ALL\0%s: eNULL:ALL\0"
WORDS = f'[words]\n"/usr/lib/libgssapi.so.4" = {{from = "{OLD}", to = "{NEW}"}}\n'


def packaged(based: Base, content: bytes) -> None:
    library = based.root / "usr/lib/libgssapi.so.4.10"
    library.parent.mkdir(parents=True, exist_ok=True)
    library.write_bytes(content)
    library.with_name("libgssapi.so.4").symlink_to(library.name)


def test_a_role_layer_has_the_other_word(checkout: Path, based: Base, owned: Asked) -> None:
    packaged(based, PROGRAM)
    write(checkout / "box/parts/node/part.toml", WORDS)
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    made = layers.of("ce") / "usr/lib/libgssapi.so.4.10"
    assert made.read_bytes() == PROGRAM.replace(b"\0eNULL:ALL\0", b"\0HIGH\0\0\0\0\0\0")
    assert made.stat().st_mode & 0o777 == 0o644
    assert made.parent.stat().st_mode & 0o777 == 0o755
    assert not made.with_name("libgssapi.so.4").exists(), "the link is the package's"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\0eNULL\0", "0 times"),
        (b"\0eNULL:ALL\0\0eNULL:ALL\0", "2 times"),
        (None, "No such file"),
    ],
)
def test_a_package_that_has_changed(
    checkout: Path, based: Base, owned: Asked, content: bytes | None, why: str
) -> None:
    if content is not None:
        packaged(based, content)
    write(checkout / "box/parts/node/part.toml", WORDS)
    with pytest.raises(HarnessError) as caught:
        layer.build(layer.wanted(based), base.ledger())
    assert why in caught.value.why
    assert caught.value.where == str(checkout / "box/parts/node/part.toml")
    assert "mend `words`" in caught.value.remedy


def test_a_word_that_finds_no_room() -> None:
    with pytest.raises(ValueError, match="5 bytes do not fit where 4 stand"):
        words.change(b"\0HIGH\0", b"HIGH", b"HIGHE")
