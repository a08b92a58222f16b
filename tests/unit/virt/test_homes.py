"""Whose /home is mounted from the dom0, and who is let at it."""

import dataclasses
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.dom0 import uplink
from harness.errors import HarnessError, WaitError
from harness.install.installed import as_domains
from harness.network.nftables import NFS
from harness.site import Role, Site
from harness.virt import homes
from tests.unit.sites import SITE


def site(**kinds: str) -> Site:
    """The default site with nodes of other kinds, by their roles."""
    nodes = [dataclasses.replace(n, hypervisor=kinds.get(n.role.value, "lxc")) for n in SITE.nodes]
    return dataclasses.replace(SITE, nodes=tuple(nodes))


ALL = dict.fromkeys(map(str, Role), "xen")


@pytest.mark.parametrize(
    ("kinds", "roles"),
    [
        ({}, []),
        ({"ce": "qemu", "wn": "qemu"}, []),
        ({"se": "xen", "ui": "xen", "rb": "xen"}, []),
        ({"wn": "xen"}, ["wn"]),
        (ALL, ["ce", "wn"]),
    ],
)
def test_only_nodes_that_share_homes_and_have_no_other_way(kinds: dict[str, str], roles: list[str]) -> None:
    assert sorted(node.role.value for node in site(**kinds).mounting) == roles


def test_nobody_serves_nodes_that_their_owner_starts_by_hand() -> None:
    assert as_domains(SITE).mounting == ()


def test_the_packet_filter_lets_root_of_these_nodes_at_the_server_and_nobody_else() -> None:
    assert str(NFS) not in uplink.rules(SITE)
    [rule] = [line.strip() for line in uplink.rules(site(wn="xen")).splitlines() if str(NFS) in line]
    [wn] = SITE.wns
    assert rule == f'iifname "boxbr0" ip saddr {{ {wn.address} }} tcp sport 1-1023 tcp dport 2049 accept'


def test_a_ce_and_its_wns_name_the_same_directory() -> None:
    found = site(**ALL)
    units = {homes.unit(found, node) for node in found.mounting}
    assert len(units) == 1
    assert "What=192.168.1.1:/home1\nWhere=/home\n" in units.pop()


class Dom0:
    """One that notes what it is told; each node's drives lead to its homes."""

    name, directory = "dom0", "/run/icebox/school"

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.spawned: list[str] = []
        self.said = ""
        self.listens = True

    def disk(self, name: str) -> str:
        return f"/mnt/nodes/{name}"

    def longer(self, seconds: float) -> float:
        return seconds

    def log(self, name: str) -> str:
        assert name == homes.LOG
        return self.said

    def quietly(self, *words: str) -> str:
        return f"/homes/of{words[-1].replace('/', '-')}\n"

    def put(self, path: str, content: bytes, mode: int) -> None:
        assert mode == 0o600
        self.files[path] = content.decode()

    def spawn(self, _place: object, words: list[str], _log: str) -> None:
        self.spawned.append(words[0])

    def open_socket(self, address: str, port: int) -> Any:
        assert (address, port) == ("192.168.1.1", NFS)
        if not self.listens:
            raise ConnectionRefusedError
        return self

    def close(self) -> None:
        return


def test_the_server_knows_the_nodes_of_each_ce() -> None:
    dom0 = Dom0()
    homes.serve(site(wn="xen"), dom0)  # type: ignore[arg-type]
    [text] = dom0.files.values()
    assert re.findall(r"Path = (\S+);", text) == ["/homes/of-mnt-nodes-xenwnnode-home"]
    assert re.findall(r"Clients = ([^;]*);", text) == ["192.168.1.3"]
    assert "PrivilegedPort = true" in text
    assert dom0.spawned == ["ganesha.nfsd"]


def test_a_server_that_answers_and_serves_nothing_is_told() -> None:
    dom0 = Dom0()
    dom0.said = "EVENT :begun\nCRIT :Could not create export for (/home1) to (/homes)\nEVENT :it goes on\n"
    with pytest.raises(HarnessError, match="the homes can't be served") as told:
        homes.serve(site(wn="xen"), dom0)  # type: ignore[arg-type]
    assert told.value.why == "CRIT :Could not create export for (/home1) to (/homes)"


def test_a_server_that_dies_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "STARTED", 0.1)
    dom0 = Dom0()
    dom0.listens, dom0.said = False, "FATAL :it has no right to\n"
    with pytest.raises(WaitError, match="the homes to be served") as told:
        homes.serve(site(wn="xen"), dom0)  # type: ignore[arg-type]
    assert told.value.why.endswith("FATAL :it has no right to")


@pytest.mark.parametrize("before", ["", "of the host"])
def test_a_dom0_without_a_list_of_mounts_gets_one(tmp_path: Path, before: str) -> None:
    """By the words that are typed there, in another directory: nfs-ganesha exports nothing without it."""
    (tmp_path / "etc").mkdir()
    if before:
        (tmp_path / "etc/mtab").write_text(before)
    line = homes.READY.replace("/etc/", f"{tmp_path}/etc/").replace("/var/", f"{tmp_path}/var/")
    line = line.replace("/run/", f"{tmp_path}/run/")
    subprocess.run(["sh", "-ec", line, "ready", str(tmp_path)], check=True)
    assert (tmp_path / "etc/mtab").is_symlink() is not bool(before)
    assert {each.name for each in tmp_path.iterdir()} == {"etc", "var", "run", "nfs"}


def test_nobody_serves_homes_that_nobody_mounts() -> None:
    dom0 = Dom0()
    homes.serve(site(), dom0)  # type: ignore[arg-type]
    assert not dom0.spawned
