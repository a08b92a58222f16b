"""A throw-away place that runs programs of the base layer: own network, mounts and processes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import process
from harness.dom0.namespace import Namespace
from harness.image import base
from tests.integration.leaks.sandbox import WITHOUT_VOLUMES

_LIVES = 300
"""Seconds after which it ends by itself, whatever becomes of the test."""
_LAY = f"""
set -e
{WITHOUT_VOLUMES}
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
mount -t proc proc /mnt/root/proc
mount -t tmpfs -o mode=755 dev /mnt/root/dev
for n in null:3 urandom:9 random:8 zero:5; do mknod -m 666 "/mnt/root/dev/${{n%:*}}" c 1 "${{n#*:}}"; done
ip link set lo up
for address in $2; do ip address add "$address/32" dev lo; done
exec chroot /mnt/root sh -c 'echo ready; exec sleep "$0"' "$3"
"""


def root_file_system() -> Path:
    """A Debian tree with the image's packages: $ICEBOX_TEST_ROOT, or the base layer if it is built."""
    named = os.environ.get("ICEBOX_TEST_ROOT")
    tree = Path(named) if named else base.wanted().root
    if not (tree / "usr/sbin/named").exists():
        pytest.skip(f"no base layer in {tree}: ./icebox build makes it")
    return tree


@contextmanager
def chroot_place(*addresses: object) -> Iterator[Namespace]:
    """The place, with ``addresses`` on its loopback; ended with all its processes."""
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--net", "--propagation", "private"]
    words += ["sh", "-c", _LAY, "lay", str(root_file_system()), " ".join(map(str, addresses)), str(_LIVES)]
    # The kernel ends it when this process dies, by kill -9 too.
    words = ["setpriv", "--pdeathsig", "KILL", *words]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "ready\n"
            (inner,) = process.find_children(holder.pid)
            yield Namespace("name service", inner)
        finally:
            holder.kill()
