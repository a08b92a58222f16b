"""job: where a student's job is, and what became of it on each node."""

from __future__ import annotations

import argparse

from harness.box import passport
from harness.commands.options import box_that_is_up, console_for
from harness.commands.words import Commands, add_box, add_json
from harness.errors import ExitCode


def add(commands: Commands) -> None:
    """Put ``job`` on the command line."""
    parser = commands.add_parser(
        "job",
        help="what became of one job, on UI, RB, CE and WN",
        description="Follows one job over all nodes and prints one timeline: the broker's events, what the "
        "CE and its batch system wrote of it, and what the WN did. For whoever is asked where a job is.",
    )
    add_box(parser)
    add_json(parser)
    parser.add_argument(
        "id", metavar="ID", help="what glite-wms-job-submit, globus-job-submit or qsub printed"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the job's passport."""
    box, console = box_that_is_up(options), console_for(options)
    try:
        found = passport.of(box, options.id)
        text = found.to_json() if options.json else "\n".join(passport.lines(found))
        console.result(box.secrets.redact(text))
    finally:
        box.close()
    return ExitCode.GO
