"""glite-wms-job-info: the JDL of a job, or its proxy, as the broker has it."""

from __future__ import annotations

import os
import re
import time

from gridware.jdl.ad import Ad, Value, literal, quoted
from gridware.jdl.syntax import parse
from gridware.wms import idfile, layouts, proxy
from gridware.wms.errors import UiError, UsageError
from gridware.wms.options import exclusive
from gridware.wms.records import JobStatus
from gridware.wms.session import Session, delegation

_OPERATIONS = ("jdl", "jdl-original", "proxy", "delegationid")
_LABEL = 12
_ORIGINAL = "JDL_Original"
_PERSON = ("Subject", "Issuer", "Identity", "Type", "Strength")
_MEMBER = ("VO", "Subject", "Issuer", "Attribute")


def run(session: Session) -> int:
    call = session.call
    exclusive(call, *_OPERATIONS)
    if not any(call.has(name) for name in _OPERATIONS):
        raise UsageError(f"one of {', '.join(f'--{name}' for name in _OPERATIONS)} is needed")
    if call.has("endpoint"):
        session.reach()
    if call.has("delegationid"):
        exclusive(call, "delegationid", "input")
        head, body = _put_aside(session, call.get("delegationid"))
    elif call.has("proxy"):
        job = session.one_id()
        text = session.broker(session.host(job)).proxy_info(job)
        head = f"Your proxy delegated to the endpoint {session.endpoint}\n for the job {job} :"
        body = proxy_lines(text, time.time())
    else:
        head, body = _jdl(session, session.one_id())
    title = layouts.stripe(f"{session.command.name} Success")
    page = f"\n{title}\n\n{head}\n{body}\n{'=' * layouts.WMS_WIDTH}\n"
    if not call.has("output"):
        session.say(page)
        return 0
    place = idfile.write(call.get("output"), page)
    session.say(f"\nThe information has been saved in the following file:\n{place}\n")
    return 0


def jdl_lines(ad: Ad, indent: str = "") -> str:
    """An ad, and those in it, with a line for each attribute."""
    inner = f"{indent}  "
    lines = "".join(f"{inner}{quoted(each.name)} = {_ad_or_text(each.value, inner)};\n" for each in ad)
    return f"[\n{lines}{indent}]"


def _ad_or_text(value: Value, indent: str) -> str:
    return jdl_lines(value.content, indent) if isinstance(value.content, Ad) else str(value)


def proxy_lines(text: str, now: float) -> str:
    """What voms-proxy-info says, as this command lays it out; ``now``: epoch seconds."""
    parts = re.split(r"^=== VO (\S+) extension information ===$", text, flags=re.MULTILINE)
    lines = _fields(parts[0], _PERSON, now)
    for vo, part in zip(parts[1::2], parts[2::2], strict=True):
        lines += [f"=== VO {vo} extension information ===", *_fields(part, _MEMBER, now)]
    return "".join(f"{line}\n" for line in lines)


def _jdl(session: Session, job: str) -> tuple[str, str]:
    status = session.books(job).status([job])[0]
    ad = parse(str((status.attributes or {}).get("Jdl") or ""))
    if session.call.has("jdl"):
        return f"The registered JDL\n for the job {job} :", jdl_lines(_with_nodes(session, ad, status)) + "\n"
    written = ad.content(_ORIGINAL)
    if not isinstance(written, str):
        why = (
            "nodes have none of their own: ask for their parent"
            if status.parent
            else "it was made of a folder"
        )
        raise UiError("LB_API_ERROR", f"no original JDL is kept of the job {job}: {why}")
    return f"The original JDL\n for the job {job} :", written.rstrip("\n") + "\n"


def _with_nodes(session: Session, ad: Ad, status: JobStatus) -> Ad:
    """What was registered; of a compound job with all of its nodes, as WMProxy's (adconverter.cpp)."""
    ad = ad.without([_ORIGINAL])
    if not status.children:
        return ad
    nodes = Ad()
    for node in session.books(status.id).status(status.children):
        attributes = node.attributes or {}
        described = literal(parse(str(attributes.get("Jdl") or "[]")))
        whole = Ad().with_value("Description", described).with_value("Node_Type", literal("edg-jdl"))
        nodes = nodes.with_value(str(attributes.get("Node_name")), literal(whole))
    return ad.with_value("Nodes", literal(nodes))


def _put_aside(session: Session, name: str) -> tuple[str, str]:
    path = delegation(name)
    if not os.path.exists(path):
        raise UiError("UI_PROXY_NOT_FOUND", f"No proxy was delegated with the identifier {name}.")
    head = f"Your proxy delegated to the endpoint {session.endpoint}\nwith delegationID {name}: "
    return head, proxy_lines(proxy.described(path), time.time())


def _fields(text: str, labels: tuple[str, ...], now: float) -> list[str]:
    """The lines for these labels, in their order, and until when it is valid."""
    found = re.findall(r"^(\w[\w ]*?)\s*: (.*)$", text, re.MULTILINE)
    lines = [
        _field(label, value) for label in labels for name, value in found if name.lower() == label.lower()
    ]
    left = next((value for name, value in found if name == "timeleft"), "")
    if left:
        hours, minutes, seconds = map(int, left.split(":"))
        end = time.localtime(now + (hours * 60 + minutes) * 60 + seconds)
        lines.append(_field("Expiration", time.strftime("%d %b %Y - %H:%M:%S", end)))
        span = f"{hours:02} hours " if hours else ""
        lines.append(_field("Timeleft", f"{span}{minutes:02} min {seconds:02} sec"))
    return lines


def _field(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}: {value.strip()}"
