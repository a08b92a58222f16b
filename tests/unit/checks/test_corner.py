"""What is told to a trainer about a data command that failed."""

import pytest

from harness.actors.cataloguearea import CATALOGUE, remedy


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("send2nsd: NS000 - name server not available on rb: Connection refused", "icebox-catalogue"),
        ("the proxy has no valid attributes of the VO gilda\nlcg_cr: Permission denied", "vomsdir"),
        ("rb: its certificate is not trusted: self-signed certificate", "CERT-1"),
        ("se.example.org: unknown SE\nlcg_cr: Invalid argument", "bdii"),
        ("gsiftp://se/x: 500-globus_xio: A system call failed: No space left on device", "df -h"),
        ("gsiftp://se/x: globus_xio: System error in connect: Connection refused", "SE-1"),
        ("lcg_cr: Invalid argument", "icebox-catalogue"),
    ],
)
def test_the_remedy_fits_the_error(said: str, word: str) -> None:
    assert word in remedy(said)
    assert (remedy(said) == CATALOGUE) == (word == "icebox-catalogue")
