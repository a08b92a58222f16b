"""What is said of the words behind a command is done: then it is taken."""

import json
import re
import shlex
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import cli, state
from harness.box import names
from harness.commands import login, options
from harness.dns.history import History
from harness.dns.secretfile import read as read_secret
from harness.dns.tsig import TsigKey
from harness.ledger import Ledger
from harness.pki import names as dns
from harness.pki.authority import LONGEST_SCHOOL, Authority
from harness.report.rundir import RunDir
from harness.report.verdict import SCHEMA, Answer, Verdict
from tests.drill.tried import Told, refused
from tests.unit.sites import SITE


@pytest.mark.tries("use 1 to 12 small letters and digits, a letter first")
def test_the_name_of_a_box(told: Told) -> None:
    refused(told, lambda: state.checked_name("My Box"))
    assert state.checked_name("mybox1") == "mybox1"


@pytest.mark.tries("one of: …")
def test_who_logs_in(told: Told) -> None:
    box = SimpleNamespace(name="icebox", site=SITE)
    remedy = refused(told, lambda: login._may_log_in(box, "student99", "ui"))
    for user in remedy.partition(": ")[2].split(", "):
        login._may_log_in(box, user, "ui")


@pytest.mark.tries("./icebox ssh… --as … ui, or leave --as out to be root")
def test_where_a_student_logs_in(told: Told) -> None:
    box = SimpleNamespace(name="school", site=SITE)
    remedy = refused(told, lambda: login._may_log_in(box, "student01", "ce"))
    typed = cli.parser().parse_args(shlex.split(remedy.partition(",")[0])[1:])
    login._may_log_in(box, typed.user, typed.node)
    login._may_log_in(box, "root", "ce")


@pytest.mark.tries("write them before it, as in ./icebox ssh --as student01 ui")
@pytest.mark.parametrize("late", ["--as student01", "--as=student01 hostname", "--box school", "-h"])
def test_options_behind_the_node(late: str, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """They would be sent to the node as a command, of another box or for another account than was meant."""
    parse = cli.parser().parse_args
    remedy = refused(told, lambda: login.run_ssh(parse(["ssh", "ui", *late.split()])))
    typed = parse(remedy.partition("./icebox ")[2].split())
    assert (typed.user, typed.node, typed.line) == ("student01", "ui", [])
    monkeypatch.setattr(login, "box_that_is_up", lambda _options: pytest.fail("got there"))
    with pytest.raises(pytest.fail.Exception, match="got there"):
        login.run_ssh(typed)


@pytest.mark.tries("./icebox start… makes it")
def test_a_box_that_there_is_not(home: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """A journal stands for what start makes."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    asked = cli.parser().parse_args(["status", "--box", "mine"])
    remedy = refused(told, lambda: options.known_box(asked))
    made = cli.parser().parse_args(shlex.split(remedy.removesuffix(" makes it"))[1:])
    assert made.command == "start"
    Ledger(made.box).intend("data", "/a")
    assert options.known_box(asked) == "mine"


@pytest.mark.tries("./icebox ledger clean --forget-names")
def test_forgetting_names(
    home: Path, monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("harness.dom0.cgroup.check_host", lambda: None)
    assert cli.main(["ledger", "--forget-names"]) == 2
    typed = told(capsys.readouterr().err.partition("do:")[2].strip())
    assert cli.main(shlex.split(typed)[1:]) == 0


@pytest.mark.tries("name another, for example 198.51.100.7")
def test_an_address_of_the_box_itself(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    site = SITE
    moved: list[IPv4Address] = []
    dom0 = SimpleNamespace(move=moved.append)
    files = SimpleNamespace(keep_address=lambda address: None)
    box = SimpleNamespace(site=site, public_address=site.public_address, dom0=dom0, files=files)
    monkeypatch.setattr(names, "publish", lambda *_: ())
    remedy = refused(told, lambda: names.move(box, IPv4Address("192.168.1.9")))
    another = IPv4Address(remedy.rpartition(" ")[2])
    names.move(box, another)
    assert moved == [another]


@pytest.mark.tries("name a directory for the results")
@pytest.mark.tries("name a new or empty directory for the results")
def test_where_results_go(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").touch()
    for wrong in ("file", "mine"):
        refused(told, lambda wrong=wrong: RunDir.create(tmp_path, elsewhere=tmp_path / wrong))
    assert RunDir.create(tmp_path, elsewhere=tmp_path / "new").path.is_dir()


@pytest.mark.tries("name another run, or let ./icebox validate make one")
@pytest.mark.tries("read it with the icebox that wrote it, or a newer one")
def test_a_verdict_that_can_not_be_read(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    another = Verdict(Answer.GO)
    refused(told, lambda: Verdict.from_json("{", where="here"))
    assert Verdict.from_json(another.to_json()) == another
    later = json.dumps({**json.loads(another.to_json()), "schema": SCHEMA + 1})
    refused(told, lambda: Verdict.from_json(later, where="here"))
    monkeypatch.setattr("harness.report.verdict.SCHEMA", SCHEMA + 1)
    assert Verdict.from_json(later).verdict is Answer.GO


@pytest.mark.tries("ask for 0 to … days")
def test_a_long_school(tmp_path: Path, told: Told) -> None:
    remedy = refused(told, lambda: Authority.open(tmp_path, days=LONGEST_SCHOOL + 1))
    most = int(re.findall(r"to (\d+)", remedy)[0])
    assert Authority.open(tmp_path, days=most).cert_pem


@pytest.mark.tries("use letters, digits, dashes and dots, 64 characters at most")
def test_the_name_of_a_host(told: Told) -> None:
    refused(told, lambda: dns.host_dn("ce_1.example.org"))
    assert dns.host_dn("ce-1.example.org").endswith("/CN=ce-1.example.org")


@pytest.mark.tries("use 1 to 64 characters without slash, backslash and equals sign")
def test_the_name_of_a_person(told: Told) -> None:
    refused(told, lambda: dns.student_dn("Ann/Other"))
    assert dns.student_dn("Ann Other").endswith("/CN=Ann Other")


@pytest.mark.tries("write it as /C=IT/O=GridBox/CN=…")
def test_a_dn(told: Told) -> None:
    remedy = refused(told, lambda: dns.to_name("CN=Ann,O=GridBox"))
    assert dns.to_slash(dns.to_name(remedy.removeprefix("write it as ").replace("…", "Ann"))).endswith("Ann")


@pytest.mark.tries("write it there")
def test_an_empty_secret(tmp_path: Path, told: Told) -> None:
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    refused(told, lambda: read_secret(secret, "the password"))
    secret.write_text("word\n")
    assert read_secret(secret, "the password") == "word"


@pytest.mark.tries("make one with tsig-keygen -a hmac-sha256 NAME, or ask whoever runs the name server")
@pytest.mark.tries("make one with one of …")
def test_a_key_of_another_form(tmp_path: Path, told: Told) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    stanza = 'key "mine" {{ algorithm {}; secret "{}"; }};\n'
    secret = TsigKey.generate().secret
    for wrong in ("Kmine.+157+1.key", stanza.format("hmac-sha3", secret)):
        file.write_text(wrong)
        remedy = refused(told, lambda: TsigKey.read(file))
    for algorithm in remedy.partition("one of ")[2].split(", "):
        file.write_text(stanza.format(algorithm, secret))
        assert TsigKey.read(file).secret == secret


@pytest.mark.tries("delete it, if no update was sent within the last 30 minutes")
def test_a_record_that_can_not_be_used(tmp_path: Path, told: Told) -> None:
    file = tmp_path / "record.json"
    file.write_text("{")
    refused(told, lambda: History.load(file))
    file.unlink()
    assert History.load(file).successes == {}
