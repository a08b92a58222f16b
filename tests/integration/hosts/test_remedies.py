"""What icebox says of a machine that can't run a box is typed there: then it can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drill.tried import Told

CHECKOUT = Path(__file__).parents[3]
NO_V2 = "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory"
LOOK = "from harness.dom0 import cgroup; from harness.errors import HostError\n"
LOOK += "try: print('found', cgroup.unified())\nexcept HostError as error: print(error.remedy)"
REPLACE = """
import sys
from ipaddress import IPv4Address
from pathlib import Path
from harness.dns.hosts import HostsProvider
from harness.errors import IceboxError

try:
    print(HostsProvider(Path(sys.argv[1])).update(["ce.example.org"], IPv4Address("203.0.113.7"))[0])
except IceboxError as error:
    print(error.remedy)
"""
WRITE = f'"{sys.executable}" -c "$REPLACE" '


def typed(*lines: str, **environment: str) -> list[str]:
    """What lines print, one after the other as root, in mount namespaces of their own."""
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(lines)]
    known = {**os.environ, "PYTHONPATH": str(CHECKOUT), **environment}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=known)
    return done.stdout.splitlines()


@pytest.mark.tries("mkdir /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified")
def test_no_cgroup_v2(told: Told) -> None:
    look = f'"{sys.executable}" -c "$LOOK"'
    [remedy] = typed(NO_V2, look, LOOK=LOOK)
    assert typed(NO_V2, told(remedy), look, LOOK=LOOK) == ["found /sys/fs/cgroup/unified"]


@pytest.mark.tries("run as its owner")
def test_a_hosts_file_of_somebody_else(tmp_path: Path, told: Told) -> None:
    """Its directory is root's."""
    file = tmp_path / "hosts"
    file.write_text("127.0.0.1 localhost\n")
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(path.stat().st_mode | 0o011)
    other = f"setpriv --reuid=65534 --regid=65534 --clear-groups {WRITE}"
    remedy, mended = typed(other + str(file), WRITE + str(file), REPLACE=REPLACE)
    told(remedy)
    assert mended == "ce.example.org: nothing -> 203.0.113.7"


@pytest.mark.tries("if it is a mount point, unmount it, or name another in [dns]")
@pytest.mark.parametrize("way", ["unmount it", "another"])
def test_a_hosts_file_that_is_mounted(tmp_path: Path, told: Told, way: str) -> None:
    file, other = tmp_path / "hosts", tmp_path / "other"
    for each in (file, other):
        each.write_text("127.0.0.1 localhost\n")
    mount = f"mount --bind {file} {file}"
    mend = f"umount {file}" if way == "unmount it" else ":"
    again = WRITE + str(file if way == "unmount it" else other)
    remedy, mended = typed(mount, WRITE + str(file), mend, again, REPLACE=REPLACE)
    told(remedy)
    assert mended == "ce.example.org: nothing -> 203.0.113.7"
