"""Running Slurm's commands and understanding their refusals."""

from __future__ import annotations

import os

from gridware.pbs import errors
from gridware.pbs.errors import PbsError, no_server

BIN = "/usr/bin"
# Slurm's clients obey many variables (SBATCH_PARTITION, SLURM_CONF …): a caller's must not bend PBS commands.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "SLURM_TIME_FORMAT": "%s"}

NO_NODES = (
    "Job exceeds queue resource limits MSG=cannot locate feasible nodes (nodes file is empty, all systems "
    "are busy, or no nodes have the requested feature)"
)
# What Slurm says, and what Torque says to the same.
REFUSALS = (
    ("Invalid partition", errors.UNKNOWN_QUEUE, "Unknown queue MSG=cannot locate queue"),
    (
        "Requested time limit is invalid",
        errors.EXCEEDS_QUEUE,
        "Job exceeds queue resource limits MSG=cannot satisfy queue max walltime requirement",
    ),
    ("node configuration is not available", errors.EXCEEDS_QUEUE, NO_NODES),
    ("Node count specification invalid", errors.EXCEEDS_QUEUE, NO_NODES),
    ("More processors requested than permitted", errors.EXCEEDS_QUEUE, NO_NODES),
    ("Invalid node name", errors.EXCEEDS_QUEUE, NO_NODES),
    ("Invalid feature", errors.EXCEEDS_QUEUE, NO_NODES),
    ("Job dependency problem", errors.ILLEGAL_ATTRIBUTE, "Invalid request MSG=invalid job dependency"),
    (
        "Invalid job array specification",
        errors.BAD_ARRAY,
        "Bad Job Array Request MSG=tasks are numbered from 0 to 1000",
    ),
    ("Invalid user id", errors.BAD_USER, "Bad UID for job execution"),
    ("Access/permission denied", errors.UNAUTHORIZED, "Unauthorized Request"),
    ("Invalid job id", errors.UNKNOWN_JOB, "Unknown Job Id"),
    *(
        (said, errors.BAD_STATE, "Request invalid for state of job MSG=invalid state for job - COMPLETE")
        for said in ("Job has already finished", "already completing or completed")
    ),
)
UNREACHABLE = ("Unable to contact slurm controller", "Connection refused", "timed out", "Socket timed out")
UNTRUSTED = ("Munge", "munge", "authentication")


class Result:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


def run(server: str, *command: str, stdin: bytes = b"") -> Result:
    """Run one of Slurm's commands; an unreachable server is an error here, any other refusal is the caller's.

    Input goes through an unnamed file, and stderr (some lines) fits a pipe: no two pipes block each other.
    """
    source = os.memfd_create("stdin")
    os.write(source, stdin)
    os.lseek(source, 0, os.SEEK_SET)
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    try:
        pid = os.posix_spawn(
            f"{BIN}/{command[0]}",
            command,
            ENVIRONMENT,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, fd, place) for place, fd in enumerate((source, out_end, err_end))
            ],
        )
    except OSError as error:
        raise PbsError(f"cannot run {command[0]}: {error.strerror}", errors.SYSTEM) from error
    finally:
        for fd in (source, out_end, err_end):
            os.close(fd)
    texts = [_read(fd) for fd in (out, err)]
    result = Result(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), *texts)
    if result.code:
        reachable(server, result.err)
    return result


def refusal(text: str) -> PbsError:
    """Torque's words and number for what Slurm answered."""
    for said, number, words in REFUSALS:
        if said in text:
            return PbsError(words, number)
    return PbsError(f"System error MSG={last_words(text)}", errors.SYSTEM)


def last_words(text: str) -> str:
    """The last line of an error text without the command and level before it."""
    lines = text.strip().splitlines() or ["no answer"]
    line = lines[-1]
    for head in ("sbatch: ", "srun: ", "scontrol: ", "scancel: ", "error: "):
        line = line.removeprefix(head)
    return line


def reachable(server: str, text: str) -> None:
    """Raise if an error text says that the server cannot be reached or does not trust this node."""
    if any(word in text for word in UNTRUSTED):
        raise no_server(server, errors.UNAUTHORIZED, f"Unauthorized Request MSG={last_words(text)}")
    if any(word in text for word in UNREACHABLE):
        raise no_server(server, errors.CONNECTION_REFUSED, "Connection refused")


def _read(fd: int) -> str:
    with open(fd, encoding="utf-8", errors="replace") as file:
        return file.read()
