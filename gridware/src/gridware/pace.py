"""How much longer this machine is waited for than a usual one: it may be emulated."""

FILE = "/etc/icebox/pace"
"""A whole number: the seconds here that are one of a usual machine; 1 where there is none."""


def longer(seconds: float) -> float:
    """So many seconds of a usual machine, as this one and its neighbours need them."""
    try:
        with open(FILE, encoding="ascii") as file:
            return seconds * max(1, int(file.read()))
    except (OSError, ValueError):
        return seconds
