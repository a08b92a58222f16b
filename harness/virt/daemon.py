"""A libvirtd of its own inside an embedded dom0."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from harness import process
from harness.dom0.embedded import Ground
from harness.errors import WaitError
from harness.virt.connection import Hypervisor

LOG = "libvirtd.log"
"""In the run directory of the box."""
SOUND = 10.0
"""Seconds a libvirtd may stay silent before it counts as stuck."""
ENDED = 10.0
"""Seconds until one that was killed is gone; milliseconds on an idle machine."""
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
    config = _config(dom0)
    config.write_text(CONFIG.format(directory=directory))
    words = ["libvirtd", "--config", str(config), "--pid-file", "/run/libvirtd.pid"]
    dom0.spawn(dom0.place, words, LOG)


def last_words(dom0: Ground) -> str:
    """The end of libvirtd's log."""
    with contextlib.suppress(FileNotFoundError):
        return "\n       ".join((dom0.run / LOG).read_text(errors="replace").splitlines()[-3:])
    return ""


def ensure(dom0: Ground) -> None:
    """Start libvirtd again if it died, or is stuck; the new one finds the nodes that still run."""
    if not _listens(dom0):
        start(dom0)
        return
    try:
        Hypervisor(dom0.libvirt_uri, SOUND).close()
    except WaitError:
        # Gone, and not only killed: it holds its PID file to the end.  What the kernel keeps may not keep us.
        with contextlib.suppress(WaitError):
            process.end_marked("--config", str(_config(dom0)), ENDED)
        start(dom0)


def _listens(dom0: Ground) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        # One that is stuck takes no more than the kernel queues for it.
        client.settimeout(SOUND)
        try:
            client.connect(str(dom0.socket))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _config(dom0: Ground) -> Path:
    return dom0.run / "libvirtd.conf"
