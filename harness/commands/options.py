"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import state
from harness.console import Console, Style

DEFAULT_BOX = "icebox"


def add_box(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--box", default=DEFAULT_BOX, metavar="NAME", help="which box (default: icebox)")


def add_site(parser: argparse.ArgumentParser) -> None:
    default = state.checkout() / "icebox.toml"
    parser.add_argument(
        "--site", type=Path, default=default, metavar="FILE", help="the site file (default: icebox.toml)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")


def console_for(options: argparse.Namespace) -> Console:
    """Quiet where JSON was asked for."""
    return Console(style=Style.QUIET) if getattr(options, "json", False) else Console()
