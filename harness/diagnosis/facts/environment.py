"""Facts of the environment that students and jobs get: each variable of the grid's is as it was made."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts import settings
from harness.diagnosis.facts.programs import account_of
from harness.site import Node, Role, Site

MADE = "/etc/profile.d/grid-env.sh"
"""What sets them for login shells, those of jobs among them."""
EXPORTS = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)
PLACES = r"X509_\w+|GRIDMAP|GRID_SECURITY_DIR|GLOBUS_LOCATION|TMPDIR|SSL_CERT_\w+|OPENSSL_CONF|LDAPCONF"
"""Variables that lead grid programs to a file or directory, if somebody sets them."""
END = "=end"
LINE = (
    "env; echo =umask $(umask); "
    f"for v in $(env | grep -Eo '^({PLACES})=/[^ ]*'); do [ -e ${{v#*=}} ] || echo =gone $v; done; echo {END}"
)
OWN = stat.S_IRWXU
"""Rights that whoever makes a file must have on it."""


def _wants(site: Site, node: Node | None) -> Iterator[Want]:
    assert node is not None
    yield Want(node.name, ("run", LINE, account_of(site, node)))


def _environment(case: Case) -> Iterator[Seen]:
    """Who logs in there, or runs a job, finds the grid's services by the variables of its programs."""
    [want] = _wants(case.site, case.node)
    said = str(case.view.got(want)["said"])
    if END not in said.splitlines():
        return  # such a shell ends at once, which is told by itself
    wrong = list(_wrong(case, said))
    if wrong:
        account = account_of(case.site, case.here)
        yield Seen(
            f"gives {account} {wrong[0]}" + (f", and {len(wrong) - 1} more such" if len(wrong) > 1 else ""),
            f"su - {account} -c 'env; umask'",
            "\n".join(wrong),
            remedy=f"see /etc/profile, /etc/profile.d and the dot files in /home/{account}, on {case.here}",
        )


def _wrong(case: Case, said: str) -> Iterator[str]:
    """Variables that lead astray, in words."""
    has = dict(line.split("=", 1) for line in said.splitlines() if re.match(r"\w+=", line))
    for name, value in EXPORTS.findall(settings.made(case.box, case.here, MADE)):
        if name not in has:
            yield f"no {name}, which should be {value}"
        elif has[name] != value:
            yield f"the {name} {has[name]}, not {value}"
    for line in said.splitlines():
        if line.startswith("=gone "):
            name, _, path = line.removeprefix("=gone ").partition("=")
            yield f"the {name} {path}, which is not there"
        elif line.startswith("=umask ") and int(line.split()[1], 8) & OWN:
            yield f"the umask {line.split()[1]}, by which nobody may use his own files"


ENVIRONMENT = Fact(
    name="environment",
    roles=(Role.UI,),
    label="{node}",
    wants=_wants,
    judge=_environment,
    needs=("disk", "homes", "programs"),
    carries=("login", "proxy", "any:match", "any:listed", "any:lookup", "any:stored", "any:transfer"),
    told_by="UI-4",
    means="commands typed there, or in jobs, go to services that there are not",
)
FACTS = (
    ENVIRONMENT,
    replace(ENVIRONMENT, roles=(Role.WN, Role.CE), carries=("any:jobs",), told_by="WN-4"),
)
