"""python3 -m gridware.wms.broker.works: the process that has children for the broker (children.Children)."""

from __future__ import annotations

import socket
import sys

from gridware.wms.broker import children, condor, trial

WORKS = {trial.WORK: trial.tried, condor.WORK: condor.queued}


def main() -> None:
    # What any trial needs is worked out once.
    trial.problem("[]")
    children.serve(socket.socket(fileno=sys.stdin.fileno()), WORKS)


if __name__ == "__main__":
    main()
