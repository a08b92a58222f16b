"""What machines and proxies say of the time, against this machine's clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from harness.command import CommandResult
from harness.dom0.place import Place
from harness.expect import expect_none
from harness.probes import clockkept

LIMIT = 300.0
"""Seconds of difference that grid security still bears: it dates proxies back by five minutes."""
WARNING = 30.0
"""Seconds of difference that say a clock is not kept."""
REMEDY = "set the clock of the machine named (`date`, or `chronyc makestep`) and have chrony keep it"
BACKDATED = 300
"""Seconds that voms-proxy-init dates a proxy back (Globus' default allowance for clock skew)."""
ATTRIBUTES = x509.ObjectIdentifier("1.3.6.1.4.1.8005.100.100.5")
"""Extension of a proxy that holds what the VOMS server signed (OGF GFD.182)."""
KEEP = (
    "install `chrony` on the machine that hosts the box; "
    "`chronyc tracking` there says when its clock agrees with a server"
)
"""What to do about a clock that nobody keeps."""
_GENERALIZED_TIME = re.compile(rb"\x18\x0f(\d{14})Z")


@dataclass(frozen=True)
class Reading:
    """A clock was read: it is ``ahead`` of ours by some seconds (behind if negative), within ``doubt``."""

    clock: str
    ahead: float
    doubt: float = 0.0

    @property
    def off(self) -> float:
        """Seconds it is certainly wrong by."""
        return max(0.0, abs(self.ahead) - self.doubt)

    def __str__(self) -> str:
        return f"{self.clock} is {abs(self.ahead):.1f} s {'ahead' if self.ahead > 0 else 'behind'}"


def read(clock: str, ask: Callable[[str], CommandResult]) -> Reading:
    """Read a machine's clock with ``date``; it may have been read at any moment of the command."""
    before = time.time()
    told = float(ask("date +%s.%N").expect_success().stdout)
    after = time.time()
    return Reading(clock, told - (before + after) / 2, (after - before) / 2)


def unkept(dom0: Place) -> Iterator[str]:
    """A warning if nobody keeps the clock of the dom0: it agrees today, and drifts by seconds a day."""
    if not clockkept.is_kept(dom0):
        yield "dom0: nobody synchronizes its clock, so it drifts away from those of laptops and other sites"


def expect_agreement(readings: Iterable[Reading]) -> None:
    """Raise CheckFailed that names the clocks that are wrong by more than grid security bears."""
    expect_none(
        [str(reading) for reading in readings if reading.off > LIMIT],
        f"clocks differ by more than {LIMIT / 60:g} minutes from that of the machine that checks",
        remedy=REMEDY,
    )


def of_proxy(pem: bytes, before: float, after: float, *, machine: str, server: str) -> Iterator[Reading]:
    """Clocks behind a VOMS proxy made between two moments of ours: the machine's and the VOMS server's."""
    proxy = x509.load_pem_x509_certificates(pem)[0]
    middle, doubt = (before + after) / 2, (after - before) / 2 + 1
    made = proxy.not_valid_before_utc.timestamp() + BACKDATED
    yield Reading(f"the proxy's start, by {machine},", made - middle, doubt)
    signed = attributes_start(proxy)
    if signed is not None:
        yield Reading(f"the attributes' start, by the VOMS server on {server},", signed - middle, doubt)


def attributes_start(proxy: x509.Certificate) -> float | None:
    """When the VOMS server says its attributes begin, in seconds since 1970; None if there are none."""
    try:
        extension = proxy.extensions.get_extension_for_oid(ATTRIBUTES)
    except x509.ExtensionNotFound:
        return None
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    # An attribute certificate has two times, its start first (RFC 5755, 4.1).
    found = _GENERALIZED_TIME.search(extension.value.value)
    return _seconds(found[1].decode()) if found else None


def _seconds(text: str) -> float:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
