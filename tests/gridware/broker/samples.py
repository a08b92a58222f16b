"""Jobs and resources to try the broker on."""

from typing import Any

from gridware.wms.broker.job import Job
from gridware.wms.resources import CloseSe, Resource

ID = "https://rb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA"
STUDENT = "/C=IT/O=GridBox/CN=Student 01"


def make_job(jdl: str = '[ Executable = "/bin/true"; ]', **changes: Any) -> Job:
    """A job of a student, as it is after its registration."""
    values: dict[str, Any] = {
        "id": ID, "owner": STUDENT, "vo": "gilda", "fqans": ["/gilda/Role=NULL/Capability=NULL"],
        "account": "gilda001", "jdl": jdl, "files": [], "parent": "", "node": "", "kind": "normal",
        "submitted": 1000.0, "changed": 1000.0,
    }  # fmt: skip
    return Job(**(values | changes))


def make_resource(
    queue: str = "short", rules: tuple[str, ...] = ("VO:gilda",), **attributes: Any
) -> Resource:
    """A queue of a CE that has one close SE."""
    close = CloseSe(
        "se.example.org", "/storage/gilda", {"GlueSEUniqueID": "se.example.org"}, (("gsiftp", 2811),), 5
    )
    ceid = f"ce.example.org:2119/jobmanager-pbs-{queue}"
    known = {"GlueCEUniqueID": ceid, "GlueCEStateStatus": "Production", "GlueCEStateEstimatedResponseTime": 0}
    return Resource(ceid, known | attributes, rules, (close,))
