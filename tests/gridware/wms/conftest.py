"""The job commands with a fake broker in the place of the one on RB."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PARTS = Path(__file__).parents[3] / "box/parts"
CLIENT = PARTS / "wms-client/tree"
from gridware.wms.transport import BrokerError, Event, Submission  # noqa: E402

RB = "rb.example.org"
JDL = """Executable = "/bin/hostname";
StdOutput = "std.out";
StdError = "std.err";
OutputSandbox = {"std.out", "std.err"};
"""
PROXY = """subject   : /C=XX/O=School/CN=Student 01/CN=123
issuer    : /C=XX/O=School/CN=Student 01
identity  : /C=XX/O=School/CN=Student 01
type      : RFC compliant proxy
strength  : 2048 bits
path      : /tmp/x509up_u1001
timeleft  : {left}
key usage : Digital Signature
=== VO gilda extension information ===
VO        : gilda
subject   : /C=XX/O=School/CN=Student 01
timeleft  : {left}
"""
SERVERS = """[ VirtualOrganisation = "gilda"; NSAddresses = {"rb.example.org:7772"};
LBAddresses = {{"rb.example.org:9000"}}; MyProxyServer = "rb.example.org"; ]"""


@dataclass
class Status:
    id: str
    state: str = "Done"
    done_qualifier: str = "Success"
    exit_code: int | None = 0
    reason: str = "Job terminated successfully"
    destination: str = "ce.example.org:2119/jobmanager-pbs-short"
    submitted: float | None = 1163071784.0
    last_change: float | None = 1163071884.0
    parent: str | None = None
    children: list[str] = field(default_factory=list)
    owner_dn: str = "/C=XX/O=School/CN=Student 01"
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class FakeBroker:
    """Remembers what it was told, and answers what a test prepared."""

    sent: list[Submission] = field(default_factory=list)
    jobs: dict[str, Status] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    matching: list[tuple[str, float]] = field(default_factory=list)
    far: str = ""
    happened: list[Event] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    perused: dict[str, list[str]] = field(default_factory=dict)
    slices: dict[str, str] = field(default_factory=dict)
    proxy: str = PROXY
    down: bool = False
    full: bool = False

    def reach(self) -> None:
        if self.down:
            raise BrokerError("NS_NOT_AVAILABLE", f"{RB} does not answer")

    def register(self, jobs: list[Submission]) -> None:
        if self.down:
            raise BrokerError("NS_NOT_AVAILABLE", f"{RB} does not answer")
        self.sent += jobs

    def transfer(self, jobs: list[Submission]) -> None:
        if self.full:
            raise BrokerError("NS_SUBMIT_FAIL", "no space is left")

    def start(self, ids: list[str]) -> None:
        self.started += ids

    def status(self, ids: list[str]) -> list[Status]:
        for job in ids:
            if job not in self.jobs:
                raise BrokerError("LB_API_ERROR", f"{job}: no such job")
        return [self.jobs[job] for job in ids]

    def all(self) -> list[Status]:
        return list(self.jobs.values())

    def output(self, job: str, directory: str, purge: bool = True) -> list[str]:
        if job not in self.files:
            raise BrokerError("NS_JOB_OUTPUT_NOT_READY", f"{job}: not yet ready")
        for name, text in self.files[job].items():
            Path(directory, name).write_text(text)
        self.purged += [job] if purge else []
        return list(self.files[job])

    def purge(self, job: str) -> None:
        self.purged.append(job)

    def output_names(self, job: str) -> list[str]:
        return list(self.files[job])

    def cancel(self, ids: list[str]) -> list[tuple[str, bool, str]]:
        return [
            (job, self.jobs[job].state != "Done", f"Current Job Status is {self.jobs[job].state}")
            for job in ids
        ]

    def events(self, job: str, level: int) -> list[Event]:
        self.status([job])
        return self.happened

    def match(self, jdl: str) -> SimpleNamespace:
        return SimpleNamespace(ces=self.matching, why="" if self.matching else self.far)

    def perusal(self, job: str, names: list[str]) -> None:
        self.perused[job] = names

    def peek(self, job: str, file: str, directory: str, every: bool = False) -> list[Path]:
        found = []
        for name, text in self.slices.items():
            if name.startswith(file + ".") and (every or not name.endswith("_1")):
                found.append(Path(directory, name))
                found[-1].write_text(text)
        return found

    def proxy_info(self, job: str) -> str:
        return self.proxy.format(left="1:02:03")

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Ui:
    """A UI with its configuration, a proxy and a folder to work in."""

    home: Path
    broker: FakeBroker
    monkeypatch: pytest.MonkeyPatch
    left: str = "11:59:00"
    vo: str = "gilda"
    places: list[tuple[str, int]] = field(default_factory=list)
    """What was connected to, host and port."""

    @property
    def servers(self) -> Path:
        """The VO's configuration."""
        return self.home.parent / "glite/etc/gilda/glite_wmsui.conf"

    def file(self, name: str, text: str = "x\n") -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, command: str, *arguments: str, stdin: str = "") -> Ran:
        from gridware.wms import cli

        self.monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = cli.main(command, arguments, self._connect)
            except SystemExit as leaving:
                code = int(leaving.code or 0)
        return Ran(code, out.getvalue(), err.getvalue())

    def _connect(self, place: tuple[str, int], _proxy: str) -> Any:
        self.places.append(tuple(place))
        return self.broker


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ui:
    from gridware.wms import proxy

    etc = tmp_path / "glite/etc"
    (etc / "gilda").mkdir(parents=True)
    usual = (CLIENT / "opt/glite/etc/glite_wmsui_cmd_var.conf").read_text()
    (tmp_path / "logs").mkdir()
    usual = usual.replace('ErrorStorage = "/tmp"', f'ErrorStorage = "{tmp_path}/logs"')
    usual = usual.replace('OutputStorage = "/tmp/jobOutput"', f'OutputStorage = "{tmp_path}/jobOutput"')
    for name in ("glite_wmsui", "edg_wl_ui"):
        (etc / f"{name}_cmd_var.conf").write_text(usual)
        (etc / f"gilda/{name}.conf").write_text(SERVERS)
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "proxy").write_text("a proxy")
    for name in (
        "GLITE_WMSUI_CONFIG_VAR",
        "GLITE_WMSUI_CONFIG_VO",
        "GLITE_WMS_LOCATION",
        "GLITE_WMS_WMPROXY_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)
    values = {"GLITE_LOCATION": etc.parent, "EDG_LOCATION": etc.parent, "X509_USER_PROXY": tmp_path / "proxy"}
    for name, value in {**values, "HOME": home, "LOGNAME": "student01", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(home)
    made = Ui(home, FakeBroker(), monkeypatch)

    def read(path: str) -> proxy.Proxy:
        hours, minutes, seconds = map(int, made.left.split(":"))
        left = (hours * 60 + minutes) * 60 + seconds
        return proxy.Proxy(path, "/C=XX/O=School/CN=Student 01", left, made.vo)

    monkeypatch.setattr(proxy, "read", read)
    monkeypatch.setattr(proxy, "described", lambda _path: PROXY.format(left=made.left))
    made.file("hw.jdl", JDL)
    return made


@pytest.fixture
def job() -> Callable[[int], str]:
    """Job ids of the right form."""
    return lambda number: f"https://{RB}:9000/{number:022d}"
