"""What can be wrong on the way to a machine that is to host a box: one error each, and what it says helps."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.dom0 import sent, sshhost
from harness.dom0.kinds.remote import RemoteDom0
from harness.dom0.sshhost import SshHost
from harness.errors import IceboxError
from harness.site import Site
from harness.sitefile import load
from tests.drill.tried import Told, failing
from tests.integration.dom0.rig import Rented


@pytest.fixture(scope="module")
def site(site_file: Path) -> Site:
    return load(site_file)


def refused(site: Site, told: Told) -> IceboxError:
    """What icebox says before it makes anything."""
    error = failing(told, lambda: RemoteDom0.check_host(5, site))
    assert error.where.startswith("root@dom0")
    assert error.exit_code == 2
    return error


def by_hand(far: Rented) -> None:
    """As somebody logs in who is asked whether the key is the right one, and says yes."""
    words = ["ssh", "-F", str(far.client), "-o", "StrictHostKeyChecking=accept-new", "root@dom0", "true"]
    subprocess.run(words, check=True)


@contextmanager
def hidden(far: Rented, path: str) -> Iterator[None]:
    """A path of that machine, as if its package were not installed."""
    far.machine.run(
        f"if test -d {path}; then mount -t tmpfs none {path}; else mount --bind /dev/null {path}; fi"
    ).check()
    try:
        yield
    finally:
        far.machine.run(["umount", path]).check()


@pytest.mark.tries("`ssh …` has to work as root", "name, port and key can stand in ~/.ssh/config")
def test_nobody_answers(far: Rented, site: Site, told: Told) -> None:
    far.deaf()
    assert refused(site, told).what == "it can't be reached"
    far.listen()
    RemoteDom0.check_host(5, site)


@pytest.mark.tries("`ssh-copy-id …` as root, until `ssh …` asks for no password")
def test_the_key_is_refused(far: Rented, site: Site, told: Told) -> None:
    key = (far.keys / "user.pub").read_bytes()
    far.machine.put("/run/rig/user.pub", b"")
    assert refused(site, told).what == "it refuses the key"
    far.machine.put("/run/rig/user.pub", key)  # as ssh-copy-id(1) does
    RemoteDom0.check_host(5, site)


@pytest.mark.tries("ask its owner", "if it was, `ssh-keygen -R …`, and once `ssh …` by hand")
def test_another_host_key(far: Rented, site: Site, told: Told) -> None:
    known = far.keys / "known"
    known.write_text(f"127.0.0.1 {(far.keys / 'user.pub').read_text()}")
    assert refused(site, told).what == "its host key is another one than this machine knows"
    subprocess.run(["ssh-keygen", "-q", "-f", known, "-R", "127.0.0.1"], check=True, capture_output=True)
    by_hand(far)
    RemoteDom0.check_host(5, site)


def test_a_host_key_that_nobody_has_seen(far: Rented, site: Site) -> None:
    (far.keys / "known").write_text("")
    with pytest.raises(IceboxError, match="its host key is not known to this machine") as caught:
        RemoteDom0.check_host(5, site)
    assert "by hand once" in caught.value.remedy
    by_hand(far)
    RemoteDom0.check_host(5, site)


@pytest.mark.tries("name root@… as the host, and let root in by a key")
@pytest.mark.usefixtures("far")
def test_an_account_that_is_not_root(told: Told) -> None:
    error = failing(
        told, SshHost("student@dom0").check, match="ssh leads to an account there that is not root's"
    )
    assert "`id -u` says '102'" in error.why
    SshHost("root@dom0").check()


@pytest.mark.tries("`apt-get install python3` there")
def test_no_python(far: Rented, site: Site, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link stands for what the package brings: the way to this machine needs the real one."""
    monkeypatch.setattr(sshhost, "PYTHON", "/run/rig/python3")
    assert refused(site, told).what == "that machine has no /run/rig/python3"
    far.machine.run("ln -s /usr/bin/python3 /run/rig/python3").check()
    RemoteDom0.check_host(5, site)


@pytest.mark.tries("apt-get install these packages there")
def test_no_driver(far: Rented, site: Site, told: Told) -> None:
    drivers = far.machine.run("echo /usr/lib/*/libvirt/connection-driver").stdout.strip()
    with hidden(far, drivers):
        error = refused(site, told)
        assert error.what == "this machine lacks libvirt's LXC driver"
        assert error.why.endswith("libvirt-daemon-driver-lxc")
    RemoteDom0.check_host(5, site)


@pytest.mark.tries("that machine needs python3 (3.11 or later), util-linux, tar and gzip")
def test_no_tar(far: Rented, told: Told) -> None:
    host = SshHost("root@dom0")
    with hidden(far, "/usr/bin/tar"):
        error = failing(
            told, lambda: sent.do(host, "check", nodes=0), match="the harness could not check there"
        )
        assert "tar" in error.why
    sent.do(host, "check", nodes=0)


@pytest.mark.tries(
    "a full disk there is freed", "else look at the line and start again: what was sent whole is kept"
)
def test_its_disk_is_full(far: Rented, tmp_path: Path, told: Told) -> None:
    (tmp_path / "layer/some").mkdir(parents=True)
    (tmp_path / "layer/some/file").write_bytes(b"x" * 300_000)
    (tmp_path / "layer/some").chmod(0o751)
    host, target = SshHost("root@dom0"), Path("/run/small/sent")
    far.machine.run("mkdir /run/small && mount -t tmpfs -o size=64k none /run/small").check()
    error = failing(
        told, lambda: sent._send(host, tmp_path, "layer", target, "gzip"), match="layer could not be sent"
    )
    assert "tar:" in error.why
    far.machine.run("mount -o remount,size=1m /run/small").check()
    for packer in sent.PACKERS:
        sent._send(host, tmp_path, "layer", target, packer)
        looked = far.machine.run(f"stat -c '%a %s' {target}/some {target}/some/file").stdout.split()
        assert (looked[0], looked[3]) == ("751", "300000")
    far.machine.run("umount /run/small").check()


def test_nothing_is_left_there_by_a_look(far: Rented, site: Site) -> None:
    RemoteDom0.check_host(5, site)
    assert far.machine.run("ls -d /mnt/harness").exit_code != 0
    assert far.journals == []
