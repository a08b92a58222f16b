"""Files of the image, put back: what is taken from the layers, and what the node's shell makes of it."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.box import restored
from tests.unit.accesslist import keeps_out


@pytest.fixture
def layers(tmp_path: Path) -> list[Path]:
    """A site layer over a role's over a base."""
    files = {
        "site": {"etc/lcmaps/lcmaps.db": "of the site", "etc/hosts": "of the site"},
        "role": {"etc/lcmaps/lcmaps.db": "of the role", "etc/lcmaps/more/x": "of the role"},
        "base": {"etc/hosts": "of the base", "etc/passwd": "of the base"},
    }
    for layer, contents in files.items():
        for name, text in contents.items():
            path = tmp_path / layer / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return [tmp_path / layer for layer in files]


def taken(layers: list[Path], path: str) -> dict[str, str]:
    return {name: source.read_text() for name, source in restored.shown(layers, path) if source.is_file()}


def test_the_uppermost_layer_has_the_last_word(layers: list[Path]) -> None:
    assert dict(restored.shown(layers, "/etc/hosts"))["/etc/hosts"].read_text() == "of the site"
    found = dict(restored.shown(layers, "/etc/lcmaps"))
    assert {name: found[name].read_text() for name in found if found[name].is_file()} == {
        "/etc/lcmaps/lcmaps.db": "of the site",
        "/etc/lcmaps/more/x": "of the role",
    }
    assert taken(layers, "/etc/passwd") == {"/etc/passwd": "of the base"}


@pytest.mark.parametrize("path", ["/etc/nothing", "etc/hosts", "/etc/../etc/hosts", "/link/hosts"])
def test_other_names_are_nobodys(layers: list[Path], path: str) -> None:
    (layers[0] / "link").symlink_to("etc")
    assert list(restored.shown(layers, path)) == []


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A node whose root is a directory: names that the shell gets begin there."""
    made = tmp_path / "node"
    made.mkdir()
    return made


def put(node: Path, layers: list[Path], *paths: str) -> list[str]:
    found = {f"{node}{name}": source for path in paths for name, source in restored.shown(layers, path)}
    (node / "archive").write_bytes(restored.archive(found))
    words = ["sh", "-c", restored.PUT, "restore", f"{node}/aside", f"{node}/archive"]
    listed = "".join(f"{name}\n" for name in sorted(found))
    done = subprocess.run(words, input=listed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [name.removeprefix(str(node)) for name in done.stdout.splitlines()]


def test_what_differs_is_put_back_and_kept_and_the_rest_left_alone(node: Path, layers: list[Path]) -> None:
    (node / "etc/lcmaps").mkdir(parents=True)
    for name, text in {"hosts": "changed", "lcmaps/lcmaps.db": "of the site", "mine": "mine"}.items():
        (node / "etc" / name).write_text(text)
    os.link(node / "etc/lcmaps/lcmaps.db", node / "lease")
    assert put(node, layers, "/etc/hosts", "/etc/lcmaps") == [
        "/etc/hosts",
        "/etc/lcmaps/more",
        "/etc/lcmaps/more/x",
    ]
    assert (node / "etc/hosts").read_text() == "of the site"
    assert (node / "etc/lcmaps/lcmaps.db").stat().st_nlink == 2, "it has a second name, as a lease has"
    assert (node / "etc/mine").read_text() == "mine"
    kept = node / "aside" / str(node / "etc/hosts").lstrip("/")
    assert kept.read_text() == "changed"
    assert (node / "aside").stat().st_mode & 0o777 == 0o700
    assert not (node / "archive").exists()
    assert put(node, layers, "/etc/hosts", "/etc/lcmaps") == []


def test_modes_links_and_kinds_are_put_back(node: Path, layers: list[Path]) -> None:
    (layers[1] / "etc/lcmaps/link").symlink_to("more/x")
    (layers[1] / "etc/lcmaps/more/x").chmod(0o640)
    put(node_with_etc(node), layers, "/etc/lcmaps")
    (node / "etc/lcmaps/more/x").chmod(0o666)
    (node / "etc/lcmaps/more").chmod(0o777)
    (node / "etc/lcmaps/link").unlink()
    (node / "etc/lcmaps/link").mkdir()
    (node / "etc/lcmaps/lcmaps.db").unlink()
    (node / "etc/lcmaps/lcmaps.db").symlink_to("more/x")
    assert put(node, layers, "/etc/lcmaps") == [
        "/etc/lcmaps/lcmaps.db",
        "/etc/lcmaps/link",
        "/etc/lcmaps/more",
        "/etc/lcmaps/more/x",
    ]
    assert (node / "etc/lcmaps/link").readlink() == Path("more/x")
    assert (node / "etc/lcmaps/lcmaps.db").read_text() == "of the site"
    assert not (node / "etc/lcmaps/lcmaps.db").is_symlink()
    assert (node / "etc/lcmaps/more/x").stat().st_mode & 0o777 == 0o640
    assert (node / "etc/lcmaps/more").stat().st_mode & 0o777 == 0o755


def node_with_etc(node: Path) -> Path:
    (node / "etc").mkdir()
    return node


def test_what_is_kept_aside_is_root_s_alone(node: Path, layers: list[Path]) -> None:
    """Also where somebody has made the directory before: a key may be among it."""
    (node / "etc").mkdir()
    (node / "etc/hosts").write_text("changed")
    (node / "aside").mkdir()
    (node / "aside").chmod(0o755)
    assert put(node, layers, "/etc/hosts") == ["/etc/hosts"]
    assert (node / "aside").stat().st_mode & 0o777 == 0o700


def test_an_access_list_is_taken_from_what_has_none(node: Path, layers: list[Path]) -> None:
    """By acl(5): one account is kept out of a directory and a file whose rights are right."""
    (node / "etc/lcmaps").mkdir(parents=True)
    (node / "etc/hosts").write_text("of the site")
    put(node, layers, "/etc/hosts", "/etc/lcmaps")
    for name in ("etc/lcmaps", "etc/hosts"):
        mode = (node / name).stat().st_mode
        keeps_out(node / name)
        (node / name).chmod(mode)
    assert put(node, layers, "/etc/hosts", "/etc/lcmaps") == ["/etc/hosts", "/etc/lcmaps"]
    assert [os.listxattr(node / name) for name in ("etc/lcmaps", "etc/hosts")] == [[], []]
    assert (node / "etc/lcmaps/lcmaps.db").read_text() == "of the site"
