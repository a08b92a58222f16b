"""From a JDL file and options to what is sent: all is checked before anything leaves the UI."""

from __future__ import annotations

import os
import time

from gridware import textfile
from gridware.jdl import expand, normal, rules, schema
from gridware.jdl.ad import Ad, literal
from gridware.jdl.expand import Node
from gridware.jdl.lexer import JdlError, without_comments
from gridware.jdl.rules import names_ce
from gridware.jdl.syntax import parse
from gridware.pattern import pattern
from gridware.tuples import NamedTuple
from gridware.wms import sandbox
from gridware.wms.errors import UiError, UsageError
from gridware.wms.filters import moment
from gridware.wms.idfile import ask, choose, read_ces
from gridware.wms.options import exclusive
from gridware.wms.sandbox import Sandbox
from gridware.wms.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_VALID = pattern(r"(?a)(\d{1,5}):([0-5]?\d)")
_NAME = pattern(r"(?a)[A-Za-z_]\w*")
"""File names that do as names of nodes."""
LRMS = frozenset(["pbs", "lsf", "condor", "fork", "sge", "lcgpbs", "lcglsf", "lcgcondor", "lcgsge"])


class Job(NamedTuple):
    """A single job, complete but for its id."""

    name: str
    ad: Ad
    sandbox: Sandbox


class Request(NamedTuple):
    """What a JDL asks for; ``parent`` is there for jobs with nodes."""

    jobs: tuple[Job, ...]
    parent: Ad | None = None
    original: str = ""
    """The JDL file as it was written, with what the options add; empty for a folder of them."""
    kind: str = "job"


def build(session: Session) -> Request:
    """Raises UiError with every problem of the JDL: line, attribute and reason."""
    file, ad = _jdl(session)
    resource = _resource(session)
    try:
        merged = _merged(ad, session)
        plan = expand.expand(merged)
        defaults = _defaults(session, resource)
        jobs = tuple(_job(node, session, defaults) for node in plan.nodes)
        parent = None
        if plan.kind != "job":
            names = [job.name for job in jobs]
            parent = normal.parent(plan.ad, plan.kind, names, plan.dependencies, defaults)
    except JdlError as error:
        raise _refused(file, [error]) from None
    except ProblemsError as error:
        raise _refused(file, error.found) from None
    for each in ad.repeated:
        text = f"{file}, line {each.line}: {each.name}: given again further down, where it counts"
        session.warn("UI_JDL_REPEATED_ATTRIBUTE", text)
    for slip in dict.fromkeys(
        str(each) for node in (Node("", ad), *plan.nodes) for each in schema.slips(node.ad)
    ):
        session.warn("UI_JDL_UNKNOWN_ATTRIBUTE", f"{file}, {slip}")
    written = textfile.read(file) if os.path.isfile(file) else ""
    more = [f"{each.name} = {each.value};" for each in merged if ad.get(each.name) is None]
    more += [f"ExpiryTime = {defaults.expiry};"] if defaults.expiry else []
    return Request(jobs, parent, _with(written, more) if written else "", plan.kind)


class ProblemsError(Exception):
    """All that is wrong with a job."""

    def __init__(self, found: list[JdlError]) -> None:
        super().__init__(*map(str, found))
        self.found = found


def _job(node: Node, session: Session, defaults: normal.Defaults) -> Job:
    ad = node.ad
    _raise(schema.problems(ad), node)
    _raise(list(rules.sandbox_problems(ad)), node)
    try:
        files = sandbox.resolve(ad, session.defaults.sandbox_bytes)
        ad = sandbox.with_entries(ad, files)
        _raise(rules.problems(ad), node)
        _tell_of_other_vo(ad, defaults.vo, session)
        return Job(node.name, normal.job(ad, defaults), files)
    except JdlError as error:
        raise ProblemsError([_in_node(error, node)]) from None


def _raise(found: list[JdlError], node: Node) -> None:
    if found:
        raise ProblemsError([_in_node(error, node) for error in found])


def _in_node(error: JdlError, node: Node) -> JdlError:
    if node.name:
        error.attribute = f"{error.attribute} of node {node.name}"
    return error


def _jdl(session: Session) -> tuple[str, Ad]:
    """The file's name and the ad in it; --collection makes one of a folder."""
    call = session.call
    exclusive(call, "collection", "dag", "jsdl")
    if call.has("jsdl"):
        raise UsageError("--jsdl: this broker takes JDL only, and nothing here reads JSDL")
    for kind in ("collection", "dag"):
        if call.has(kind):
            if call.operands:
                raise UsageError(f"--{kind} and a JDL file exclude each other")
            return call.get(kind), _of_folder(kind, call.get(kind))
    if len(call.operands) != 1:
        raise UsageError(
            f"one JDL file is needed, not {len(call.operands)}; {session.command.name} --help tells more"
        )
    path = call.operands[0]
    return path, _parsed(path)


def _parsed(path: str) -> Ad:
    try:
        text = textfile.read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UiError("UI_FILE_NOT_FOUND", f"can't read the JDL file {path}: {reason}") from None
    try:
        return parse(text)
    except JdlError as error:
        raise _refused(str(path), [error]) from None


def _of_folder(kind: str, folder: str) -> Ad:
    """A collection, or a DAG without dependencies, of the JDL files in a folder."""
    from pathlib import Path

    files = sorted(Path(folder).glob("*.jdl"))
    if not files:
        raise UiError("UI_FILE_NOT_FOUND", f"no .jdl file lies in {folder}")
    nodes = [literal(Ad().with_value("File", literal(str(path)))) for path in files]
    ad = Ad().with_value("Type", literal(kind))
    if kind == "collection":
        return ad.with_value("Nodes", literal(nodes))
    named = Ad()
    for number, (path, node) in enumerate(zip(files, nodes, strict=True)):
        name = path.stem if _NAME.fullmatch(path.stem) else f"Node_{number}"
        named = named.with_value(name if named.get(name) is None else f"{name}_{number}", node)
    return ad.with_value("Nodes", literal(named))


def _merged(ad: Ad, session: Session) -> Ad:
    """The JDL with what --default-jdl has for attributes that it leaves out."""
    if not session.call.has("default-jdl"):
        return ad
    usual = _parsed(session.call.get("default-jdl"))
    return Ad({**usual.attributes, **ad.attributes}, ad.line)


def _with(written: str, more: list[str]) -> str:
    """The text of a JDL with more attributes at its end."""
    if not more:
        return written
    bare = without_comments(written)
    end = bare.rindex("]") if bare.lstrip().startswith("[") else len(bare)
    ended = bare[:end].rstrip()[-1:] in ("", ";", "[")
    lines = "".join(f"{line}\n" for line in more)
    return f"{written[:end].rstrip()}\n{'' if ended else ';'}{lines}{written[end:]}"


def _resource(session: Session) -> str:
    """The CE that the options ask for."""
    call = session.call
    exclusive(call, "resource", "input", "nodes-resource")
    if call.has("lrms") and not (call.has("resource") or call.has("input")):
        raise UsageError("--lrms has a meaning beside --resource or --input only")
    if call.has("lrms") and call.get("lrms").lower() not in LRMS:
        known = ", ".join(sorted(LRMS))
        raise UiError("UI_UNKNOWN_LRMS", f"{call.get('lrms')!r} is no batch system known here ({known})")
    return _checked(next(_resources(session), ""))


def _resources(session: Session) -> Iterator[str]:
    call = session.call
    for name in ("resource", "nodes-resource"):
        if call.has(name):
            yield call.get(name)
    if call.has("input"):
        ids = read_ces(call.get("input"), rules.CE_ID.fullmatch)
        yield ids[0] if call.has("noint") else choose(ids, "CEId", ask, one=True)[0]


def _checked(resource: str) -> str:
    if resource and not names_ce(resource):
        why = (
            "The form is <full host name>:<port>/jobmanager-<service>-<queue>,\n"
            "or <full host name> alone for the best queue there."
        )
        raise UiError("UI_WRONG_RESOURCE_ID", f"{resource} is no identifier of a CE.\n{why}")
    return resource


def _defaults(session: Session, resource: str) -> normal.Defaults:
    usual = session.defaults
    return normal.Defaults(
        vo=session.vo[0],
        subject=session.proxy.identity,
        requirements=usual.requirements,
        rank=usual.rank,
        retries=usual.number("RetryCount"),
        shallow_retries=usual.number("ShallowRetryCount"),
        my_proxy=session.servers.my_proxy,
        submit_to=resource,
        lrms=session.call.get("lrms").lower(),
        expiry=_expiry(session),
    )


def _expiry(session: Session) -> int:
    """When to give up, from --valid hh:mm or --to; 0 for never."""
    now = int(time.time())
    if session.call.has("to"):
        end = int(moment(session.call.get("to"), "to"))
        if end <= now:
            raise UsageError(f"--to {session.call.get('to')} is past: the job could not start any more")
        return end
    text = session.call.get("valid")
    if not session.call.has("valid"):
        return 0
    found = _VALID.fullmatch(text)
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 if found else 0
    if not seconds:
        raise UsageError(f"--valid: {text!r} is no time of the form hh:mm, such as 12:00")
    return now + seconds


def _tell_of_other_vo(ad: Ad, vo: str, session: Session) -> None:
    asked = ad.content("VirtualOrganisation")
    if isinstance(asked, str) and asked.lower() != vo.lower():
        session.warn(
            "UI_VO_OVERRIDDEN",
            f"VirtualOrganisation {asked!r} of the JDL has no effect: the job runs for {vo}",
        )


def _refused(file: str, found: Sequence[JdlError]) -> UiError:
    """One error for all the problems; a node's own file is named in its place."""
    listed = "\n".join(f"{'' if each.file else f'{file}, '}{each}" for each in found)
    return UiError("UI_JDL_ERROR", f"{listed}\nNothing was sent.")
