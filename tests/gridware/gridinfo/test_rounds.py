"""What a round of gridinfo looks at, and what it leaves alone since nothing can have changed."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gridware.gridinfo import batch, ce, directory, ports, ready, top

RECORD = "dn: a={0},mds-vo-name=resource,o=grid\na: {0}\n\n"
PORT = 2172


def test_listening_ports_are_read_from_the_kernels_table() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 00000000:087A 00000000:0000 0A 00000000:00000000\n"
        "   1: 0201A8C0:0847 0101A8C0:A2F4 01 00000000:00000000\n"
    )
    assert ports.parse(table) == {2170}


@pytest.fixture(params=[ports._SOCK_DIAG, 31], ids=["sock_diag", "a kernel without it"])
def asked_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_SOCK_DIAG", request.param)


@pytest.mark.usefixtures("asked_by")
def test_ports_listen_and_those_of_connections_do_not() -> None:
    families = [socket.AF_INET, *([socket.AF_INET6] if socket.has_ipv6 else [])]
    servers = [socket.create_server(("", 0), family=family) for family in families]
    wanted = {server.getsockname()[1] for server in servers}
    client = socket.create_connection(("127.0.0.1", servers[0].getsockname()[1]))
    told = ports.listening()
    assert wanted <= told
    assert client.getsockname()[1] not in told
    for each in (client, *servers):
        each.close()
    assert not wanted & ports.listening()


class Sources:
    """Resource BDIIs that a top BDII asks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.words = {"ce": "", "se": ""}
        self.records: dict[str, str | None] = {host: RECORD.format(host) for host in self.words}
        self.read: list[str] = []
        monkeypatch.setattr(top, "_sources", {})
        monkeypatch.setattr(top, "ask", lambda host, port: self.words[host])
        monkeypatch.setattr(top, "answers", lambda host, port: self.records[host] is not None)
        monkeypatch.setattr(top, "output", self._output)

    def _output(self, command: tuple[str, ...]) -> str | None:
        host = next(word for word in command if word.startswith("ldap://"))[len("ldap://") :].split(":")[0]
        self.read.append(host)
        return self.records[host]

    def round(self) -> list[str]:
        """DNs found; ``read`` holds whose records were read for it."""
        self.read.clear()
        return sorted(top.provide({"top": {"sources": list(self.words)}, "ready_port": PORT}))


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Sources:
    return Sources(monkeypatch)


def test_a_top_bdii_is_complete_once_it_has_read_every_complete_source(sources: Sources) -> None:
    for host in ("ce", "se"):
        sources.round()
        assert not top.complete()
        sources.words[host] = "1"
    sources.round()
    assert top.complete()


def test_records_are_read_again_once_their_source_says_another_word(sources: Sources) -> None:
    sources.round()
    sources.round()
    assert sources.read == ["ce", "se"], "of sources that say no word yet, each round is another"
    sources.words = {"ce": "1", "se": "1"}
    assert sources.round() == ["a=ce", "a=se"]
    assert sources.round() == ["a=ce", "a=se"]
    assert sources.read == []
    sources.words["se"], sources.records["se"] = "2", RECORD.format("new")
    assert sources.round() == ["a=ce", "a=new"]
    assert sources.read == ["se"]


def test_a_word_does_not_stand_for_a_slapd_that_does_not_answer(sources: Sources) -> None:
    sources.words = {"ce": "1", "se": "1"}
    sources.round()
    sources.records["se"] = None
    sources.round()
    assert sources.read == ["se"]
    sources.records["se"] = RECORD.format("se")
    sources.round()
    assert sources.read == ["se"], "what was not read can't be as new as the word"


def test_a_silent_source_keeps_its_records_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = iter([RECORD.format("se"), None, None])
    monkeypatch.setattr(top, "ask", lambda host, port: "")
    monkeypatch.setattr(top, "output", lambda command: next(texts))
    source = top.Source("se")
    sizes = [len(source.look(PORT, now)) for now in (0.0, top.KEEP_SECONDS - 1, top.KEEP_SECONDS)]
    assert sizes == [1, 1, 0]


def test_the_port_of_complete_records_opens_when_they_are_or_when_it_has_been_long() -> None:
    patient = ready.Ready(0)
    patient.look(False, "")
    assert not patient.open
    patient.look(True, "1")
    assert patient.open
    late = ready.Ready(0)
    late._latest = 0.0
    late.look(False, "")
    assert late.open


def test_whoever_asks_at_the_port_is_told_the_newest_word(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    create = socket.create_server

    def created(address: tuple[str, int]) -> socket.socket:
        made.append(create(address))
        return made[-1]

    monkeypatch.setattr(socket, "create_server", created)
    door = ready.Ready(0)
    for word in ("1", "2"):
        door.look(True, word)
        port = made[0].getsockname()[1]
        assert ready.ask("127.0.0.1", port) == word
    assert ready.answers("127.0.0.1", port)
    assert len(made) == 1
    nobody = create(("127.0.0.1", 0))
    port = nobody.getsockname()[1]
    nobody.close()
    assert ready.ask("127.0.0.1", port) == ""
    assert not ready.answers("127.0.0.1", port)


def up() -> set[int]:
    """What listens on a CE whose slurmctld runs."""
    return {batch.PORT}


class Clock:
    """The monotonic clock of the batch system's reader."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(batch, "time", made)
    return made


def test_after_a_change_the_batch_system_is_calm_once_all_is_saved(tmp_path: Path, clock: Clock) -> None:
    calm = batch.Calm(str(tmp_path))
    assert not calm.lasts(up)
    clock.now += batch.SAVED + 1
    assert calm.lasts(up)
    os.utime(tmp_path, ns=(0, 17))
    assert not calm.lasts(up)
    clock.now += batch.SAVED + 1
    assert calm.lasts(up)


def test_a_batch_system_that_died_or_hangs_is_asked_in_a_calm_too(tmp_path: Path, clock: Clock) -> None:
    calm = batch.Calm(str(tmp_path))
    calm.lasts(up)
    clock.now += batch.SAVED + 1
    assert not calm.lasts(set)
    assert calm.lasts(up)
    clock.now += batch.LONGEST
    assert not calm.lasts(up)
    assert calm.lasts(up)


def test_where_slurmctld_saves_nothing_there_is_no_calm(tmp_path: Path, clock: Clock) -> None:
    calm = batch.Calm(str(tmp_path / "missing"))
    clock.now += batch.SAVED + 1
    assert not calm.lasts(up)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[ce.Batch, bool], bool]:
    """Says whether a round with this known of the batch system asks it again."""
    settings = {"ce": {"vo": "gilda", "tags": str(tmp_path)}}
    asked: list[str] = []
    monkeypatch.setattr(ce, "read_batch", lambda vo: asked.append(vo) or ce._now[0])
    monkeypatch.setattr(ce, "records", lambda *args: {})

    def asks(known: ce.Batch, calm: bool) -> bool:
        asked.clear()
        monkeypatch.setattr(ce, "_now", [known])
        monkeypatch.setattr(ce._calm, "lasts", lambda: calm)
        ce.provide(settings)
        return bool(asked)

    return asks


def test_the_batch_system_is_left_alone_only_while_it_is_calm_and_idle(
    asking: Callable[[ce.Batch, bool], bool],
) -> None:
    queues = {"short": batch.Queue("Production", 2, 2)}
    idle = ce.Batch(queues, {}, {}, True)
    assert not asking(idle, True)
    assert asking(idle, False)
    assert asking(ce.Batch(queues, {"short": batch.Jobs(0, 1)}, {}, True), True)
    assert asking(ce.Batch({"short": batch.Queue("Production", 0, 0)}, {}, {}, True), True)
    assert asking(ce.Batch({}, {}, {}, False), True)


def test_a_directory_that_holds_all_is_not_written_and_keeps_its_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setattr(directory, "_start_of_slapd", lambda: 7)
    monkeypatch.setattr(directory, "_TOLD", str(tmp_path / "told"))
    monkeypatch.setattr(directory, "_run", lambda command, text, accept=(0,): said.append(command[0]) or "")
    slapd = directory.Slapd()
    records = {"o=grid": {"objectClass": ["organization"], "o": ["grid"]}}
    slapd.publish(records)
    assert said == ["ldapmodify"], "nobody has told this slapd anything before"
    word = slapd.word
    slapd.publish(dict(records))
    assert (len(said), slapd.word) == (1, word)
    slapd.publish({})
    assert said[1:] == ["ldapmodify"]
    assert slapd.word != word
    directory.Slapd().publish({})
    assert said[2:] == ["/usr/bin/ldapsearch"] * 2, "whoever is started anew finds what was told before"
