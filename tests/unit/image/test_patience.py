"""How long XRootD's programs try a server that is down: clients by a file, the SE's copies by its unit."""

import re
from pathlib import Path

from harness.state import checkout

MINUTE = 60
RESOLUTION = 15
"""Seconds between the client's looks at its own limits (TimeoutResolution in client.conf)."""


def seconds(path: Path, window: str, tries: str) -> int:
    """At most, for a connection that nobody takes, on a usual machine."""
    text = re.sub(r"{{ seconds\((\d+)\) }}", r"\1", path.read_text())
    each, count = (re.search(rf"^[^#]*\b{name} ?= ?(\d+)", text, re.MULTILINE) for name in (window, tries))
    assert each, window
    assert count, tries
    return (int(each[1]) + RESOLUTION) * int(count[1])


def test_nobody_waits_longer_than_a_minute() -> None:
    parts = checkout() / "box/parts"
    client = parts / "client/site/etc/xrootd/client.conf.j2"
    copies = parts / "se/site/etc/systemd/system/xrootd@icebox.service.d/copies.conf.j2"
    assert seconds(client, "ConnectionWindow", "ConnectionRetry") <= MINUTE
    assert seconds(copies, "XRD_CONNECTIONWINDOW", "XRD_CONNECTIONRETRY") <= MINUTE
