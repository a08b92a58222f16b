"""A program of the user's on the worker node: how it is started, what ends it, and its exit code.

It comes with the job, as jobwrapper does, which runs the executable, the prologue and the epilogue by it.
"""

import _signal as signal
import errno
import os
import time

from brokerconnection import RefusedError
from jobspec import SPEC

GRID_ENV = "/etc/profile.d/grid-env.sh"
PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)
"""Troubles with a file that are the node's, and that another try may not meet."""
GRACE = 2  # s between SIGTERM and SIGKILL


class KilledError(BaseException):
    """The batch system ends the job."""


class UnfitError(Exception):
    """What the job names can't be used here, and another try would not change that."""


# A program that can't be started leaves the reason in a file: a code such as 127 can be the program's own.
# Only exec knows all the reasons; bash goes on after it for execfail.
START = """shopt -s execfail
icebox_program={program}
icebox_unfit() {{ echo "$icebox_program on $HOSTNAME: $1" > {unfit}; exit "$2"; }}
[ -e "$icebox_program" ] || icebox_unfit 'there is no such file' 127
[ ! -d "$icebox_program" ] || icebox_unfit 'it is a directory' 126
[ -x "$icebox_program" ] || icebox_unfit "it may not be executed by $(id -un)" 126
exec "$icebox_program" {arguments}
icebox_code=$?
case $icebox_code in 126|127) ;; *) exit "$icebox_code" ;; esac
IFS= read -r icebox_first < "$icebox_program"
case $icebox_first in
'#!'*$'\\r') icebox_unfit 'its lines end in CR LF, as on DOS: no program is called so' "$icebox_code" ;;
'#!'*) icebox_unfit "there is no program as its first line names it: $icebox_first" "$icebox_code" ;;
*) icebox_unfit 'it is no program for this machine' "$icebox_code" ;;
esac 2> /dev/null
"""


def script(program, arguments, unfit=os.devnull):
    """The user's command line as the shell of a gLite job wrapper reads it, quotes and variables included."""
    command = program if program.startswith(("$", "~")) or "/" in program else "./" + program
    command = "$HOME" + command[1:] if command.startswith("~/") else command
    exports = "".join(f"export {text}\n" for text in map(exported, SPEC["environment"]))
    source = f"[ ! -r {GRID_ENV} ] || . {GRID_ENV}\n"
    start = START.format(program=in_quotes(command), arguments=arguments, unfit=in_quotes(unfit))
    return source + exports + start


def exported(text):
    """``NAME=value`` with the value kept as it is, only its variables filled in, as in double quotes."""
    name, _, value = text.partition("=")
    quoted = len(value) > 1 and value[0] in "\"'" and value.find(value[0], 1) == len(value) - 1
    inner = value[1:-1] if quoted else value
    return name + "=" + in_quotes(inner)


def in_quotes(text):
    """In double quotes, in which only variables are filled in."""
    return '"' + "".join("\\" + sign if sign in '"`\\' else sign for sign in text) + '"'


def run(what, program, arguments, env, stdin=None, stdout=None, stderr=None):
    """Run to the end and give the exit code, 128 + n after signal n, as a shell does.

    Raises UnfitError if it could not be started; ``what`` the JDL calls it.
    """
    same = stderr and stdout and os.path.abspath(stderr) == os.path.abspath(stdout)
    unfit = os.path.abspath(f".{what}.unfit")
    wanted = (("StdInput", stdin, "rb"), ("StdOutput", stdout, "ab"), ("StdError", stderr, "ab"))
    files = []
    try:
        for number, (name, path, mode) in enumerate(wanted):
            files.append(files[1] if number == 2 and same else opened(name, path, mode))
        code = ended(start(["/bin/bash", "-c", script(program, arguments, unfit)], env, files))
    finally:
        for file in files:
            file.close()
    if os.path.exists(unfit):
        with open(unfit, errors="replace") as file:
            raise UnfitError(f"the {what} {file.read().strip()}")
    return code


def start(words, env, files):
    """A process in a session of its own, with these as its streams; its number."""
    streams = [(os.POSIX_SPAWN_DUP2, file.fileno(), number) for number, file in enumerate(files)]
    # Python ignores these signals, and so would the job.
    usual = (signal.SIGPIPE, signal.SIGXFSZ)
    return os.posix_spawn(words[0], words, env, file_actions=streams, setsid=True, setsigdef=usual)


def ended(child):
    """Wait for it; its exit code. If the batch system ends the job, it ends first."""
    try:
        return code_of(os.waitpid(child, 0)[1])
    except KilledError:
        kill(child, signal.SIGTERM)
        over = time.monotonic() + GRACE
        while os.waitpid(child, os.WNOHANG) == (0, 0) and time.monotonic() < over:
            time.sleep(0.05)
        kill(child, signal.SIGKILL)
        raise


def kill(session, number):
    try:
        os.killpg(session, number)
    except OSError:
        return  # nothing is left of it


def code_of(status):
    """As a shell tells it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def opened(what, path, mode):
    """A file of the job, its folder made; nothing is read from or written to one that it does not name."""
    try:
        if path and mode != "rb" and os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path or os.devnull, mode)
    except OSError as error:
        deed = "read" if mode == "rb" else "written"
        text = f"the {what} {path} can't be {deed} on {os.uname().nodename}: {error.strerror}"
        if error.errno in PASSING:
            raise RefusedError(text) from None
        raise UnfitError(text) from None
