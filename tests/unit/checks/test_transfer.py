"""Transfers through which no data comes."""

from typing import Any

import pytest

from harness.actors import transfer
from harness.command import CommandFailed, CommandResult
from harness.errors import CheckFailed
from harness.site import Site

ABORTED = "\nerror: globus_ftp_client: the operation was aborted\n"
SOURCE, TARGET = "file:///data", "gsiftp://se.example.org/data"


class Laptop:
    """A machine at which each command fails alike; ``-dbg`` shows a port as well."""

    def __init__(self, said: str, port: int) -> None:
        self.said, self.port, self.typed = said, port, ""

    def run(self, line: str, **_options: Any) -> CommandResult:
        self.typed = line
        offer = f"227 Entering Passive Mode (203,0,113,10,{self.port // 256},{self.port % 256})\n"
        shown = offer if "-dbg" in line and self.port else ""
        return CommandResult(line, "outside", 1, shown, self.said, 0.0)


def failure(site: Site, said: str, port: int) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        transfer.copy(Laptop(said, port), site, SOURCE, TARGET, remedy="usual")  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("port", "why", "remedy"),
    [
        (20030, "(20000-20099>192.168.1.4) should lead it to the SE", "nft list ruleset"),
        (20250, "leads it to 192.168.1.2, so it does not reach the SE", "GLOBUS_TCP_PORT_RANGE"),
        (40000, "no row of gridbox-ports.cfg has it", "GLOBUS_TCP_PORT_RANGE"),
    ],
)
def test_the_data_port_is_named(site: Site, port: int, why: str, remedy: str) -> None:
    error = failure(site, ABORTED, port)
    assert f"203.0.113.10 port {port}, for 30 s" in error.what
    assert why in error.why
    assert remedy in error.remedy


@pytest.mark.parametrize(("said", "port"), [("error: 530 Login incorrect", 20030), (ABORTED, 0)])
def test_what_is_no_matter_of_ports_is_told_as_it_is(site: Site, said: str, port: int) -> None:
    error = failure(site, said, port)
    assert isinstance(error, CommandFailed)
    assert error.remedy == "usual"
