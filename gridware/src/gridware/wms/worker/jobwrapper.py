"""Runs on the worker node, around the user's program. It comes with the job; nothing of it is on the node.

broker.wrapper sends it with SPEC, its orders, in the module jobspec, with brokerconnection, and with jobdata
and jobperusal if the job has use for them. Standard library only, and little of that, since to load it is
most of what a short job costs: neither ``re`` nor ``subprocess`` nor whatever else makes enumerations; and
whatever GRAM and the site give every job.
"""

import _signal as signal
import errno
import os
import sys
import time

from brokerconnection import BrokerConnection, RefusedError
from jobspec import SPEC

GRID_ENV = "/etc/profile.d/grid-env.sh"
PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)
"""Troubles with a file that are the node's, and that another try may not meet."""


ENDINGS = {getattr(signal, name): name for name in ("SIGTERM", "SIGINT", "SIGXCPU", "SIGUSR2")}
GRACE = 2  # s between SIGTERM and SIGKILL


class KilledError(BaseException):
    """The batch system ends the job."""


class UnfitError(Exception):
    """What the job names can't be used here, and another try would not change that."""


def on_signal(number, _frame):
    raise KilledError(ENDINGS[number])


def url_copy(source, target):
    import subprocess

    words = ["globus-url-copy", "-q", "-cd", source, target]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        text = " ".join(done.stderr.split()) or f"globus-url-copy ended with {done.returncode}"
        raise RefusedError(f"{source} could not be copied to {target}: {text}")


def fetch_inputs(door):
    for number, name in enumerate(SPEC["inputs"]):
        door.call("fetch", target=name, name=number)
    for url, name in SPEC["input_urls"]:
        url_copy(url, "file://" + os.path.abspath(name))
    for name in (SPEC["executable"], SPEC["prologue"], SPEC["epilogue"]):
        if name and "/" not in name and os.path.exists(name):
            os.chmod(name, 0o755)


def environment():
    contact = os.environ.get("GLOBUS_GRAM_JOB_CONTACT", "")
    info = os.path.abspath(".BrokerInfo")
    with open(info, "w") as file:
        file.write(SPEC["brokerinfo"])
    given = {
        "GLITE_WMS_JOBID": SPEC["id"], "EDG_WL_JOBID": SPEC["id"],
        "GLITE_CE": SPEC["ceid"], "GLOBUS_CE": SPEC["ceid"],
        "GLITE_WMS_RB_BROKERINFO": info, "EDG_WL_RB_BROKERINFO": info,
        "GLITE_WMS_LOG_DESTINATION": SPEC["host"], "GLITE_WMS_SEQUENCE_CODE": str(SPEC["attempt"]),
        "GLOBUS_GRAM_JOB_CONTACT": contact,
    }  # fmt: skip
    return {"EDG_WL_SCRATCH": os.getcwd(), **SPEC["site_environment"], **os.environ, **given}


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


def send_outputs(door):
    """Send what there is of the OutputSandbox; returns the names sent to RB and those that were not there."""
    names, missing = [], []
    for wanted, url in SPEC["outputs"]:
        for path in fitting(wanted) or [wanted]:
            if not os.path.isfile(path):
                missing.append(wanted)
            elif url:
                url_copy("file://" + os.path.abspath(path), url)
            elif os.path.basename(path) not in names:
                door.call("store", source=path, name=len(names))
                names.append(os.path.basename(path))
    return names, missing


def fitting(wanted):
    """The files that a name with wildcards stands for, in their order."""
    if not any(sign in wanted for sign in "*?["):
        return []
    import glob

    return sorted(path for path in glob.glob(wanted) if os.path.isfile(path))


def perusal():
    """Sends slices of files from now on, by a connection of its own; None if the job wants none."""
    orders = SPEC["perusal"]
    if not orders:
        return None
    import jobperusal

    door = BrokerConnection()

    def send(path, name):
        if not orders["target"]:
            door.try_once("perused", source=path, name=name)
            return
        try:
            url_copy("file://" + path, f"{orders['target'].rstrip('/')}/{name}")
        except RefusedError as error:
            raise OSError(str(error)) from None

    made = jobperusal.Perusal(orders["interval"], lambda: door.try_once("peruse")["names"], send, os.getcwd())
    made.start()
    return made


def work(door):
    """From the token to the last file; what is returned goes to RB as the job's end."""
    started = False
    try:
        fetch_inputs(door)
        env = environment()
        if SPEC["prologue"]:
            code = run("Prologue", SPEC["prologue"], SPEC["prologue_arguments"], env)
            if code:
                return {"failure": f"the prologue ended with {code}"}
        started = True
        door.call("started")
        slices = perusal()
        streams = (SPEC["stdin"], SPEC["stdout"], SPEC["stderr"])
        code = run("Executable", SPEC["executable"], SPEC["arguments"], env, *streams)
        if slices:
            slices.end()
        if SPEC["output_data"]:
            import jobdata

            jobdata.store(SPEC["vo"], SPEC["output_data"], SPEC["upload_report"], code)
        if SPEC["epilogue"]:
            epilogue = run("Epilogue", SPEC["epilogue"], SPEC["epilogue_arguments"], env)
            if epilogue:
                return {"failure": f"the epilogue ended with {epilogue}", "started": True}
        names, missing = send_outputs(door)
        return {"exit_code": code, "outputs": names, "missing": missing}
    except KilledError as killed:
        return {
            "failure": f"the batch system ended the job ({killed}): see the queue's time limits",
            "started": started,
        }
    except UnfitError as error:
        return {"failure": str(error), "started": started, "final": True}
    except (RefusedError, OSError) as error:
        return {"failure": str(error), "started": started}


def remove(directory):
    """With all that is in it, as far as that can be removed."""
    for top, folders, files in os.walk(directory, topdown=False):
        for name in files + folders:
            path = os.path.join(top, name)
            attempt(os.rmdir if name in folders and not os.path.islink(path) else os.unlink, path)
    attempt(os.rmdir, directory)


def attempt(removing, path):
    try:
        removing(path)
    except OSError:
        return  # it stays


def own_name():
    """Of this node, with its domain."""
    name = os.uname().nodename
    if "." in name:
        return name
    import socket

    return socket.getfqdn()


def main():
    for number in ENDINGS:
        signal.signal(number, on_signal)
    home = os.environ.get("EDG_WL_SCRATCH") or os.environ.get("TMPDIR") or "/tmp"
    directory = os.path.join(home, f"glite_{os.urandom(8).hex()}")
    os.mkdir(directory, 0o700)
    os.chdir(directory)
    door = BrokerConnection()
    try:
        contact = os.environ.get("GLOBUS_GRAM_JOB_CONTACT", "")
        door.call("claim", claim=os.urandom(16).hex(), worker=own_name(), contact=contact)
        result = work(door)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        door.call("finish", **result)
    except RefusedError as refused:
        print(refused, file=sys.stderr)
    finally:
        os.chdir("/")
        remove(directory)


main()
