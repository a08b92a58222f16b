"""The PBS commands. Slurm is recorded, or a fake where it has to refuse."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SERVER = "xencenode.sytes.net"
Fake = Callable[..., Path]


@pytest.fixture(autouse=True)
def name_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's name where Torque keeps it, and no variable that would change it."""
    from gridware.pbs import server

    path = tmp_path / "server_name"
    path.write_text(f"{SERVER}\n")
    monkeypatch.setattr(server, "NAME_FILE", str(path))
    for name in ("PBS_DEFAULT", "PBS_DPREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Makes a fake of one of Slurm's commands (output, exit code). Returns the log of its calls."""
    from gridware.pbs import slurm

    folder = tmp_path / "fakes"
    folder.mkdir()
    monkeypatch.setattr(slurm, "BIN", str(folder))

    def make(command: str, out: str = "", err: str = "", code: int = 0) -> Path:
        program, log = folder / command, tmp_path / f"{command}.calls"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >> {log}\ncat >> {log}.stdin\n'
            f"printf %s {shlex.quote(out)}\nprintf %s {shlex.quote(err)} >&2\nexit {code}\n"
        )
        program.chmod(0o755)
        return log

    return make


@pytest.fixture
def recorded_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An scontrol that shows a recording: jobs 21 to 28, two WNs, three queues."""
    from gridware.pbs import slurm

    program = tmp_path / "recorded" / "scontrol"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f"folder={HERE / 'recorded'}\n"
        'case "$2 $5" in\n'
        '    "job ") cat $folder/jobs.txt ;;\n'
        '    "job "*) grep "^JobId=$5 " $folder/jobs.txt ||\n'
        '        { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; } ;;\n'
        "    node*) cat $folder/nodes.txt ;;\n"
        "    partition*) cat $folder/partitions.txt ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(slurm, "BIN", str(program.parent))
    monkeypatch.setenv("TZ", "UTC")
