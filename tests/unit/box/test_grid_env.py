"""The environment of a client: the same in login shells and in commands sent by ssh."""

import re
import subprocess
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, StrictUndefined

from harness.image import part, wheel
from harness.state import checkout
from tests.unit.sites import SITE

PARTS = checkout() / "box" / "parts"
OUTSIDE = SimpleNamespace(name="outside", fqdn="outside", role="outside", address="203.0.113.1")


def render(path: str, node: object, part: str = "client") -> str:
    text = (PARTS / part / "site" / f"{path}.j2").read_text()
    pki = SimpleNamespace(ca_dn="/CN=CA", host_dn=lambda node: f"/CN={node.fqdn}")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text).render(site=SITE, node=node, pki=pki)


def profile(node: object) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(\S+)$", render("etc/profile.d/grid-env.sh", node), re.MULTILINE))


def sshd(node: object) -> dict[str, str]:
    (line,) = re.findall(r"^SetEnv (.+)$", render("etc/ssh/sshd_config.d/grid-env.conf", node), re.MULTILINE)
    return dict(word.split("=") for word in line.split())


@pytest.mark.parametrize("node", SITE.nodes, ids=str)
def test_both_ways_in_give_the_same(node: object) -> None:
    assert profile(node) == sshd(node)


def test_csh_has_the_same(tmp_path: Path) -> None:
    """What csh evaluates is made of the file for sh."""
    (tmp_path / "grid-env.sh").write_text(render("etc/profile.d/grid-env.sh", SITE.ui))
    (line,) = re.findall(
        r"^eval `(.+)`$", (PARTS / "client" / "tree/etc/profile.d/grid-env.csh").read_text(), re.MULTILINE
    )
    made = subprocess.run(
        line.replace("/etc/profile.d", str(tmp_path)), shell=True, check=True, capture_output=True, text=True
    ).stdout
    assert dict(re.findall(r"setenv (\w+) (\S+);", made)) == profile(SITE.ui)


def test_the_ui_is_called_back_where_the_port_table_leads_to_it() -> None:
    assert profile(SITE.ui) == {
        "LCG_GFAL_INFOSYS": "xenrbnode.sytes.net:2171",
        "LCG_GFAL_VO": "gilda",
        "GLITE_LOCATION": "/opt/glite",
        "GLITE_WMS_LOCATION": "/opt/glite",
        "EDG_LOCATION": "/opt/edg",
        "LCG_LOCATION": "/opt/lcg",
        "GLOBUS_LOCATION": "/opt/globus",
        "LCG_CATALOG_TYPE": "lfc",
        "LFC_HOST": "xenrbnode.sytes.net",
        "VO_GILDA_DEFAULT_SE": "xensenode.sytes.net",
        "MYPROXY_SERVER": "xenrbnode.sytes.net",
        "GLOBUS_TCP_PORT_RANGE": "31000,31999",
    }


HOMES = {"glite-": "glite", "edg-": "edg", "lcg-": "lcg", "lfc-": "lcg"}


def test_every_program_is_where_scripts_of_the_time_look_for_it() -> None:
    scripts = tomllib.loads((wheel.source() / "pyproject.toml").read_text())["project"]["scripts"]
    found = 0
    for each in map(part.load, (path.name for path in PARTS.iterdir())):
        programs = {
            directory: {name for name in scripts for pattern in patterns if fnmatchcase(name, pattern)}
            for directory, patterns in each.commands.items()
        }
        for program in programs.get("/usr/bin", ()):
            home = next((where for start, where in HOMES.items() if program.startswith(start)), "")
            if home:
                assert program in programs[f"/opt/{home}/bin"]
                found += 1
    assert found > 60


def test_a_node_that_nobody_can_call_back_has_no_port_range() -> None:
    assert "GLOBUS_TCP_PORT_RANGE" not in profile(SITE.wn)


def test_the_outside_gives_its_address_since_its_name_is_unknown() -> None:
    assert profile(OUTSIDE)["GLOBUS_HOSTNAME"] == "203.0.113.1"


def test_the_voms_server() -> None:
    assert (
        render("etc/vomses", SITE.ui)
        == '"gilda" "xenrbnode.sytes.net" "15001" "/CN=xenrbnode.sytes.net" "gilda"\n'
    )
    # Where scripts of gLite's look for it.
    assert (PARTS / "client/tree/opt/glite/etc/vomses").readlink() == Path("/etc/vomses")
    lsc = "etc/grid-security/vomsdir/{{ site.vo }}/{{ site.rb.fqdn }}.lsc"
    assert render(lsc, SITE.ui, "vomsdir") == "/CN=xenrbnode.sytes.net\n/CN=CA\n"


def test_a_worker_node_knows_where_the_software_of_the_vo_is() -> None:
    assert profile(SITE.wn)["VO_GILDA_SW_DIR"] == "/opt/exp_soft/gilda"
    assert "VO_GILDA_SW_DIR" not in profile(SITE.ui)
