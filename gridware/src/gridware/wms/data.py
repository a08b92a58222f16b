"""A job's data: the files of the catalogue that its JDL names, and which CEs are near them.

gLite's rules (org.glite.wms, RBMaximizeFilesISMImpl and storage_utils): an SE counts if it holds a file and
offers one of the DataAccessProtocols; a CE counts if such an SE is close to it. Of the CEs that fit, those
with the most files near win; among these Rank decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import classad2

from gridware.jdl.attributes import ads, texts
from gridware.wms.resources import CloseSe, Resource

_SAME = {"gridftp": "gsiftp"}
"""Another word for a protocol that SEs publish under one."""
Protocols = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Data:
    """The replicas of each file by its name in the JDL, and the protocols of the SEs that have them."""

    files: Mapping[str, tuple[str, ...]]
    elements: Mapping[str, Protocols] = field(default_factory=dict)

    @property
    def hosts(self) -> list[str]:
        """The SEs that have files."""
        return list(dict.fromkeys(host(surl) for surls in self.files.values() for surl in surls))

    def with_elements(self, resources: Iterable[Resource]) -> Data:
        """With what the information system says about the SEs; one that is close to no CE stays bare."""
        known = {se.name.lower(): se.protocols for resource in resources for se in resource.close}
        return Data(self.files, {name: known.get(name, ()) for name in self.hosts})

    def text(self) -> str:
        """To be kept in a file; ``read`` takes it back."""
        return json.dumps([dict(self.files), dict(self.elements)])

    @classmethod
    def read(cls, text: str) -> Data:
        files, elements = json.loads(text)
        return cls(
            {name: tuple(surls) for name, surls in files.items()},
            {name: tuple((str(kind), int(port)) for kind, port in found) for name, found in elements.items()},
        )


NOTHING = Data({})


def wanted(job: classad2.ClassAd) -> list[str]:
    """The files of InputData, or of all DataRequirements, each once."""
    named = texts(job, "InputData")
    for each in ads(job, "DataRequirements"):
        named += texts(each, "InputData")
    return list(dict.fromkeys(named))


def protocols(job: classad2.ClassAd) -> list[str]:
    """What the job can read its data by."""
    return [_plain(word) for word in texts(job, "DataAccessProtocol")]


def near(data: Data, spoken: Sequence[str], resource: Resource) -> set[str]:
    """The files that lie on an SE which is close to a CE and offers one of the protocols."""
    usable = {se.name.lower() for se in resource.close if _offers(se, spoken)}
    return {name for name, surls in data.files.items() if any(host(surl) in usable for surl in surls)}


def nearest(found: Sequence[Resource], data: Data, spoken: Sequence[str]) -> list[Resource]:
    """Of these CEs those with the most files near; none if no file is near to any."""
    counts = [len(near(data, spoken, each)) for each in found]
    most = max(counts, default=0)
    return [each for each, count in zip(found, counts, strict=True) if count and count == most]


def far(data: Data, spoken: Sequence[str]) -> str:
    """Why no CE is left, for people."""
    places = ", ".join(data.hosts) or "no SE"
    names = ", ".join(data.files)
    return (
        f"no CE that fits is close to an SE that has {names} and offers {' or '.join(spoken)} (on {places})"
    )


def host(surl: str) -> str:
    """The SE that a SURL names."""
    return (urlsplit(surl).hostname or "").lower()


def _offers(se: CloseSe, spoken: Sequence[str]) -> bool:
    """Does an SE offer what a job speaks? Reading it as a file takes a mount point, too."""
    offered = {_plain(name) for name, _port in se.protocols}
    usable = [word for word in spoken if word in offered]
    return bool(usable) and (usable[0] != "file" or bool(se.mount))


def _plain(word: str) -> str:
    return _SAME.get(word.lower(), word.lower())
