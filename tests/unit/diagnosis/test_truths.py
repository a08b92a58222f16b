"""Names, records and files are judged by what is true of the box."""

import json
import subprocess
from fnmatch import fnmatch
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.box.box import Box
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import broker, information, typed
from harness.grid import ldif
from harness.grid.glue import Records
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged


def names_of(site: Site, role: Role, **others: list[str]) -> Answers:
    """All names lead where they should, but those that are named, with _ for . in them."""
    near = {node.name: [str(node.address)] for node in site.nodes}
    right = (
        {node.fqdn: [str(site.public_address)] for node in site.nodes} | near | {"localhost": ["127.0.0.1"]}
    )
    wrong = {name.replace("_", "."): answers for name, answers in others.items()}

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return (
            {"192.168.1.1": ""}
            if words[0] == "servers"
            else {host: (right | wrong)[host] for host in words[1]}
        )

    return answer


def test_a_neighbours_short_name_that_is_wrong_is_told_where_it_is_asked(site: Site) -> None:
    assert judged(site, "names", Role.CE, names_of(site, Role.CE)) == []
    [seen] = judged(site, "names", Role.CE, names_of(site, Role.CE, xensenode=["192.168.1.44"]))
    assert seen.why == "takes xensenode for 192.168.1.44, not for 192.168.1.4"
    [seen] = judged(site, "names", Role.WN, names_of(site, Role.WN, xencenode=["!Name or service not known"]))
    assert seen.why == "can't find xencenode: Name or service not known"


def test_a_name_server_that_is_dumb_is_told_where_names_are_found_in_the_end(site: Site) -> None:
    def seen(why: str, **wrong: list[str]) -> list[Seen]:
        names = names_of(site, Role.UI, **wrong)
        servers = {"192.168.1.77": why, "192.168.1.1": ""}
        return judged(
            site,
            "names",
            Role.UI,
            lambda place, words: servers if words[0] == "servers" else names(place, words),
        )

    assert seen("") == []
    [dumb] = seen("no answer")
    assert dumb.degraded
    assert dumb.why == "asks the name server 192.168.1.77, which gives it no answer: names are found late"
    [wrong] = seen("no answer", xensenode=["!Name or service not known"])
    assert not wrong.degraded, "that tells more"


def test_an_address_that_no_box_has_is_told_beside_the_right_one(site: Site) -> None:
    public, name = str(site.public_address), site.se.fqdn.replace(".", "_")
    both = {name: [public, "2001:db8::77"], "localhost": ["127.0.0.1", "::1"]}
    [seen] = judged(site, "names", Role.UI, names_of(site, Role.UI, **both))
    assert seen.why == f"takes {site.se.fqdn} for {public} and 2001:db8::77, not for {public}"


def test_a_job_in_another_queue_than_was_asked_for_is_told(site: Site) -> None:
    line = typed._batch_job(site, site.ce)
    first, other = (queue.name for queue in site.queues[:2])

    def tried(printed: str) -> tuple[int, str]:
        stub = f"globus-job-run() {{ echo {printed}; }}\n".replace("-", "_")
        ran = subprocess.run(
            ["sh", "-c", stub + line.replace("globus-job-run", "globus_job_run")],
            capture_output=True,
            text=True,
        )
        return ran.returncode, ran.stdout

    assert tried(first) == (0, f"{first}\n")
    assert tried(other) == (1, f"{other}\nit was sent to queue {other}, not to {first}\n")
    assert tried("error code 3")[0] == 1
    assert "'" not in line, "it is typed within quotes"


@pytest.mark.parametrize(
    ("text", "age", "says"),
    [
        ("1.5 1.5\n", 3.0, ""),
        ("1.5 40\n", 90.0, ""),
        ("600 600\n", 3.0, "is looked at once in 600 s"),
        ("1.5 1.5\n", 200.0, "nothing was looked at for 200 s"),
    ],
    ids=["fresh", "slow rounds of a large area", "a setting", "what makes them hangs"],
)
def test_records_are_as_fresh_as_they_should_be(site: Site, text: str, age: float, says: str) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "now":
            return 5000.0
        if words[0] == "files":
            return {information.ROUND: {"text": text, "changed": 5000.0 - age}}
        return {"code": 1, "said": ""}

    *seen, empty = judged(site, "published", Role.CE, answer)
    assert [says in each.why for each in seen] == [True] * bool(says)
    assert empty.why == "publishes nothing: there is no record", "its daemons answer, and it has none"


GRIS = """\
dn: GlueServiceUniqueID=one,Mds-Vo-name=resource,o=grid
objectClass: GlueService
GlueServiceUniqueID: one
GlueServiceEndpoint: gram://xencenode.sytes.net:{port}/
GlueServiceStatus: {status}
"""


def test_what_the_top_bdii_says_of_a_ce_is_what_the_ce_says(site: Site) -> None:
    def copies(port: int, status: str) -> list[str]:
        node = site.rb
        top = GRIS.format(port=port, status=status).replace("resource", "X,Mds-Vo-name=local")
        said = {site.ce.name: GRIS.format(port=2119, status="OK"), site.se.name: ""}
        answers = {
            name: {json.dumps(["run", information.ASK, ""]): {"got": {"code": 0, "said": text}}}
            for name, text in said.items()
        }
        box = cast(Box, SimpleNamespace(site=site, public_address=site.public_address))
        return list(information._copies(Records(ldif.parse(top)), Case(box, node, View(answers))))

    assert copies(2119, "OK") == []
    assert copies(2119, "Closed") == [], "what changes from one moment to the next"
    [why] = copies(2120, "OK")
    assert why.startswith("GlueServiceUniqueID=one is not as xencenode publishes it: GlueServiceEndpoint")


@pytest.mark.parametrize(
    ("code", "says", "does"),
    [
        (1, "can't be read by the VOMS server: denied", "< /etc/icebox/vo.sql"),
        (124, "gives no answer in time: somebody holds it", "systemctl restart mariadb voms@gilda"),
    ],
)
def test_members_are_read_as_the_voms_server_reads_them(site: Site, code: int, says: str, does: str) -> None:
    [seen] = judged(site, "members", Role.RB, lambda _place, _words: {"code": code, "said": "denied\n"})
    assert seen.why == says
    assert does in seen.remedy


@pytest.mark.parametrize(
    ("code", "says", "does"),
    [
        (0, "", ""),
        (126, "have no program started that lies there: denied", "mount -o remount,exec /home"),
        (1, "are shut to their owners: denied", ""),
    ],
)
def test_homes_take_files_and_start_programs(site: Site, code: int, says: str, does: str) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "files":
            return {"/home": {"place": "1:2", "mode": 0o755, "changed": 1.0}}
        return {"code": code, "said": "denied" if code else ""}

    seen = judged(site, "homes", Role.WN, answer)
    assert [each.why for each in seen] == [says] * bool(says)
    assert all(does in each.remedy for each in seen)


def test_a_database_that_its_owner_may_not_write_to_is_told_with_what_opens_it(site: Site) -> None:
    def seen(mode: int) -> list[Seen]:
        files = {broker.CATALOGUE: {"owner": broker.KEEPER, "mode": mode, "changed": 5.0}}
        said = {"code": 0, "said": "attempt to write a readonly database" if mode == 0o444 else ""}
        return judged(site, "books", Role.RB, lambda _place, words: files if words[0] == "files" else said)

    assert seen(0o644) == []
    [shut] = seen(0o444)
    assert "mode 444" in shut.why
    assert shut.steps[0].line.startswith(f"chmod u+rw {broker.CATALOGUE}*")


def test_a_certificate_in_a_directory_that_no_service_reads_is_nobodys(site: Site) -> None:
    own = {"text": "no certificate", "mode": 0o644, "changed": 1.0, "owner": "root"}
    asked: list[str] = []

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] != "files":
            return {"code": 0, "said": ""}
        asked.extend(words[1])
        return {"/etc/grid-security/hostcert.pem": own} if words[2] else {}

    seen = judged(site, "hostcert", Role.SE, answer)
    assert any("is no certificate" in each.why for each in seen)
    assert not any(fnmatch("/etc/grid-security/backup/hostcert.pem", path) for path in asked)
    assert "/etc/grid-security/xrootd/hostcert.pem" in asked
