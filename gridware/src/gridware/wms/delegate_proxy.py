"""glite-wms-job-delegate-proxy: the proxy of now, put aside for later requests with -d."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from gridware.wms import idfile, layouts, wire
from gridware.wms.errors import UiError, UsageError
from gridware.wms.options import exclusive
from gridware.wms.session import Session, check_operands, delegation


def run(session: Session) -> int:
    call = session.call
    check_operands(call, "", 0)
    if call.has("autm-delegation") == call.has("delegationid"):
        raise UsageError("one of --autm-delegation (-a) and --delegationid (-d) is needed")
    exclusive(call, "all", "endpoint")
    name = call.get("delegationid") or secrets.token_urlsafe(9)
    target = Path(delegation(name))
    session.introduce()
    endpoints = _reached(session)
    _copy(Path(session.proxy.path), target)
    command = session.command.name
    text = "Your proxy has been successfully delegated to the WMProxy(s):\n" + "\n".join(endpoints)
    text += f"\nwith the delegation identifier: {name}\n{_saved(session, endpoints, name)}"
    frame = "=" * layouts.WMS_WIDTH
    session.say(f"{layouts.stripe(f'{command} Success')}\n\n{text}\n{frame}\n")
    return 0


def _reached(session: Session) -> list[str]:
    """The endpoints that the proxy is for, each of them asked; raises BrokerError."""
    if not session.call.has("all"):
        session.reach()
        return [session.call.get("endpoint") or session.endpoint]  # scripts compare it with what they asked
    for each in session.servers.network_servers:
        session.at(each).reach()
    return [wire.wmproxy(*each) for each in dict.fromkeys(session.servers.network_servers)]


def _saved(session: Session, endpoints: list[str], name: str) -> str:
    """Write --output, with its two lines for each endpoint; what is to be told of it."""
    if not session.call.has("output"):
        return ""
    moment = time.strftime("%d %b %Y, %H:%M:%S")
    text = f"{session.command.name} ({moment} )\n{'=' * (layouts.WMS_WIDTH - 1)}\n"
    text += "".join(f"WMProxy: {endpoint}\ndelegation ID: {name}\n" for endpoint in endpoints)
    place = idfile.write(session.call.get("output"), text)
    return f"\nThe result has been saved in the following file:\n{place}\n"


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
