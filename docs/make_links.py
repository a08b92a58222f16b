"""Writes docs/no-go.md from the links themselves.

python -m docs.make_links
"""

import re
from collections.abc import Iterable
from pathlib import Path

from harness.diagnosis.diagnose import ALL
from harness.diagnosis.evidence import mends_of
from harness.diagnosis.fact import Fact
from harness.services.graph import Placed
from harness.services.service import Link, Service
from harness.site import Node, Role
from harness.sitefile import load
from harness.state import checkout

PAGE = Path(__file__).with_name("no-go.md")
HEAD = """\
# When the box says no-go

Made by `docs/make_links.py` from `harness/services/registry.py` and `harness/diagnosis/facts/`; don't edit
it by hand.

`./icebox validate` lays failures at *findings*: the first broken links of the box beneath them. One fault is
one finding, however many checks it hits; these are *blocked by* it. A finding says what is broken, where,
since when, by which command that shows, what it stops, and what mends it. `./icebox diagnose` looks for
findings without running checks.

1. Mend the finding, not the checks. If there are several, each is a fault of its own.
2. `./icebox diagnose` says at once whether it is gone.
3. `./icebox validate` again: only that is a go.

A check that fails though nothing beneath it is broken is laid at what somebody changed there: files, a rule
of routing. One that is *unexplained* rests on nothing of that either. What its nodes wrote
meanwhile is in the run's `evidence/`, with every command in the Allure report. What is *degraded* goes, but
badly or not for long: a warning.

Each link below is looked at in seconds. It is broken only if it was so twice, the second time with twice the
patience; nothing that a command prints is a finding if a look says otherwise. "Safe" means that a program
may type it.

"""
ALWAYS = "A finding's own words say which file, port or account is meant."


def page() -> str:
    """The text of docs/no-go.md."""
    site = load(checkout() / "icebox.toml")
    parts = [_paragraph(link, site.of(link.roles[0])[0] if link.roles else None) for link in _links()]
    return HEAD + "\n".join(parts)


def _links() -> Iterable[Link]:
    """What can be a finding: whatever is asked or looked at."""
    return [link for link in ALL if link.asked or isinstance(link, Fact)]


def _paragraph(link: Link, node: Node | None) -> str:
    roles = ", ".join(role.upper() for role in link.roles) if len(link.roles) < len(Role) else "every node"
    where = f"on {roles}" if link.roles else "on the dom0"
    told = f" Check {link.told_by} is about it." if link.told_by else ""
    rests = ", ".join(dict.fromkeys(word.partition("@")[0] for word in link.needs))
    beneath = f" It needs {rests}." if rests else ""
    remedy = _sentence(_plain(link.remedy)) if link.remedy else ALWAYS
    mends = mends_of(Placed(link, node))
    safe = " Safe: its restart." if mends and isinstance(link, Service) else " Safe." if mends else ""
    doc = _doc(link)
    head = f"## {link.name}, {where}\n\n{doc}If it is broken: {link.means}.{beneath}{told}"
    return f"{head}\n\nWhat to do: {remedy}{safe}\n"


def _doc(link: Link) -> str:
    """What a fact's judge says of itself."""
    if isinstance(link, Fact) and link.judge.__doc__:
        return _sentence(" ".join(link.judge.__doc__.split())) + " "
    return ""


def _plain(text: str) -> str:
    """A remedy with words for what is filled in."""
    named = re.sub(r"\{(box|node|public|db)\}", lambda found: found[1].upper(), text)
    return re.sub(r"(?<!`)\./icebox (?:stop|start) --box BOX", r"`\g<0>`", named)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
