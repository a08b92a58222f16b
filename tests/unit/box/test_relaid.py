"""Each start lays certificates and trust anew, whatever hides them; other files of a machine stay."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from harness.box.relaid import ASIDE, uncover

GRID = "etc/grid-security"
LAID = {
    f"{GRID}/certificates/ab.0": "the CA",
    f"{GRID}/certificates/ab.r0": "the CRL",
    f"{GRID}/vomsdir/gilda/rb.lsc": "the VOMS server",
    f"{GRID}/hostcert.pem": "certificate",
    f"{GRID}/myproxy/hostkey.pem": "key",
    f"{GRID}/grid-mapfile": "nobody",
    "etc/passwd": "root",
}
root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")


def write(top: Path, name: str, text: str) -> None:
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text(text)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    for name, text in LAID.items():
        write(tmp_path / "layer", name, text)
    return tmp_path / "layer"


def test_what_was_changed_is_put_aside_and_the_rest_stays(layer: Path, tmp_path: Path) -> None:
    upper = tmp_path / "upper"
    for name in (*LAID, f"{GRID}/certificates/own.0", f"{GRID}/gridmapdir/gilda001"):
        write(upper, name, "changed")
    uncover(layer, upper)
    left = {str(path.relative_to(upper)) for path in upper.rglob("*") if path.is_file()}
    assert {name for name in left if not name.startswith(str(ASIDE))} == {
        f"{GRID}/certificates/own.0",
        f"{GRID}/gridmapdir/gilda001",
        f"{GRID}/grid-mapfile",
        "etc/passwd",
    }
    assert (upper / ASIDE / GRID / "hostcert.pem").read_text() == "changed"
    assert stat.S_IMODE((upper / ASIDE).stat().st_mode) == 0o700
    # A second damage replaces the first that was put aside.
    write(upper, f"{GRID}/hostcert.pem", "changed again")
    uncover(layer, upper)
    assert (upper / ASIDE / GRID / "hostcert.pem").read_text() == "changed again"


def test_a_machine_that_wrote_nothing(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "upper").mkdir()
    uncover(layer, tmp_path / "upper")
    assert list((tmp_path / "upper").iterdir()) == []


BREAKS = [
    "echo x > certificates/ab.0",
    "rm certificates/ab.0",
    "chmod 600 certificates/ab.r0",
    "rm -r certificates",
    "rm -r certificates && mkdir certificates && echo own > certificates/own.0",
    "mv vomsdir vomsdir.away",
    "rm hostcert.pem && mkdir hostcert.pem",
    "ln -sf /nowhere hostcert.pem",
    "rm -r vomsdir && touch vomsdir",
]


@root
@pytest.mark.root
@pytest.mark.parametrize("broken", BREAKS)
def test_on_a_real_overlay(layer: Path, tmp_path: Path, broken: str) -> None:
    for name in ("upper", "work", "node"):
        (tmp_path / name).mkdir()
    options = f"lowerdir={layer},upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    mount = f"mount -t overlay -o {options} overlay {tmp_path}/node"

    def inside(line: str) -> str:
        # The mount goes with its namespace.
        words = ["unshare", "-m", "sh", "-ec", f"{mount}; cd {tmp_path}/node/{GRID}; {line}"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    inside(broken)
    uncover(layer, tmp_path / "upper")
    shown = "cat certificates/ab.0 certificates/ab.r0 vomsdir/gilda/rb.lsc hostcert.pem"
    assert inside(shown) == "the CAthe CRLthe VOMS servercertificate"
    assert inside("stat -c %a certificates/ab.r0").strip() == "644"
