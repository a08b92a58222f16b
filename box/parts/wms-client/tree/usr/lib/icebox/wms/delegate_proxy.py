"""glite-wms-job-delegate-proxy: the proxy of now, put aside for later requests with -d."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from wms import idfile, layouts
from wms.errors import UiError, UsageError
from wms.session import Session, check_operands, delegation


def run(session: Session) -> int:
    call = session.call
    check_operands(call, "", 0)
    if call.has("autm-delegation") == call.has("delegationid"):
        raise UsageError("one of --autm-delegation (-a) and --delegationid (-d) is needed")
    name = call.get("delegationid") or secrets.token_urlsafe(9)
    target = Path(delegation(name))
    session.introduce()
    _copy(Path(session.proxy.path), target)
    command = session.command.name
    text = f"Your proxy has been successfully delegated to the WMProxy(s):\n{session.endpoint}"
    frame = "=" * layouts.WMS_WIDTH
    session.say(
        f"{layouts.stripe(f'{command} Success')}\n\n{text}\n"
        f"with the delegation identifier: {name}\n\n{frame}\n"
    )
    if call.has("output"):
        idfile.write(Path(call.get("output")), f"{name}\n")
    return 0


def _copy(source: Path, target: Path) -> None:
    """Replace the proxy of that name in one step, readable by nobody else."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(source.read_bytes())
        partial.replace(target)
    except OSError as error:
        raise UiError("UI_CREATE_DIR", f"can't put the proxy aside as {target}: {error.strerror}") from None
