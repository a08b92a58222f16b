"""glite-job-attach, glite-job-get-chkpt and their edg names: told why there is nothing to be had.

This broker runs no interactive and no checkpointable jobs (docs/decisions.md).
"""

from __future__ import annotations

from gridware.wms.errors import UiError
from gridware.wms.session import Session

_WHY = {
    "attach": (
        "UI_JDL_NOT_LISTENER",
        "Attachment not allowed for job\n{job}\nThe JobType is not interactive",
    ),
    "get-chkpt": (
        "UI_JDL_NOT_CHKPT",
        "No state was saved by the job\n{job}\nThe JobType is not checkpointable",
    ),
}


def run(session: Session) -> int:
    """Raises UiError, for a job that is known as for any other."""
    job = session.one_id()
    code, text = _WHY["attach" if session.command.name.endswith("attach") else "get-chkpt"]
    raise UiError(code, text.format(job=job))
