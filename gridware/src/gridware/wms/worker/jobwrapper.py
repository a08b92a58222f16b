"""Runs on the worker node, around the user's program. It comes with the job; nothing of it is on the node.

broker.wrapper sends it with SPEC, its orders, in the module jobspec, with brokerconnection, and with jobdata
and jobperusal if the job has use for them. Standard library only, and little of that, since to load it is
most of what a short job costs; and whatever GRAM and the site give every job.
"""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress

from brokerconnection import BrokerConnection, RefusedError
from jobspec import SPEC

GRID_ENV = "/etc/profile.d/grid-env.sh"
PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)
"""Troubles with a file that are the node's, and that another try may not meet."""


class KilledError(BaseException):
    """The batch system ends the job."""


class UnfitError(Exception):
    """What the job names can't be used here, and another try would not change that."""


def on_signal(number, _frame):
    raise KilledError(signal.Signals(number).name)


def url_copy(source, target):
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
    command = re.sub("^~(?=/)", "$HOME", command)
    exports = "".join(f"export {text}\n" for text in map(exported, SPEC["environment"]))
    source = f"[ ! -r {GRID_ENV} ] || . {GRID_ENV}\n"
    start = START.format(program=in_quotes(command), arguments=arguments, unfit=in_quotes(unfit))
    return source + exports + start


def exported(text):
    """``NAME=value`` with the value kept as it is, only its variables filled in, as in double quotes."""
    name, _, value = text.partition("=")
    inner = value[1:-1] if re.fullmatch(r'"[^"]*"|\'[^\']*\'', value) else value
    return name + "=" + in_quotes(inner)


def in_quotes(text):
    """In double quotes, in which only variables are filled in."""
    return '"' + re.sub(r'(["`\\])', r"\\\1", text) + '"'


def run(what, program, arguments, env, stdin=None, stdout=None, stderr=None):
    """Run to the end and give the exit code, 128 + n after signal n, as a shell does.

    Raises UnfitError if it could not be started; ``what`` the JDL calls it.
    """
    same = stderr and stdout and os.path.abspath(stderr) == os.path.abspath(stdout)
    unfit = os.path.abspath(f".{what}.unfit")
    with ExitStack() as files:
        source = files.enter_context(opened("StdInput", stdin, "rb"))
        out = files.enter_context(opened("StdOutput", stdout, "ab"))
        err = out if same else files.enter_context(opened("StdError", stderr, "ab"))
        words = ["/bin/bash", "-c", script(program, arguments, unfit)]
        child = subprocess.Popen(words, env=env, stdin=source, stdout=out, stderr=err, start_new_session=True)
        try:
            code = child.wait()
        except KilledError:
            with suppress(OSError):
                os.killpg(child.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(2)
            with suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
            raise
    if os.path.exists(unfit):
        with open(unfit, errors="replace") as file:
            raise UnfitError(f"the {what} {file.read().strip()}")
    return code if code >= 0 else 128 - code


def opened(what, path, mode):
    """A file of the job, its folder made; nothing is read from or written to one that it does not name."""
    try:
        if path and mode != "rb" and os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path or os.devnull, mode)
    except OSError as error:
        deed = "read" if mode == "rb" else "written"
        text = f"the {what} {path} can't be {deed} on {socket.gethostname()}: {error.strerror}"
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
    if not re.search(r"[*?[]", wanted):
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
            with suppress(OSError):
                (os.rmdir if name in folders and not os.path.islink(path) else os.unlink)(path)
    with suppress(OSError):
        os.rmdir(directory)


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGUSR2):
        signal.signal(number, on_signal)
    home = os.environ.get("EDG_WL_SCRATCH") or os.environ.get("TMPDIR") or "/tmp"
    directory = os.path.join(home, f"glite_{os.urandom(8).hex()}")
    os.mkdir(directory, 0o700)
    os.chdir(directory)
    door = BrokerConnection()
    try:
        contact = os.environ.get("GLOBUS_GRAM_JOB_CONTACT", "")
        door.call("claim", claim=os.urandom(16).hex(), worker=socket.getfqdn(), contact=contact)
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
