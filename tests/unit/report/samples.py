"""A verdict such as a real run gives, to change to a test's liking."""

from dataclasses import replace
from typing import Any

from harness.report.verdict import CheckResult, Finding, Outcome, Verdict, decide

TITLES = {
    "NET-1": ("net", "Each node has its address, and the bridge as gateway"),
    "NET-2": ("net", "Nodes reach each other by name and address"),
    "NET-3": ("net", "A node reaches outside, and outside sees the dom0's public address"),
    "NET-4": ("net", "Every row of the port table answers from outside"),
    "NET-5": ("net", "Nothing else is reachable from outside"),
    "NET-6": ("net", "A node reaches another by its public name"),
    "DNS-1": ("dns", "Every node's name resolves to the public address"),
    "DNS-2": ("dns", "After a move the names follow"),
    "TIME-1": ("time", "Clocks agree"),
    "CERT-1": ("cert", "Each host certificate outlives the school"),
    "CERT-2": ("cert", "CA, signing policy and a current CRL are on every node"),
    "UI-1": ("ui", "A student logs in through the forwarded SSH port"),
    "UI-2": ("ui", "voms-proxy-init gives a proxy with the VO's attributes"),
    "UI-3": ("ui", "lcg-infosites lists this site with real numbers"),
    "CE-1": ("ce", "globus-job-run prints the CE's name"),
    "CE-2": ("ce", "The CE is published, Production, with its queues"),
    "CE-3": ("ce", "A job from outside reaches the CE"),
    "WN-1": ("wn", "Every WN is free for the scheduler"),
    "WN-2": ("wn", "qsub -I opens a shell on a WN"),
    "WN-3": ("wn", "A batch job is seen running, then done"),
    "WN-4": ("wn", "A grid job prints a WN's name"),
    "WN-5": ("wn", "N jobs fill all slots, queue, and finish"),
    "SE-1": ("se", "edg-gridftp-ls and -mkdir work on the SE"),
    "SE-2": ("se", "Files go there and back unchanged, large and empty ones too"),
    "SE-3": ("se", "The same from outside through NAT"),
    "SEC-1": ("sec", "Bad credentials are refused everywhere"),
    "SEC-2": ("sec", "One student cannot read another's files"),
    "BOX-1": ("box", "Stop and start again: what students stored is there"),
    "BOX-2": ("box", "Each node restarted alone comes back to service"),
}
LEARNS = "If this passes, students can do it on the first morning."


def node(name: str, role: str, address: str) -> dict[str, str]:
    return {"name": name, "role": role, "address": address, "fqdn": f"{name}.sytes.net"}


def workers(count: int) -> list[dict[str, str]]:
    first = node("xenwnnode", "wn", "192.168.1.3")
    return [first, *(node(f"xenwnnode{n}", "wn", f"192.168.1.{98 + n}") for n in range(2, count + 1))]


def box(wns: int = 1) -> dict[str, Any]:
    return {
        "name": "default",
        "site": "ICEAGE-GRIDBOX",
        "domain": "sytes.net",
        "vo": "gilda",
        "dom0": {
            "kind": "embedded",
            "public_address": "203.0.113.10",
            "bridge": "boxbr0",
            "bridge_address": "192.168.1.1",
            "network": "192.168.1.0/24",
        },
        "nodes": [
            node("xencenode", "ce", "192.168.1.2"),
            *workers(wns),
            node("xensenode", "se", "192.168.1.4"),
            node("xenuinode", "ui", "192.168.1.5"),
            node("xenrbnode", "rb", "192.168.1.6"),
        ],
    }


class Samples:
    """Makes verdicts: all checks pass but those given, as ``ID=(outcome, message, remedy, blocked_by)``."""

    def checks(self, **changed: tuple[str, ...]) -> tuple[CheckResult, ...]:
        return tuple(
            self.check(number, name, *changed.get(name.replace("-", "_"), ("passed",)))
            for number, name in enumerate(TITLES)
        )

    def check(
        self, number: int, name: str, outcome: str, message: str = "", remedy: str = "", by: str = ""
    ) -> CheckResult:
        role, title = TITLES[name]
        seconds = 0.0 if outcome == "blocked" else 0.3 + number * 0.37 % 4
        return CheckResult(name, title, role, Outcome(outcome), seconds, message, by, LEARNS, remedy)

    def verdict(
        self,
        checks: tuple[CheckResult, ...] | None = None,
        *,
        wns: int = 1,
        findings: tuple[Finding, ...] = (),
        trouble: str = "",
    ) -> Verdict:
        checks = self.checks() if checks is None else checks
        return Verdict(
            decide(checks, findings, trouble=trouble),
            checks,
            findings,
            timings={"set-up": 0.2, "image": 0.1, "bring-up": 11.4, "checks": 21.9, "total": 36.1},
            box=box(wns),
            image={f"package-{n}": f"{n}.{n % 7}-{n % 3}+deb13u1" for n in range(1, 60)},
            trouble=trouble,
        )

    def broken(self, wns: int = 1) -> Verdict:
        """Several failed and blocked checks."""
        lazy = "xenwnnode" if wns == 1 else f"xenwnnode{wns // 2}"
        return self.verdict(
            self.checks(
                NET_4=(
                    "failed",
                    "port 2812 of 203.0.113.10 does not answer from outside (row 14)\ntimed out after 5 s",
                    "Look at row 14 of `gridbox-ports.cfg`, then run `./icebox stop` and `./icebox start`.",
                ),
                WN_1=(
                    "failed",
                    f"{lazy}: the scheduler says state = down\npbsnodes -a\n\nxenwnnode\n     state = down",
                    "Start the batch client there: `./icebox ssh wn systemctl restart slurmd`.",
                ),
                WN_2=("blocked", "no WN is free", "", "WN-1"),
                WN_3=("blocked", "no WN is free", "", "WN-1"),
                WN_4=("blocked", "no WN is free", "", "WN-1"),
                SE_1=("failed", "the listing lacks the directory that was just made\nassert 'school' in ''"),
                SE_3=("unknown", "the harness failed while running this check: OSError: connection lost"),
            ),
            wns=wns,
        )

    def warned(self) -> Verdict:
        """All is well, but one check warns."""
        warning, remedy = "xensenode is 41.2 s behind", "set its clock with `chronyc makestep`"
        checks = self.checks()
        late = next(check for check in checks if check.id == "TIME-1")
        warned = replace(late, warnings=(warning,), remedy=remedy)
        return self.verdict(tuple(warned if check is late else check for check in checks))

    def lost(self) -> Verdict:
        """The harness lost the box on the way: all is unknown, for one reason."""
        what = ("unknown", "the harness failed while preparing this check: xenuinode: ssh did not answer")
        return self.verdict(self.checks(**{name.replace("-", "_"): what for name in list(TITLES)[2:]}))
