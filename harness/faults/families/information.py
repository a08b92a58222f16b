"""The information system: providers that are broken, stale, or lie."""

from __future__ import annotations

from harness.faults.families.batch import all_queues
from harness.faults.fault import Fault, Step
from harness.faults.steps import settings

INFO = "/etc/gridinfo.toml"
RESTART = "systemctl restart bdii"

FAULTS = (
    Fault(
        "info-ce-broken",
        "what makes the CE's records fails: its settings can not be read",
        "records@ce",
        (settings("ce", INFO, "'1s/.*/not a setting/'", RESTART),),
    ),
    Fault(
        "info-ce-stale",
        "the CE's records are made once in ten minutes",
        "published@ce",
        (settings("ce", INFO, "'s/^interval.*/interval = 600/'", RESTART),),
    ),
    Fault(
        "info-ce-lying-slots",
        "the CE publishes forty slots more than it has",
        "published@ce",
        (settings("ce", INFO, "'s/^slots = .*/slots = 42/'", RESTART),),
    ),
    Fault(
        "info-ce-lying-port",
        "the CE publishes a port for its gatekeeper at which nobody answers",
        "published@ce",
        (settings("ce", INFO, "'s/^gatekeeper_port = .*/gatekeeper_port = 2120/'", RESTART),),
    ),
    Fault(
        "info-ce-draining",
        "the CE's queues drain, and are published so: the broker sends nothing there",
        "queues@ce",
        (Step("ce", f"{all_queues('DRAIN')}; {RESTART}", f"{all_queues('UP')}; {RESTART}"),),
    ),
    Fault(
        "info-ce-no-close-se",
        "the CE's settings name no SE that is close: its records can not be made",
        "records@ce",
        (settings("ce", INFO, "'s/^close_ses = .*/close_ses = []/'", RESTART),),
    ),
    Fault(
        "info-ce-other-vo",
        "by its records the CE takes jobs of another VO",
        "published@ce",
        (settings("ce", INFO, "'s/^vo = .*/vo = \"othervo\"/'", RESTART),),
    ),
    Fault(
        "info-se-lying-path",
        "the SE publishes a directory that is none of the VO's as its storage area",
        "published@se",
        (settings("se", INFO, "'s:^path = .*:path = \"/srv\":'", RESTART),),
    ),
    Fault(
        "info-rb-forgets-ce",
        "the top BDII does not ask the CE",
        "published@rb",
        (settings("rb", INFO, '"s/^sources = .*/sources = [\\"$se_name\\"]/"', RESTART),),
    ),
    Fault(
        "info-se-unreachable",
        "RB does not reach the SE's information system, which itself is well",
        "barrier@rb",
        (Step("rb", "ip route add prohibit $se/32", "ip route del prohibit $se/32 2>/dev/null || true"),),
    ),
)
