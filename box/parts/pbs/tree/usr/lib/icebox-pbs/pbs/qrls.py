"""qrls: let held jobs go."""

from __future__ import annotations

from pbs import operate, qhold

USAGE = "usage: qrls [-h {uos}] [-t array_range] job_identifier...\n"
COMMAND = operate.Command("qrls", USAGE, "", "ht")


def main(arguments: list[str]) -> int:
    return qhold.run(COMMAND, arguments, qhold.release)
