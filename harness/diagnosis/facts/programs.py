"""Facts of programs: what students and their jobs type is there, for the account that types it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.site import Node, Role, Site

DATA = (
    "globus-url-copy edg-gridftp-ls lcg-cr lcg-cp lcg-del lcg-lr lcg-infosites lfc-ls lfc-mkdir xrdcp "
    "ldapsearch voms-proxy-info globus-job-run"
)
TYPED = {
    Role.UI: f"{DATA} voms-proxy-init glite-job-submit glite-job-status glite-job-output "
    "glite-wms-job-submit myproxy-init globus-job-submit",
    Role.WN: f"{DATA} qsub qstat python3",
    Role.CE: "qsub qstat qdel pbsnodes",
}
"""What the guide and its jobs call by name."""


def _line(role: Role) -> str:
    return f"for c in {TYPED[role]}; do command -v $c >/dev/null || echo $c; done; echo done"


def _account(site: Site, node: Node) -> str:
    return site.students[0].login if node.role is Role.UI else f"{site.vo}001"


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", _line(node.role), _account(site, node)))


def _programs(case: Case) -> Iterator[Seen]:
    """Whoever logs in there, or runs a job, finds every command that the guide names."""
    want = next(_wants(case.site, case.node))
    *lacking, last = case.view.got(want)["said"].strip().splitlines() or [""]
    account = _account(case.site, case.here)
    typed = set(TYPED[case.here.role].split())
    gone = [line for line in lacking if line in typed]
    if last != "done":
        yield Seen(
            f"lets {account} type nothing: a login shell ends at once",
            f"su - {account} -c true; ls -a /home/{account}",
            "\n".join([*lacking, last]),
            remedy=f"see /etc/profile, /etc/profile.d and the dot files in /home/{account}, on {case.here}",
        )
    elif gone:
        many = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        yield Seen(
            f"has no {gone[0]}{many} that {account} can run",
            f"su - {account} -c 'command -v {gone[0]}; echo $PATH'",
            "\n".join(gone),
        )


FACTS = (
    Fact(
        name="programs",
        roles=(Role.UI, Role.WN, Role.CE),
        label="{node}",
        wants=_wants,
        judge=_programs,
        needs=("disk", "accounts", "homes"),
        carries=("proxy", "student", "runs", "any:jobs", "job"),
        told_by="UI-4",
        means="what the guide tells students to type is not found",
        remedy="look at /etc/profile.d and /etc/environment on {node}: who logs in there has another PATH",
    ),
)
