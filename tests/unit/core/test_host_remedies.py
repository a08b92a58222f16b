"""What icebox says of this machine is done: then it goes on."""

import hashlib
import os
import subprocess
from email.utils import formatdate
from pathlib import Path

import pytest

from harness.box import host
from harness.checks import space
from harness.dom0 import preflight
from harness.errors import IceboxError
from harness.image import base
from harness.report.allure import Allure
from harness.report.rundir import RunDir
from harness.setup import debian, packagelist
from tests.drill.tried import Told, failing


@pytest.mark.tries("run it as root, or with sudo")
def test_not_root(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    failing(told, host.check_root)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    host.check_root()


@pytest.mark.tries("end programs that nobody needs (`ps -eo rss,args --sort -rss`), or leave nodes out")
def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """A file stands for what the kernel says before and after that."""
    monkeypatch.setattr(host, "MEMORY", tmp_path / "meminfo")
    host.MEMORY.write_text("MemTotal: 900000 kB\nMemAvailable: 100000 kB\n")
    failing(told, lambda: host._check_memory(5 * host.OF_NODE), match="198 MB are missing")
    host.MEMORY.write_text("MemTotal: 900000 kB\nMemAvailable: 300000 kB\n")
    host._check_memory(5 * host.OF_NODE)


@pytest.mark.tries("`setenforce 0`, and SELINUX=permissive in /etc/selinux/config for boots to come")
def test_selinux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """A file stands for the kernel's, which is there where a policy is loaded."""
    monkeypatch.setattr(preflight, "ENFORCING", tmp_path / "enforce")
    preflight._check_selinux()
    preflight.ENFORCING.write_text("1")
    failing(told, preflight._check_selinux, match="SELinux enforces its policy")
    preflight.ENFORCING.write_text("0")  # as setenforce(8) does
    preflight._check_selinux()


@pytest.mark.tries("run ./icebox setup")
def test_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """Set-up installs the packages that the error names; links stand for what they bring."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path]))  # libvirt's driver is there
    error = failing(told, preflight._check_programs)
    monkeypatch.undo()
    named = error.why.partition("packages ")[2].split(", ")
    # No Debian is without the essential ones.
    assert set(named) - {"util-linux"} <= set(packagelist.parse((debian.HERE / "packages.list").read_text()))
    for name, package in preflight.PROGRAMS.items():
        assert package in named
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path]))
    preflight._check_programs()


@pytest.mark.tries("run `./icebox setup`, which installs it")
def test_allure(tmp_path: Path, told: Told) -> None:
    """Set-up has a step for it; a script stands for what that installs."""
    (tmp_path / "run" / "allure-results").mkdir(parents=True)
    run, program = RunDir(tmp_path / "run"), tmp_path / "allure"
    made = Allure((str(program),), history=tmp_path / "history.jsonl")
    failing(told, lambda: made.generate(run, name="x"))
    program.write_text(
        '#!/bin/sh\nmkdir -p "$ICEBOX_ALLURE_OUTPUT"; : > "$ICEBOX_ALLURE_OUTPUT/index.html"\n'
    )
    program.chmod(0o755)
    assert made.generate(run, name="x").is_file()


@pytest.mark.tries(
    "all nodes and the SE share the host's disk, or `disk.gigabytes` of it: make room there, or let "
    "ICEBOX_HOME be on a larger disk"
)
def test_little_space_for_a_class(tmp_path: Path, told: Told) -> None:
    """The warning is of a number, that of the disk; with room made, or another disk, it is another one."""
    assert list(space.scarce("se", space.SCARCE - 1))
    told(space.REMEDY)
    assert not list(space.scarce("se", space.SCARCE))


PACKAGE = "Package: x\nVersion: 1\nArchitecture: all\nFilename: x.deb\nSize: 1\nDescription: x\n\n"
APT = """\
Dir::Etc::sourcelist "{top}/sources.list";
Dir::Etc::sourceparts "{top}/none";
Dir::State "{top}/state";
Dir::Cache "{top}/cache";
APT::Sandbox::User "";
APT::Architecture "amd64";
APT::Architectures "amd64";
Acquire::Languages "none";
"""


def a_mirror(top: Path) -> Path:
    """A directory with one suite of Debian, and one package."""
    suite = top / "mirror/dists/stable"
    packages = suite / "main/binary-amd64/Packages"
    packages.parent.mkdir(parents=True)
    packages.write_text(PACKAGE)
    lines = [
        "Origin: Debian",
        "Suite: stable",
        "Codename: stable",
        "Components: main",
        "Architectures: amd64",
    ]
    sum_of = hashlib.sha256(PACKAGE.encode()).hexdigest()
    lines += [
        "Architectures: amd64",
        f"Date: {formatdate()}",
        "SHA256:",
        f" {sum_of} {len(PACKAGE)} main/binary-amd64/Packages",
    ]
    (suite / "Release").write_text("\n".join(lines) + "\n")
    return top / "mirror"


@pytest.mark.tries("run apt-get update with a Debian mirror in the sources")
def test_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """A real apt-get with directories of its own, and a mirror that is a directory."""
    for path in ("state/lists/partial", "cache/archives/partial"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "apt.conf").write_text(APT.format(top=tmp_path))
    (tmp_path / "sources.list").touch()
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    with pytest.raises(IceboxError) as caught:
        base.mirror()
    words = told(caught.value).removeprefix("run ").partition(" with ")[0].split()
    mirror = a_mirror(tmp_path)
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{mirror} stable main\n")
    subprocess.run(words, check=True, capture_output=True)
    assert base.mirror() == f"file:{mirror}"
