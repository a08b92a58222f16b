"""The libvirtd of a box: which drivers it has, and where they are reached."""

from types import SimpleNamespace
from typing import Any

import pytest

from harness.virt import daemon
from harness.virt.domains import Domains
from harness.virt.kinds import KINDS


@pytest.mark.parametrize("name", KINDS.names())
def test_each_kind_has_a_driver_with_settings_and_a_module(name: str) -> None:
    kind = KINDS.of(name)
    assert issubclass(kind, Domains)
    spawned: list[list[str]] = []
    dom0: Any = SimpleNamespace(
        directory="/run/box", partition="group", spawn=lambda place, words, log: spawned.append(words)
    )
    kind.prepare(dom0)
    module, settings = spawned[0][-2:]
    assert settings == daemon.SETTINGS[kind.DRIVER]
    assert module == {"lxc": "lxc", "qemu": "qemu", "xen": "libxl"}[name]


def test_a_driver_is_reached_where_libvirtd_is() -> None:
    dom0: Any = SimpleNamespace(libvirt_uri="lxc+unix:///system?socket=/run/box/libvirt-sock")
    assert daemon.uri(dom0, "qemu") == "qemu+unix:///system?socket=/run/box/libvirt-sock"
