"""What laptops hear that ask the box's own name service: its names, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from harness.box.box import Box
from harness.dom0.place import Place
from harness.probes import nameserver

OTHER = "www.example.org"
"""A name that others have to tell (RFC 2606): a box that did would be a resolver for whoever reaches it."""
REFUSED = "REFUSED"


def faults(box: Box, laptop: Place) -> Iterator[str]:
    """What is wrong with the answers that a machine outside gets; nothing where laptops are not to ask."""
    if not box.site.serves_names:
        return
    address = box.public_address
    wanted = {node.fqdn: str(address) for node in box.site.nodes} | {OTHER: REFUSED}
    for answer in nameserver.answers(laptop, address, list(wanted)):
        if answer.said != wanted[answer.name]:
            told = f"asked by {answer.way} from {laptop.name}, the box says of {answer.name}: {answer.said}"
            yield f"{told}, not {wanted[answer.name]}"
