"""Facts of what the first student gets when he types the basics: what all else is for.

A proxy, a CE and an SE that let him in, a job that comes back, a broker that finds a CE, a catalogue.  What
fails there, with nothing beneath broken, is told in the command's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts import own
from harness.diagnosis.facts.batch import STATES
from harness.diagnosis.facts.work import slots_are_taken
from harness.grid.recognized import translated
from harness.services.registry import GATEKEEPER, MYPROXY, XROOTD
from harness.site import Node, Role, Site

MARK = "=look="
ASKS = "ldapsearch -x -LLL -H ldap://$LCG_GFAL_INFOSYS -b o=grid objectClass=GlueCE GlueCEUniqueID"
"""As the guide has students look for themselves."""
PROXY = "voms-proxy-init -quiet -voms {vo}"


def _line(site: Site) -> str:
    """What the first student types, all after the proxy side by side; what each says, with its exit code."""
    rb = site.rb
    tries = {
        **{f"login {ce.name}": f"globusrun -a -r {ce.fqdn}" for ce in site.ces},
        **{f"job {ce.name}": _batch_job(site, ce) for ce in site.ces},
        **{
            f"transfer {se.name}": f"to=gsiftp://{se.fqdn}{site.storage}/look-$$; "
            "globus-url-copy -q file://$d/x $to && globus-url-copy -q $to file://$d/back$$ && "
            "{ cmp $d/x $d/back$$; code=$?; edg-gridftp-rm $to; exit $code; }"
            for se in site.ses
        },
        **{f"remote {se.name}": f"xrdfs {_remote(site, se)} ls {site.storage}" for se in site.ses},
        f"lookup {rb.name}": f"to=/grid/{site.vo}/.look-$$; lfc-mkdir $to && lfc-rm -r $to",
        f"stored {rb.name}": f'at="-s {rb.fqdn} -p {_myproxy(site)} -d -k look-$$"; echo $$-look >$d/w; '
        "myproxy-init $at -S -c 1 -t 1 -C $d/proxy -y $d/proxy <$d/w && "
        "myproxy-logon $at -S -t 1 -o $d/out <$d/w; code=$?; myproxy-destroy $at; exit $code",
        f"listed {rb.name}": f"lcg-infosites --vo {site.vo} ce >$d/l && {ASKS} >$d/m && "
        + " && ".join(f"grep -q {each.fqdn} $d/l && grep -q {each.fqdn} $d/m" for each in site.ces),
        f"match {rb.name}": "glite-wms-job-list-match -a $d/x.jdl",
    }
    body = "\n".join(
        f"( timeout $PATIENCE sh -c '{line}' >$d/{number} 2>&1; code=$?; "
        f"echo '{MARK} {name}' $code >>$d/{number}; {own.asked(line, name, f'$d/{number}')} ) &"
        for number, (name, line) in enumerate(tries.items())
    )
    proxy = f"{PROXY.format(vo=site.vo)} -out $d/proxy"
    return (
        "d=$(mktemp -d) && export d X509_USER_PROXY=$d/proxy; trap 'rm -rf \"$d\"' EXIT\n"
        f"echo data >$d/x; echo 'Executable=\"/bin/true\";' >$d/x.jdl\n{own.BARE}\n"
        f"timeout $PATIENCE {proxy} >$d/p 2>&1; code=$?; cat $d/p; "
        f'echo "{MARK} proxy {site.ui.name} $code"\n'
        f"[ $code = 0 ] || {{ {own.asked(proxy, f'proxy {site.ui.name}', '$d/0')}; cat $d/0; exit 0; }}\n"
        f"{body}\nwait; cat $d/[0-9]*"
    )


def _batch_job(site: Site, ce: Node) -> str:
    contact = f"{ce.fqdn}:{site.public_port(ce, GATEKEEPER.port)}/jobmanager-pbs"
    queue = site.queues[0].name
    ran = f"globus-job-run {contact} -q {queue} /usr/bin/printenv PBS_QUEUE"
    others = "|".join(f"*{each.name}" for each in site.queues[1:])
    strange = f'{others}) echo "it was sent to queue $said, not to {queue}"; false ;; ' if others else ""
    return f'said=$({ran} 2>&1); echo "$said"; case "$said" in *{queue}) ;; {strange}*) false ;; esac'


def _remote(site: Site, se: Node) -> str:
    return f"{se.fqdn}:{site.public_port(se, XROOTD.port)}"


def _myproxy(site: Site) -> int:
    return site.public_port(site.rb, MYPROXY.port)


def _typed_wants(site: Site, _node: Node | None) -> Iterator[Want]:
    yield Want(site.ui.name, ("run", _line(site), site.students[0].login))


def _typed(case: Case, name: str, command: str) -> Iterator[Seen]:
    want = next(_typed_wants(case.site, None))
    if case.view.late(want):
        yield Seen("gets no answer in time", command)
        return
    said = case.view.got(want)["said"]
    if MARK not in said and name == "proxy":
        yield Seen(
            f"can't be tried: {said.strip()[-200:] or 'a login shell there ends at once'}", command, said
        )
        return
    found = re.search(
        rf"(?:^|(?:{MARK}|{own.BARELY})[^\n]*\n)((?:(?!{MARK}).)*){MARK} {name} {case.here.name} (\d+)\n",
        said + "\n",
        re.DOTALL,
    )
    if found and found[2] != "0":
        words = found[1].strip()
        code = "no answer in time" if found[2] == "124" else f"exit code {found[2]}"
        why = f"fails: {translated(words) or code}"
        yield own.told(case, name, said, Seen(why, command, words[-1500:] or code))


def _job_wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield from _typed_wants(site, node)
    yield Want(node.name, ("run", STATES, ""))


def _proxy(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "proxy", PROXY.format(vo=case.site.vo))


def _login(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "login", f"globusrun -a -r {case.here.fqdn}")


def _transfer(case: Case) -> Iterator[Seen]:
    yield from _typed(
        case,
        "transfer",
        f"globus-url-copy file:///etc/hostname gsiftp://{case.here.fqdn}{case.site.storage}/x",
    )


def _job(case: Case) -> Iterator[Seen]:
    """A student's job runs on a WN, in the queue that he names, and what it prints comes back."""
    ce, queue = case.here, case.site.queues[0].name
    typed = f"globus-job-run {ce.fqdn}/jobmanager-pbs -q {queue} /usr/bin/printenv PBS_QUEUE"
    seen = list(_typed(case, "job", typed))
    if seen and not slots_are_taken(case, ce):
        yield from seen


def _remote_reads(case: Case) -> Iterator[Seen]:
    """A member may look at what is stored, by remote I/O."""
    yield from _typed(case, "remote", f"xrdfs {_remote(case.site, case.here)} ls {case.site.storage}")


def _stored(case: Case) -> Iterator[Seen]:
    """A student leaves a proxy at MyProxy, and takes one out by its passphrase."""
    yield from _typed(
        case, "stored", f"myproxy-init -s {case.here.fqdn} -d; myproxy-info -s {case.here.fqdn} -d"
    )


def _match(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "match", "glite-wms-job-list-match -a x.jdl")


def _listed(case: Case) -> Iterator[Seen]:
    """lcg-infosites and ldapsearch list the CEs."""
    yield from _typed(case, "listed", f"lcg-infosites --vo {case.site.vo} ce")


def _lookup(case: Case) -> Iterator[Seen]:
    yield from _typed(case, "lookup", f"lfc-mkdir /grid/{case.site.vo}/x && lfc-rm -r /grid/{case.site.vo}/x")


ON_UI = ("ssh@ui", "names@ui", "disk@ui", "authority@ui", "lsc@ui", "credentials@ui")
FACTS = (
    Fact(
        name="proxy",
        roles=(Role.UI,),
        label="a student's proxy at {node}",
        wants=_typed_wants,
        judge=_proxy,
        needs=(*ON_UI, "voms", "door@rb", "clock"),
        carries=("student",),
        told_by="UI-2",
        means="no student can do anything",
        remedy="on RB: `systemctl status voms@VO mariadb`, and its log /var/log/voms",
    ),
    Fact(
        name="login",
        roles=(Role.CE,),
        label="a student's request to {node}",
        wants=_typed_wants,
        judge=_login,
        needs=("gatekeeper", "door", "proxy", "pool", "hostcert", "lsc", "authority"),
        carries=("any:jobs",),
        told_by="CE-1",
        means="no job gets to the CE",
        remedy="`journalctl -u globus-gatekeeper` on {node} says what it lacks; CE-1 tells more",
    ),
    Fact(
        name="transfer",
        roles=(Role.SE,),
        label="a student's file on its way to {node}",
        wants=_typed_wants,
        judge=_transfer,
        needs=("gridftp", "door", "proxy", "pool", "area", "hostcert", "lsc", "authority"),
        told_by="SE-1",
        means="no file gets to the SE",
        remedy="on {node}: `systemctl status globus-gridftp-server`, /var/log/gridftp.log; SE-1 tells more",
    ),
    Fact(
        name="job",
        roles=(Role.CE,),
        label="a student's batch job by {node}",
        wants=_job_wants,
        judge=_job,
        needs=("login", "runs", "slurmd", "queues", "staging", "ranges", "ranges@ui"),
        carries=("any:jobs",),
        told_by="WN-4",
        means="no job of a student comes back from the batch system",
        remedy="`journalctl -u slurmctld` on {node}, and the job managers' logs in /var/log/globus there; "
        "WN-4 tells more",
    ),
    Fact(
        name="remote",
        roles=(Role.SE,),
        label="a student's look at {node} by remote I/O",
        wants=_typed_wants,
        judge=_remote_reads,
        needs=("xrootd", "door", "proxy", "area", "hostcert", "lsc", "authority"),
        told_by="SE-2",
        means="no job reads files of the SE in place",
        remedy="on {node}: `systemctl status xrootd@icebox` and /var/log/xrootd; SE-2 tells more",
    ),
    Fact(
        name="stored",
        roles=(Role.RB,),
        label="a student's proxy at MyProxy",
        wants=_typed_wants,
        judge=_stored,
        needs=("myproxy", "door", "proxy", "hostcert", "authority"),
        told_by="MYP-1",
        means="long jobs are not renewed",
        remedy="on {node}: `systemctl status myproxy-server` and its journal; MYP-1 tells more",
    ),
    Fact(
        name="lookup",
        roles=(Role.RB,),
        label="a student's question to the catalogue",
        wants=_typed_wants,
        judge=_lookup,
        needs=("catalogue", "door", "proxy", "books", "hostcert", "lsc"),
        told_by="CAT-1",
        means="no file is found by its name",
        remedy="on {node}: `systemctl status icebox-catalogue`, `journalctl -t icebox-catalogue`; "
        "`systemctl restart icebox-catalogue` there",
    ),
    Fact(
        name="listed",
        roles=(Role.RB,),
        label="a student's look at the information system",
        wants=_typed_wants,
        judge=_listed,
        needs=("proxy", "bdii", "door", "published@rb", "published@ce"),
        told_by="UI-3",
        means="lcg-infosites and all commands that ask the top BDII find nothing",
        remedy="`lcg-infosites --vo VO ce` at the UI: LCG_GFAL_INFOSYS there names the BDII that is asked",
    ),
    Fact(
        name="match",
        roles=(Role.RB,),
        label="a student's search for a CE",
        wants=_typed_wants,
        judge=_match,
        needs=("broker", "door", "proxy", "published@rb", "published@ce", "hostcert", "lsc"),
        told_by="WMS-2",
        carries=("jobs",),
        means="glite-job-submit finds nowhere to run",
        remedy="on {node}: `systemctl status icebox-wms condor`, `journalctl -u icebox-wms`; "
        "`systemctl start icebox-wms condor` there starts what is down",
    ),
)
