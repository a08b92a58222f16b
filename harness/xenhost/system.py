"""The disk of an emulated Xen host: a Debian dom0, made once for each list of its inputs."""

from __future__ import annotations

import gzip
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness import state, tool
from harness.errors import HarnessError
from harness.image import base, key
from harness.image.whole import whole
from harness.ledger import Ledger

RECIPE = "1"
"""Raise it when ``build`` comes to make something else of the same inputs."""
PACKAGES = (
    *("xen-system-amd64", "qemu-system-xen", "linux-image-amd64", "initramfs-tools", "kmod", "busybox"),
    *("libvirt-daemon", "libvirt-daemon-driver-xen", "libvirt-daemon-driver-lxc", "libvirt-clients"),
    *("openssh-server", "python3", "iproute2", "nftables", "lvm2", "zstd", "procps"),
    *("e2fsprogs", "mount", "nfs-ganesha-vfs"),
)
"""Xen and what libvirt reaches it by; what a remote dom0 needs; and what domains as its nodes want."""
SIZE = "12G"
"""Of its disk, which is sparse."""
NEEDED = 4_000_000_000
"""Bytes on disk while it is made (measured: 2.9 GB); a third of that afterwards."""
MODULES = r"virtio_pci\nvirtio_blk\next4\n"
"""Of its initrd: one with all drivers takes emulation half a minute more to unpack."""
HERE = Path(__file__).parent
ACCOUNT_KEY, HOST_KEY = "key", "etc/ssh/ssh_host_ed25519_key"
SMALL = """\
cd "$1" && mkdir -p etc/initramfs-tools/conf.d usr/share/initramfs-tools/modules.d &&
echo MODULES=list > etc/initramfs-tools/conf.d/icebox &&
printf "{modules}" > usr/share/initramfs-tools/modules.d/icebox"""
"""Typed before the kernel's package makes the initrd."""


@dataclass(frozen=True)
class System:
    """A disk, what boots it, and the key that it lets root in by."""

    key: str

    @property
    def top(self) -> Path:
        return top() / self.key

    @property
    def disk(self) -> Path:
        return self.top / "root.qcow2"

    @property
    def hypervisor(self) -> Path:
        return self.top / "xen"

    @property
    def kernel(self) -> Path:
        return self.top / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.top / "initrd.img"

    @property
    def account_key(self) -> Path:
        return self.top / ACCOUNT_KEY

    @property
    def known_hosts(self) -> Path:
        return self.top / "known_hosts"

    @property
    def built(self) -> bool:
        return self.disk.exists()


def top() -> Path:
    """Where all of it lies: systems, snapshots, the journal, and the disk of the one that runs."""
    return state.home() / "xenhost"


def ledger() -> Ledger:
    return Ledger("host", top())


def wanted() -> System:
    """The system that the checkout asks for, built or not."""
    return System(
        key.of([base.SUITE, RECIPE, *PACKAGES, SIZE, MODULES, SMALL], [HERE / "up.sh", HERE / "inittab"])
    )


def build(system: System, journal: Ledger) -> None:
    """Make it; killed half way, nothing of it is taken for whole.

    Raises HostError without space or a Debian mirror, or with the installer's last words.
    """
    top().mkdir(parents=True, exist_ok=True, mode=0o700)
    base.check_space(top(), NEEDED, "to make a Xen host")
    with whole(system.top, journal) as partial:
        root, scratch, log = partial / "root", partial / "tmp", state.log_dir() / "xenhost-build.log"
        for each in (root, scratch, log.parent):
            each.mkdir(parents=True, exist_ok=True)
        partial.chmod(0o700)
        environment = {**base.ENVIRONMENT, "TMPDIR": str(scratch)}
        with base.installing(journal) as within:
            base.run_installer([*within, *_words(root)], environment, log)
        _configure(root, partial)
        _take_kernels(root, partial)
        _make_disk(root, partial)
        shutil.rmtree(root)
        shutil.rmtree(scratch)
    _forget_others(system)


def _words(root: Path) -> list[str]:
    options = [f"--dpkgopt=path-exclude=/{path}/*" for path in base.UNWANTED if path.startswith("usr/")]
    options += [f"--essential-hook={SMALL.format(modules=MODULES)}", "--dpkgopt=force-unsafe-io"]
    return base.mmdebstrap("minbase", PACKAGES, root, *options, '--aptopt=Apt::Install-Recommends "false"')


def _configure(root: Path, partial: Path) -> None:
    for name, target, mode in (("up.sh", "usr/lib/icebox/up", 0o755), ("inittab", "etc/inittab", 0o644)):
        path = root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / name, path)
        path.chmod(mode)
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    (root / "etc/hostname").write_text("xenhost\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost xenhost\n")
    (root / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
    for old in root.glob("etc/ssh/ssh_host_*"):
        old.unlink()
    for path in (root / HOST_KEY, partial / ACCOUNT_KEY):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    (root / "sbin/init").unlink(missing_ok=True)
    (root / "sbin/init").symlink_to("/bin/busybox")
    shutil.copyfile(partial / f"{ACCOUNT_KEY}.pub", root / "root/.ssh/authorized_keys")
    public = (root / f"{HOST_KEY}.pub").read_text()
    (partial / "known_hosts").write_text(f"xenhost {public}")


def _take_kernels(root: Path, partial: Path) -> None:
    """A multiboot loader takes a hypervisor that is not compressed."""
    for name, pattern in (
        ("vmlinuz", "vmlinuz-*"),
        ("initrd.img", "initrd.img-*"),
        ("xen", "xen-*-amd64.gz"),
    ):
        [found] = (root / "boot").glob(pattern)
        if name == "xen":
            (partial / name).write_bytes(gzip.decompress(found.read_bytes()))
        else:
            shutil.copyfile(found, partial / name)


def _make_disk(root: Path, partial: Path) -> None:
    raw = partial / "root.raw"
    run("truncate", "-s", SIZE, str(raw))
    run("mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-O", "^has_journal", "-d", str(root), str(raw))
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(partial / "root.qcow2"))
    raw.unlink()


def run(*words: str) -> None:
    """Run a program that makes a disk of the host's; raises HarnessError."""
    tool.said(words, HarnessError("the disk of the Xen host could not be made", where=words[0]))


def _forget_others(system: System) -> None:
    """Systems of earlier checkouts: none of them runs, as there is one host at a time, and it is down now."""
    for path in top().iterdir():
        if path.is_dir() and path.name not in (system.key, "run"):
            shutil.rmtree(path)
