"""What students and jobs have in their environment is what the box was made with, or leads somewhere."""

import subprocess
from pathlib import Path

import pytest

from harness.diagnosis.facts import environment, settings
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged

MADE = """\
# The top BDII.
export LCG_GFAL_INFOSYS=xenrbnode.sytes.net:2171
export LFC_HOST=xenrbnode.sytes.net
"""
SAID = "LCG_GFAL_INFOSYS=xenrbnode.sytes.net:2171\nLFC_HOST=xenrbnode.sytes.net\nHOME=/x\n=umask 0022\n=end\n"


@pytest.fixture(autouse=True)
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / environment.MADE.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_text(MADE)
    monkeypatch.setattr(settings, "layers_of", lambda _box, _node: [tmp_path])


def says(said: str) -> Answers:
    return lambda _place, _words: {"code": 0, "said": said}


@pytest.mark.parametrize("role", [Role.UI, Role.WN, Role.CE])
def test_what_it_was_made_with_is_well_and_more_may_be_there(site: Site, role: Role) -> None:
    assert judged(site, "environment", role, says(SAID)) == []
    assert judged(site, "environment", role, says("PYTHONPATH=/mine\nLANG=it\n" + SAID)) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            SAID.replace("xenrbnode.sytes.net:2171", "old:2170"),
            "the LCG_GFAL_INFOSYS old:2170, not xen",
        ),
        (SAID.replace("LFC_HOST=xenrbnode.sytes.net\n", ""), "no LFC_HOST, which should be xenrbnode"),
        ("=gone X509_CERT_DIR=/opt/cas\n" + SAID, "the X509_CERT_DIR /opt/cas, which is not there"),
        (SAID.replace("0022", "0777"), "the umask 0777"),
    ],
    ids=["another", "none", "a path", "umask"],
)
def test_what_leads_nowhere_is_told_with_who_has_it(site: Site, said: str, why: str) -> None:
    [seen] = judged(site, "environment", Role.WN, says(said))
    assert seen.why.startswith(f"gives gilda001 {why}")
    assert not seen.degraded


def test_a_shell_that_ends_at_once_is_told_by_itself(site: Site) -> None:
    assert judged(site, "environment", Role.UI, says("HOME=/x\n")) == []


def test_the_line_says_which_paths_are_not_there(tmp_path: Path) -> None:
    there = {"X509_CERT_DIR": str(tmp_path), "TMPDIR": f"{tmp_path}/gone", "PATH": "/usr/bin:/bin"}
    line = ["sh", "-c", environment.LINE]
    ran = subprocess.run(line, capture_output=True, text=True, check=True, env=there | {"LDAPCONF": ""})
    assert [line for line in ran.stdout.splitlines() if line.startswith("=gone")] == [
        f"=gone TMPDIR={tmp_path}/gone"
    ]
    assert ran.stdout.splitlines()[-1] == environment.END
