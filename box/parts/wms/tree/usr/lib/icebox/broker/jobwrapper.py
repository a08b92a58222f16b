"""Runs on the worker node, around the user's program. It comes with the job; nothing of it is on the node.

broker.wrapper sends it with SPEC, its orders, in the module jobspec, with jobdoor, and with jobdata and
jobperusal if the job has use for them. Standard library only, and little of that, since to load it is most of
what a short job costs; and whatever GRAM and the site give every job.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress

from jobdoor import Door, RefusedError
from jobspec import SPEC

GRID_ENV = "/etc/profile.d/grid-env.sh"


class KilledError(BaseException):
    """The batch system ends the job."""


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


def script(program, arguments):
    """The user's command line as the shell of a gLite job wrapper reads it, quotes and variables included."""
    command = program if "/" in program else "./" + program
    exports = "".join(f"export {text}\n" for text in map(exported, SPEC["environment"]))
    source = f"[ ! -r {GRID_ENV} ] || . {GRID_ENV}\n"
    return f"{source}{exports}exec {quoted(command)} {arguments}"


def exported(text):
    """``NAME=value`` with the value kept as it is, only its variables filled in, as in double quotes."""
    name, _, value = text.partition("=")
    inner = value[1:-1] if re.fullmatch(r'"[^"]*"|\'[^\']*\'', value) else value
    return name + '="' + re.sub(r'(["`\\])', r"\\\1", inner) + '"'


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def run(program, arguments, env, stdin=None, stdout=None, stderr=None):
    """Run to the end and give the exit code, 128 + n after signal n, as a shell does."""
    same = stderr and stdout and os.path.abspath(stderr) == os.path.abspath(stdout)
    with ExitStack() as files:
        source = files.enter_context(open(stdin or os.devnull, "rb"))
        out = files.enter_context(open(made(stdout), "ab"))
        err = out if same else files.enter_context(open(made(stderr), "ab"))
        words = ["/bin/bash", "-c", script(program, arguments)]
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
    return code if code >= 0 else 128 - code


def made(path):
    if path and os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    return path or os.devnull


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

    door = Door()

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
            code = run(SPEC["prologue"], SPEC["prologue_arguments"], env)
            if code:
                return {"failure": f"the prologue ended with {code}"}
        started = True
        door.call("started")
        slices = perusal()
        code = run(SPEC["executable"], SPEC["arguments"], env, SPEC["stdin"], SPEC["stdout"], SPEC["stderr"])
        if slices:
            slices.end()
        if SPEC["output_data"]:
            import jobdata

            jobdata.store(SPEC["vo"], SPEC["output_data"], SPEC["upload_report"], code)
        if SPEC["epilogue"]:
            epilogue = run(SPEC["epilogue"], SPEC["epilogue_arguments"], env)
            if epilogue:
                return {"failure": f"the epilogue ended with {epilogue}", "started": True}
        names, missing = send_outputs(door)
        return {"exit_code": code, "outputs": names, "missing": missing}
    except KilledError as killed:
        return {
            "failure": f"the batch system ended the job ({killed}): see the queue's time limits",
            "started": started,
        }
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
    door = Door()
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
