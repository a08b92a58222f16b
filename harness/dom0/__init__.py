"""Where a box runs: run a command, open a socket, place a file."""

from harness.dom0.place import Place

__all__ = ["Place"]
