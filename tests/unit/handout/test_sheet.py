"""What a student is told: true of the site, in files that ssh takes, and no other secret."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.handout import page, papers
from harness.handout.sheet import Naming, Sheet
from harness.secrets import Secrets
from harness.site import DnsSettings, Site
from harness.sitefile import load
from harness.state import checkout
from tests.drill.tried import Told
from tests.unit.sites import SITE, site_with

WIDE = (
    ("xencenode", "xencenode-of-the-institute-of-physic"),
    ("xensenode", "xensenode-of-the-institute-of-physic"),
    ('"sytes.net"', '"grid.school.example.org"'),
    ("count = 1\n", "count = 9\n"),
)
"""Changes that make a large site of long names of the default one."""


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets.open(tmp_path / "secrets")


def sheet(secrets: Secrets, site: Site = SITE, naming: Naming = Naming.HOSTS, number: int = 0) -> Sheet:
    key = secrets.ssh_key("host-xenuinode").public
    return Sheet(site, site.public_address, site.students[number], key, naming)


def wide(tmp_path: Path) -> Site:
    return site_with(tmp_path, *WIDE)


def test_ssh_reads_the_same_from_the_files(secrets: Secrets, tmp_path: Path) -> None:
    """OpenSSH itself says what it makes of them."""
    made = sheet(secrets)
    for name, content in made.files(secrets.ssh_key("student01").path.read_bytes()):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    told = subprocess.run(["ssh", "-G", "-F", "config", "ui"], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    settings = dict(line.split(" ", 1) for line in told.stdout.splitlines() if " " in line)
    expected = {"hostname": "203.0.113.10", "port": "2222", "user": "student01", "identityfile": "key"}
    assert expected.items() <= settings.items()
    known = ["ssh-keygen", "-F", settings["hostkeyalias"], "-f", settings["userknownhostsfile"], "-l"]
    listed = subprocess.run(known, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert made.fingerprint in listed.split()
    own = subprocess.run(["ssh-keygen", "-y", "-f", "key"], cwd=tmp_path, capture_output=True, text=True)
    assert own.stdout.split()[:2] == secrets.ssh_key("student01").public.split()[:2]


def test_nothing_is_secret_but_the_students_own_key(secrets: Secrets) -> None:
    root, own = (secrets.ssh_key(name).path.read_bytes() for name in ("root", "student01"))
    made = sheet(secrets)
    handed = dict(made.files(own))
    assert handed.pop("key") == own
    secrets.learn(root, own)
    said = page.html([made]) + b"".join(handed.values())
    assert [word for word in secrets.known() if word.encode() in said] == []


@pytest.mark.parametrize("naming", Naming)
def test_a_sheet_is_one_page(secrets: Secrets, tmp_path: Path, naming: Naming) -> None:
    for site in (SITE, wide(tmp_path)):
        made = page.laid_out([sheet(secrets, site, naming, number) for number in (0, 1)])
        assert len(made.pages) == 2


def test_names_that_laptops_know_are_used(secrets: Secrets) -> None:
    known, told = sheet(secrets, naming=Naming.DNS), sheet(secrets)
    assert "student01@xenuinode.sytes.net" in known.login
    assert "student01@203.0.113.10" in told.login
    assert {"hosts"} == dict(told.files(b"")).keys() - dict(known.files(b"")).keys()
    assert "203.0.113.10\txensenode.sytes.net\n" in told.hosts
    asking = dict(sheet(secrets, naming=Naming.RESOLVER).files(b""))["names"].decode()
    assert "printf '[Resolve]\\nDNS=203.0.113.10\\nDomains=~sytes.net\\n'" in asking


@pytest.mark.parametrize(
    ("settings", "naming"),
    [
        (DnsSettings("rfc2136"), Naming.HOSTS),
        (DnsSettings("rfc2136", (("server", "192.0.2.53"),)), Naming.DNS),
        (DnsSettings("dyndns2"), Naming.DNS),
        (DnsSettings("hosts"), Naming.HOSTS),
    ],
)
def test_how_laptops_learn_names(settings: DnsSettings, naming: Naming) -> None:
    assert papers.naming_of(replace(SITE, dns=settings)) is naming
    served = papers.naming_of(replace(SITE, dns=settings, serves_names=True))
    assert served is (Naming.RESOLVER if naming is Naming.HOSTS else naming)


@pytest.mark.tries("add one such as `2222>…:…`, then stop the box and start it")
def test_a_port_table_without_the_ui(secrets: Secrets, tmp_path: Path, told: Told) -> None:
    table = (checkout() / "gridbox-ports.cfg").read_text()
    shutil.copy(checkout() / "icebox.toml", tmp_path)
    ports = tmp_path / "gridbox-ports.cfg"
    ports.write_text(table.replace("2222>", "#2222>"))
    with pytest.raises(InputError, match="no student can log in") as caught:
        page.html([sheet(secrets, load(tmp_path / "icebox.toml"))])
    row = re.findall("`(.*?)`", told(caught.value))[0]
    ports.write_text(f"{ports.read_text()}{row}\n")
    assert sheet(secrets, load(tmp_path / "icebox.toml")).port == 2222
