"""A node's configuration is printed without a box, and without being root."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness import cli
from harness.errors import ExitCode
from harness.virt.kinds import KINDS
from tests.unit.sites import site_file


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["show", *words]) == ExitCode.GO
    return capsys.readouterr().out


@pytest.mark.parametrize("hypervisor", KINDS.names())
def test_each_kind(home: Path, capsys: pytest.CaptureFixture[str], hypervisor: str) -> None:
    top = ElementTree.fromstring(shown(capsys, "wn", "--hypervisor", hypervisor, "--box", "school"))
    assert top.get("type") == hypervisor
    assert top.findtext("name") == "school.xenwnnode"
    assert list(home.iterdir()) == [], "nothing is made"


def test_disks_are_where_the_box_has_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "xensenode", "--xm", "--box", "school")
    assert f"'file:{home}/boxes/school/drives/xensenode/scratch,xvdd,w'" in text
    assert text.startswith("# xensenode.sytes.net, 192.168.1.4; gateway 192.168.1.1\n")


@pytest.mark.parametrize(
    ("disk", "shown_as"),
    [
        ('lvm = "vg0"', "'phy:/dev/vg0/school.CENode,xvdd,w'"),
        ('files = "/srv/grid"', "'file:/srv/grid/school/CENode,xvdd,w'"),
    ],
)
@pytest.mark.usefixtures("home")
def test_disks_are_where_the_site_file_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], disk: str, shown_as: str
) -> None:
    changes = ('"embedded"', '"embedded"\nhypervisor = "xen"'), ("[vo]", f"[disk]\n{disk}\n[vo]")
    path = site_file(tmp_path, *changes)
    text = shown(capsys, "ce", "--xm", "--box", "school", "--site", str(path))
    assert shown_as in text
    assert "/boxes/school/drives/xencenode/base,xvda,r'" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grid",), "there is no node 'grid'"),
        (("ce", "--xm", "--hypervisor", "lxc"), "no such form of a node whose hypervisor is lxc"),
        (("ce", "--box", "A B"), "A B"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_can_not_be_shown(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    assert cli.main(["show", *words]) == ExitCode.BAD_INPUT
    assert said in capsys.readouterr().err
