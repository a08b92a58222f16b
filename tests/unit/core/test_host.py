"""What a host must have before a box is begun."""

import ctypes
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness import state
from harness.box import host
from harness.dom0 import preflight
from harness.errors import HostError
from harness.site import Site
from tests.drill.tried import Told, failing
from tests.unit.sites import SITE


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A host that has everything; the file says how many inotify instances it allows."""
    for name in ("check_root", "_check_home", "_check_space", "_check_memory"):
        monkeypatch.setattr(host, name, lambda *_: None)
    monkeypatch.setattr(preflight, "_check_programs", lambda: None)
    monkeypatch.setattr(preflight.cgroup, "check_host", lambda: None)
    limit = tmp_path / "max_user_instances"
    monkeypatch.setattr(preflight, "INOTIFY", limit)
    monkeypatch.setattr(preflight, "_are_to_be_had", lambda _instances: False)
    monkeypatch.setattr(preflight, "_inotify_in_use", lambda: 100)
    return limit


@pytest.mark.parametrize(
    ("nodes", "limit", "enough"), [(5, 125, True), (5, 124, False), (7, 134, False), (7, 135, True)]
)
def test_inotify_instances_for_each_node(sound: Path, nodes: int, limit: int, enough: bool) -> None:
    sound.write_text(f"{limit}\n")
    if enough:
        host.check(nodes)
        return
    with pytest.raises(
        HostError, match=f"{limit - 100}, and it needs {nodes * preflight.PER_NODE}"
    ) as refused:
        host.check(nodes)
    assert "100 are in use" in refused.value.why
    assert "fs.inotify.max_user_instances" in refused.value.remedy


ALLOWED = 7
TRYING = f"""
import os
from harness.dom0.preflight import _are_to_be_had
before = os.listdir("/proc/self/fd")
print(_are_to_be_had({ALLOWED}), _are_to_be_had({ALLOWED} + 1), _are_to_be_had({ALLOWED}))
print(os.listdir("/proc/self/fd") == before)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a limit of one's own needs root")
def test_instances_are_had_for_a_moment_and_given_back() -> None:
    """In a user namespace that has few (namespaces(7), max_inotify_instances)."""
    few = f'echo {ALLOWED} > /proc/sys/user/max_inotify_instances && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "sh", "-ec", few, "sh", sys.executable, "-c", TRYING]
    done = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": str(state.checkout())})
    assert done.stdout.split() == ["True", "False", "True", "True"], done.stderr


def test_none_are_counted_where_they_are_to_be_had(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_are_to_be_had", lambda instances: instances == 25)
    monkeypatch.setattr(preflight, "_inotify_in_use", lambda: pytest.fail("each process was looked at"))
    host.check(5)


def test_instances_are_counted_where_they_are_open() -> None:
    number = ctypes.CDLL(None).inotify_init()
    assert number >= 0
    try:
        assert preflight._is_inotify(Path(f"/proc/self/fd/{number}"))
        assert preflight._inotify_in_use() >= 1
    finally:
        os.close(number)
    assert not preflight._is_inotify(Path(f"/proc/self/fd/{number}"))
    with Path(os.devnull).open() as other:
        assert not preflight._is_inotify(Path(f"/proc/self/fd/{other.fileno()}"))


@pytest.mark.parametrize("name", ["a b", "a:b", "a,b", "a\\b"])
def test_state_directory_that_mounts_would_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("ICEBOX_HOME", str(tmp_path / name))
    with pytest.raises(HostError, match="state directory can't be used"):
        host.check()
    assert not (tmp_path / name).exists()


def test_space_that_runs_out_meanwhile() -> None:
    with pytest.raises(HostError) as caught, host.out_of_space():
        raise OSError(28, "No space left on device", "/var/lib/icebox/boxes/a")
    assert "the disk ran full" in str(caught.value)
    with pytest.raises(FileNotFoundError), host.out_of_space():
        raise FileNotFoundError(2, "No such file")


@pytest.mark.usefixtures("sound")
@pytest.mark.tries("choose the hypervisor lxc or xen")
def test_a_remote_dom0_has_containers_and_domains(told: Told) -> None:
    site = SITE

    def there(kind: str) -> Site:
        nodes = (replace(site.nodes[0], hypervisor=kind), *site.nodes[1:])
        return replace(site, dom0_kind="remote", dom0_host="root@xen1", nodes=nodes)

    assert failing(told, lambda: host.check(0, there("qemu"))).what.endswith("whose hypervisor is qemu")
    host._check_kinds(there("xen"))
    host._check_kinds(there("lxc"))
