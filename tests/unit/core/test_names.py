"""What the names of a box need of its secrets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from harness.box import names
from harness.secrets import Secrets
from harness.site import DnsSettings


class FreshBox:
    """A box that this process has just attached to: its secrets are opened when they are first asked for."""

    site = SimpleNamespace(dns=DnsSettings("rfc2136"))

    def __init__(self, directory: Path) -> None:
        self.files = SimpleNamespace(secrets=directory)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets.open(self.files.secrets)


def test_the_key_of_the_name_service_is_written_by_who_never_opened_the_secrets(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    try:
        # In a thread: whoever takes a lock twice waits for himself.
        settings = pool.submit(names._settings, cast(Any, FreshBox(tmp_path))).result(timeout=60)
    finally:
        pool.shutdown(wait=False)
    assert settings.option("key_file") == str(tmp_path / "tsig.key")
    assert "secret" in (tmp_path / "tsig.key").read_text()
