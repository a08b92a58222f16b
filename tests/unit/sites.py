"""The default site, and others that are made of its file."""

from pathlib import Path

from harness.site import Site
from harness.sitefile import load
from harness.state import checkout

DEFAULT = (checkout() / "icebox.toml").read_text()
PORTS = (checkout() / "gridbox-ports.cfg").read_text()
SITE = load(checkout() / "icebox.toml")


def site_file(directory: Path, *changes: tuple[str, str], text: str = DEFAULT, ports: str = PORTS) -> Path:
    """A site file in ``directory``, beside its port table: ``text`` with the first of each replaced."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (directory / "gridbox-ports.cfg").write_text(ports)
    path = directory / "icebox.toml"
    path.write_text(text)
    return path


def site_with(directory: Path, *changes: tuple[str, str]) -> Site:
    """The default site with some text of its file replaced."""
    return load(site_file(directory, *changes))


def site_with_guests(directory: Path) -> Site:
    """The default one with a UI and an SE that have kernels of their own."""
    own = (("[ui]", '[ui]\nhypervisor = "qemu"'), ("[se]", '[se]\nhypervisor = "qemu"'))
    return site_with(directory, *own)
