"""Error texts of grid commands in plain words; what nobody knows is told as it stands."""

import pytest

from harness.grid.recognized import translated


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (
            "GRAM Job submission failed because authentication with the remote server failed (error code 7)",
            "mapping to an account failed",
        ),
        ("530-Login incorrect. : globus_gss_assist: Error invoking callout", "mapping to an account failed"),
        ("error: globus_xio: Unable to connect to x:2811", "the connection is refused"),
        ("Untrusted self-signed certificate in chain with hash d68d73c2", "does not trust the other's CA"),
        ("500-globus_xio: System error in write: No space left on device", "a disk is full"),
        ("ERROR: Couldn't find a valid proxy.", "there is no proxy"),
    ],
)
def test_a_text_is_translated_and_stands_behind_its_meaning(said: str, meaning: str) -> None:
    told = translated(f"something before\n{said}\n")
    assert meaning in told
    assert said[:40] in told


def test_what_nobody_knows_is_told_as_it_stands() -> None:
    assert translated("first\nqux happened\n\n") == "qux happened"
    assert translated("") == ""
