"""The outside of a box: its sshd for the harness, and the dynamic DNS service."""

from __future__ import annotations

from harness.box import follow, names
from harness.box.box import Box


def start(box: Box) -> None:
    """Start what the outside runs; it lives as long as the dom0."""
    box.dom0.spawn(box.dom0.outside, ["/usr/sbin/sshd", "-D", "-e"], "outside-sshd.log")
    names.serve(box)
    names.publish(box)
    follow.start(box)
