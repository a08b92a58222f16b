"""Keys, parts, units, layers and builds, on small trees and with a fake of the installer."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import state
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.dom0 import process
from harness.errors import HarnessError, HostError
from harness.image import base, build, key, layer, part, units
from harness.image.base import Base
from harness.image.layer import File, Owners, RoleLayers, SiteLayer
from harness.ledger import Ledger

Asked = dict[str, tuple[int, int]]
QUIET = Console(style=Style.QUIET)
PASSWD = "root:x:0:0:root:/root:/bin/sh\nvoms:x:103:104::/:/bin/false\n"
GROUP = "root:x:0:\nvoms:x:104:\n"


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    path.chmod(mode)
    return path


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Owners that were asked for, by file name; a fake, so that nobody needs to be root."""
    asked: Asked = {}

    def chown(path: str | Path, uid: int, gid: int, *, follow_symlinks: bool = True) -> None:
        asked[os.path.basename(path)] = (uid, gid)

    monkeypatch.setattr(os, "chown", chown)
    return asked


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with two small parts."""
    top = tmp_path / "checkout"
    write(top / "box/base/packages.list", "openssh-server  # everybody\n\n# nobody\nvoms-server\n")
    write(top / "box/parts/node/part.toml", 'units = ["ssh.service"]\nports = [{port = 22, name = "ssh"}]\n')
    write(top / "box/parts/node/tree/etc/motd", "hello\n", 0o600)
    write(
        top / "box/parts/ce/part.toml",
        """\
        includes = ["node"]
        masks = ["noisy.service"]
        ports = [{port = 2119, name = "gatekeeper"}]
        [files]
        "/etc/voms.conf" = {mode = "0640", owner = "root:voms"}
        [dirs]
        "/storage" = {mode = "1777"}
        [copies]
        "/etc/key-copy.pem" = {from = "/etc/key.pem", mode = "0400", owner = "voms:voms"}
        """,
    )
    write(top / "box/parts/ce/tree/usr/bin/run", "#!/bin/sh\n", 0o755)
    write(top / "box/parts/ce/site/etc/voms.conf.j2", "vo {{ vo }}\n")
    write(top / "box/parts/ce/site/etc/{{ vo }}.conf.j2", "name\n")
    monkeypatch.setattr(state, "checkout", lambda: top)
    monkeypatch.setattr(layer, "ROLES", ("ce",))
    return top


@pytest.fixture
def based(home: Path) -> Base:
    """A built base layer with hardly anything in it."""
    made = Base("0123456789abcdef")
    write(made.top / "manifest.json", '{"voms-server": "2.1"}')
    write(made.root / "etc/passwd", PASSWD)
    write(made.root / "etc/group", GROUP)
    install = "[Install]\nWantedBy=multi-user.target\nRequiredBy=x.target\n"
    write(made.root / "usr/lib/systemd/system/ssh.service", install)
    return made


def test_keys_see_names_modes_links_and_contents(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write(tree / "a/b", "text\n")
    seen = {key.of(["recipe"], [tree])}
    assert key.of(["recipe"], [tree]) in seen
    write(tree / "__pycache__/b.pyc", "passing\n")
    changes = [
        lambda: (tree / "a/b").chmod(0o755),
        lambda: (tree / "a/b").write_text("other\n"),
        lambda: (tree / "a/b").rename(tree / "a/c"),
        lambda: (tree / "a/d").symlink_to("c"),
    ]
    for change in changes:
        change()
        found = key.of(["recipe"], [tree])
        assert found not in seen
        seen.add(found)
    assert key.of(["other recipe"], [tree]) not in seen


def test_parts_come_after_what_they_include(checkout: Path) -> None:
    assert [each.name for each in part.closure("ce")] == ["node", "ce"]
    assert [(port.port, port.name) for port in part.ports("ce")] == [(22, "ssh"), (2119, "gatekeeper")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('unit = ["x"]\n', "unknown keys in a part"),
        ("units = [\n", "can't be read"),
        ('includes = ["ce"]\n', "include each other in a circle"),
        ('includes = ["nowhere"]\n', "'nowhere' can't be read"),
    ],
)
def test_bad_parts(checkout: Path, text: str, said: str) -> None:
    write(checkout / "box/parts/node/part.toml", text)
    with pytest.raises(HarnessError) as caught:
        part.closure("ce")
    assert said in str(caught.value)


def test_units(tmp_path: Path) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    write(lower / "usr/lib/systemd/system/voms@.service", "[Install]\nWantedBy=multi-user.target\n")
    write(lower / "etc/init.d/old", "#!/bin/sh\n")
    write(lower / "usr/lib/systemd/system/static.service", "[Service]\n")
    for unit in ("voms@gilda.service", "old.service"):
        units.enable(upper, unit, [lower])
    units.mask(upper, "noisy.service")
    wants = upper / "etc/systemd/system/multi-user.target.wants"
    assert os.readlink(wants / "voms@gilda.service") == "/usr/lib/systemd/system/voms@.service"
    assert (wants / "old.service").is_symlink()
    assert os.readlink(upper / "etc/systemd/system/noisy.service") == "/dev/null"
    with pytest.raises(HarnessError, match="there is no unit 'nowhere\\.service'"):
        units.enable(upper, "nowhere.service", [lower])
    with pytest.raises(HarnessError, match=r"has no \[Install\]"):
        units.enable(upper, "static.service", [lower])


def test_role_layers(checkout: Path, based: Base, owned: Asked) -> None:
    layers = layer.wanted(based)
    layer.build(layers, base.ledger())
    top = layers.of("ce")
    assert (top / "etc/motd").stat().st_mode & 0o777 == 0o644
    assert (top / "usr/bin/run").stat().st_mode & 0o777 == 0o755
    assert (top / "storage").stat().st_mode & 0o7777 == 0o1777
    for kind in ("multi-user.target.wants", "x.target.requires"):
        assert (top / "etc/systemd/system" / kind / "ssh.service").is_symlink()
    assert base.ledger().open_entries() == []


def test_site_layer(checkout: Path, based: Base, owned: Asked, tmp_path: Path) -> None:
    owners = Owners(PASSWD, GROUP)
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    write(tmp_path / "site/ce/etc/stale", "from the last start\n")
    made.build({"vo": "gilda"}, [File("/etc/key.pem", b"secret\n", 0o400)], owners)
    assert (tmp_path / "site/ce/etc/voms.conf").read_text() == "vo gilda\n"
    assert (tmp_path / "site/ce/etc/voms.conf").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "site/ce/etc/gilda.conf").exists()
    assert (tmp_path / "site/ce/etc/key-copy.pem").read_bytes() == b"secret\n"
    assert owned["key-copy.pem"] == (103, 104)
    assert not (tmp_path / "site/ce/etc/stale").exists()


def test_a_template_that_asks_for_what_is_not_there(
    checkout: Path, based: Base, owned: Asked, tmp_path: Path
) -> None:
    made = SiteLayer(tmp_path / "site/ce", "ce", based, RoleLayers(based, "k"))
    with pytest.raises(HarnessError) as caught:
        made.build({"site": "x"}, [], Owners(PASSWD, GROUP))
    assert "'vo' is undefined" in str(caught.value)


def test_nobody_has_this_owner() -> None:
    with pytest.raises(HarnessError, match="no such user or group 'ldap'"):
        Owners(PASSWD, GROUP).of("voms:ldap")


FAKE_MMDEBSTRAP = """\
#!/bin/sh
for root; do shift; [ $# = 1 ] && break; done
mkdir -p "$root/proc" && mount -t proc proc "$root/proc"
touch "$root/under-way"
sleep 300
"""


def fake_install(words: list[str], environment: Mapping[str, str], _log: Path) -> None:
    """In the place of mmdebstrap."""
    root = Path(words[-2])
    assert words[0] == "unshare"
    assert Path(environment["TMPDIR"]).is_dir()
    write(root / "etc/passwd", PASSWD)
    write(root / "etc/group", GROUP)
    write(root / "etc/ssh/ssh_host_rsa_key", "made at installation\n")
    write(root / "var/log/apt.log", "much\n")
    write(
        root / "var/lib/dpkg/status",
        "Package: voms-server\nStatus: install ok installed\nVersion: 2.1\n"
        "Architecture: all\nMaintainer: n\nDescription: d\n",
    )


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a mirror and space for the smallest of images."""
    monkeypatch.setattr(base, "mirror", lambda: "http://mirror.example/debian")
    monkeypatch.setattr(base, "NEEDED", 1000)


def test_base_layer(checkout: Path, home: Path, easy: None) -> None:
    wanted = base.wanted()
    with base.building(lambda: None) as ledger:
        base.build(wanted, ledger, fake_install)
    assert wanted.packages() == {"voms-server": "2.1"}
    # Keys that packages make must never be shared.
    assert not (wanted.root / "etc/ssh/ssh_host_rsa_key").exists()
    assert not (wanted.root / "var/log/apt.log").exists()
    assert sorted(path.name for path in state.image_dir().iterdir()) == [wanted.top.name]


def test_a_build_that_fails_leaves_nothing(checkout: Path, home: Path, easy: None) -> None:
    def failing(*_: object) -> None:
        raise HostError("no mirror answers")

    with pytest.raises(HostError), base.building(lambda: None) as ledger:
        base.build(base.wanted(), ledger, failing)
    assert list(state.image_dir().iterdir()) == []


def test_no_space(checkout: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "NEEDED", 10**18)
    with pytest.raises(HostError) as caught, base.building(lambda: None) as ledger:
        base.build(base.wanted(), ledger, fake_install)
    assert "too little space to build the image" in str(caught.value)
    assert "ICEBOX_HOME" in str(caught.value)


BUILD = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from harness import state
from harness.image import base
state.checkout = lambda: Path({checkout!r})
base.mirror = lambda: "http://mirror.example/debian"
base.NEEDED = 1000
with base.building(lambda: print("waiting", flush=True)) as ledger:
    base.build(base.wanted(), ledger)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the installer gets namespaces, and they need root")
def test_killed_with_its_installer_under_way(
    checkout: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake mmdebstrap mounts something in the half-made root and never ends; nothing of it is left."""
    write(tmp_path / "bin/mmdebstrap", FAKE_MMDEBSTRAP, 0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    script = BUILD.format(root=str(Path(__file__).parents[3]), checkout=str(checkout))
    builder = subprocess.Popen([sys.executable, "-c", script])
    partial = base.wanted().top.with_suffix(".partial")
    wait_for("the installer to be under way", (partial / "root/under-way").exists, 20)
    builder.kill()
    builder.wait()
    (token,) = [entry.key for entry in base.ledger().open_entries() if entry.kind == "builder"]
    assert list(process.marked(base.BUILDER, token))
    base.clean()
    assert not list(process.marked(base.BUILDER, token))
    assert str(home) not in Path("/proc/self/mountinfo").read_text()
    assert list(state.image_dir().iterdir()) == []


def test_a_build_that_runs_is_waited_for_and_not_cleaned(checkout: Path, home: Path, easy: None) -> None:
    with base.building(lambda: None) as ledger:
        ledger.intend("directory", str(state.image_dir() / "base-x.partial"))
        write(state.image_dir() / "base-x.partial/root/file", "half made\n")
        base.clean()
        assert (state.image_dir() / "base-x.partial/root/file").exists()
        script = BUILD.format(root=str(Path(__file__).parents[3]), checkout=str(checkout))
        second = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert second.stdout.readline() == "waiting\n"
    second.send_signal(signal.SIGKILL)
    second.communicate()
    base.clean()


def test_prune(checkout: Path, based: Base, owned: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that no box uses go when others are built, but not at once."""
    image = state.image_dir()
    long_ago = time.time() - 2 * build.FORGOTTEN
    for name in ("roles-old", "base-old", "roles-used", "base-used", "roles-recent", "other"):
        write(image / name / "file", "x\n")
        if name != "roles-recent":
            os.utime(image / name, (long_ago, long_ago))
    Ledger("school").intend("data", "x")
    write(state.box_dir("school") / "image", "base-used\nroles-used\n")
    monkeypatch.setattr(base, "wanted", lambda: based)
    found = build.ensure(Console(io.StringIO(), style=Style.PLAIN))
    assert found.built
    names = {path.name for path in image.iterdir()}
    assert names == {"roles-used", "base-used", "roles-recent", "other", *found.keys}


def test_a_borrowed_image_is_not_pruned(
    checkout: Path, based: Base, owned: Asked, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = home.parent / "lent"
    state.image_dir().rename(lent)
    state.image_dir().symlink_to(lent)
    write(lent / "roles-old/file", "x\n")
    os.utime(lent / "roles-old", (0, 0))
    monkeypatch.setattr(base, "wanted", lambda: based)
    build.ensure(QUIET)
    assert (lent / "roles-old").exists()
