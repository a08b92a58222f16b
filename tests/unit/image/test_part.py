"""Keys, parts and units."""

import os
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.image import key, part, units
from tests.unit.image.tree import write


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('unit = ["x"]\n', "unknown keys in a part"),
        ("units = [\n", "can't be read"),
        ('includes = ["ce"]\n', "include each other in a circle"),
        ('includes = ["nowhere"]\n', "'nowhere' can't be read"),
        ("units = 5\n", "units is 5, no list of names"),
        ('units = "ssh.service"\n', "no list of names"),
        ('files = ["ssh"]\n', "of another kind than its key asks for"),
        ('[files]\n"/etc/motd" = "0644"\n', "of another kind than its key asks for"),
        ('[files]\n"/etc/motd" = {mode = "rw"}\n', "of another kind than its key asks for"),
    ],
)
def test_bad_parts(checkout: Path, text: str, said: str) -> None:
    write(checkout / "box/parts/node/part.toml", text)
    with pytest.raises(HarnessError) as caught:
        part.closure("ce")
    assert said in str(caught.value)
    assert caught.value.where.endswith("part.toml")
    assert caught.value.remedy


def test_sources_that_go_away_while_they_are_read(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="is gone while they are read") as caught, key.steady():
        (tmp_path / "acl.py").read_bytes()
    assert caught.value.where == str(tmp_path / "acl.py")
    assert "again" in caught.value.remedy


def test_units(tmp_path: Path) -> None:
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    write(lower / "usr/lib/systemd/system/voms@.service", "[Install]\nWantedBy=multi-user.target\n")
    write(lower / "usr/lib/systemd/system/static.service", "[Service]\n")
    units.enable(upper, "voms@gilda.service", [lower])
    for unit in ("noisy.service", "systemd-noisy-generator"):
        units.mask(upper, unit)
    wants = upper / "etc/systemd/system/multi-user.target.wants"
    assert os.readlink(wants / "voms@gilda.service") == "/usr/lib/systemd/system/voms@.service"
    for path in ("system/noisy.service", "system-generators/systemd-noisy-generator"):
        assert os.readlink(upper / "etc/systemd" / path) == "/dev/null"
    with pytest.raises(HarnessError, match="there is no unit 'nowhere\\.service'"):
        units.enable(upper, "nowhere.service", [lower])
    with pytest.raises(HarnessError, match=r"has no \[Install\]"):
        units.enable(upper, "static.service", [lower])
