"""The outside of an embedded dom0: its sshd for the harness, and the dynamic DNS service."""

from __future__ import annotations

from harness.box import names
from harness.box.box import Box


def start(box: Box) -> None:
    """Start what the outside runs; it lives as long as the dom0."""
    box.embedded.spawn(box.embedded.outside, ["/usr/sbin/sshd", "-D", "-e"], "outside-sshd.log")
    names.serve(box)
    names.publish(box)
