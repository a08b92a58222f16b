"""The talk with the broker on RB: submit, ask, fetch, cancel, as the holder of a proxy."""

from __future__ import annotations

import os
from types import TracebackType

from gridware import tls
from gridware.pace import longer
from gridware.tuples import NamedTuple
from gridware.wms.records import Event, JobStatus
from gridware.wms.wire import WMPROXY, Header, WireError, chunks, receive, send
from gridware.x509 import trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, BinaryIO

    from gridware.wms.finder import Found

CONNECTING = 10
"""Seconds until RB takes a connection; one that is off does not refuse it."""


class BrokerError(Exception):
    """The broker can't be reached or refuses; ``code`` is one of the gLite commands' error codes."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Submission(NamedTuple):
    """A job to be submitted: its id, its JDL as one complete ClassAd, and its local InputSandbox."""

    id: str
    jdl: str
    files: Sequence[tuple[str, str]] = ()
    """(local path, name on the worker node)"""
    parent: str | None = None
    node: str = ""


class Broker:
    """A broker; the connection is made with the first call and kept. Not for several threads."""

    def __init__(self, host: str, proxy: str, port: int = WMPROXY, timeout: float = 30) -> None:
        self._host = host
        self._port = port
        self._proxy = proxy
        self._timeout = longer(timeout)
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Broker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._stream is not None:
            try:  # noqa: SIM105  (contextlib takes a command a millisecond)
                self._stream.close()
            except OSError:
                pass
        self._stream = None

    def reach(self) -> None:
        """Connect, if that is still to be done; raises BrokerError if nobody is there to let the proxy in."""
        self._connected()

    def submit(self, jobs: Sequence[Submission]) -> None:
        """Register the jobs, delegate the proxy, send the sandboxes, start: in this order.

        A job that is registered but not started stays Submitted; nothing of it runs. Raises BrokerError.
        """
        self.register(jobs)
        self.transfer(jobs)
        self.start([job.id for job in jobs])

    def register(self, jobs: Sequence[Submission]) -> None:
        described = [
            {
                "id": j.id,
                "jdl": j.jdl,
                "files": [name for _path, name in j.files],
                "parent": j.parent,
                "node": j.node,
            }
            for j in jobs
        ]
        self._call("register", jobs=described)

    def transfer(self, jobs: Sequence[Submission]) -> None:
        """Delegate the proxy to the jobs, and send their files."""
        self._delegate([job.id for job in jobs])
        for job in jobs:
            for number, (path, _name) in enumerate(job.files):
                with open(path, "rb") as file:
                    length = os.fstat(file.fileno()).st_size
                    self._call("put", body=file, id=job.id, name=number, length=length)

    def _delegate(self, ids: Sequence[str]) -> None:
        request = self._call("delegate", ids=list(ids)).get("request")
        if not request:
            # The broker still has what this proxy has signed for it.
            return
        from gridware.wms.delegate import DelegateError, sign

        try:
            chain = sign(request, self._proxy)
        except DelegateError as error:
            raise BrokerError("NS_SUBMIT_FAIL", f"the proxy can't be delegated: {error}") from None
        self._call("delegated", ids=list(ids), chain=chain)

    def start(self, ids: Sequence[str]) -> None:
        """Let registered jobs go."""
        self._call("start", ids=list(ids))

    def status(self, ids: Iterable[str]) -> list[JobStatus]:
        """In the order asked; a job that is unknown or another's is BrokerError LB_API_ERROR."""
        return [JobStatus(**job) for job in self._call("status", ids=list(ids))["jobs"]]

    def all(self) -> list[JobStatus]:
        """Every job of the proxy's owner, oldest first."""
        return [JobStatus(**job) for job in self._call("all")["jobs"]]

    def output(self, job_id: str, directory: str, purge: bool = True) -> list[str]:
        """Fetch the output files into a directory that exists; with ``purge`` this is the only time.

        Raises BrokerError; a transfer that breaks leaves the output on RB, to be fetched again.
        """
        names = [os.path.basename(str(name)) for name in self._call("output", id=job_id)["names"]]
        for number, name in enumerate(names):
            self._fetch("get", job_id, number, os.path.join(directory, name))
        if purge:
            self.purge(job_id)
        return names

    def output_names(self, job_id: str) -> list[str]:
        """What ``output`` would fetch."""
        return [str(name) for name in self._call("output", id=job_id)["names"]]

    def purge(self, job_id: str) -> None:
        """The output is no longer needed on RB: the job is Cleared."""
        self._call("purge", id=job_id)

    def cancel(self, ids: Iterable[str]) -> list[tuple[str, bool, str]]:
        """For each id: was it cancelled, and if not, why."""
        return [
            (str(i), bool(ok), str(text)) for i, ok, text in self._call("cancel", ids=list(ids))["results"]
        ]

    def events(self, job_id: str, level: int = 1) -> list[Event]:
        """A job's log, oldest first; the JDL stands in it from level 3."""
        found = [Event(*event) for event in self._call("events", id=job_id)["events"]]
        hidden = () if level >= 3 else ("Jdl",)
        return [
            Event(e.name, e.time, e.source, {k: v for k, v in e.attributes.items() if v and k not in hidden})
            for e in found
        ]

    def match(self, jdl: str) -> Found:
        """The CEs that fit a JDL, best first, as the broker would find them."""
        from gridware.wms import finder

        try:
            return finder.match(jdl, self._proxy)
        except finder.FinderError as error:
            raise BrokerError(error.code, str(error)) from None

    def perusal(self, job_id: str, names: Sequence[str]) -> None:
        """Have these files of a running job sent on from now on; none: no more."""
        self._call("perusal", id=job_id, names=list(names))

    def peek(self, job_id: str, file: str, directory: str, every: bool = False) -> list[str]:
        """Fetch what has been added to a file since the last time, or with ``every`` all of it, in slices."""
        names = [
            os.path.basename(str(name))
            for name in self._call("peek", id=job_id, name=file, all=every)["names"]
        ]
        paths = [os.path.join(directory, name) for name in names]
        for path in paths:
            self._fetch("slice", job_id, os.path.basename(path), path)
        self._call("peeked", id=job_id, names=names)
        return paths

    def proxy_info(self, job_id: str) -> str:
        """What voms-proxy-info says on RB about the proxy of a job."""
        return str(self._call("proxy", id=job_id)["text"])

    def _fetch(self, call: str, job_id: str, name: int | str, target: str) -> None:
        import tempfile

        stream = self._connected()
        try:
            send(stream, {"call": call, "id": job_id, "name": name})
            answer = self._answer(stream)
            with tempfile.NamedTemporaryFile(dir=os.path.dirname(target), delete=False) as file:
                for chunk in chunks(stream, int(answer["length"])):
                    file.write(chunk)
        except (OSError, WireError) as error:
            raise self._lost(error) from None
        os.chmod(file.name, 0o666 & ~_umask())
        os.replace(file.name, target)

    def _call(self, call: str, body: BinaryIO | None = None, **values: Any) -> Header:
        stream = self._connected()
        try:
            send(stream, {"call": call, **values}, body)
            return self._answer(stream)
        except (OSError, WireError) as error:
            raise self._lost(error) from None

    def _answer(self, stream: BinaryIO) -> Header:
        answer = receive(stream)
        if answer is None:
            raise WireError("it closed the connection")
        if "error" in answer:
            raise BrokerError(str(answer.get("code", "API_NATIVE_ERROR")), str(answer["error"]))
        return answer

    def _connected(self) -> BinaryIO:
        if self._stream is None:
            self._stream = self._connect()
            # Whoever is not let in learns it here: TLS 1.3 refuses a client after its own handshake is done.
            try:
                self._answer(self._stream)
            except (OSError, WireError) as error:
                raise self._lost(error) from None
        return self._stream

    def _connect(self) -> BinaryIO:
        context = tls.context()
        trust.load(context)
        try:
            context.load_cert_chain(self._proxy)
        except OSError:
            raise BrokerError("UI_PROXY_NOT_FOUND", f"there is no valid proxy in {self._proxy}") from None
        try:
            return tls.connect(self._host, self._port, context, longer(CONNECTING), self._timeout)
        except OSError as error:
            text = f"{self._host}, port {self._port}: {error.strerror or error}"
            raise BrokerError("NS_NOT_AVAILABLE", text) from None

    def _lost(self, error: Exception) -> BrokerError:
        self.close()
        if isinstance(error, tls.TLSError) and error.reason:
            reason = error.reason.lower().replace("_", " ").partition("alert ")[2] or error.reason
            code = "UI_PROXY_EXPIRED" if reason == "certificate expired" else "NS_NOT_AVAILABLE"
            return BrokerError(code, f"{self._host} refuses the proxy: {reason}")
        return BrokerError("NS_NOT_AVAILABLE", f"the connection to {self._host} was lost: {error}")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
