"""Runs on the worker node, around the user's program. It comes with the job; nothing of it is on the node.

broker.wrapper sends it with jobdata and jobperusal, and with SPEC, its orders, in the module jobspec.
Standard library only, and whatever GRAM and the site give every job.
"""

import glob
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, suppress

import jobdata
import jobperusal
from jobspec import SPEC

CHUNK = 1 << 18
PATIENCE = SPEC["patience"]  # s without an answer from RB before the wrapper gives up
# s between two tries to reach RB, and for one: a slot stands idle meanwhile. Without a limit of its own a try
# that began while RB was off would go on for half a minute after its return.
LONGEST_PAUSE = CONNECTING = 5


class RefusedError(Exception):
    """RB has answered, and the answer is no."""


class KilledError(BaseException):
    """The batch system ends the job."""


def on_signal(number, _frame):
    raise KilledError(signal.Signals(number).name)


class Door:
    """The broker's door on RB; lost connections are made again until PATIENCE is over."""

    def __init__(self):
        self.stream = None
        self.base = {"job": SPEC["id"], "attempt": SPEC["attempt"], "key": SPEC["key"]}

    def connect(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(
            capath=os.environ.get("X509_CERT_DIR", "/etc/grid-security/certificates")
        )
        context.load_cert_chain(os.environ["X509_USER_PROXY"])
        raw = socket.create_connection((SPEC["host"], SPEC["port"]), CONNECTING)
        raw.settimeout(120)
        self.stream = context.wrap_socket(raw, server_hostname=SPEC["host"]).makefile("rwb")
        if not self.stream.readline():
            raise EOFError

    def call(self, call, source=None, target=None, **values):
        """Ask; send the file ``source`` with it, or put what comes back into the file ``target``."""
        start, pause = time.monotonic(), 1
        while True:
            try:
                return self.once({**self.base, "call": call, **values}, source, target)
            except (OSError, ValueError, EOFError):
                self.stream = None
                if time.monotonic() - start > PATIENCE:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def try_once(self, call, source=None, **values):
        """As ``call``, but a lost connection is an OSError at once."""
        try:
            return self.once({**self.base, "call": call, **values}, source, None)
        except (RefusedError, OSError, ValueError, EOFError) as error:
            self.stream = None
            raise OSError(str(error)) from None

    def once(self, header, source, target):
        if self.stream is None:
            self.connect()
        if source:
            header["length"] = os.path.getsize(source)
        self.stream.write(json.dumps(header).encode() + b"\n")
        if source:
            with open(source, "rb") as file:
                copy(file, self.stream, header["length"])
        self.stream.flush()
        line = self.stream.readline()
        if not line:
            raise EOFError
        answer = json.loads(line)
        if "error" in answer:
            raise RefusedError(answer["error"])
        if target:
            with open(target, "wb") as file:
                copy(self.stream, file, answer["length"])
        return answer


def copy(source, target, length):
    while length > 0:
        chunk = source.read(min(CHUNK, length))
        if not chunk:
            raise EOFError
        target.write(chunk)
        length -= len(chunk)


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
    source = f"[ ! -r {jobdata.GRID_ENV} ] || . {jobdata.GRID_ENV}\n"
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
        found = sorted(path for path in glob.glob(wanted) if os.path.isfile(path)) or [wanted]
        for path in found:
            if not os.path.isfile(path):
                missing.append(wanted)
            elif url:
                url_copy("file://" + os.path.abspath(path), url)
            elif os.path.basename(path) not in names:
                door.call("store", source=path, name=len(names))
                names.append(os.path.basename(path))
    return names, missing


def perusal():
    """Sends slices of files from now on, by a connection of its own; None if the job wants none."""
    orders = SPEC["perusal"]
    if not orders:
        return None
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


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGUSR2):
        signal.signal(number, on_signal)
    home = os.environ.get("EDG_WL_SCRATCH") or os.environ.get("TMPDIR") or "/tmp"
    directory = tempfile.mkdtemp(prefix="glite_", dir=home)
    os.chdir(directory)
    door = Door()
    try:
        contact = os.environ.get("GLOBUS_GRAM_JOB_CONTACT", "")
        door.call("claim", claim=str(uuid.uuid4()), worker=socket.getfqdn(), contact=contact)
        result = work(door)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        door.call("finish", **result)
    except RefusedError as refused:
        print(refused, file=sys.stderr)
    finally:
        os.chdir("/")
        shutil.rmtree(directory, ignore_errors=True)


main()
