"""What a person types who follows a printed remedy, and where."""

import pytest

from harness.diagnosis.finding import Finding, Step
from harness.drill.remedy import BOX, HERE, Typed, lines, steps
from harness.services.registry import GATEKEEPER, MARIADB, SLURMD, SSH_OF_ROOT
from tests.unit.faults.fakes import FakeBox

pytestmark = pytest.mark.usefixtures("home")


def typed(remedy: str, node: str = "xenwnnode") -> list[tuple[str, str]]:
    found = Finding(link="any", node=node, what="it is broken", remedy=remedy)
    return [(each.place, each.line) for each in lines(found, FakeBox().box)]


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        (
            "`systemctl status munge` on the CE; `systemctl restart munge` there",
            [("xencenode", "systemctl restart munge")],
        ),
        ("`systemctl restart slurmd` there", [("xenwnnode", "systemctl restart slurmd")]),
        ("`./icebox ssh ce systemctl restart x`", [("xencenode", "systemctl restart x")]),
        ("`./icebox restore NODE /etc/munge`", [(HERE, "./icebox restore xenwnnode /etc/munge")]),
        ("./icebox stop and start lays it anew", [(BOX, "./icebox stop; ./icebox start")]),
        ("./icebox stop --box x, then ./icebox start --box x", [(BOX, "./icebox stop; ./icebox start")]),
        (
            "`./icebox console wn` gets there: `systemctl restart ssh`",
            [("xenwnnode", "systemctl restart ssh")],
        ),
        ("on RB: `systemctl restart voms@VO`", [("xenrbnode", "systemctl restart voms@gilda")]),
        ("`journalctl -u ssh` on the UI tells more", []),
        ("`nft list ruleset` on the dom0 shows the rows", []),
        ("`sed 's/a/b/; s/c/d/' /etc/hosts` on the laptop", [("laptop", "sed 's/a/b/; s/c/d/' /etc/hosts")]),
    ],
)
def test_commands_are_typed_where_they_are_said_to_be(remedy: str, expected: list[tuple[str, str]]) -> None:
    assert typed(remedy) == expected


def test_steps_are_typed_at_their_places_and_the_remedy_is_read_apart_from_them() -> None:
    found = Finding(
        link="any",
        node="xenwnnode",
        what="it is broken",
        remedy="`systemctl restart slurmd` there",
        steps=(Step("xencenode", "true"), Step("", "false")),
    )
    assert steps(found) == (Typed("xencenode", "true"), Typed("dom0", "false"))
    assert lines(found, FakeBox().box) == (Typed("xenwnnode", "systemctl restart slurmd"),)


@pytest.mark.parametrize(
    ("link", "node", "first"),
    [
        (GATEKEEPER, "xencenode", Typed("xencenode", "systemctl restart globus-gatekeeper")),
        (SLURMD, "xenwnnode", Typed("xenwnnode", "systemctl restart munge slurmd")),
        (MARIADB, "xenrbnode", Typed("xenrbnode", "systemctl restart mariadb voms@gilda")),
        (SSH_OF_ROOT, "xensenode", Typed("xensenode", "systemctl restart ssh")),
    ],
)
def test_remedies_of_services_can_be_followed(link: object, node: str, first: Typed) -> None:
    remedy = link.remedy.format(node=node, box="school")  # type: ignore[attr-defined]
    found = Finding(link="any", node=node, what="it is broken", remedy=remedy)
    assert lines(found, FakeBox().box)[0] == first
