"""What the commands print, as the gLite 3.0/3.1 ones did: scripts cut these texts into pieces."""

from __future__ import annotations

import time

from gridware.wms import eventnames
from gridware.wms.records import Event, JobStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WMS_WIDTH = 74
CANCEL_WIDTH = 88
_LABEL = 20
_ATTRIBUTE = 27
_TEXT_ATTRIBUTES = frozenset({"Jdl"})
"""Attributes only shown at the highest verbosity."""


def stripe(title: str, width: int = WMS_WIDTH) -> str:
    """A title between signs: half the width less half the title and a blank, on each side."""
    side = "=" * (width // 2 - (len(title) // 2 + 1))
    return f"{side} {title} {side}"


def printable(text: str) -> str:
    """What a JDL or a job says, on one line and without control characters: it makes no line of the page."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.splitlines()))


def moment(seconds: float, edg: bool = False) -> str:
    """A time as ``ctime`` writes it; with the time zone, but for LCG-2's commands, which left it out."""
    zone = "" if edg else " %Z"
    return time.strftime(f"%a %b %e %H:%M:%S %Y{zone}", time.localtime(seconds))


def vo_line(source: str, vo: str) -> str:
    return f"Selected Virtual Organisation name (from {source}): {vo}"


def connecting(host: str, port: int) -> str:
    """What the Network Server's clients say first: it is told of the job, and logs what becomes of it."""
    return f"Connecting to host {host}, port {port}\nLogging to host {host}, port {port}"


def submitted_old(command: str, status_command: str, job: str, saved: str, edg: bool) -> str:
    """The box of glite-job-submit and edg-job-submit."""
    kind = " (edg_jobId)" if edg else ""
    title = f"{'=' * 32} {command} Success {'=' * 37}"
    file = f" The edg_jobId has been saved in the following file:\n {saved}\n\n" if saved else ""
    return (
        f"\n\n{title}\n The job has been successfully submitted to the Network Server.\n"
        f" Use {status_command} command to check job current status. Your job identifier{kind} is:\n\n"
        f" - {job}\n\n{file}\n{'=' * len(title)}\n"
    )


def submitted_wms(command: str, job: str, saved: str, done: str = "submitted") -> str:
    """The box of glite-wms-job-submit."""
    file = f"The job identifier has been saved in the following file:\n{saved}\n\n" if saved else ""
    go = f"It waits until you let it go:\n{command} --start {job}\n\n" if done == "registered" else ""
    return (
        f"\n{stripe(f'{command} Success')}\n\nThe job has been successfully {done} to the WMProxy\n"
        f"Your job identifier is:\n\n{job}\n\n{file}{go}{'=' * WMS_WIDTH}\n"
    )


def status_page(command: str, blocks: Iterable[str], old: bool) -> str:
    """The answer of the status command around a block for each job."""
    if old:
        frame = "*" * 61
        return "".join(f"\n{frame}\nBOOKKEEPING INFORMATION:\n\n{block}\n{frame}\n" for block in blocks)
    # The C++ command has this line in one piece, one sign off the middle.
    head = f"{'=' * 23} {command} Success {'=' * 21}"
    return "".join(f"\n{head}\nBOOKKEEPING INFORMATION:\n\n{block}\n{'=' * WMS_WIDTH}\n" for block in blocks)


def status_block(job: JobStatus, level: int, edg: bool, nodes: Iterable[JobStatus] = ()) -> str:
    """What is known about a job; ``level`` is the verbosity, 0 to 3."""
    lines = [f"Status info for the Job : {job.id}", _labelled("Current Status:", _state(job))]
    if level > 0:
        lines += _details(job, edg)
    if level > 1:
        lines += ["---", *_attributes(job.attributes or {}, level)]
    children = list(nodes)
    if children:
        lines.append("- Nodes information for: ")
    for node in children:
        lines += ["    " + line for line in status_block(node, level, edg).splitlines()] + [""]
    return "\n".join(lines) + "\n"


def output_old(command_host: str, job: str, directory: str) -> str:
    """The box of glite-job-output and edg-job-get-output."""
    frame = "*" * 81
    return (
        f"\nRetrieving files from host: {command_host} ( for {job} )\n\n{frame}\n"
        f"                        JOB GET OUTPUT OUTCOME\n\n Output sandbox files for the job:\n - {job}\n"
        f" have been successfully retrieved and stored in the directory:\n {directory}\n\n{frame}\n"
    )


def kind(children: Sequence[str]) -> str:
    """What a job is called where its output is told (joboutput.cpp of org.glite.wms)."""
    return "DAG/Collection" if children else "job"


def output_wms(job: str, directory: str, children: Sequence[str] = ()) -> str:
    frame, blank = "=" * 80, " " if children else ""
    return (
        f"\n{frame}\n\n\t\t\tJOB GET OUTPUT OUTCOME\n\n"
        f"Output sandbox files for the {kind(children)}{blank}:\n{job}\n"
        f"have been successfully retrieved and stored in the directory:\n{directory}\n\n{frame}\n"
    )


def node_map(job: str, nodes: Mapping[str, str], directory: str) -> str:
    """Which node of a DAG or collection has which id, and where its output lies."""
    each = (
        f"\n\t - - -\n\tNode Name:\t{name}\n\tJobId:    \t{node}\n\tDir:      \t{directory}/{name}"
        for node, name in nodes.items()
    )
    return f"Dag JobId: {job}{''.join(each)}\n"


def cancelled(command: str, jobs: Sequence[str], old: bool) -> str:
    """Which jobs will be cancelled."""
    head = stripe(f"{command} Success", CANCEL_WIDTH)
    mark = " - " if old else "- "
    listed = "".join(f"{mark}{job}\n" for job in jobs)
    colon = "" if old else ":"
    text = f"The cancellation request has been successfully submitted for the following job(s){colon}"
    return f"\n{head}\n\n{text}\n\n{listed}\n{'=' * CANCEL_WIDTH}\n"


def matches(found: Sequence[tuple[str, float]], rank: bool, old: bool) -> str:
    """The CEs that fit, best first."""
    frame = "*" * 75 if old else "=" * WMS_WIDTH
    title = "\t*CEId*" + (f"{'*Rank*':>48}" if rank else "")
    rows = "".join(f" - {f'{ce:<50}  {_number(value)}' if rank else ce}\n" for ce, value in found)
    return (
        f"\n{frame}\n\n\t\t     COMPUTING ELEMENT IDs LIST \n"
        " The following CE(s) matching your job requirements have been found:\n\n"
        f"{title}\n\n{rows}\n{frame}\n"
    )


def no_match(command: str, old: bool) -> str:
    frame = "*" * 75 if old else "=" * WMS_WIDTH
    head = frame if old else stripe(f"{command} failure")
    return f"\n{head}\nNo Computing Element matching your job requirements has been found!\n{frame}\n"


def events_page(
    command: str, job: str, events: Iterable[Event], level: int, old: bool, edg: bool = False
) -> str:
    """What happened to a job."""
    frame = "*" * 70 if old else "=" * WMS_WIDTH
    head = frame if old else stripe(f"{command} Success")
    blocks = "".join(_event(event, level, edg) for event in events)
    return f"\n{head}\nLOGGING INFORMATION:\n\nPrinting info for the Job : {job}\n{blocks}\n{frame}\n"


def _state(job: JobStatus) -> str:
    return f"{job.state} ({job.done_qualifier})" if job.state == "Done" and job.done_qualifier else job.state


def _details(job: JobStatus, edg: bool) -> list[str]:
    attributes = job.attributes or {}
    lines = []
    reasons = [line for line in str(attributes.get("Failure_reason") or "").splitlines() if line.strip()]
    if reasons:
        lines += ["Logged Reason(s):", *(f"    - {printable(reason)}" for reason in reasons)]
    if job.state == "Done" and job.exit_code is not None:
        lines.append(_labelled("Exit code:", str(job.exit_code)))
    if job.reason:
        lines.append(_labelled("Status Reason:", printable(" ".join(str(job.reason).split()))))
    if job.destination:
        lines.append(_labelled("Destination:", job.destination))
    when = job.last_change if edg else job.submitted
    if when:
        lines.append(_labelled("reached on:" if edg else "Submitted:", moment(when, edg)))
    if job.parent:
        lines.append(_labelled("Parent Job:", job.parent))
    return lines


def _attributes(attributes: Mapping[str, object], level: int) -> list[str]:
    shown = {name: value for name, value in attributes.items() if level > 2 or name not in _TEXT_ATTRIBUTES}
    return [_attribute(name, value) for name, value in shown.items() if value not in (None, "")]


def _event(event: Event, level: int, edg: bool) -> str:
    values: dict[str, object] = {"Source": event.source, "Timestamp": moment(event.time, edg)}
    values |= {
        name: value for name, value in event.attributes.items() if level > 2 or name not in _TEXT_ATTRIBUTES
    }
    lines = [_attribute(name, value) for name, value in values.items() if value not in (None, "")]
    return "\n".join(["\t---", f"Event: {eventnames.shown(event.name)}", *lines]) + "\n"


def _attribute(name: str, value: object) -> str:
    text = str(value) if name in _TEXT_ATTRIBUTES else printable(str(value))
    return f"- {name:<{_ATTRIBUTE}}=    {text}"


def _labelled(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}{value}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)
