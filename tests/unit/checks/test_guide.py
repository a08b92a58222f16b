"""The original's lines, letter for letter, on the default site."""

from __future__ import annotations

from harness.checks.guide import Lines
from harness.sitefile import load
from harness.state import checkout

# As the user guide of 2007 prints them; NAME stands there for the reader's own.
CE = "xencenode.sytes.net"
PRINTED = [
    "adduser testuser",
    "su - testuser",
    "voms-proxy-init -voms gilda",
    "lcg-infosites --vo gilda ce",
    "lcg-infosites --vo gilda se",
    f"globus-job-run {CE} /bin/hostname",
    f"ldapsearch -x -H ldap://{CE}:2170 -b mds-vo-name=local,o=grid",
    "qsub -I",
    'echo "hostname; sleep 20" | qsub -q short',
    f"globus-job-run {CE}:2119/jobmanager-pbs -q short /bin/hostname",
    f"glite-job-submit -r {CE} hw.jdl",
    f"edg-gridftp-ls --verbose gsiftp://{CE}/storage",
    f"edg-gridftp-mkdir gsiftp://{CE}/storage/mydir",
    f"globus-url-copy file:/bin/hostname gsiftp://{CE}/storage/mydir/myfile",
    f"lcg-cr -v --vo gilda -d {CE} -l lfn:/grid/gilda/NAME/testfile file:/bin/hostname",
]


def test_the_default_site_has_the_guide_s_lines() -> None:
    lines = Lines(load(checkout() / "icebox.toml"))
    named = Lines(lines.site, person="NAME")
    typed = [
        lines.adduser,
        lines.become,
        lines.proxy,
        lines.infosites("ce"),
        lines.infosites("se"),
        lines.fork,
        lines.search,
        lines.interactive,
        lines.queued,
        lines.batch,
        lines.submit,
        lines.listed(CE),
        lines.made(CE),
        lines.copied(CE),
        named.registered(CE),
    ]
    assert typed == PRINTED
    assert 'VirtualOrganisation = "gilda";' in lines.jdl
