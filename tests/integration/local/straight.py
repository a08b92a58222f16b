"""A node's program in the network of its host: what a laptop would get without a dom0 in between."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from harness.site.addresses import NAME_SERVER
from tests.integration.leaks.sandbox import below, children
from tests.integration.local.classroom import ClassRoom

IN_HOSTS_NETWORK = """\
echo nameserver {server} > /run/straight.resolv
mount --bind /run/straight.resolv /etc/resolv.conf
{program}
"""


@contextmanager
def straight(room: ClassRoom, node: str, program: str) -> Iterator[None]:
    """While a program runs with a node's files and accounts, in the network of the host."""
    (controller,) = room.host.processes(
        lambda words: "libvirt_lxc" in words[0] and any(each.endswith(node) for each in words)
    )
    (first,) = children(controller)
    script = IN_HOSTS_NETWORK.format(server=NAME_SERVER, program=program)
    words = ["setpriv", "--pdeathsig", "KILL", "nsenter", "-t", str(room.host.init), "-n", "--"]
    words += ["nsenter", "-t", str(first), "-m", "-u", "-i", "-p", "-U", "-r", "-w", "--"]
    words += ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        try:
            yield
        finally:
            for number in (*below(child.pid), child.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
