"""What icebox says of the keys and passwords of a box is done: then they can be had."""

from pathlib import Path

import pytest

from harness.pki.authority import Authority
from harness.secrets import Secrets
from tests.drill.tried import Told, failing


@pytest.mark.tries("use another directory")
def test_a_directory_of_another_ca(tmp_path: Path, told: Told) -> None:
    Authority.open(tmp_path / "one", days=1, dn="/C=IT/O=GridBox/CN=One")
    failing(told, lambda: Authority.open(tmp_path / "one", days=1, dn="/C=IT/O=GridBox/CN=Two"))
    assert Authority.open(tmp_path / "two", days=1, dn="/C=IT/O=GridBox/CN=Two").dn.endswith("Two")


@pytest.mark.tries("remove this file: a new one is made at the next start")
def test_a_certificate_that_can_not_be_read(tmp_path: Path, told: Told) -> None:
    authority = Authority.open(tmp_path, days=1)
    authority.host("ce.example.org")
    [kept] = tmp_path.glob("host-*.pem")
    kept.write_text("damaged")
    error = failing(told, lambda: Authority.open(tmp_path, days=1).host("ce.example.org"))
    Path(error.where).unlink()
    made = Authority.open(tmp_path, days=1).host("ce.example.org")
    assert made.dn.endswith("ce.example.org")


@pytest.mark.tries("remove this file and destroy the box: a new one gets new secrets")
def test_secrets_that_can_not_be_read(tmp_path: Path, told: Told) -> None:
    """The directory goes with its box; this file is what keeps another from coming up."""
    before = Secrets.open(tmp_path).values
    (tmp_path / "values.json").write_text("{")
    error = failing(told, lambda: Secrets.open(tmp_path))
    Path(error.where).unlink()
    assert Secrets.open(tmp_path).values.keys() == before.keys()
