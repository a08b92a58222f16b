"""The attributes of a JDL and what each holds (gLite JDL API: names and kinds)."""

from __future__ import annotations

from gridware.jdl.ad import Ad, Attribute, Value
from gridware.jdl.lexer import JdlError
from gridware.pattern import pattern

_TEXT = """Type Executable Arguments StdInput StdOutput StdError InputSandboxBaseURI
    OutputSandboxBaseDestURI Prologue PrologueArguments Epilogue EpilogueArguments
    VirtualOrganisation MyProxyServer HLRLocation JobProvenance UserContact PerusalFilesDestURI
    SubmitTo DataCatalog DataCatalogType StorageIndex ReplicaCatalog OutputSE ListenerHost
    ListenerPipeName NodeName edg_jobid LB_sequence_code CertificateSubject Delegation_ID LBAddress
    ce_id GlobusResourceContactString QueueName lrms_type JDL_Original File"""
_TEXTS = """JobType InputSandbox InputSandboxDestFileName OutputSandbox OutputSandboxDestURI Environment
    InputData DataAccessProtocol"""
_WHOLE = """RetryCount ShallowRetryCount ExpiryTime NodeNumber CpuNumber SMPGranularity HostNumber
    ListenerPort PerusalTimeInterval CreationTime max_running_nodes Max_Nodes_Running ParameterStart
    ParameterStep"""
_TRUTH = "AllowZippedISB PerusalFileEnable ShortDeadlineJob WholeNodes NodesCollocation FuzzyRank"
_EXPRESSION = "Requirements Rank"
_OTHER = """DataRequirements OutputData UserTags JobSteps CurrentStep JobState UserData StepWeight Prejob
    Postjob Nodes Dependencies Parameters Description"""

_KINDS = {
    name.lower(): (name, kind)
    for kind, names in {
        "text": _TEXT,
        "texts": _TEXTS,
        "whole": _WHOLE,
        "truth": _TRUTH,
        "expression": _EXPRESSION,
        "other": _OTHER,
    }.items()
    for name in names.split()
}
_WANTED = {
    "text": 'a text in quotes is needed, such as "x"',
    "texts": 'a text in quotes, or a list of such: {"x", "y"}, is needed',
    "whole": "a whole number is needed",
    "truth": "true or false is needed",
    "expression": "an expression is needed",
}
_LEAST = {
    "retrycount": 0,
    "shallowretrycount": -1,
    "nodenumber": 1,
    "cpunumber": 1,
    "smpgranularity": 1,
    "hostnumber": 1,
    "max_running_nodes": 1,
    "max_nodes_running": 1,
    "perusaltimeinterval": 1,
    "listenerport": 1,
}
_WORD = pattern(r"[A-Za-z_]\w*")
ALIKE = 0.82
"""From this likeness on an unknown name is taken for a slip of the keyboard."""


def problems(ad: Ad) -> list[JdlError]:
    """Attributes that hold something else than they should."""
    return [error for each in ad if (error := _wrong(each))]


def slips(ad: Ad) -> list[JdlError]:
    """Names that nobody knows and that look like a known one; names of one's own are allowed.

    A name that an expression of the same ad uses is one's own, as ``pilotRequirements`` of pilots' JDLs.
    """
    found = []
    used = {
        word.lower() for each in ad if each.value.content is None for word in _WORD.findall(each.value.text)
    }
    for each in ad:
        if each.name.lower() not in _KINDS and each.name.lower() not in used:
            import difflib

            near = difflib.get_close_matches(each.name.lower(), _KINDS, 1, ALIKE)
            if near:
                why = f"unknown, and without effect; is {_KINDS[near[0]][0]} meant?"
                found.append(JdlError(each.line, each.name, why))
    return found


def texts(ad: Ad, name: str) -> tuple[str, ...]:
    """The texts of an attribute that holds one or a list; none if it is missing."""
    found = ad.get(name)
    return tuple(str(item.content) for item in found.value.items) if found else ()


def _wrong(each: Attribute) -> JdlError | None:
    kind = _KINDS.get(each.name.lower(), ("", "other"))[1]
    if not _fits(each.value, kind):
        return JdlError(_line(each.value, kind), each.name, f"{_WANTED[kind]}, not {_short(each.value)}")
    least = _LEAST.get(each.name.lower())
    if least is not None and isinstance(each.value.content, int) and each.value.content < least:
        return JdlError(each.line, each.name, f"{each.value.content} is below {least}, the least it can be")
    return None


def _fits(value: Value, kind: str) -> bool:
    content = value.content
    if kind == "text":
        return isinstance(content, str)
    if kind == "texts":
        return all(isinstance(item.content, str) for item in value.items)
    if kind == "whole":
        return isinstance(content, int) and not isinstance(content, bool)
    if kind == "truth":
        return isinstance(content, bool)
    if kind == "expression" and content == "false":  # a text is never true: it means what it says
        return True
    return kind != "expression" or not isinstance(content, str | tuple | Ad)


def _line(value: Value, kind: str) -> int:
    """The line of the item that does not fit, or of the value."""
    if kind != "texts":
        return value.line
    return next((item.line for item in value.items if not isinstance(item.content, str)), value.line)


def _short(value: Value) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
