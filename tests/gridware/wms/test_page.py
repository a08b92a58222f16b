"""docs/jobs.md names every command there is, and no attribute that a JDL does not know."""

import re
from pathlib import Path

from gridware.jdl import schema
from gridware.wms import commands

PAGE = (Path(__file__).parents[3] / "docs/jobs.md").read_text()


def test_every_command_is_named_and_no_other() -> None:
    named = set(re.findall(r"(?:glite|edg)(?:-wms)?-(?:job-[a-z-]+|brokerinfo)", PAGE))
    assert named == {*commands._COMMANDS, "glite-brokerinfo", "edg-brokerinfo"}


def test_attributes_are_those_of_the_schema() -> None:
    table = PAGE.partition("## JDL")[2].partition("\n### ")[0]
    named = {
        word
        for row in re.findall(r"^\| [^|]+\|(.*)\|$", table, re.MULTILINE)
        for word in row.split("`")[1::2]
    }
    known = {name for name, _kind in schema._KINDS.values()}
    assert len(named) > 40
    assert named <= known
