"""When a key is taken again for a delegated proxy, with delegated-key.c; the gatekeeper is a program here."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/mapping/native/delegated-key.c"
LIFE = 600
Child = Callable[..., list[str]]
"""Runs one child of the service for a client; ``first`` is the number of the first key that it makes."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service, beside the library that it is linked to and the object."""
    made = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, made / "delegated-key.so", "-Werror")
    library, program = made / "libcrypto.so", made / "delegations"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, HERE / "native/crypto.c"], check=True)
    subprocess.run(["gcc", "-o", program, HERE / "native/delegations.c", library], check=True)
    return program


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The service's RuntimeDirectory."""
    return tmp_path


@pytest.fixture
def child(program: Path, keys: Path) -> Child:
    def run(client: str, first: int, **more: str) -> list[str]:
        given = {"LD_PRELOAD": str(program.parent / "delegated-key.so"), "RUNTIME_DIRECTORY": str(keys)}
        environment = {**given, "FIRST": str(first), **more}
        ran = subprocess.run([program, client], env=environment, capture_output=True, text=True, check=True)
        assert ran.stderr == ""
        return ran.stdout.splitlines()

    return run


def test_a_key_is_taken_again_for_the_same_proxy_alone(child: Child, keys: Path) -> None:
    end = "no preload no place"
    assert child("anna", 10) == ["anna: key 10 of 2048 bits", "one of its own: 11", end]
    assert child("anna", 20) == ["anna: key 10 of 2048 bits", "one of its own: 20", end]
    assert child("bert", 30)[0] == "bert: key 30 of 2048 bits"
    assert sorted(path.stat().st_mode & 0o777 for path in keys.iterdir()) == [0o600, 0o600]


def test_a_proxy_of_another_size_has_another_key(child: Child) -> None:
    child("anna", 10)
    assert child("anna=4096", 20)[0] == "anna: key 20 of 4096 bits"


@pytest.mark.parametrize("age", [LIFE, -3600])
def test_a_key_lives_for_ten_minutes(child: Child, keys: Path, age: int) -> None:
    child("bert", 5)
    child("anna", 10)
    then = time.time() - age
    for path in keys.iterdir():
        os.utime(path, (then, then))
    assert child("anna", 20)[0] == "anna: key 20 of 2048 bits"
    (left,) = keys.iterdir()
    assert left.name.startswith(b"anna".hex())
    assert child("anna", 30)[0] == "anna: key 20 of 2048 bits"


def test_just_before_it_does(child: Child, keys: Path) -> None:
    child("anna", 10)
    (path,) = keys.iterdir()
    then = time.time() - LIFE + 60
    os.utime(path, (then, then))
    assert child("anna", 20)[0] == "anna: key 10 of 2048 bits"


@pytest.mark.parametrize("client", ["nobody", ""])
def test_who_shows_no_certificate_has_a_key_alone(child: Child, keys: Path, client: str) -> None:
    """A connection without one, and a request that goes into memory."""
    assert child(client, 10)[0] == f"{client}: key 10 of 2048 bits"
    assert not list(keys.iterdir())


def test_a_broken_or_foreign_file_is_no_key(
    child: Child, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    child("anna", 10)
    (path,) = keys.iterdir()
    path.write_bytes(b"no key")
    assert child("anna", 20)[0] == "anna: key 20 of 2048 bits"
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "key"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert child("anna", 30)[0] == "anna: key 30 of 2048 bits"


def test_without_a_place_each_has_its_own(child: Child) -> None:
    for first in (10, 20):
        assert child("anna", first, RUNTIME_DIRECTORY="/nonexistent")[0] == f"anna: key {first} of 2048 bits"
