"""What icebox asks of a Xen host before anything starts; a stand-in for xl says what it says there."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HostError
from harness.ledger import Ledger
from harness.virt import xl
from harness.virt.domain import mac
from harness.virt.kinds.xen import Xen
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE

WANTED = {node: Xen.memory(node) for node in SITE.nodes}
NEEDED = 4 * 192 + 256 + 5 * 2
INFO = "free_memory            : {free}\nxen_commandline        : placeholder {line}\n"
Host = Callable[..., None]


def domain(name: str, **nic: str) -> dict[str, Any]:
    """As ``xl list --long`` has it."""
    return {"domid": 3, "config": {"c_info": {"type": "pv", "name": name}, "nics": [{"devid": 0, **nic}]}}


@pytest.fixture
def host(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Makes a host of it: MiB that are free, further domains, Xen's command line, and daemons that run."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(xl, "PROC", tmp_path / "proc")
    (tmp_path / "bin").mkdir()

    def become(
        free: int = 2000, *domains: dict[str, Any], line: str = "dom0_mem=512M", runs: str = ""
    ) -> None:
        own = {"domid": 0, "config": {"c_info": {"name": "Domain-0"}, "b_info": {"target_memkb": 1024 << 10}}}
        (tmp_path / "info").write_text(INFO.format(free=free, line=line))
        (tmp_path / "list").write_text(json.dumps([own, *domains]))
        (tmp_path / "bin/xl").write_text(f'#!/bin/sh\nexec cat "{tmp_path}/$1"\n')
        (tmp_path / "bin/xl").chmod(0o755)
        (tmp_path / "proc/7").mkdir(parents=True, exist_ok=True)
        (tmp_path / "proc/7/comm").write_text(f"{runs or 'xenstored'}\n")

    return become


def test_a_host_that_has_room(host: Host) -> None:
    host(NEEDED)
    xl.check_toolstack()
    xl.check_room(WANTED)


@pytest.mark.tries("shut domains down that nobody needs (`xl list`), or have fewer nodes")
def test_how_much_memory_is_missing(host: Host, told: Told) -> None:
    host(NEEDED - 300)
    error = failing(told, lambda: xl.check_room(WANTED))
    assert "5 domains: 300 MiB are missing" in error.what
    assert f"they take {NEEDED} MiB, and {NEEDED - 300} MiB could be had" in error.why
    host(NEEDED)
    xl.check_room(WANTED)


def test_a_dom0_that_gives_back_counts_with_what_it_does_not_need(host: Host) -> None:
    host(NEEDED - (1024 - xl.OF_HOST), line="loglvl=all")
    xl.check_room(WANTED)
    host(NEEDED - (1024 - xl.OF_HOST) - 1, line="loglvl=all")
    with pytest.raises(HostError, match=": 1 MiB are missing"):
        xl.check_room(WANTED)


@pytest.mark.tries("shut it down, or give the node another address in the site file")
@pytest.mark.parametrize(
    ("nic", "what"),
    [
        ({"mac": mac(SITE.se).upper()}, "MAC address"),
        ({"mac": "00:16:3e:00:00:01", "ip": "192.168.1.4"}, "address"),
    ],
)
def test_a_domain_of_others(host: Host, told: Told, nic: dict[str, str], what: str) -> None:
    host(2000, domain("theirs", **nic))
    error = failing(told, lambda: xl.check_room(WANTED))
    assert f"the domain 'theirs', which is no box's, has the {what} of xensenode" in error.what
    host(2000, domain("theirs", mac="00:16:3e:00:00:01", ip="192.168.1.44"))
    xl.check_room(WANTED)


def test_domains_of_boxes_are_no_strangers(host: Host) -> None:
    Ledger("school").intend("kept", "school")
    host(2000, domain("school.xensenode", mac=mac(SITE.se)))
    xl.check_room(WANTED)
    host(2000, domain("scholar.xensenode", mac=mac(SITE.se)))
    with pytest.raises(HostError, match="scholar"):
        xl.check_room(WANTED)


@pytest.mark.tries("stop …, and keep it from starting at boot", "or use another host")
@pytest.mark.parametrize("other", xl.OTHERS)
def test_another_toolstack(host: Host, told: Told, other: str) -> None:
    host(runs=other)
    error = failing(told, xl.check_toolstack)
    assert error.what == f"{other} rules this machine's domains, and not xl"
    host()
    xl.check_toolstack()


@pytest.mark.tries("apt-get install xen-system-amd64")
def test_without_xl(host: Host, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    host()
    monkeypatch.setattr(xl.shutil, "which", lambda _: None)
    failing(told, xl.check_toolstack)
    monkeypatch.undo()


def test_xl_that_fails(host: Host, tmp_path: Path) -> None:
    host()
    (tmp_path / "bin/xl").write_text("#!/bin/sh\necho 'xc_version: No such device' >&2\nexit 1\n")
    with pytest.raises(HostError, match="`xl info` fails") as caught:
        xl.check_toolstack()
    assert "xc_version" in caught.value.why
