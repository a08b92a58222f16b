"""The router of a class room, where names lead to it: whether it leads laptops on to the box."""

from __future__ import annotations

from harness.access.laptop import Laptop
from harness.box.box import Box
from harness.errors import CheckFailed

ASKING = 5.0
"""Seconds for a connection; one in the same room takes a millisecond."""
MOST_TOLD = 5


def expect_through(box: Box, laptop: Laptop) -> None:
    """Raises CheckFailed for ports that a laptop reaches at the dom0, and not where the names lead."""
    public, own = box.public_address, box.dom0.address_in_room(box.site)
    if own in (None, public):
        return
    ports = [row.first for row in box.site.ports if row.first == row.last]
    told = laptop.speak(
        [("accept", str(address), port) for address in (own, public) for port in ports], each=ASKING
    )
    here, there = told[: len(ports)], told[len(ports) :]
    lost = [
        (port, after.why)
        for port, before, after in zip(ports, here, there, strict=True)
        if after.why and not before.why
    ]
    if not lost:
        return
    all_of_them = len(lost) == sum(not each.why for each in here)
    listed = ", ".join(str(port) for port, _ in lost[:MOST_TOLD]) + (" …" if len(lost) > MOST_TOLD else "")
    raise CheckFailed(
        f"the room's router, {public}, does not lead {laptop.name} to the box at "
        + ("any port" if all_of_them else f"port {listed}"),
        where=laptop.name,
        why=f"at its own address in the room, {own}, the box answers; at {public}: {lost[0][1]}",
        remedy=f"on the router, forward the ports of {box.site.port_table_name} to {own}, for those inside "
        "as well (hairpin, NAT loopback)",
    )
