"""The broker's door, as a job on a worker node speaks to it: wms.wire's framing, without its modules.

``jsontext`` and ``tls`` are gridware's, and come with the job.
"""

import os
import time

import jsontext
import tls
from jobspec import SPEC

CHUNK = 1 << 18
PATIENCE = SPEC["patience"]  # s without an answer from RB before the wrapper gives up
# s between two tries to reach RB, and for one: a slot stands idle meanwhile. Without a limit of its own a try
# that began while RB was off would go on for half a minute after its return.
LONGEST_PAUSE = CONNECTING = 5
ANSWERING = 120  # s


class RefusedError(Exception):
    """RB has answered, and the answer is no."""


class BrokerConnection:
    """The broker's door on RB; lost connections are made again until PATIENCE is over."""

    def __init__(self):
        self.stream = None
        self.base = {"job": SPEC["id"], "attempt": SPEC["attempt"], "key": SPEC["key"]}

    def connect(self):
        context = tls.context()
        trusted = os.environ.get("X509_CERT_DIR", "/etc/grid-security/certificates")
        context.load_verify_locations(capath=trusted)
        if any(name.endswith(".r0") for name in os.listdir(trusted)):
            context.verify_flags |= tls.CRL_CHECK_CHAIN  # as gridware.x509.trust has it
        context.load_cert_chain(os.environ["X509_USER_PROXY"])
        self.stream = tls.connect(SPEC["host"], SPEC["port"], context, CONNECTING, ANSWERING)
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
        self.stream.write(jsontext.dumps(header).encode() + b"\n")
        if source:
            with open(source, "rb") as file:
                copy(file, self.stream, header["length"])
        self.stream.flush()
        line = self.stream.readline()
        if not line:
            raise EOFError
        answer = jsontext.loads(line)
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
