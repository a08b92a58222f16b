"""What a student has of his own in his home: what he types fails, and without that it does not.

A command that fails is typed once more with a home that has nothing but his certificate and key.  If it goes
there, what lies in his home is laid there piece by piece, until it does not: that piece is the cause.
"""

from __future__ import annotations

import re
from dataclasses import replace
from shlex import quote

from harness.diagnosis.fact import Case, Seen
from harness.diagnosis.facts.environment import MADE

BARELY = "=bare="
"""Before the name of what goes without what a student has of his own, and which file of that stops it."""
PIECES = 24
"""Files and directories that are tried."""
LATE = 124
"""What timeout(1) ends with: what hangs is not typed again."""
BARE = f"""\
bare() {{ timeout $SECOND env -i HOME=$h USER=$USER LOGNAME=$USER PATH=/usr/bin:/bin LC_ALL=C \\
PATIENCE=$PATIENCE d=$d X509_USER_PROXY=$X509_USER_PROXY sh -c ". {MADE}; $1" </dev/null >/dev/null 2>&1; }}
soon() {{ [ $((${{SECONDS:-99}} * $1)) -lt ${{PATIENCE%.*}} ]; }}
at_fault() {{ soon 2 && h=$(mktemp -d $d/home.XXXXXX) && mkdir $h/.globus || return
cp -p $HOME/.globus/user*.pem $h/.globus; bare "$1" || return
for p in $(cd && find . -mindepth 1 -maxdepth 2 -path './.*' ! -name '*[!A-Za-z0-9._-]*' | head -{PIECES}); do
soon 1 || break; [ ! -e $h/$p ] || continue
mkdir -p $(dirname $h/$p) && ln -s $HOME/${{p#./}} $h/$p
bare "$1" || {{ echo "{BARELY} $2 ${{p#./}}"; return; }}; rm $h/$p; done
echo "{BARELY} $2"; }}"""
"""Functions of bash(1): ``at_fault LINE NAME`` says which piece stops a line; nothing if it fails anyhow.

It begins if there is time for it, and ends in time: what else is looked at there waits for it.
"""


def asked(line: str, name: str, book: str) -> str:
    """Shell that does so, after a line that failed with ``$code``, and writes to a file."""
    return f"[ $code = 0 ] || [ $code = {LATE} ] || at_fault '{line}' '{name}' >>{book}"


def told(case: Case, name: str, said: str, seen: Seen) -> Seen:
    """What is told of a command that failed, with what of the student's own is why."""
    found = re.search(rf"^{BARELY} {name} {re.escape(case.here.name)}(?: (\S+))?$", said, re.MULTILINE)
    if found is None:
        return seen
    login = case.site.students[0].login
    home = f"/home/{login}"
    if not found[1]:
        return replace(
            seen,
            why=f"{seen.why}; it goes without the environment that {login} has by his own dot files",
            remedy=f"see the dot files in {home} on the UI",
        )
    path = f"{home}/{found[1]}"
    return replace(
        seen,
        why=f"{seen.why}; it goes without {path}, which {login} has of his own",
        remedy=f"`mv {quote(path)} {quote(path)}.aside` on the UI, if {login} agrees",
    )
