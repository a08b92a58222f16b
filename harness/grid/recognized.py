"""What error texts of grid commands mean, in plain words (texts as seen with one fault put into a grid each).

A text is a hint: what it stands for is looked at before anybody is told that it is so.
"""

from __future__ import annotations

import re

TEXTS: tuple[tuple[str, str], ...] = (
    (r"Could not find a valid proxy|Couldn't find a valid proxy|proxy does not exist", "there is no proxy"),
    (r"certificate has expired|certificate expired|proxy.*has expired", "a certificate or proxy has ended"),
    (r"not yet valid", "a certificate is not valid yet: a clock is wrong, or it was made for later"),
    (r"certificate revoked|is revoked|was revoked", "a certificate is revoked"),
    (r"CRL.*(?:expired|has expired|out of date)|crl has expired", "a CRL has ended"),
    (
        r"Untrusted self-signed certificate|local trusted CA certificate|unknown ca|get local issuer",
        "one side does not trust the other's CA",
    ),
    (r"signing policy", "the signing policy of a CA is missing or does not fit"),
    (r"certificate verify failed", "one side does not trust the other's certificate"),
    (
        r"unmapped|Login incorrect|error code 7|LCMAPS|not authorized|Permission denied.*grid-mapfile",
        "it lets the student in as nobody: the mapping to an account failed",
    ),
    (
        r"does not match expected|name mismatch|hostname.*does not match|Mutual authentication failed",
        "the host certificate is for another name",
    ),
    (r"permissions?.*(?:key|userkey)|bad permissions", "the key can be read by others than its owner"),
    (
        r"error code 12|connection to the server failed|Unable to connect|Connection refused",
        "the connection is refused",
    ),
    (r"timed out|no answer|Connection timed out|time-?out", "no answer came in time"),
    (
        r"unknown host|Name or service not known|failure in name resolution|could not be resolved|No address",
        "a name leads nowhere",
    ),
    (r"No space left on device", "a disk is full"),
    (r"Read-only file system", "a file system can't be written to"),
    (r"error code 17|submit error", "the batch system did not take the job"),
    (r"error code 93", "the gatekeeper does not know that service"),
    (r"error code 5\b|executable does not exist", "the program is not there"),
    (r"User unknown to this VO|not a member|Unable to satisfy", "the VO does not know the student"),
    (r"database is locked", "a database is locked"),
    (r"Permission denied", "an account may not do that"),
)


def translated(text: str) -> str:
    """What a command's words mean, with the words themselves behind it; empty if nobody knows them."""
    for pattern, meaning in TEXTS:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            line = next(
                (line.strip() for line in text.splitlines() if found[0].lower() in line.lower()), found[0]
            )
            return f"{meaning} ({line[:160]})"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
