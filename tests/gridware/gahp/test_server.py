"""The GAHP server as a process of its own, with Globus' libraries: what a gridmanager says to it, and hears.

Nobody here is a CE; what one answers is told by checks of jobs through the broker.
"""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gridware.wms.gahp.lines import Lines, line
from harness.pki import keys
from harness.pki.certificate import Issuer, Validity, ca_certificate, person_certificate
from harness.pki.credential import Credential
from harness.pki.names import to_name
from harness.pki.trust import subject_hash

PATIENCE = 60.0
"""Seconds for a line."""
SERVER = """
import os, sys
from gridware.wms.gahp import attempt, gram, server
attempt.JOBS = sys.argv[1]
attempt.SUBMITTING = float(sys.argv[2])
server.main()
"""
NO_PROCESS_LEFT = """
import errno, os
def fork(): raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
os.fork = fork
"""
WEEK = Validity.of_days(7)


class Gridmanager:
    """Speaks as HTCondor's, and waits for what it hears."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._lines = Lines()
        self._heard: list[list[str]] = []

    def say(self, *words: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(line(*words).encode())
        self.process.stdin.flush()

    def hear(self) -> list[str]:
        assert self.process.stdout
        while not self._heard:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            assert ready, f"not a line within {PATIENCE:g} s"
            text = os.read(self.process.stdout.fileno(), 1 << 16)
            assert text, "it has ended"
            self._heard.extend(self._lines.feed(text.decode()))
        return self._heard.pop(0)

    def ask(self, *words: object) -> list[str]:
        self.say(*words)
        return self.hear()

    def result(self) -> list[str]:
        """The only result, once it says that there is one."""
        assert self.hear() == ["R"]
        assert self.ask("RESULTS") == ["S", "1"]
        return self.hear()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A credential that Globus takes, with its CA in ``certificates`` beside it."""
    of_ca, of_student = keys.KeyPool().take(2)
    ca = Credential.of(ca_certificate(to_name("/C=IT/CN=CA"), of_ca, WEEK), of_ca)
    issuer, name = Issuer(ca.certificate, of_ca), to_name("/C=IT/CN=Student")
    student = Credential.of(person_certificate(issuer, name, of_student.public_key(), WEEK), of_student)
    top = tmp_path_factory.mktemp("proxy")
    (top / "certificates").mkdir()
    (top / "certificates" / f"{subject_hash(ca.certificate.subject)}.0").write_bytes(ca.cert_pem)
    (top / "proxy").write_bytes(student.cert_pem + student.pem)
    (top / "proxy").chmod(0o600)
    return top / "proxy"


@pytest.fixture
def job(tmp_path: Path, proxy: Path) -> Path:
    """The directory of attempt gram/J.1."""
    made = tmp_path / "J/1"
    made.mkdir(parents=True)
    (tmp_path / "J/proxy").symlink_to(proxy)
    (made / "rsl").write_text("&(executable=/bin/true)")
    return made


@pytest.fixture
def gridmanager(job: Path, proxy: Path) -> Iterator[Gridmanager]:
    """One that has just started its server."""
    yield from started(job, proxy)


@pytest.fixture
def patient(job: Path, proxy: Path) -> Iterator[Gridmanager]:
    """One whose server waits for a CE for longer than any test does."""
    yield from started(job, proxy, seconds=2 * PATIENCE)


@pytest.fixture
def poor(job: Path, proxy: Path) -> Iterator[Gridmanager]:
    """One whose server gets no children."""
    yield from started(job, proxy, NO_PROCESS_LEFT)


def started(job: Path, proxy: Path, before: str = "", seconds: float = 1) -> Iterator[Gridmanager]:
    process = subprocess.Popen(
        [sys.executable, "-c", before + SERVER, str(job.parents[1]), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={
            **os.environ,
            "X509_CERT_DIR": str(proxy.parent / "certificates"),
            # This machine's own name may be known to nobody.
            "GLOBUS_HOSTNAME": "127.0.0.1",
        },
    )
    with process:
        made = Gridmanager(process)
        assert made.hear()[0] == "$GahpVersion:"
        assert made.ask("ASYNC_MODE_ON") == ["S"]
        yield made
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def submit(gridmanager: Gridmanager, job: Path, ce: str) -> list[str]:
    """The result of a submission to a CE."""
    (job / "ce").write_text(ce)
    assert gridmanager.ask("BLAH_JOB_SUBMIT", 7, f'[ Iwd = "{job}"; Cmd = "{job}/rsl"; X = 1 ]') == ["S"]
    return gridmanager.result()


def test_it_has_what_a_gridmanager_asks_for(gridmanager: Gridmanager) -> None:
    success, *commands = gridmanager.ask("COMMANDS")
    assert success == "S"
    wanted = ("PING", "JOB_SUBMIT", "JOB_STATUS", "JOB_CANCEL", "JOB_REFRESH_PROXY")
    assert {f"BLAH_{each}" for each in wanted} | {"ASYNC_MODE_ON", "RESULTS"} <= {*commands}
    assert gridmanager.ask("BLAH_PING", 3, "gram") == ["S"]
    assert gridmanager.result() == ["3", "0", "No error"]
    assert gridmanager.ask("RESULTS") == ["S", "0"]


def test_what_is_no_command_ends_nothing(gridmanager: Gridmanager) -> None:
    assert gridmanager.ask("NONSENSE", "x") == ["E"]
    assert gridmanager.ask("BLAH_JOB_STATUS") == ["E"]
    for job in ("[ x = 1 ]", '[ Cmd = "rsl" ]', '[ Cmd = "1/rsl" ]', '[ Cmd = "" ]'):
        assert gridmanager.ask("BLAH_JOB_SUBMIT", 1, job) == ["S"]
        assert gridmanager.result() == ["1", "1", "the job names no RSL", "NULL"]


def test_it_ends_with_its_gridmanager(gridmanager: Gridmanager) -> None:
    assert gridmanager.process.stdin
    gridmanager.process.stdin.close()
    assert gridmanager.process.wait(PATIENCE) == 0


def test_it_ends_when_it_is_told(gridmanager: Gridmanager) -> None:
    assert gridmanager.ask("QUIT") == ["S"]
    assert gridmanager.process.wait(PATIENCE) == 0


def test_a_job_is_described_without_a_question_to_its_ce(gridmanager: Gridmanager, job: Path) -> None:
    (job / "done").touch()
    assert gridmanager.ask("BLAH_JOB_STATUS", 4, "gram/J.1") == ["S"]
    described = '[BatchJobId="J.1";JobStatus=4;ExitCode=0;]'
    assert gridmanager.result() == ["4", "0", "No error", "4", described]


def test_a_ce_that_is_off(gridmanager: Gridmanager, job: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    number, failed, text, name = submit(gridmanager, job, f"127.0.0.1:{port}/jobmanager-pbs")
    assert (number, failed, name) == ("7", "1", "NULL")
    assert text.startswith("GRAM Job submission failed because the connection to the server failed")
    assert text.endswith("(error code 12)")
    assert (job / "error").read_text() == f"{text}\n"


def test_a_ce_that_says_nothing(gridmanager: Gridmanager, job: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = submit(gridmanager, job, f"127.0.0.1:{silent.getsockname()[1]}/jobmanager-pbs")
    assert result == ["7", "1", "the CE gave no answer within 1 s (error code 12)", "NULL"]


def test_each_job_goes_by_its_own_proxy(gridmanager: Gridmanager, job: Path, proxy: Path) -> None:
    """None goes by that of the job before, if its own can't be used."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        ce = f"127.0.0.1:{closed.getsockname()[1]}/jobmanager-pbs"
    own = job.parent / "proxy"
    own.unlink()
    for usable in (False, True, True, False, True):
        own.write_bytes(proxy.read_bytes() if usable else b"nonsense")
        own.chmod(0o600)
        number, failed, text, _name = submit(gridmanager, job, ce)
        assert (number, failed) == ("7", "1")
        assert ("error code 12" in text) == usable
        assert ("the proxy can't be used: GSS Major Status" in text) != usable
        assert (job / "error").read_text() == f"{text}\n"
    own.unlink()
    assert submit(gridmanager, job, ce)[2] == "the proxy can't be read: No such file or directory"


def test_a_child_that_is_lost(gridmanager: Gridmanager, job: Path) -> None:
    """Its job is at the CE if there is a contact."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (job / "ce").write_text(f"127.0.0.1:{silent.getsockname()[1]}/jobmanager-pbs")
        gridmanager.say("BLAH_JOB_SUBMIT", 8, f'[ Cmd = "{job}/rsl" ]')
        assert gridmanager.hear() == ["S"]
        silent.settimeout(PATIENCE)
        connection, _ = silent.accept()
        with connection:
            (job / "contact").write_text("https://ce.example.org:20200/1/2/\n")
            subprocess.run(["pkill", "-KILL", "-P", str(gridmanager.process.pid)], check=True)
    assert gridmanager.result() == ["8", "0", "No error", "gram/J.1"]


def test_a_server_that_gets_no_child_tells_so_and_goes_on(poor: Gridmanager, job: Path) -> None:
    assert submit(poor, job, "127.0.0.1:2119/jobmanager-pbs")[2] == "the GRAM client was lost (error code 12)"
    assert poor.ask("BLAH_JOB_CANCEL", 5, "gram/J.1") == ["S"]
    assert poor.result() == ["5", "1", "the GRAM client was lost"]


def test_a_silent_ce_holds_up_no_other(patient: Gridmanager, job: Path) -> None:
    """However many jobs are to go there, are there, or are to be cancelled there."""
    attempts = [job.with_name(str(number)) for number in range(1, 31)]
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        ces = [f"127.0.0.1:{each.getsockname()[1]}/jobmanager-pbs" for each in (silent, closed)]
        closed.close()
        for each in attempts:
            each.mkdir(exist_ok=True)
            (each / "rsl").write_text("&(executable=/bin/true)")
            (each / "ce").write_text(ces[each.name == "30"])
        for number in range(10, 20):
            (attempts[number] / "contact").write_text(f"https://{ces[0].partition('/')[0]}/1/{number}/\n")
            assert patient.ask("BLAH_JOB_CANCEL", number, f"gram/J.{number + 1}") == ["S"]
        for number in range(10):
            submitted = f'[ Cmd = "{attempts[number]}/rsl" ]'
            assert patient.ask("BLAH_JOB_SUBMIT", number, submitted) == ["S"]
        assert patient.ask("BLAH_JOB_STATUS", 20, "gram/J.20") == ["S"]
        assert patient.result() == ["20", "0", "No error", "1", '[BatchJobId="J.20";JobStatus=1;]']
        number, failed, text, name = submit(patient, attempts[-1], ces[1])
    assert (number, failed, name) == ("7", "1", "NULL")
    assert text.endswith("(error code 12)")
