"""Site files and port tables that nobody should write: each is refused in words, none is taken for a site."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from harness.dns.kinds import KINDS
from harness.site import ports
from harness.site.ports import load_ports
from harness.sitefile import LONGEST, load
from tests.unit.core.test_sitefile import error
from tests.unit.sites import DEFAULT, site_file

SCREEN = 4000
"""Characters of a message, at most."""
TWO_SES = ('"192.168.1.4"\ncount = 1', '"192.168.1.4"\ncount = 2')
SITE_NAME = '[site]\nname = "ICEAGE-GRIDBOX"'
NETWORK = '"192.168.1.1/24"'


@pytest.mark.parametrize("role", ["ce", "wn", "se", "ui", "rb"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("outside", "'outside' means the machine outside"),
        ("localhost", "means each machine itself"),
        ("default", "means every node, for Slurm"),
        ("10", "is read as an address"),
        ("0x7f", "is read as an address"),
        ("a" * 56, "more than 64 characters with its domain"),
    ],
)
def test_names_that_no_node_can_have(tmp_path: Path, role: str, name: str, said: str) -> None:
    assert said in error(site_file(tmp_path, (f'"xen{role}node"', f'"{name}"')))


@pytest.mark.parametrize(("role", "name"), [("wn", "ce"), ("ce", "wn2"), ("ui", "se1"), ("rb", "ui")])
def test_a_node_is_not_called_like_another(tmp_path: Path, role: str, name: str) -> None:
    assert f"{role}.name: '{name}' means another node" in error(
        site_file(tmp_path, (f'"xen{role}node"', f'"{name}"'))
    )


def test_a_node_may_be_called_by_its_own_role(tmp_path: Path) -> None:
    names = [(f'"xen{role}node"', f'"{role}"') for role in ("ce", "wn", "se", "ui", "rb")]
    site = load(site_file(tmp_path, *names, ('"192.168.1.3"\ncount = 1 ', '"192.168.1.3"\ncount = 3 ')))
    assert [node.name for node in site.nodes if site.node(node.name) is not node] == []
    assert [node.name for node in site.wns] == ["wn", "wn2", "wn3"]


@pytest.mark.parametrize("counted", ["xenwnnode2", "xenwnnode03"])
def test_a_node_that_is_called_like_a_counted_one(tmp_path: Path, counted: str) -> None:
    path = site_file(
        tmp_path, ('"xenuinode"', f'"{counted}"'), ('"192.168.1.3"\ncount = 1 ', '"192.168.1.3"\ncount = 3 ')
    )
    if counted == "xenwnnode2":
        assert "the name 'xenwnnode2' is given to 2 nodes" in error(path)
    else:
        assert load(path).ui.name == counted


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("0.1.2.1/24", "this host's (0.0.0.0/8)"),
        ("127.0.0.1/8", "the loopback's (127.0.0.0/8)"),
        ("126.0.0.1/7", "a prefix of 7 is not between 8 and 29"),
        ("169.254.7.1/24", "link-local"),
        ("224.0.0.1/24", "multicast (224.0.0.0/4)"),
        ("239.255.0.1/16", "multicast (224.0.0.0/4)"),
        ("255.255.255.1/24", "reserved (240.0.0.0/4)"),
        ("203.0.113.129/24", "holds 203.0.113.1, the outside's own"),
        ("203.0.113.50/28", "holds 203.0.113.53, the embedded DNS service's own"),
        ("192.168.1.1/30", "a prefix of 30 is not between 8 and 29"),
        ("192.168.1.1", "a prefix of 32 is not between 8 and 29"),
        ("192.168.1.255/24", "192.168.1.255 is the network's, not the bridge's"),
        ("192.168.1.1/24/24", "is not ADDRESS/PREFIX"),
        ("::1/64", "is not ADDRESS/PREFIX"),
    ],
)
def test_networks_that_no_box_can_have(tmp_path: Path, network: str, said: str) -> None:
    text = error(site_file(tmp_path, (NETWORK, f'"{network}"')))
    assert said in text
    assert "the site file has 1 problem(s)" in text, "and nothing is said of the nodes' addresses"


def test_a_network_without_room_for_counted_nodes(tmp_path: Path) -> None:
    path = site_file(
        tmp_path, (NETWORK, '"192.168.1.1/28"'), ('"192.168.1.3"\ncount = 1 ', '"192.168.1.3"\ncount = 2 ')
    )
    assert "wn.count: the 192.168.1.0/28 has no room for so many nodes of this role" in error(path)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "0.3.4.5", "127.1.2.3", "169.254.1.1", "224.0.0.9", "255.255.255.255"]
)
def test_public_addresses_that_no_host_can_have(tmp_path: Path, address: str) -> None:
    assert f"{address} is no address a host can have" in error(
        site_file(tmp_path, ('"203.0.113.10"', f'"{address}"'))
    )


@pytest.mark.parametrize("name", ["lo", "all", "default", "uplink0", "eth0", "vnet3", "tunl0", "sit0"])
def test_bridges_that_are_there_already(tmp_path: Path, name: str) -> None:
    assert f"network.bridge: '{name}' names, or may name" in error(
        site_file(tmp_path, ('"boxbr0"', f'"{name}"'))
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sytes.net"', '"school.localhost"', "is no domain that hosts can have"),
        ('"sytes.net"', '"1.168.192.in-addr.arpa"', "is no domain that hosts can have"),
        ('"sytes.net"', '"school.7"', "is no domain that hosts can have"),
        ('"sytes.net"', f'"{"a." * 40}net"', "more than 64 characters with its domain"),
        ("short = 15", "default = 15", "means all queues, for Slurm"),
        ("short = 15", "\n".join(f"q{n} = 1" for n in range(60)), "queues are more than 50"),
        ('"gridbox-ports.cfg"', r'"a\u0000b"', "the port table can't be read"),
        ('"gridbox-ports.cfg"', '"/dev/zero"', "the port table is no ordinary file"),
        ('"gridbox-ports.cfg"', '""', "the port table is a directory"),
        (SITE_NAME, f'{SITE_NAME}\n"\\u001b[31m" = 1', "unknown key"),
        ("schema = 1", f"schema = 1{'0' * 5000}", "is not valid TOML"),
        ("schema = 1", f"schema = 0x1{'0' * 5000}", "is of schema a value too large to be shown"),
        ("count = 2", f"count = 0x1{'0' * 5000}", "is not between 1 and 99"),
        ("count = 2", f"count = {'9' * 4000}", "is not between 1 and 99"),
        ("short = 15", f"short = 0x1{'0' * 5000}", "is not a number of minutes"),
        ("short = 15", f"short = {'[' * 20000}{']' * 20000}", "its brackets are nested too deep"),
        ("short = 15", f"short = {'[' * 200}{']' * 200}", "is not a number of minutes"),
        ('"gilda"', f'"{"g" * 50000}"', "vo.name: "),
        ("[vo]", "[vo]\n" + "\n".join(f"k{n} = 1" for n in range(3000)), "2980 more"),
    ],
)
def test_values_that_no_site_can_have(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = error(site_file(tmp_path, (old, new)))
    assert said in text
    assert len(text) < SCREEN
    assert text.replace("\n", "").isprintable()


def test_a_site_file_that_is_too_large(tmp_path: Path) -> None:
    path = site_file(tmp_path)
    path.write_text(DEFAULT + "#" * LONGEST)
    assert "the site file is too large" in error(path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("65500>192.168.1.4:2811\n", "there is no port 65600"),
        ("64800-64900>192.168.1.4\n", "there is no port 65900"),
    ],
)
def test_ports_of_a_second_se_end(tmp_path: Path, rows: str, said: str) -> None:
    text = error(site_file(tmp_path, TWO_SES, ports=rows))
    assert said in text
    assert "give this node rows of its own" in text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (f"{'9' * 5000}>192.168.1.4:2811\n", "there is no port 9999"),
        (f"80>192.168.1.4:{'0' * 5000}\n", "there is no port 0000"),
        (f"80>{'1.' * 2000}1:80\n", "is no IPv4 address"),
        ("80>192.168.1.4:80; flush ruleset\n", "this is no row"),
        ("80>192.168.1.4:80\x00\n", "this is no row"),
        ("80>192.168.1.444:80\n", "is no IPv4 address"),
        ("rubbish\n" * 500, "at least 12 bad rows"),
        ("".join(f"{n}>192.168.1.4:80\n" for n in range(1000, 2001)), "this is row 1001"),
        ("#" * (ports.LONGEST + 1), "is too large"),
    ],
)
def test_port_tables_that_nobody_should_write(tmp_path: Path, rows: str, said: str) -> None:
    text = error(site_file(tmp_path, ports=rows))
    assert said in text
    assert len(text) < SCREEN
    assert text.replace("\n", "").isprintable()


def dns(tmp_path: Path, text: str) -> str:
    return error(site_file(tmp_path, ('provider = "rfc2136"', text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('server = "192.0.2.1"', "needs `key_file`"),
        ('port = 53', "dns.port: belongs to a server of your own"),
        ('server = "not a host"\nkey_file = "/dev/zero"', "neither an IPv4 address nor a host's name"),
        ('server = "192.0.2.1"\nkey_file = "/dev/zero"', "the file with the TSIG key is no ordinary file"),
        ('server = "192.0.2.1"\nkey_file = "none"', "there is no such file with the TSIG key"),
        ('server = "192.0.2.1"\nkey_file = "open"', "its mode is 0644; chmod 600"),
        ('server = "192.0.2.1"\nkey_file = "large"', "is too large"),
        ('server = "192.0.2.1"\nkey_file = "mine"', "this is no TSIG key file"),
        ('server = "192.0.2.999"\nkey_file = "mine"', "'192.0.2.999' is not an IPv4 address"),
        ('ttl = 0', "dns.ttl: 0 is not a number from 1 to 86400"),
        ('ttl = 0x1' + "0" * 5000, "is not a number from 1 to 86400"),
        ('zone = "example.org"', "does not lie in 'example.org'"),
        ('server = ["192.0.2.1"]', "must be text or a number"),
        ('provider = "dyndns2"\nuser = "me"\npassword_file = "secret"', "don't give a mail address"),
        ('provider = "dyndns2"\nuser = "a@b"\npassword_file = "/dev/full"', "is no ordinary file"),
        ('provider = "dyndns2"\nuser = "a@b"', "needs `password_file`"),
        ('provider = "dyndns2"\nuser = "a@b"\npassword_file = "secret"\ntls = "x"', "neither true nor"),
        ('provider = "dyndns2"\nuser = "a\\nb@c"\npassword_file = "secret"', "is no text of 1 to 255"),
        ('provider = "hosts"\nfile = "/dev/zero"', "the hosts file is no ordinary file"),
        ('provider = "hosts"\nfile = "nowhere/hosts"', "there is no such hosts file"),
        ('provider = ["hosts"]', f"is none of: {', '.join(KINDS.names())}"),
        ('provider = "hosts"\nserver = "192.0.2.1"', "unknown option; the provider hosts has file"),
    ],
)  # fmt: skip
def test_all_of_dns_is_judged_with_the_site_file(tmp_path: Path, text: str, said: str) -> None:
    for name, content, mode in (("open", "x", 0o644), ("large", "x" * 20000, 0o600), ("mine", "x", 0o600)):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(mode)
    (tmp_path / "secret").write_text("geheim")
    (tmp_path / "secret").chmod(0o600)
    found = dns(tmp_path, text)
    assert said in found
    assert len(found) < SCREEN


def test_a_box_that_keeps_its_site_file_needs_no_password_any_more(tmp_path: Path) -> None:
    path = site_file(
        tmp_path, ('provider = "rfc2136"', 'provider = "dyndns2"\nuser = "a@b"\npassword_file = "gone"')
    )
    assert load(path, ports=tmp_path / "gridbox-ports.cfg").dns.provider == "dyndns2"


def test_ports_alone(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("0080>10.0.0.2:080\n")
    (row,) = load_ports(tmp_path / "p", network=IPv4Network("10.0.0.0/24"))
    assert (row.first, row.target) == (80, 80)
