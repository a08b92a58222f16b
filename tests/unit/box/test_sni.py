"""Which names GRAM and GridFTP send in a TLS handshake, with sni.c; each is a small program here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.image import native

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "box/parts/mapping/native/sni.c"
REST = ["55 0 nothing", "gave 1", "33 4 Student 01", "gave 7"]
"""What the program does after the names: no name, and another command of SSL_ctrl."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job manager, beside the library that it is linked to and the object."""
    made = tmp_path_factory.mktemp("made")
    native.compile_one(SOURCE, made / "sni.so", "-Werror")
    library, program = made / "libssl.so", made / "globus-job-manager"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, HERE / "native/ssl.c"], check=True)
    subprocess.run(["gcc", "-o", program, HERE / "native/handshakes.c", library], check=True)
    return program


def said(program: Path, *names: str, **environment: str) -> list[str]:
    return subprocess.run(
        [program, *names], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def preload(program: Path) -> str:
    return str(program.parent / "sni.so")


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


@pytest.mark.parametrize(("name", "preloads"), [("globus-job-manager", True), ("globus-fork-starter", False)])
def test_a_job_manager_s_script_alone_is_started_with_it(
    program: Path, tmp_path: Path, name: str, preloads: bool
) -> None:
    starter = tmp_path / name
    shutil.copy(program, starter)
    environment = {
        "LD_PRELOAD": preload(program),
        "LD_LIBRARY_PATH": str(program.parent),
        "STARTS": "/usr/bin/env",
    }
    lines = said(starter, **environment)[len(REST) :]
    assert lines == ["HOME=/", *([f"LD_PRELOAD={preload(program)}"] if preloads else [])]
