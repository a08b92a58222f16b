"""When the records were last looked through, for whoever wants to know how fresh they are."""

from contextlib import suppress
from pathlib import Path

FILE = Path("/run/bdii/round")
"""Changed at the end of each round, also of one in which nothing was new.

systemd makes its directory anew with each start of slapd.
"""


def told(interval: float, pause: float, file: Path = FILE) -> None:
    """Say that a round has ended: seconds between two as the settings have it, and until the next one.

    A disk without room keeps no records back.
    """
    with suppress(OSError):
        file.write_text(f"{interval:g} {pause:g}\n", encoding="ascii")
