"""qrls: let held jobs go."""

from __future__ import annotations

from gridware.pbs import operate, qhold
from gridware.program import program

USAGE = "usage: qrls [-h {uos}] [-t array_range] job_identifier...\n"
COMMAND = operate.Command("qrls", USAGE, "", "ht")


@program
def main(arguments: list[str]) -> int:
    return qhold.run(COMMAND, arguments, qhold.release)
