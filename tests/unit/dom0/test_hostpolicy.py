"""Settings of a machine that a box can't do with in its network."""

import re
from pathlib import Path

import pytest

from harness.dom0 import hostpolicy
from harness.errors import HostError
from harness.probes import clockkept
from tests.drill.tried import Told


def lay(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.tries("delete that line")
@pytest.mark.parametrize("line", ["net.ipv4.ip_forward = 0", "-net/ipv4/conf/all/forwarding=0"])
def test_a_machine_that_is_not_to_forward(tmp_path: Path, told: Told, line: str) -> None:
    lay(tmp_path, "etc/sysctl.conf", "#net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=1\n")
    file = lay(tmp_path, "usr/lib/sysctl.d/50-hard.conf", f"kernel.x=1\n{line}\n")
    with pytest.raises(HostError, match="not to forward") as refused:
        hostpolicy.check_forwarding([], tmp_path)
    assert (refused.value.where, line in refused.value.why) == (str(file), True)
    told(refused.value)
    file.write_text(file.read_text().replace(line, ""))
    hostpolicy.check_forwarding([], tmp_path)


def test_a_file_that_another_of_its_name_stands_before_does_not_count(tmp_path: Path) -> None:
    lay(tmp_path, "etc/sysctl.d/50-hard.conf", "")
    lay(tmp_path, "usr/lib/sysctl.d/50-hard.conf", "net.ipv4.ip_forward=0\n")
    hostpolicy.check_forwarding([], tmp_path)


def test_a_setting_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="does not let interfaces forward"):
        hostpolicy.check_forwarding([str(tmp_path / "missing")], tmp_path)


ANY = "[Match]\nName=en* *0\n[Network]\nDHCP=yes\n"


@pytest.mark.tries(
    "write `[Match] Name=… [Link] Unmanaged=yes`, a word a line, into /etc/systemd/network/00-….network, "
    "then `networkctl reload`"
)
def test_networkd_that_would_take_the_bridge(tmp_path: Path, told: Told) -> None:
    lay(tmp_path, "usr/lib/systemd/network/90-any.network", ANY)
    hostpolicy.check_managers(["boxbr0"], tmp_path)
    (tmp_path / "run/systemd/netif").mkdir(parents=True)
    with pytest.raises(HostError, match="take the box's interface boxbr0") as refused:
        hostpolicy.check_managers(["boxbr0"], tmp_path)
    named = re.search(r"write `(.*)`, a word a line, into /(\S+),", told(refused.value))
    assert named
    lay(tmp_path, named[2], named[1].replace(" ", "\n"))
    hostpolicy.check_managers(["boxbr0"], tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[Match]\nName=en*\n",
        "[Match]\nType=ether\n",
        "[Match]\nName=*\nDriver=veth\n",
        "[Match]\nName=*\n[Link]\nUnmanaged=yes\n",
    ],
)
def test_what_networkd_leaves_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "run/systemd/netif").mkdir(parents=True)
    lay(tmp_path, "etc/systemd/network/10-some.network", text)
    lay(tmp_path, "etc/systemd/network/20-broken.network", "no section")
    hostpolicy.check_managers(["boxbr0"], tmp_path)


TAKES = "[connection]\nid=class\ntype=bridge\ninterface-name=boxbr0\n"
CONNECTION = "etc/NetworkManager/system-connections/class.nmconnection"


@pytest.mark.tries(
    "write `[keyfile] unmanaged-devices=interface-name:…`, a word a line, into "
    "/etc/NetworkManager/conf.d/90-….conf, then `nmcli general reload`"
)
@pytest.mark.parametrize("text", [TAKES, "[connection]\ntype=ethernet\n[match]\ninterface-name=eth0;box*;\n"])
def test_network_manager_that_would_take_the_bridge(tmp_path: Path, told: Told, text: str) -> None:
    lay(tmp_path, CONNECTION, text)
    lay(
        tmp_path,
        "etc/NetworkManager/NetworkManager.conf",
        "[keyfile]\nunmanaged-devices=mac:06:00;type:wifi\n",
    )
    hostpolicy.check_managers(["boxbr0"], tmp_path)
    (tmp_path / "run/NetworkManager").mkdir(parents=True)
    with pytest.raises(HostError, match="NetworkManager would take the box's interface boxbr0") as refused:
        hostpolicy.check_managers(["icebox0", "boxbr0"], tmp_path)
    assert refused.value.where.endswith(CONNECTION)
    named = re.search(r"write `(.*)`, a word a line, into /(\S+),", told(refused.value))
    assert named
    lay(tmp_path, named[2], named[1].replace(" ", "\n"))
    hostpolicy.check_managers(["boxbr0"], tmp_path)


@pytest.mark.parametrize(
    "text", [f"{TAKES}autoconnect=false\n", TAKES.replace("boxbr0", "br0"), "no section"]
)
def test_what_network_manager_leaves_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "run/NetworkManager").mkdir(parents=True)
    lay(tmp_path, CONNECTION, text)
    hostpolicy.check_managers(["boxbr0"], tmp_path)


@pytest.mark.parametrize("kept", [True, False])
def test_a_clock(monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    monkeypatch.setattr(clockkept, "is_kept_here", lambda: kept)
    if kept:
        hostpolicy.check_clock()
        return
    with pytest.raises(HostError, match="nobody synchronizes"):
        hostpolicy.check_clock()
