"""Which names a job manager sends in a TLS handshake, with gram-sni.c; it is a small program here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/ce/native/gram-sni.c"
REST = ["55 0 nothing", "gave 1", "33 4 Student 01", "gave 7"]
"""What the program does after the names: no name, and another command of SSL_ctrl."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job manager, beside the library that it is linked to and the object."""
    made = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, made / "gram-sni.so", "-Werror")
    library, program = made / "libssl.so", made / "handshakes"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, HERE / "native/ssl.c"], check=True)
    subprocess.run(["gcc", "-o", program, HERE / "native/handshakes.c", library], check=True)
    return program


def said(program: Path, *names: str, **environment: str) -> list[str]:
    return subprocess.run(
        [program, *names], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def preload(program: Path) -> str:
    return str(program.parent / "gram-sni.so")


@pytest.mark.parametrize("name", ["Student 01", "Rosà", "Anna O'Neill", "host/ce.example.org", "", "a_b"])
def test_what_is_no_host_is_not_sent(program: Path, name: str) -> None:
    assert said(program, name, LD_PRELOAD=preload(program)) == ["gave 1", *REST, "preload is gone"]


@pytest.mark.parametrize("name", ["xencenode.sytes.net", "XENCENODE", "ce-2.example.org", "203.0.113.1"])
def test_a_host_is(program: Path, name: str) -> None:
    assert said(program, name, LD_PRELOAD=preload(program)) == [
        f"55 0 {name}",
        "gave 1",
        *REST,
        "preload is gone",
    ]


def test_without_it(program: Path) -> None:
    assert said(program, "Student 01")[:2] == ["55 0 Student 01", "gave 1"]
