"""The edg-gridftp-* commands without a server: command lines, URLs, error texts, order of operations.

Against a real globus-gridftp-server they run in the checks SE-1 and SE-2.
"""

from pathlib import Path
from typing import Any

import pytest

from gridware.gridftp import command
from gridware.gridftp.errors import means_absent, one_line
from gridware.gridftp.library import GridFtpError
from gridware.gridftp.options import Command
from gridware.gridftp.urls import BadUrlError, check, server, with_parents, without_slash
from tests.gridware.client.programs import Run, runner

SE = "gsiftp://se.example.org"

# As globus-gridftp-server 13.25 answers and libglobus_ftp_client reports it.
ABSENT = (
    "globus_ftp_client: the server responded with an error\n550 550-GlobusError: v=1 c=PATH_NOT_FOUND\r\n"
    "550-GridFTP-Errno: 2\r\n550-GridFTP-Reason: System error in stat\r\n"
    "550-GridFTP-Error-String: No such file or directory\r\n550 End.\r\n\n"
)
DENIED = (
    "globus_ftp_client: the server responded with an error\n550 550-GlobusError: v=1 c=PERMISSION_DENIED\r\n"
    "550-GridFTP-Errno: 13\r\n550-GridFTP-Error-String: Permission denied\r\n550 End.\r\n\n"
)
REFUSED = (
    "globus_xio: Unable to connect to se.example.org:2812\n"
    "globus_xio: System error in connect: Connection refused\n"
)


class FakeServer:
    """A fake of the library's Client: a set of paths instead of a server."""

    def __init__(self) -> None:
        self.paths = {f"{SE}/storage"}
        self.calls: list[tuple[str, ...]] = []

    def exists(self, url: str) -> None:
        self.calls.append(("exists", url))
        if "denied" in url:
            raise GridFtpError(DENIED)
        if url not in self.paths:
            raise GridFtpError(ABSENT)

    def mkdir(self, url: str) -> None:
        self.calls.append(("mkdir", url))
        self.paths.add(url)

    def delete(self, url: str) -> None:
        self.calls.append(("delete", url))
        if url not in self.paths:
            raise GridFtpError(ABSENT)

    def rename(self, source: str, target: str) -> None:
        self.calls.append(("rename", source, target))
        raise GridFtpError(
            "globus_ftp_client: the server responded with an error\n501 Invalid command arguments."
        )

    def list(self, url: str, *, verbose: bool) -> bytes:
        return b"a\x1b[2J\r\n\xc2\x9b1m\tb\r\n\xc3\xa9t\xc3\xa9\r\n"


@pytest.fixture
def fake_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeServer:
    """No proxy is read, no clock runs, no signal handler of the test run is changed."""
    fake = FakeServer()
    proxy = tmp_path / "proxy"
    proxy.touch()
    monkeypatch.setenv("X509_USER_PROXY", str(proxy))
    monkeypatch.setattr(command, "Client", lambda: fake)
    monkeypatch.setattr(command, "_limit", lambda _seconds: None)
    monkeypatch.setattr(command.signal, "signal", lambda _number, _handler: None)
    return fake


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def main(arguments: list[str]) -> int:
        name, *rest = arguments
        found: Any = getattr(command, name.lower())
        return found(rest)

    return runner(main, capsys)


def test_a_file_s_name_does_nothing_to_the_terminal(
    fake_server: FakeServer, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command.main(command.LS, [f"{SE}/storage"]) == 0
    assert capfdbinary.readouterr().out == b"a?[2J\n?1m?b\n\xc3\xa9t\xc3\xa9\n"


def test_an_answer_of_the_server_becomes_one_line() -> None:
    assert one_line(ABSENT) == (
        "error the server sent an error response: 550 550-GlobusError: v=1 c=PATH_NOT_FOUND "
        "550-GridFTP-Errno: 2 550-GridFTP-Reason: System error in stat "
        "550-GridFTP-Error-String: No such file or directory 550 End."
    )


def test_every_cause_stays_in_the_line() -> None:
    assert one_line(REFUSED) == (
        "error globus_xio: Unable to connect to se.example.org:2812; "
        "globus_xio: System error in connect: Connection refused"
    )


def test_freed_memory_is_not_shown() -> None:
    text = "globus_credential: Error\nOpenSSL Error: @\ufffdfw\ufffd:792: in library: PEM: no start line\n"
    assert one_line(text) == "error globus_credential: Error; OpenSSL Error: in library: PEM: no start line"


@pytest.mark.parametrize(("text", "absent"), [(ABSENT, True), (DENIED, False), (REFUSED, False)])
def test_absent_is_told_from_refused(text: str, absent: bool) -> None:
    assert means_absent(text) is absent


@pytest.mark.parametrize("url", ["http://h/x", "gsiftp:/x", "gsiftp:///x", "/storage", "gsiftp://h:port/x"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(BadUrlError, match=r"write gsiftp://host\[:port\]/path"):
        check(url)


def test_urls() -> None:
    assert check("gsiftp://h") == "gsiftp://h"
    assert server("gsiftp://H/x") == server("gsiftp://h:2811/y")
    assert server("gsiftp://h:2812/y") != server("gsiftp://h/y")
    assert without_slash(f"{SE}/a/") == f"{SE}/a"
    assert without_slash(f"{SE}/") == f"{SE}/"
    assert with_parents([f"{SE}/a/b", f"{SE}/a/c"]) == [f"{SE}/a", f"{SE}/a/b", f"{SE}/a/c"]


def test_exists(run: Run, fake_server: FakeServer) -> None:
    assert run("EXISTS", f"{SE}/storage").code == 0
    output = run("EXISTS", f"{SE}/storage", f"{SE}/nope", f"{SE}/storage")
    assert output.code == 1
    assert output.err.startswith("error the server sent an error response: 550 550-")
    assert fake_server.calls[1:] == [("exists", f"{SE}/storage"), ("exists", f"{SE}/nope")]


def test_mkdir_leaves_what_exists(run: Run, fake_server: FakeServer) -> None:
    assert run("MKDIR", f"{SE}/storage/").code == 0
    assert fake_server.calls == [("exists", f"{SE}/storage")]


def test_mkdir_with_parents(run: Run, fake_server: FakeServer) -> None:
    assert run("MKDIR", "--parents", f"{SE}/storage/a/b").code == 0
    assert [call for call in fake_server.calls if call[0] == "mkdir"] == [
        ("mkdir", f"{SE}/storage/a"),
        ("mkdir", f"{SE}/storage/a/b"),
    ]


def test_mkdir_does_not_try_where_it_was_refused(run: Run, fake_server: FakeServer) -> None:
    output = run("MKDIR", f"{SE}/denied")
    assert output.code == 1
    assert "Permission denied" in output.err
    assert fake_server.calls == [("exists", f"{SE}/denied")]


def test_the_first_failure_ends_the_command(run: Run, fake_server: FakeServer) -> None:
    assert run("RM", f"{SE}/nope", f"{SE}/storage").code == 1
    assert fake_server.calls == [("delete", f"{SE}/nope")]


@pytest.mark.usefixtures("fake_server")
def test_rename_tells_that_the_source_is_missing(run: Run) -> None:
    output = run("RENAME", f"{SE}/nope", f"{SE}/x")
    assert output.code == 1
    assert "No such file or directory" in output.err


@pytest.mark.usefixtures("fake_server")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["LS"], "edg-gridftp-ls: no URL given; edg-gridftp-ls --usage shows how"),
        (
            ["LS", "--bogus", SE],
            "edg-gridftp-ls: unrecognized arguments: --bogus; edg-gridftp-ls --usage shows how",
        ),
        (
            ["RENAME", SE],
            "edg-gridftp-rename: two URLs are needed, not 1; edg-gridftp-rename --usage shows how",
        ),
        (
            ["RENAME", f"{SE}/a", "gsiftp://other/a"],
            "edg-gridftp-rename: both URLs must be on the same server; edg-gridftp-rename --usage shows how",
        ),
    ],
)
def test_wrong_arguments_get_one_line(run: Run, words: list[str], text: str) -> None:
    output = run(*words)
    assert (output.code, output.out, output.err) == (2, "", text + "\n")


@pytest.mark.usefixtures("fake_server")
def test_no_time_is_no_attempt(run: Run, fake_server: FakeServer) -> None:
    output = run("LS", "--timeout=0", SE)
    assert (output.code, output.err) == (1, "error the operation timed out before it began\n")
    assert fake_server.calls == []


def test_a_missing_proxy_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.signal, "signal", lambda _number, _handler: None)
    monkeypatch.setattr(command.os, "getuid", lambda: 1001)
    monkeypatch.delenv("X509_USER_CERT", raising=False)
    output = run("LS", "--proxy=/nowhere/p", SE)
    assert (output.code, output.err) == (
        1,
        "error there is no proxy at /nowhere/p; make one with voms-proxy-init\n",
    )


@pytest.mark.parametrize("name", ["LS", "MKDIR", "EXISTS", "RM", "RMDIR", "RENAME"])
def test_every_command_tells_how_it_is_used(run: Run, name: str) -> None:
    found: Command = getattr(command, name)
    assert run(name, "--usage").lines == [found.usage]
    assert run(name, "--help").lines[0] == found.usage
