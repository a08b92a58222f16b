"""What the clients of dynamic DNS say to do is done, at a service that judges what it is asked."""

import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.dns import authority
from harness.dns.connection import NameServerConnection, Server
from harness.dns.dyndns2 import Dyndns2Provider
from harness.dns.hosts import HostsProvider
from harness.errors import IceboxError
from tests.drill.tried import Told, failing
from tests.unit.dns.fake_dns import FakeDns
from tests.unit.dns.fake_service import Asked
from tests.unit.dns.rig import CE, NEW, OLD, PASSWORD, SE, Rig

RECORD = re.compile(r"delete (/\S+)")
CLOCK = re.compile(r"after (\d\d:\d\d:\d\d)")


@dataclass
class Service:
    """A service with an account, its hosts, and whom it has blocked."""

    password: str = PASSWORD
    hosts: set[str] = field(default_factory=lambda: {CE, SE})
    most: int = 20
    blocked: set[str] = field(default_factory=set)
    """Mail addresses in the User-Agent, and host names."""
    trouble: bool = False
    speaks: bool = True

    def __call__(self, asked: Asked) -> str:
        if not self.speaks:
            return "<html>It works!</html>\n"
        if self.trouble:
            return "911\n"
        if asked.credentials != f"trainer:{self.password}":
            return "badauth\n"
        if asked.agent.split()[-1] in self.blocked:
            return "badagent\n"
        if len(asked.hosts) > self.most:
            return "numhost\n"
        return "".join(f"{self._of(host)} {asked.address}\n" for host in asked.hosts)

    def _of(self, host: str) -> str:
        if host in self.blocked:
            return "abuse"
        if "." not in host:
            return "notfqdn"
        return "good" if host in self.hosts else "nohost"


@pytest.fixture
def service(rig: Rig) -> Service:
    made = Service()
    rig.service.judge = made
    return made


def refused(provider: Dyndns2Provider, told: Told, names: Sequence[str] = (CE, SE)) -> str:
    """The remedy of what ``update`` says."""
    with pytest.raises(IceboxError) as caught:
        provider.update(names, NEW)
    return told(caught.value)


def delete_record(remedy: str) -> None:
    [named] = RECORD.findall(remedy)
    Path(named).unlink()


def expect_updated(provider: Dyndns2Provider, names: Sequence[str] = (CE, SE)) -> None:
    assert [change.name for change in provider.update(names, NEW)] == list(names)


@pytest.mark.tries("make the host at the service, or correct the site's names", "then delete …")
@pytest.mark.parametrize("way", ["make the host", "correct the names"])
def test_a_host_that_is_not_there(rig: Rig, service: Service, told: Told, way: str) -> None:
    service.hosts.remove(SE)
    remedy = refused(rig.provider, told)
    refused(rig.provider, told)
    if way == "make the host":
        service.hosts.add(SE)
        refused(rig.provider, told)  # it is not asked again before
        delete_record(remedy)
        expect_updated(rig.provider)
    else:
        service.hosts.add("other.sytes.net")
        delete_record(remedy)
        expect_updated(rig.provider, (CE, "other.sytes.net"))


@pytest.mark.tries("correct the site's domain and names", "then delete …")
def test_a_name_without_its_domain(rig: Rig, service: Service, told: Told) -> None:
    remedy = refused(rig.provider, told, ("xencenode",))
    delete_record(remedy)
    expect_updated(rig.provider, (CE,))


@pytest.mark.tries("correct `user` in [dns] or the password file")
def test_a_wrong_password(rig: Rig, service: Service, told: Told) -> None:
    """A corrected account is another one: the record need not be deleted."""
    service.password = "another"
    refused(rig.provider, told)
    corrected = replace(rig.provider.service, password="another")
    expect_updated(replace(rig.provider, service=corrected, account="corrected"))


@pytest.mark.tries("set `contact` in [dns] to your mail address and ask the service", "then delete …")
def test_a_program_that_is_blocked(rig: Rig, service: Service, told: Told) -> None:
    service.blocked.add("trainer@example.org")
    remedy = refused(rig.provider, told)
    delete_record(remedy)
    refused(rig.provider, told)
    delete_record(remedy)
    expect_updated(replace(rig.provider, service=replace(rig.provider.service, contact="me@school.example")))


@pytest.mark.tries("set `contact` in [dns] and ask the service")
def test_a_request_that_is_ignored(rig: Rig, told: Told) -> None:
    rig.service.judge = lambda asked: (
        f"good {NEW}\n" * 2 if asked.agent.endswith("me@school.example") else "good 127.0.0.1\n" * 2
    )
    delete_record(refused(rig.provider, told))
    expect_updated(replace(rig.provider, service=replace(rig.provider.service, contact="me@school.example")))


@pytest.mark.tries("ask the service to lift the block", "then delete …")
def test_a_host_that_is_blocked(rig: Rig, service: Service, told: Told) -> None:
    """Somebody at the service does it."""
    service.blocked.add(CE)
    remedy = refused(rig.provider, told)
    service.blocked.clear()
    delete_record(remedy)
    expect_updated(rig.provider)


@pytest.mark.tries("ask the service how many it takes", "then delete …")
def test_too_many_hosts(rig: Rig, service: Service, told: Told) -> None:
    """With the number known, the site is made smaller."""
    service.most = 1
    delete_record(refused(rig.provider, told))
    expect_updated(rig.provider, (CE,))


@pytest.mark.tries("start again after …", "nothing is sent before")
def test_a_service_in_trouble(rig: Rig, service: Service, told: Told) -> None:
    service.trouble = True
    remedy = refused(rig.provider, told)
    service.trouble, calls = False, rig.calls
    refused(rig.provider, told)
    assert rig.calls == calls
    named = CLOCK.search(remedy)
    assert named is not None
    while time.strftime("%H:%M:%S", time.localtime(rig.now)) != named[1]:
        rig.now += 1
    expect_updated(rig.provider)


@pytest.mark.tries("see that `server` in [dns] speaks dyndns2", "start again after …")
def test_a_server_of_another_kind(rig: Rig, service: Service, told: Told) -> None:
    service.speaks = False
    refused(rig.provider, told)
    rig.now += 3600
    service.speaks = True  # another server
    expect_updated(rig.provider)


@pytest.mark.tries("see that the dom0 reaches it", "then try again")
def test_a_service_out_of_reach(rig: Rig, service: Service, told: Told) -> None:
    def closed(host: str, port: int) -> socket.socket:
        raise ConnectionRefusedError("connection refused")

    refused(replace(rig.provider, service=replace(rig.provider.service, connect=closed)), told)
    expect_updated(rig.provider)


@pytest.mark.tries("correct `server` in [dns]")
def test_a_service_without_an_address(rig: Rig, service: Service, told: Told) -> None:
    found = replace(rig.provider.service, resolver=rig.authority.server("resolver"))
    rig.authority.point(found.host, "127.0.0.1")
    refused(replace(rig.provider, service=replace(found, host="dynupdat.example.org")), told)
    expect_updated(replace(rig.provider, service=found))


@pytest.fixture
def hosts(tmp_path: Path) -> HostsProvider:
    (tmp_path / "hosts").write_text("127.0.0.1\tlocalhost\n")
    return HostsProvider(tmp_path / "hosts")


@pytest.mark.tries("delete both lines and what was between them")
def test_damaged_marks(hosts: HostsProvider, told: Told) -> None:
    hosts.update([CE], OLD)
    hosts.path.write_text(hosts.path.read_text() + "# icebox: begin\n")
    error = failing(told, lambda: hosts.update([CE], NEW))
    marks = re.findall(r"`([^`]+)`", error.why)
    assert len(marks) == 2
    lines, inside, kept = hosts.path.read_text().splitlines(), False, []
    for line in lines:
        inside = inside or line == marks[0]
        kept += [] if inside else [line]
        inside = inside and line != marks[1]
    Path(error.where).write_text("".join(f"{line}\n" for line in kept))
    hosts.update([CE], NEW)
    assert [answer.seen for answer in hosts.verify([CE], NEW)] == [(NEW,)]


@pytest.mark.tries("delete that line")
def test_a_line_of_somebody_else(hosts: HostsProvider, told: Told) -> None:
    hosts.path.write_text(f"127.0.0.1\tlocalhost\n192.0.2.1 {CE}  # mine\n")
    error = failing(told, lambda: hosts.update([CE], NEW))
    [line] = re.findall(r"`([^`]+)`", error.why)
    text = hosts.path.read_text()
    assert f"{line}\n" in text
    hosts.path.write_text(text.replace(f"{line}\n", ""))
    hosts.update([CE], NEW)
    assert [answer.seen for answer in hosts.verify([CE], NEW)] == [(NEW,)]


@pytest.fixture
def names() -> FakeDns:
    return FakeDns()


def connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 5)


@pytest.mark.tries("see that it runs and that TCP port 53 is open")
def test_a_name_server_that_does_not_run(names: FakeDns, told: Told) -> None:
    names.point(CE, str(OLD))

    def ask() -> object:
        with NameServerConnection(names.server(), connect) as conversation:
            return conversation.addresses(CE)

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        shut = Server("127.0.0.1", "authority", nobody.getsockname()[1])
    failing(told, lambda: NameServerConnection(shut, connect))
    with names.running():
        assert ask() == (OLD,)


@pytest.mark.tries("see that the domain exists, or name its server with `authority` in [dns]")
@pytest.mark.parametrize("way", ["domain", "authority"])
def test_a_domain_that_nobody_knows(rig: Rig, service: Service, told: Told, way: str) -> None:
    """``authority.find`` says so; a client that was told its server does not look for one."""
    asked = rig.authority.server("resolver")
    failing(told, lambda: authority.find(CE, asked, rig.connect))
    if way == "domain":
        rig.authority.records["sytes.net", "NS"] = ["ns.sytes.net."]
        rig.authority.point("ns.sytes.net", "127.0.0.1")
        assert authority.find(CE, asked, rig.connect).address == "127.0.0.1"
    else:
        rig.shows(NEW)
        answers = replace(rig.provider, authority=rig.authority.server()).verify([CE], NEW)
        assert all(answer.good for answer in answers)
