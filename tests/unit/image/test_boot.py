"""The kernel of nodes that have one of their own, and the first file system that it starts with."""

import gzip
import lzma
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import base, boot, cpio
from harness.image.kernel import PAYLOAD, SECTOR, SETUP_SECTORS, Modules, unpacked
from tests.drill.tried import Told, failing

ELF = b"\x7fELF and all that is in a kernel" * 100
OWN = "if then else for do done case until while echo exit export read fail lay load tries"
"""The shell's own words in init, and init's."""
SIZE = struct.pack("<I", len(ELF))


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def image(path: Path, payload: bytes) -> Path:
    """A bzImage with a set-up of two sectors."""
    setup = bytearray(3 * SECTOR)
    setup[SETUP_SECTORS] = 2
    struct.pack_into("<II", setup, PAYLOAD, 100, len(payload))
    path.write_bytes(bytes(setup) + bytes(100) + payload + b"what stands behind")
    return path


@pytest.mark.parametrize("pack", [zstd, lzma.compress, gzip.compress], ids=["zstd", "xz", "gzip"])
def test_a_kernel_is_unpacked(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    assert unpacked(image(tmp_path / "vmlinuz", pack(ELF) + SIZE)) == ELF


@pytest.mark.parametrize(
    "payload", [b"LZO?" * 9, gzip.compress(b"no kernel") + SIZE], ids=["unknown", "no ELF"]
)
def test_a_kernel_that_is_none(tmp_path: Path, payload: bytes) -> None:
    with pytest.raises(HarnessError, match="the kernel can't be unpacked") as told:
        unpacked(image(tmp_path / "vmlinuz", payload))
    assert payload[:6].hex() in told.value.why


def module(directory: Path, name: str, *needs: str, pack: bool = False) -> None:
    content = b"\x7fELF\0license=GPL\0depends=" + ",".join(needs).encode() + b"\0name=x\0"
    path = directory / f"{name}.ko{'.xz' if pack else ''}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content) if pack else content)


def test_modules_come_behind_what_they_need(tmp_path: Path) -> None:
    module(tmp_path, "net/core/failover")
    module(tmp_path, "net/net_failover", "failover")
    module(tmp_path, "drivers/virtio-net", "net_failover", pack=True)
    module(tmp_path, "drivers/tun")
    found = Modules(tmp_path)
    order = found.in_order(["tun", "virtio_net", "failover"])
    assert order == ["tun", "failover", "net_failover", "virtio_net"]
    assert found.content("virtio_net").startswith(b"\x7fELF"), "insmod takes it as it is"


def test_the_archive_is_what_cpio_unpacks(tmp_path: Path) -> None:
    """GNU's tar and cpio may not be here; Python has none: read it back by the format's own description."""
    members = [
        cpio.directory("bin"),
        cpio.program("init", b"#!"),
        cpio.link("bin/sh", "busybox"),
        cpio.file("a", b""),
    ]
    data = cpio.archive(members)
    assert data == cpio.archive(members), "the same bytes each time"
    found, at = [], 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) // 4 * 4
        if name == cpio.END:
            break
        found.append((name, mode, data[start : start + size]))
        at = (start + size + 3) // 4 * 4
    assert found == [
        ("bin", 0o40755, b""),
        ("init", 0o100755, b"#!"),
        ("bin/sh", 0o120777, b"busybox"),
        ("a", 0o100644, b""),
    ]
    assert len(data) % 4 == 0


def test_init_has_all_programs_that_it_runs() -> None:
    """A name that is missing would only show in a machine that does not boot."""
    text = (boot.directory() / "init").read_text()
    code = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "''", text).replace("exec ", "")
    first = re.findall(r"(?:^|[;&|!(]|\bdo\b|\bif\b|\buntil\b) *([a-z_]+)(?= )", code, re.M)
    own = {*OWN.split()}
    assert set(first) - own == set(boot.APPLETS)
    assert subprocess.run(["sh", "-n", str(boot.directory() / "init")]).returncode == 0


def test_what_is_mounted_has_a_place() -> None:
    text = (boot.directory() / "init").read_text()
    places = {
        *re.findall(r"^mount .* /(\w+)$", text, re.M),
        *re.findall(r"^lay \w \S+ (\w+)$", text, re.M),
        "node",
    }
    assert places == set(boot.MOUNTS)


@pytest.fixture
def sources(checkout: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout with boot's own sources, a mirror, and nothing built yet."""
    (checkout / "box").mkdir(exist_ok=True)
    shutil.copytree(Path(__file__).parents[3] / "box/boot", checkout / "box/boot")
    monkeypatch.setattr(base, "mirror", lambda: "http://mirror.example/debian")
    return checkout


def install(words: list[str], _environment: object, log: Path) -> None:
    """Lay what the packages would."""
    log.write_text("")
    assert "--variant=extract" in words
    assert any(word.startswith("--include=linux-image-") for word in words)
    root = Path(words[-2])
    for directory in ("boot", "usr/bin"):
        (root / directory).mkdir(parents=True)
    image(root / "boot/vmlinuz-6.1-cloud", zstd(ELF) + SIZE)
    (root / "usr/bin/busybox").write_bytes(b"busybox")
    for name in (
        *base.listed(boot.directory() / "modules.list"),
        *base.listed(boot.directory() / "homes.list"),
    ):
        module(root / "usr/lib/modules/6.1-cloud", name, pack=True)


def build() -> boot.Boot:
    wanted = boot.wanted()
    with base.building(lambda: None) as journal:
        boot.build(wanted, journal, install)
        assert journal.open_entries() == []
    return wanted


@pytest.mark.usefixtures("sources")
def test_boot_has_the_originals_files() -> None:
    made = build()
    assert sorted(os.listdir(made.top / "boot")) == [
        "initrd-6.1-cloud.img",
        "vmlinux-6.1-cloud",
        "vmlinuz-6.1-cloud",
    ]
    assert os.listdir(made.top) == ["boot"]
    assert made.unpacked.read_bytes() == ELF
    assert b"virtio_blk" in made.initrd.read_bytes()


def test_other_inputs_are_another_boot(sources: Path) -> None:
    before = build()
    init = sources / "box/boot/init"
    init.write_text(init.read_text() + "# changed\n")
    assert boot.wanted() != before
    assert not boot.wanted().built


@pytest.mark.tries("mend box/boot/modules.list")
def test_a_module_that_the_kernel_has_in_itself(sources: Path, home: Path, told: Told) -> None:
    listed = sources / "box/boot/modules.list"
    listed.write_text(f"{listed.read_text()}floppy\n")

    def gone(words: list[str], environment: object, log: Path) -> None:
        install(words, environment, log)
        next(Path(words[-2]).rglob("floppy.ko.xz")).unlink()

    def attempt() -> None:
        with base.building(lambda: None) as journal:
            boot.build(boot.wanted(), journal, gone)

    error = failing(told, attempt)
    assert "no module floppy" in str(error)
    assert [path.name for path in (home / "image").glob("boot-*")] == [], "nothing half made stays"
    listed.write_text(listed.read_text().removesuffix("floppy\n"))
    assert build().built
