"""The site file: the default one is right, and every mistake gets one clear error with file and line."""

import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.dns.kinds import KINDS
from harness.dns.tsig import TsigKey
from harness.dom0 import uplink
from harness.dom0.place import PYTHON
from harness.errors import ExitCode, InputError
from harness.site import Role, addresses
from harness.site.description import CONTAINERS
from harness.sitefile import load
from harness.state import checkout
from harness.virt.kinds import KINDS as MACHINES
from tests.unit.sites import PORTS, site_file

JUDGE = """\
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from harness import errors, sitefile
try:
    sitefile.load(pathlib.Path(sys.argv[2]))
except errors.InputError as error:
    print(error.what)
"""


def error(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert caught.value.remedy
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_a_vo_has_dots_in_its_name(tmp_path: Path) -> None:
    site = load(site_file(tmp_path, ('"gilda"', '"vo.my-example.org"')))
    assert (site.vo, site.storage) == ("vo.my-example.org", "/storage/vo.my-example.org")
    assert (site.vo_variable, site.vo_database) == ("VO_MY_EXAMPLE_ORG", "voms_vo_my_example_org")


def test_default_site(tmp_path: Path) -> None:
    site = load(site_file(tmp_path))
    assert [(node.role, node.fqdn, str(node.address)) for node in site.nodes] == [
        (Role.CE, "xencenode.sytes.net", "192.168.1.2"),
        (Role.WN, "xenwnnode.sytes.net", "192.168.1.3"),
        (Role.SE, "xensenode.sytes.net", "192.168.1.4"),
        (Role.UI, "xenuinode.sytes.net", "192.168.1.5"),
        (Role.RB, "xenrbnode.sytes.net", "192.168.1.6"),
    ]
    assert (site.bridge.name, str(site.bridge.interface)) == ("boxbr0", "192.168.1.1/24")
    assert [(queue.name, queue.minutes) for queue in site.queues] == [
        ("short", 15),
        ("long", 720),
        ("infinite", 2880),
    ]
    row = site.ports.find(2222)
    assert row is not None
    assert (row.address, row.target) == (site.ui.address, 22)
    assert site.node("wn") is site.wn
    assert site.node("XENUINODE.sytes.net") is site.ui


def test_further_wns(tmp_path: Path) -> None:
    site = load(site_file(tmp_path, ('"192.168.1.3"\ncount = 1 ', '"192.168.1.3"\ncount = 3 ')))
    assert [(node.name, str(node.address)) for node in site.of(Role.WN)] == [
        ("xenwnnode", "192.168.1.3"),
        ("xenwnnode2", "192.168.1.100"),
        ("xenwnnode3", "192.168.1.101"),
    ]
    assert site.node("wn2") is site.of(Role.WN)[1]


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('"xensenode"', '"xencenode"', '"xencenode"', "the name 'xencenode' is given to 2 nodes"),
        ('"192.168.1.4"', '"192.168.1.2"', '"192.168.1.2"', "192.168.1.2 is given to 2 nodes"),
        ('"192.168.1.4"', '"10.0.0.4"', "10.0.0.4", "10.0.0.4 lies outside the bridge's network"),
        ('"192.168.1.4"', '"192.168.1.1"', "[se]", "is the bridge's or the network's own address"),
        ('"192.168.1.4"', '"192.168.1.255"', "192.168.1.255", "is the bridge's or the network's own address"),
        ('"192.168.1.4"', '"192.168.1.444"', "192.168.1.444", "'192.168.1.444' is not an IPv4 address"),
        ('"192.168.1.4"', "4", "address = 4", "must be text, not 4"),
        ("[vo]", "[broker]\n[vo]", "[broker]", "is not a table of a site file; roles are ce, wn, se, ui, rb"),
        ("slots = 2", "slots = 2\ncores = 4", "cores = 4", "unknown key"),
        ("slots = 2", "slots = 65", "slots = 65", "65 is not between 1 and 64"),
        ("count = 2", 'count = "two"', 'count = "two"', "must be a number, not 'two'"),
        ("count = 2", "count = true", "count = true", "must be a number, not True"),
        ("days = 7", "days = 0", "days = 0", "0 is not between 1 and 365"),
        ("[vo]", "[disk]\nperson = 2\n[vo]", "person = 2", "2 is more than 0"),
        ("[vo]", '[disk]\nlvm = "vg 0"\n[vo]', "lvm = ", "'vg 0' can't name a volume group"),
        ("[vo]", '[disk]\nlvm = ".."\n[vo]', "lvm = ", "'..' can't name a volume group"),
        ("[vo]", '[disk]\nfiles = "srv/grid"\n[vo]', "files = ", "'srv/grid' is no path from the root"),
        ("[vo]", '[disk]\nlvm = "vg0"\n[vo]', "lvm = ", "it is for nodes of qemu or xen"),
        ("short = 15", 'short = "15"', 'short = "15"', "'15' is not a number of minutes"),
        ("short = 15", "Short = 15", "Short = 15", "is not a queue name"),
        ('"rfc2136"', '"carrier-pigeon"', "carrier-pigeon", f"is none of: {', '.join(KINDS.names())}"),
        ('"embedded"', '"distant"', '"distant"', "'distant' is none of: embedded"),
        (
            '"embedded"',
            '"remote"\nhost = "-oX"',
            "host = ",
            "'-oX' is no destination for ssh, such as root@xen1",
        ),
        ('"embedded"', '"embedded"\nhost = "root@xen1"', "host = ", "the kind embedded has no such key"),
        ('"203.0.113.10"', '"192.168.1.9"', "192.168.1.9", "lies inside the bridge's network"),
        ('"203.0.113.10"', '"203.0.113.53"', "203.0.113.53", "is the embedded DNS service's own"),
        ('"203.0.113.10"', '"203.0.113.1"', "203.0.113.1", "is the outside's own"),
        ('"192.168.1.1/24"', '"192.168.1.1/33"', "192.168.1.1/33", "is not ADDRESS/PREFIX"),
        ('"192.168.1.1/24"', '"192.168.1.0/24"', "192.168.1.0/24", "192.168.1.0 is the network's"),
        ('"boxbr0"', '"a-bridge-too-far"', "a-bridge-too-far", "can't name a bridge"),
        ('"xenuinode"', '"Xen UI"', "Xen UI", "'Xen UI' is not a host name"),
        ('"gilda"', '"Gil da"', "Gil da", "vo.name: 'Gil da' is not a name for a VO"),
        ('"gilda"', '"vo..org"', "vo..org", "vo.name: 'vo..org' is not a name for a VO"),
        ('"gilda"', '".vo.org"', ".vo.org", "vo.name: '.vo.org' is not a name for a VO"),
        ('"gilda"', '"4vo"', "4vo", "vo.name: '4vo' is not a name for a VO"),
        ('"gilda"', f'"{"v" * 30}"', "v" * 30, "has more than 29 characters"),
        ('"ICEAGE-GRIDBOX"', '"Ice, Age"', "Ice, Age", "'Ice, Age' can't name a site"),
        ('"sytes.net"', '"sytes..net"', "sytes..net", "'sytes..net' is not a domain"),
        ('name = "xencenode"\n', "", "[ce]", "the key 'name' is missing"),
    ],
)
def test_one_problem(tmp_path: Path, old: str, new: str, at: str, said: str) -> None:
    path = site_file(tmp_path, (old, new))
    text = error(path)
    assert text.startswith(f"{path}: ")
    assert said in text
    assert f"line {line_of(path, at)}: " in text or at == "[se]"


def test_where_disks_lie(tmp_path: Path) -> None:
    machines = ('"embedded"', '"embedded"\nhypervisor = "qemu"')
    site = load(site_file(tmp_path, machines, ("[vo]", '[disk]\nlvm = "vg0"\n[vo]')))
    assert (site.disk_group, site.disk_directory) == ("vg0", "")
    site = load(site_file(tmp_path, machines, ("[vo]", '[disk]\nfiles = "/srv/grid disks"\n[vo]')))
    assert (site.disk_group, site.disk_directory) == ("", "/srv/grid disks")
    both = site_file(tmp_path, machines, ("[vo]", '[disk]\nlvm = "vg0"\nfiles = "/srv"\ngigabytes = 9\n[vo]'))
    text = error(both)
    assert "disk.files: disks lie in a volume group or in files: name one of both" in text
    assert "disk.lvm: disks there have sizes of their own, and not disk.gigabytes" in text


def test_two_problems_at_once_and_no_third(tmp_path: Path) -> None:
    path = site_file(tmp_path, ('"192.168.1.4"', '"10.0.0.4"'), ("count = 2", 'count = "two"'))
    text = error(path)
    assert "the site file has 2 problem(s)" in text
    assert f"line {line_of(path, '10.0.0.4')}: se.address: " in text
    number = line_of(path, '"two"')
    assert f"line {number}: students.count: " in text


def test_no_queues(tmp_path: Path) -> None:
    path = site_file(tmp_path, ("short = 15\nlong = 720\ninfinite = 2880\n", ""))
    assert "the site has no queue" in error(path)


@pytest.mark.parametrize(
    ("broken", "line"),
    [("[vo", "[vo"), ("[vo]\nname = unquoted", "unquoted"), ('[vo]\nname = "a"\nname = "b"', '"b"')],
)
def test_no_toml(tmp_path: Path, broken: str, line: str) -> None:
    path = site_file(tmp_path, ("[vo]", broken))
    text = error(path)
    assert "is not valid TOML" in text
    assert f"line {line_of(path, line)}" in text


@pytest.mark.parametrize("schema", ["schema = true", "schema = 0", 'schema = "1"', ""])
def test_no_schema(tmp_path: Path, schema: str) -> None:
    assert "does not say its schema" in error(site_file(tmp_path, ("schema = 1", schema)))


def test_a_table_that_is_none(tmp_path: Path) -> None:
    assert "'site' must be a table" in error(site_file(tmp_path, ("[site]", "[[site]]")))


def test_bad_row_of_the_port_table(tmp_path: Path) -> None:
    text = error(site_file(tmp_path, ports=f"{PORTS}8080>192.168.1.1:80\n"))
    assert "192.168.1.1 is the bridge itself" in text
    assert f"gridbox-ports.cfg:{len(PORTS.splitlines()) + 1}: " in text


def test_row_that_leads_nowhere(tmp_path: Path) -> None:
    text = error(site_file(tmp_path, ports="8080>192.168.1.77:80\n"))
    assert "rows of the port table lead to no node" in text
    assert "line 1 (192.168.1.77)" in text


def test_no_port_table(tmp_path: Path) -> None:
    path = site_file(tmp_path, ('"gridbox-ports.cfg"', '"other.cfg"'))
    assert f"{tmp_path / 'other.cfg'}: there is no such port table" in error(path)


@pytest.mark.parametrize(
    ("kind", "lines", "served", "said"),
    [
        ("local", "", False, ""),
        ("local", 'resolver = "nodes"', False, ""),
        ("local", 'resolver = "room"', True, ""),
        ("embedded", 'resolver = "room"\nexpose = "eth0"', True, ""),
        ("embedded", 'resolver = "room"', False, "laptops reach it only where the box is opened by `expose`"),
        ("local", 'resolver = "all"', False, "'all' is none of: nodes, room"),
    ],
)
def test_who_may_ask_for_names(tmp_path: Path, kind: str, lines: str, served: bool, said: str) -> None:
    path = site_file(tmp_path, ('kind = "embedded"', f'kind = "{kind}"\n{lines}'))
    if said:
        assert said in error(path)
    else:
        assert load(path).serves_names is served


def test_a_box_whose_names_others_keep_answers_no_laptop(tmp_path: Path) -> None:
    kept = 'provider = "rfc2136"\nserver = "192.0.2.53"\nkey_file = "key"'
    changes = (
        ('kind = "embedded"', 'kind = "local"\nresolver = "room"'),
        ('provider = "rfc2136"', kept),
    )
    (tmp_path / "key").write_text(TsigKey.generate().stanza)
    (tmp_path / "key").chmod(0o600)
    assert "laptops hear the names by the name servers that rfc2136 tells" in error(
        site_file(tmp_path, *changes)
    )


def test_addresses_of_the_surroundings_are_those_of_the_uplink() -> None:
    assert set(addresses.BEYOND) == {uplink.OUTSIDE, uplink.NAME_SERVER, uplink.ROOM_SERVER}


def test_site_elsewhere(tmp_path: Path) -> None:
    site = load(site_file(tmp_path))
    assert site.at(IPv4Address("198.51.100.7")).public_address == IPv4Address("198.51.100.7")
    assert site.at(None) is site


@pytest.mark.parametrize(("lines", "queue"), [("long = 1\nshort = 1", "short"), ("all = 1\nlong = 2", "all")])
def test_where_the_jobs_of_a_hand_out_go(tmp_path: Path, lines: str, queue: str) -> None:
    site = load(site_file(tmp_path, ("short = 15\nlong = 720\ninfinite = 2880", lines)))
    assert site.queue == queue


@pytest.mark.parametrize("disk", ["", "gigabytes = 9", 'lvm = "vg0"', 'files = "/srv/grid"'])
@pytest.mark.parametrize("hypervisor", MACHINES.names())
def test_it_is_judged_before_anything_is_installed(tmp_path: Path, disk: str, hypervisor: str) -> None:
    """By Python's own library: what runs machines is not there yet."""
    machines = ('"embedded"', f'"embedded"\nhypervisor = "{hypervisor}"')
    path = site_file(tmp_path, machines, ("[vo]", f"[disk]\n{disk}\n[vo]"))
    words = [PYTHON, "-I", "-S", "-B", "-c", JUDGE, str(checkout()), str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stderr == ""
    refused = hypervisor == "lxc" and disk[:3] in ("lvm", "fil")
    assert ("it is for nodes of qemu or xen" in done.stdout, done.stdout == "") == (refused, not refused)


def test_which_machines_have_no_disks() -> None:
    assert {name for name in MACHINES.names() if not MACHINES.of(name).OWN_KERNEL} == CONTAINERS
