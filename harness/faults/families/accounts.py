"""Whom the CE takes jobs from, and as whom: mapping, pool accounts, their homes."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, gone, modes, settings

GRID = "/etc/grid-security"
POOL = f"{GRID}/gridmapdir"

FAULTS = (
    Fault(
        "mapping-ce-no-groupmap",
        "the CE has no file that says which account the VO's members get",
        "settings@ce",
        (gone("ce", f"{GRID}/groupmapfile"),),
    ),
    Fault(
        "mapping-ce-group-wrong",
        "the CE maps the VO's members to a group that is not there",
        "settings@ce",
        (settings("ce", f"{GRID}/groupmapfile", "'s/ [a-z]*$/ nosuchgroup/'"),),
    ),
    Fault(
        "mapping-ce-no-callout",
        "the CE's gatekeeper is not told to ask LCMAPS",
        "settings@ce",
        (gone("ce", f"{GRID}/gsi-authz.conf"),),
    ),
    Fault(
        "mapping-ce-policy-broken",
        "the policy of LCMAPS on the CE has a syntax error",
        "settings@ce",
        (changed("ce", "/etc/lcmaps", "for file in /etc/lcmaps/*; do echo 'voms: -> ->' >> $file; done"),),
    ),
    Fault(
        "pool-ce-used-up",
        "every pool account of the CE is leased: who comes now is refused",
        "pool@ce",
        (
            changed(
                "ce",
                POOL,
                f"cd {POOL}; for account in $vo[0-9]*; do ln -f $account %2fcn%3dlessee%20$account; done",
            ),
        ),
    ),
    Fault(
        "pool-ce-missing",
        "the CE has no directory of leases",
        "pool@ce",
        (gone("ce", POOL),),
    ),
    Fault(
        "account-ce-no-home",
        "the first pool account of the CE has no home",
        "pool@ce",
        (
            Step(
                "ce",
                "mv /home/${vo}001 /home/.${vo}001.away",
                "cd /home; [ ! -e .${vo}001.away ] || { rm -rf ${vo}001; mv .${vo}001.away ${vo}001; }",
            ),
        ),
    ),
    Fault(
        "account-ce-home-owner",
        "the home of the first pool account belongs to root",
        "pool@ce",
        (modes("ce", "/home/${vo}001", "500", "root:root"),),
    ),
    Fault(
        "account-wn-missing",
        "the WN does not know the first pool account",
        "accounts@wn",
        (changed("wn", "/etc/passwd", 'sed -i "/^${vo}001:/d" /etc/passwd'),),
    ),
    Fault(
        "home-wn-not-shared",
        "the WN does not have the CE's /home: what a job writes stays there",
        "homes@wn",
        (Step("wn", "mount -t tmpfs -o mode=755 homes /home", "uncover /home SOURCE homes"),),
    ),
)
