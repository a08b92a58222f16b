"""What scripts and hand-outs of the time take for granted on a UI and a WN."""

import pytest

from harness.access.shell import Shell
from harness.actors.poolaccount import PoolAccount
from harness.box.box import Box
from harness.expect import expect_none

PROGRAMS = {
    "GLITE_LOCATION": ("glite-job-submit", "glite-wms-job-submit", "glite-brokerinfo", "voms-proxy-info"),
    "GLITE_WMS_LOCATION": ("glite-wms-job-status",),
    "EDG_LOCATION": ("edg-job-submit", "edg-gridftp-ls", "edg-brokerinfo"),
    "LCG_LOCATION": ("lcg-cr", "lcg-infosites", "lcg-info", "lfc-ls"),
    "GLOBUS_LOCATION": ("globus-url-copy", "grid-proxy-info", "myproxy-info"),
}
"""Some of the programs below bin of each."""
REMEDY = (
    "for the node named: `./icebox restore NODE /etc/profile.d /etc/ssh/sshd_config.d /opt`, then "
    "`systemctl reload ssh` there"
)


@pytest.mark.check(
    "UI-4",
    role="ui",
    title="GLITE_LOCATION and its sisters lead to the programs, on UI and WN",
    learns="Scripts of the time call programs by $GLITE_LOCATION/bin and the like, in shells and in jobs.",
)
def test_locations(student: Shell, ui: Shell, wn: Shell, box: Box) -> None:
    # One that is not set would lead to /bin, where programs are as well. csh, too, runs this line.
    line = "; ".join(
        f"printenv {variable} >/dev/null && test -x ${variable}/bin/{program}"
        f" || echo {variable}/bin/{program}"
        for variable, programs in PROGRAMS.items()
        for program in programs
    )
    account = PoolAccount.first(wn, box.site.vo)
    places = {
        "a command by ssh on the UI": student.run(line),
        "a login shell on the UI": student.run(["bash", "-lc", line]),
        "a command by ssh on the WN": wn.run(line),
        "a login shell on the WN, as jobs have it": account.run(line),
    }
    missing = [
        f"{place} lacks {word}"
        for place, ran in places.items()
        for word in ran.expect_success(REMEDY).stdout.split()
    ]
    csh = ui.run(["su", "-s", "/bin/csh", "-", student.account.user], stdin=f"{line}\necho read\n")
    if not csh.stdout.endswith("read\n"):
        missing.append(f"a login shell of csh on the UI lacks a variable: {csh.stderr.strip()}")
    missing += [
        f"a login shell of csh on the UI lacks {word}" for word in csh.stdout.split() if "/bin/" in word
    ]
    expect_none(missing, "a program is not where scripts look for it", remedy=REMEDY)
