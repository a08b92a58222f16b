"""What is seen of a box is judged right: views are made up here, since boxes are seldom ill in these ways."""

from typing import Any

import pytest

from harness.diagnosis.fact import Unseen
from harness.diagnosis.facts import running
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged


def passwd(number: int, shell: str = "/bin/bash") -> str:
    accounts = "".join(
        f"gilda{n:03d}:x:{number + n}:900:pool:/home/gilda{n:03d}:{shell}\n" for n in range(1, 4)
    )
    return f"{accounts}\ngilda:x:900:\n\n/bin/sh\n/bin/bash\n"


def listing(**others: str) -> Answers:
    """All nodes have the same accounts, but those that are named."""

    def answer(place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "files":
            return {"/etc/passwd": {"mode": 0o644, "changed": 1.0}}
        return {"code": 0, "said": others.get(place, passwd(1000))}

    return answer


def test_accounts_that_are_the_same_everywhere_are_well(site: Site) -> None:
    for role in (Role.CE, Role.WN, Role.SE, Role.RB):
        assert judged(site, "accounts", role, listing()) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (passwd(2000), "gilda001 has the number 2001, there 1001"),
        (passwd(1000, "/usr/sbin/nologin"), "has the shell /usr/sbin/nologin"),
        (passwd(1000).replace(":900:pool", ":901:pool"), "has the group 901 (no group), there 900 (gilda)"),
        (passwd(1000).replace("gilda002:x", "other:x"), "gilda002 is no account"),
    ],
)
def test_one_node_that_differs_is_told_there_alone(site: Site, text: str, says: str) -> None:
    answers = listing(xenwnnode=text)
    [seen] = judged(site, "accounts", Role.WN, answers)
    assert says in seen.why
    assert judged(site, "accounts", Role.CE, answers) == []


def test_homes_that_are_another_file_system_are_not_shared(site: Site) -> None:
    def answer(place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "run":
            return {"code": 0, "said": ""}
        return {"/home": {"place": place, "mode": 0o755, "changed": 1.0}}

    [seen] = judged(site, "homes", Role.WN, answer)
    assert "not those of xencenode" in seen.why
    assert judged(site, "homes", Role.CE, answer) == []


def test_zones_that_differ_are_told_of_the_one_that_is_alone(site: Site) -> None:
    def answer(place: str, words: tuple[Any, ...]) -> Any:
        return 0.0 if words[0] == "now" else {"code": 0, "said": "+0900" if place == "xensenode" else "+0000"}

    [seen] = judged(site, "clock", Role.SE, answer)
    assert "+0900" in seen.why
    assert seen.degraded
    assert judged(site, "clock", Role.CE, answer) == []


def reached(*closed: tuple[str, int | str]) -> Answers:
    """Every port is reached but these, or those of these addresses, from these places."""

    def answer(place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "listeners":
            return {}
        who = "@".join((*words[2:], place))
        shut = {end for at, end in closed if at in (place, who)}
        return {f"{host}:{port}": "no answer" if {host, port} & shut else "" for host, port in words[1]}

    return answer


def test_a_port_that_only_root_gets_to_is_told_with_whose_packets_are_lost(site: Site) -> None:
    answers = reached(("gilda001@xenwnnode", 2811), ("gilda001@xenwnnode", 5010))
    [seen] = judged(site, "ways", Role.WN, answers)
    assert seen.why.startswith("lets gilda001 get to no port 2811 of the public address, where root does")
    assert seen.why.endswith("(no answer), and 1 more ports")
    assert judged(site, "ways", Role.UI, answers) == []


def test_a_port_that_one_node_does_not_get_to_is_told_of_that_node(site: Site) -> None:
    answers = reached(("xenuinode", 2811))
    [seen] = judged(site, "ways", Role.UI, answers)
    assert "port 2811" in seen.why
    assert judged(site, "ways", Role.WN, answers) == []
    assert judged(site, "door", Role.SE, answers) == []


def test_a_port_that_nobody_gets_to_is_none_of_the_nodes(site: Site) -> None:
    answers = reached(*((node.name, 2811) for node in site.nodes))
    assert [judged(site, "ways", node.role, answers) for node in site.nodes] == [[]] * len(site.nodes)


def published(path: str, port: int) -> Answers:
    of_se = "GlueChunkKey: GlueSEUniqueID=xensenode.sytes.net\n"
    text = (
        "dn: GlueSEUniqueID=x,o=grid\nobjectClass: GlueSE\nGlueSEUniqueID: xensenode.sytes.net\n\n"
        f"dn: GlueSALocalID=x,o=grid\nobjectClass: GlueSA\nGlueSAPath: {path}\n"
        f"GlueSAAccessControlBaseRule: VO:gilda\n{of_se}\n"
        f"dn: GlueSEAccessProtocolLocalID=x,o=grid\nobjectClass: GlueSEAccessProtocol\n{of_se}"
        f"GlueSEAccessProtocolType: gsiftp\nGlueSEAccessProtocolPort: {port}\n"
    )
    there = {"/storage/gilda": {"mode": 0o755}}
    return lambda _place, words: there if words[0] == "files" else {"code": 0, "said": text}


@pytest.mark.parametrize(
    ("path", "port", "says"),
    [
        ("/storage/gilda", 2811, ""),
        ("/storage/other", 2811, "/storage/other"),
        ("/storage/gilda", 2812, "gsiftp is at port 2812"),
    ],
)
def test_what_an_se_publishes_is_held_against_its_disk_and_the_port_table(
    site: Site, path: str, port: int, says: str
) -> None:
    seen = judged(site, "published", Role.SE, published(path, port))
    assert says in "".join(each.why for each in seen)
    assert bool(seen) is bool(says)


def test_a_node_that_does_not_get_to_its_neighbour_is_looked_at_as_a_whole_again(site: Site) -> None:
    ui, rb = site.ui, site.rb
    [seen] = judged(site, "ways", Role.UI, reached((ui.name, str(rb.address))))
    assert f"of {rb.address}" in seen.why
    assert judged(site, "ways", Role.SE, reached((ui.name, str(rb.address)))) == []


def test_an_answer_that_is_cut_off_is_not_judged_and_ends_no_look(site: Site) -> None:
    cut = "dn: o=grid\nobjectClass: organization\n\nldap_result: no more\nGlueCEUni"
    with pytest.raises(Unseen, match=r"xencenode: expected LDIF lines"):
        judged(site, "published", Role.CE, lambda *_: {"code": 0, "said": cut})


DEVICES = {path: {"device": True, "mode": 0o666} for path in running.DEVICES}


@pytest.mark.parametrize(
    ("told", "how"),
    [
        ({"device": False, "mode": 0o644}, "it is no device, mode 644"),
        ({"device": True, "mode": 0o600}, "it is a device, mode 600"),
        (None, "it is missing"),
    ],
)
def test_a_device_is_everyones(site: Site, told: dict[str, Any] | None, how: str) -> None:
    there = {path: each for path, each in (DEVICES | {"/dev/full": told}).items() if each}

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return {} if words[0] == "writable" or "/dev/null" not in words[1] else there

    [seen] = judged(site, "spool", Role.WN, answer)
    assert seen.why == f"has no device /dev/full that everyone can use ({how})"


def test_a_directory_that_goes_with_its_service_is_missed_where_that_is_there(site: Site) -> None:
    def answer(directory: dict[str, Any]) -> Answers:
        refused = {"/run/bdii": {"error": "Permission denied", "held": []}}

        def told(_place: str, words: tuple[Any, ...]) -> Any:
            if words[0] == "writable":
                return refused if words[1] == "openldap" else {}
            return DEVICES if "/dev/null" in words[1] else directory

        return told

    there = {"/run/bdii": {"owner": "root", "mode": 0o755, "changed": 1.0}}
    [seen] = judged(site, "spool", Role.CE, answer(there))
    assert "does not let openldap write to /run/bdii (root's, mode 755)" in seen.why
    assert judged(site, "spool", Role.CE, answer({})) == []


@pytest.mark.parametrize(
    ("path", "told", "says"),
    [
        ("", {}, ""),
        ("/.ssh/authorized_keys", None, "/home/student02/.ssh/authorized_keys is missing"),
        ("/.ssh", {"mode": 0o777}, "/home/student02/.ssh is student02's (mode 777)"),
        ("/.ssh/authorized_keys", {"owner": "student01"}, "authorized_keys is student01's"),
        ("", {"mode": 0o770}, "/home/student02 is student02's (mode 770)"),
    ],
)
def test_a_student_whose_key_sshd_does_not_take_is_told(
    site: Site, path: str, told: dict[str, Any] | None, says: str
) -> None:
    homes = {
        f"/home/{each.login}{below}": {"owner": each.login, "mode": 0o700, "changed": 1.0}
        for each in site.students
        for below in ("", "/.ssh", "/.ssh/authorized_keys")
    }
    place = f"/home/student02{path}"
    homes[place] |= told or {}
    if told is None:
        del homes[place]
    seen = judged(site, "homes", Role.UI, lambda _place, _words: homes)
    assert [says in each.why for each in seen] == [True] * bool(says)
