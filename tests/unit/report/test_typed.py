"""Commands in remedies name the box that is meant."""

import pytest

from harness.report.typed import of_box


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("`./icebox ssh ce ls`; see there", "`./icebox ssh --box mine ce ls`; see there"),
        ("./icebox stop and ./icebox start", "./icebox stop --box mine and ./icebox start --box mine"),
        ("`./icebox stop --box o`, `./icebox start`", "`./icebox stop --box o`, `./icebox start --box mine`"),
        ("./icebox status", "./icebox status --box mine"),
        ("run `./icebox setup`, then ./icebox report", "run `./icebox setup`, then ./icebox report"),
        ("`systemctl restart x` there", "`systemctl restart x` there"),
    ],
)
def test_of_another_box_than_the_usual_one(text: str, typed: str) -> None:
    assert of_box(text, "mine") == typed
    assert of_box(text, "icebox") == of_box(text, "") == text
