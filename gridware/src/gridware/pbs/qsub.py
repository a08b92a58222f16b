"""qsub: submit a job."""

from __future__ import annotations

import os
import pwd
import sys

from gridware.pbs import depend, errors, jobscript, request, resources, server, slurm, submit
from gridware.pbs.errors import PbsError, UsageError, complain
from gridware.pbs.jobscript import Owner
from gridware.pbs.request import Request
from gridware.program import program

LONGEST = 4_000_000
"""Bytes of a script that are read: a device has no end, and Slurm takes as many (max_script_size)."""

USAGE = """usage: qsub [-a date_time] [-A account_string] [-b secs]
      [-c [ none | { enabled | periodic | shutdown |
      depth=<int> | dir=<path> | interval=<minutes>}... ]
      [-C directive_prefix] [-d path] [-D path]
      [-e path] [-h] [-I] [-j oe|eo|n] [-k {oe}] [-l resource_list] [-m n|{abe}]
      [-M user_list] [-N jobname] [-o path] [-p priority] [-P proxy_user] [-q queue]
      [-r y|n] [-S path] [-t number_to_submit] [-T type]  [-u user_list] [-w] path
      [-W additional_attributes] [-v variable_list] [-V ] [-x] [-X] [-z] [script]
"""
NOT_DONE = {
    "c": "checkpoints are not offered",
    "D": "root directories are not offered",
    "f": "no job here is fault tolerant",
    "K": "jobs are ended by their limits alone",
    "L": "resources are asked for with -l",
    "P": "proxy users are not offered",
    "T": "job types are not offered",
    "X": "X11 forwarding is not offered",
}
ATTRIBUTES_NOT_DONE = {
    "stagein": "CE and WN share the home directories",
    "stageout": "CE and WN share the home directories",
    "group_list": "a job has the groups of its owner",
    "sandbox": "sandboxes are not offered",
}


@program
def main(arguments: list[str]) -> int:
    try:
        return _submit(arguments)
    except UsageError as error:
        if str(error):
            complain("qsub", error)
        sys.stderr.write(USAGE)
        return 2
    except PbsError as error:
        # Torque puts what the server answered in brackets, and what qsub itself found not.
        own = error.code == error.number or str(error).startswith("cannot connect")
        complain("qsub", error if own else PbsError(f"submit error ({error})"))
        return error.code


def _submit(arguments: list[str]) -> int:
    options, path = request.command_line(arguments)
    # `qsub -I` reads its directives from a script only if one is named: its standard input is the terminal.
    script = _read(path) if path or not _asks_interactive(options) else ""
    command = script if "x" in dict(options) else ""
    wanted = request.build(options, "" if command else script)
    host = server.name()
    server.check(host, wanted.server)
    owner = _owner()
    _warn(wanted)
    submit.umask(wanted)
    name = wanted.get("N") or os.path.basename(path) or request.STDIN_NAME
    work = _work_directory()
    fixed = jobscript.variables(wanted, owner, host, name, work)
    remembered = submit.remembered(wanted, host, fixed, arguments, work)
    shared = submit.common(wanted, host, name, remembered, owner)
    head = jobscript.head(wanted, owner, fixed, remembered, command)
    if wanted.interactive:
        from gridware.pbs import interactive  # the batch path does without its imports

        return interactive.run(host, shared, "\n".join(jobscript.lines(head)))
    before = depend.before(wanted.attributes.get("depend", ""), host)
    text = jobscript.batch(head, script).encode("utf-8", "surrogateescape")
    result = slurm.run(host, "sbatch", *shared, *submit.batch(wanted), stdin=text)
    number = result.out.partition(";")[0].strip()
    if not number.isdigit():
        raise slurm.refusal(result.err)
    depend.tell(before, number)
    if not wanted.flag("z"):
        print(f"{number}{'[]' if wanted.flag('t') else ''}.{host}")
    return result.code


def _asks_interactive(options: list[tuple[str, str]]) -> bool:
    return "I" in dict(options)


def _read(path: str) -> str:
    try:
        with open(path or sys.stdin.fileno(), "rb", closefd=bool(path)) as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise PbsError(f"script file:: {error.strerror}") from error
    if len(data) > LONGEST:
        raise PbsError(f"script file:: more than {LONGEST // 1_000_000} MB")
    if b"\0" in data:
        raise PbsError("file must be an ascii script")
    _expect_unix_lines(data, path)
    return data.decode("utf-8", "surrogateescape")


def _expect_unix_lines(data: bytes, path: str) -> None:
    """A shell takes the carriage return at the end of a line for a part of its last word."""
    number = next((n for n, line in enumerate(data.split(b"\n"), start=1) if line.endswith(b"\r")), 0)
    if number:
        name = path or "standard input"
        remedy = f"sed -i 's/\\r$//' {path}" if path else "tr -d '\\r'"
        raise PbsError(
            f"script is written in DOS/Windows text format: line {number} of {name} ends with a carriage "
            f"return, and no shell could run it; convert it with: {remedy}"
        )


def _owner() -> Owner:
    """The account that calls. Root may not run jobs, as in Torque's default."""
    uid = os.getuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise PbsError(f"Bad UID for job execution MSG=no account has uid {uid}", errors.BAD_USER) from None
    if uid == 0:
        text = f"Bad UID for job execution MSG=root user {entry.pw_name} not allowed"
        raise PbsError(text, errors.BAD_USER)
    return Owner(entry.pw_name, entry.pw_dir, entry.pw_shell)


def _work_directory() -> str:
    """Where qsub was called; by the shell's name for it (``PWD``) if that is the same directory."""
    try:
        here, named = os.getcwd(), os.environ.get("PWD", "")
        return named if named.startswith("/") and os.path.samefile(named, here) else here
    except OSError as error:
        raise PbsError(f"cannot get the current working directory: {error.strerror}") from error


def _warn(wanted: Request) -> None:
    """Say what was asked for and is not done."""
    for letter, reason in NOT_DONE.items():
        if wanted.flag(letter):
            print(f"qsub: warning: -{letter} is ignored: {reason}", file=sys.stderr)
    for name, reason in ATTRIBUTES_NOT_DONE.items():
        if name in wanted.attributes:
            print(f"qsub: warning: -W {name} is ignored: {reason}", file=sys.stderr)
    for name in resources.ignored(wanted.resources):
        print(f"qsub: warning: -l {name} is ignored: {resources.WHY_IGNORED}", file=sys.stderr)
    if wanted.get("m", "n") != "n" or wanted.flag("M"):
        letters = " and ".join(f"-{letter}" for letter in "mM" if wanted.flag(letter))
        print(f"qsub: warning: {letters}: no mail will come, this site has no mailer", file=sys.stderr)
