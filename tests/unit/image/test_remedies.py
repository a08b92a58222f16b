"""What the image says of its sources is done to them: then it is built."""

import difflib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.image import base, key, layer, native, part, tables, template, units
from harness.image.base import Base
from harness.image.part import Part
from harness.setup import debian, packagelist
from tests.drill.tried import Told, failing
from tests.unit.image.tree import Asked, write


def part_toml(checkout: Path, text: str) -> Path:
    return write(checkout / "box/parts/node/part.toml", text)


@pytest.mark.tries("mend the line named", "keys are …")
def test_a_line_of_a_part(checkout: Path, told: Told) -> None:
    file = part_toml(checkout, 'units = ["ssh.service"]\nfiles = none\n')
    error = failing(told, lambda: part.load("node"))
    assert error.where == str(file)
    named = re.search(r"line (\d+)", error.why)
    assert named is not None
    lines = file.read_text().splitlines()
    lines[int(named[1]) - 1] = "files = {}"
    file.write_text("\n".join(lines) + "\n")
    assert part.load("node").units == ("ssh.service",)
    # A key that is none of those listed, and one that is.
    listed = re.findall(r"\w+", told(failing(told, lambda: _with(file, "unit"))))
    [meant] = difflib.get_close_matches("unit", listed, n=1)
    assert _with(file, meant).units == ("ssh.service",)


def _with(file: Path, name: str) -> Part:
    file.write_text(f'{name} = ["ssh.service"]\n')
    return part.load("node")


@pytest.mark.tries("parts that can be included: …")
def test_a_part_that_is_not_there(checkout: Path, told: Told) -> None:
    file = write(checkout / "box/parts/ce/part.toml", 'includes = ["nodes"]\n')
    remedy = told(failing(told, lambda: part.closure("ce")))
    listed = [name.strip() for name in remedy.partition(": ")[2].split(",")]
    file.write_text(f'includes = ["{next(name for name in listed if name != "ce")}"]\n')
    assert [each.name for each in part.closure("ce")] == ["node", "ce"]


@pytest.mark.tries("name it in [project.scripts] of …")
def test_a_command_that_is_not_there(checkout: Path, based: Base, owned: Asked, told: Told) -> None:
    part_toml(checkout, '[commands]\n"/usr/bin" = ["shout"]\n')
    remedy = failing(told, lambda: layer.build(layer.wanted(based), base.ledger())).remedy
    file = Path(remedy.rpartition(" ")[2])
    file.write_text(file.read_text().replace("scripts = {", 'scripts = {shout = "gridware.say:main", '))
    layer.build(layer.wanted(based), base.ledger())


@pytest.mark.tries("take one of these out of `includes`")
def test_a_circle(checkout: Path, told: Told) -> None:
    file = part_toml(checkout, 'includes = ["ce"]\n')
    error = failing(told, lambda: part.closure("ce"))
    assert error.why == "ce > node > ce"
    file.write_text("includes = []\n")
    assert part.closure("ce")


@pytest.mark.tries("mend `owner` there", "packages of box/base/packages.list make the accounts of services")
@pytest.mark.parametrize("way", ["owner", "package"])
def test_an_owner_that_nobody_is(checkout: Path, based: Base, owned: Asked, told: Told, way: str) -> None:
    file = checkout / "box/parts/ce/part.toml"
    sound = file.read_text()
    file.write_text(sound.replace('{mode = "1777"}', '{mode = "1777", owner = "root:daemon"}'))

    def build() -> None:
        layer.build(layer.wanted(based), base.ledger())

    failing(told, build)
    if way == "owner":
        file.write_text(sound)
    else:  # what a package that brings the account leaves in the base layer
        with (based.root / "etc/group").open("a") as groups:
            groups.write("daemon:x:105:\n")
    build()
    assert layer.wanted(based).of("ce").is_dir()


@pytest.mark.tries("mend `units` in the part.toml that names it, or bring the unit in the part's tree/")
@pytest.mark.parametrize("way", ["units", "tree"])
def test_a_unit_that_is_not_there(checkout: Path, based: Base, owned: Asked, told: Told, way: str) -> None:
    part_toml(checkout, 'units = ["shh.service"]\n')

    def build() -> None:
        layer.build(layer.wanted(based), base.ledger())

    failing(told, build)
    if way == "units":
        part_toml(checkout, 'units = ["ssh.service"]\n')
    else:
        unit = checkout / "box/parts/node/tree/usr/lib/systemd/system/shh.service"
        write(unit, "[Install]\nWantedBy=multi-user.target\n")
    build()


@pytest.mark.tries("give it WantedBy=multi-user.target in [Install], or take it out of `units` in part.toml")
def test_a_unit_that_nothing_wants(tmp_path: Path, told: Told) -> None:
    unit = write(tmp_path / "lower/usr/lib/systemd/system/x.service", "[Service]\nExecStart=/bin/true\n")
    upper = tmp_path / "upper"
    remedy = told(failing(told, lambda: units.enable(upper, "x.service", [tmp_path / "lower"])))
    line, section = re.findall(r"(WantedBy=\S+) in (\[\w+\])", remedy)[0]
    with unit.open("a") as file:
        file.write(f"{section}\n{line}\n")
    units.enable(upper, "x.service", [tmp_path / "lower"])
    assert (upper / "etc/systemd/system/multi-user.target.wants/x.service").is_symlink()


@pytest.mark.tries("mend that line, or `git checkout` the file")
@pytest.mark.parametrize("way", ["line", "git"])
def test_a_template(tmp_path: Path, told: Told, way: str) -> None:
    file = write(tmp_path / "hosts.j2", "one\n{{ name }}\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "a template"]):
        subprocess.run([*git, *words], check=True)
    file.write_text("one\n{{ nmae }}\n")
    error = failing(told, lambda: template.render(file.read_text(), {"name": "two"}, file))
    assert error.where == f"{file}:2"
    if way == "line":
        lines = file.read_text().splitlines()
        lines[int(error.where.rpartition(":")[2]) - 1] = "{{ name }}"
        file.write_text("\n".join(lines) + "\n")
    else:
        subprocess.run([*git, "checkout", "-q", error.where.rpartition(":")[0]], check=True)
    assert template.render(file.read_text(), {"name": "two"}, file) == "one\ntwo\n"


@pytest.mark.tries("the package may have changed: see if it needs the change still, and mend `words`")
def test_a_word_that_a_package_has_no_more(checkout: Path, based: Base, owned: Asked, told: Told) -> None:
    write(based.root / "usr/lib/x.so", "\0aNULL:ALL\0")
    part_toml(checkout, '[words]\n"/usr/lib/x.so" = {from = "eNULL:ALL", to = "HIGH"}\n')

    def build() -> None:
        layer.build(layer.wanted(based), base.ledger())

    error = failing(told, build)
    file = Path(error.where)
    file.write_text(file.read_text().replace("eNULL", "aNULL"))
    build()
    assert b"\0HIGH\0" in (layer.wanted(based).of("ce") / "usr/lib/x.so").read_bytes()


@pytest.mark.tries("the package may have changed: mend `tables`")
def test_tables_that_a_package_has_no_more(checkout: Path, based: Base, owned: Asked, told: Told) -> None:
    part_toml(checkout, 'tables = "/usr/share/old.sql"\n')

    def build() -> None:
        layer.build(layer.wanted(based), base.ledger())

    error = failing(told, build)
    assert "old.sql" in error.why
    file = Path(error.where)
    file.write_text(file.read_text().replace("/usr/share/old.sql", ""))
    build()
    assert list(tables.of(layer.wanted(based).of("ce"))) == []


@pytest.mark.tries("run the same command again, once they are at rest")
def test_sources_that_move(tmp_path: Path, told: Told) -> None:
    source = tmp_path / "acl.py"

    def read() -> None:
        with key.steady():
            source.read_bytes()

    failing(told, read)
    source.touch()
    read()


@pytest.mark.tries("mend the program if the compiler found a mistake")
def test_a_program_with_a_mistake(tmp_path: Path, told: Told) -> None:
    source = write(tmp_path / "native/one.c", "int one(void) { return 1 }\n")
    error = failing(told, lambda: native.compile_one(source, tmp_path / "one.so"), HostError)
    assert "expected" in error.why
    Path(error.where).write_text("int one(void) { return 1; }\n")
    native.compile_one(source, tmp_path / "one.so")
    assert (tmp_path / "one.so").exists()


@pytest.mark.tries("run ./icebox setup, which installs gcc")
def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """What set-up brings with the package it names is stood for by a link."""
    compiler = shutil.which(native.COMPILER)
    assert compiler is not None
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    source = write(tmp_path / "native/one.c", "int one(void) { return 1; }\n")
    remedy = told(failing(told, lambda: native.compile_one(source, tmp_path / "one.so")))
    package = remedy.partition("installs ")[2].partition(";")[0]
    assert package in packagelist.parse((debian.HERE / "packages.list").read_text())
    (programs / native.COMPILER).symlink_to(compiler)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    native.compile_one(source, tmp_path / "one.so")
    assert (tmp_path / "one.so").exists()
