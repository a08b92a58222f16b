"""Whom clients trust: the CAs of X509_CERT_DIR, as Globus' programs do."""

from pathlib import Path

import pytest

from gridware import tls
from gridware.x509 import trust


@pytest.mark.parametrize(("names", "checks"), [(("a1.0", "a1.r0"), True), (("a1.0",), False)])
def test_the_directory_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], checks: bool
) -> None:
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setenv("X509_CERT_DIR", str(tmp_path))
    context = tls.context()
    trust.load(context)
    assert bool(context.verify_flags & tls.CRL_CHECK_CHAIN) is checks
