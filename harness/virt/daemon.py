"""A libvirtd of its own inside an embedded dom0."""

from __future__ import annotations

import contextlib
import socket

from harness.dom0.embedded import Ground

LOG = "libvirtd.log"
"""In the run directory of the box."""
CONFIG = """\
unix_sock_dir = "{directory}"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""


def start(dom0: Ground) -> None:
    """Start libvirtd; it lives as long as the dom0.  Its socket is in the box's run directory (mode 0700)."""
    directory = dom0.socket.parent
    directory.mkdir(mode=0o700, exist_ok=True)
    config = dom0.run / "libvirtd.conf"
    config.write_text(CONFIG.format(directory=directory))
    words = ["libvirtd", "--config", str(config), "--pid-file", "/run/libvirtd.pid"]
    dom0.spawn(dom0.place, words, LOG)


def last_words(dom0: Ground) -> str:
    """The end of libvirtd's log."""
    with contextlib.suppress(FileNotFoundError):
        return "\n       ".join((dom0.run / LOG).read_text(errors="replace").splitlines()[-3:])
    return ""


def ensure(dom0: Ground) -> None:
    """Start libvirtd again if it died; the new one finds the nodes that still run."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(dom0.socket))
        except OSError:
            start(dom0)
