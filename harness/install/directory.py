"""The directory of an installation, laid out as the original's package was, and its ``nodes/``."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from harness import durable, state
from harness.image.boot import Boot
from harness.image.build import Image
from harness.install import record
from harness.install.store import Store, places
from harness.ledger import Ledger
from harness.setup.machine import version
from harness.site import Node, Site
from harness.virt import originals
from harness.virt.domain import INITRD, UNPACKED, Domain
from harness.virt.kinds.xen import Xen

NETWORK = "network-gridbox"
"""A file below ``conf/``, beside those that ``record`` names."""
SCRIPT = """\
#!/bin/sh
# The network of the box {box}, for whatever starts services at boot: {name} start|stop|status
exec {icebox} network-gridbox "$@" --box {box}
"""


def begin(top: Path, ledger: Ledger, tag: str) -> None:
    """Make the directory and its mark."""
    made = [path for path in (top, *top.parents) if not path.exists()]
    ledger.intend(record.DIRECTORY, str(top), tag=tag, made=str(made[-1]) if made else "")
    top.mkdir(parents=True, exist_ok=True, mode=0o700)
    durable.write(top / record.MARK, f"{tag}\n")


def lay_boot(top: Path, boot: Boot) -> None:
    """Kernel and initrd: a copy, so that what the next image has is no change of an installed machine."""
    (top / "boot").mkdir()
    for path in (boot.kernel, boot.unpacked, boot.initrd):
        shutil.copyfile(path, top / "boot" / path.name)


def lay_conf(top: Path, site: Site, box: str) -> None:
    """The site file and the port table that the host's network is made from, and who makes it."""
    conf = top / "conf"
    conf.mkdir()
    shutil.copyfile(site.path, conf / record.SITE_FILE)
    shutil.copyfile(site.ports.path, conf / record.PORTS)
    script = conf / NETWORK
    script.write_text(SCRIPT.format(box=box, name=NETWORK, icebox=shlex.quote(f"{state.checkout()}/icebox")))
    script.chmod(0o755)
    for name in record.LINKS:
        (top / name).symlink_to(state.checkout() / name)


def lay_nodes(top: Path, site: Site, box: str, store: Store, boot: Boot) -> None:
    """A file for each machine, as ``./icebox show NODE --xm`` prints it, with the installed drives."""
    (top / "nodes").mkdir()
    for node in site.nodes:
        text = Xen.xm(domain(top, site, box, store, boot, node))
        (top / "nodes" / originals.title(node)).write_text(text)


def domain(top: Path, site: Site, box: str, store: Store, boot: Boot, node: Node) -> Domain:
    """A node as it is installed."""
    drives = places(store, originals.drives(node))
    booted = {UNPACKED: boot.unpacked.name, INITRD: boot.initrd.name}
    files = {name: str(top / "boot" / file) for name, file in booted.items()}
    blocks = drives if store.BLOCKS else {}
    return Domain(box, node, site.bridge, str(top), blocks=blocks, elsewhere={**drives, **files})


def lay_properties(top: Path, site: Site, box: str, store: Store, image: Image) -> None:
    """What this is, for people and scripts: a line ``name=value`` each."""
    rows = {
        "box": box,
        "site": site.name,
        "version": version(),
        "image": " ".join(image.keys),
        "images": os.path.dirname(store.path("x")),
        "ports": str(top / "conf" / record.PORTS),
        **{f"node.{originals.title(node)}": f"{node.fqdn} {node.address}" for node in site.nodes},
    }
    text = "".join(f"{name}={value}\n" for name, value in rows.items())
    (top / record.PROPERTIES).write_text(text)
