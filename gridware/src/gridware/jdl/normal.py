"""The JDL that goes to the broker: one job, nothing left open, with the defaults of the UI."""

from __future__ import annotations

from gridware.jdl.ad import Ad, Value, literal
from gridware.jdl.lexer import JdlError
from gridware.jdl.rules import job_types
from gridware.jdl.schema import texts
from gridware.jdl.syntax import parse_value
from gridware.tuples import NamedTuple

_LISTS = (
    *("InputSandbox", "InputSandboxDestFileName", "OutputSandbox", "OutputSandboxDestURI", "Environment"),
    *("InputData", "DataAccessProtocol"),
)
_FREE_CPUS = "other.GlueCEStateFreeCPUs"


class Defaults(NamedTuple):
    """What the UI adds; empty texts and None stand for nothing."""

    vo: str
    subject: str
    requirements: str
    rank: str
    retries: int | None = None
    shallow_retries: int | None = None
    my_proxy: str = ""
    submit_to: str = ""
    lrms: str = ""
    expiry: int = 0
    """Epoch seconds after which the broker gives the job up."""


def job(ad: Ad, defaults: Defaults) -> Ad:
    """A single job, checked before, as the broker gets it; raises JdlError."""
    kind = "mpich" if "mpich" in job_types(ad) else "normal"
    ad = ad.with_value("Type", literal("job")).with_value("JobType", literal(kind))
    for name in _LISTS:
        found = ad.get(name)
        if found is not None:
            ad = ad.with_value(name, literal(texts(ad, name), found.line))
    ad = _with_identity(ad, defaults)
    ad = ad.with_value("Requirements", _requirements(ad, defaults.requirements))
    ad = ad.with_value("Rank", _rank(ad, defaults.rank))
    for name, content in _optional(defaults):
        if content and (ad.get(name) is None or name in ("SubmitTo", "lrms_type", "ExpiryTime")):
            ad = ad.with_value(name, content)
    return ad


def parent(ad: Ad, kind: str, names: list[str], pairs: tuple[tuple[str, str], ...], defaults: Defaults) -> Ad:
    """What holds the nodes together; ``kind`` is parametric, collection or dag."""
    made = Ad().with_value("Type", literal("dag" if kind == "dag" else "collection"))
    made = made.with_value("JobType", literal("parametric" if kind == "parametric" else "normal"))
    made = _with_identity(made, defaults)
    nodes = [Ad().with_value("NodeName", literal(name)) for name in names]
    made = made.with_value("Nodes", literal(nodes and [literal(node) for node in nodes]))
    if pairs:
        made = made.with_value("Dependencies", literal([literal(pair) for pair in pairs]))
    tags = ad.get("UserTags")
    made = made.with_value("UserTags", tags.value) if tags else made
    most = ad.get("max_running_nodes") or ad.get("Max_Nodes_Running")
    return made.with_value("max_running_nodes", most.value) if most else made


def with_original(ad: Ad, text: str) -> Ad:
    """With the JDL as it was written, which glite-wms-job-info shows; not for nodes: their parent has it."""
    return ad.with_value("JDL_Original", literal(text)) if text else ad


def with_id(ad: Ad, job_id: str) -> str:
    """The text to send; what became of OutputData comes back with the output, as in gLite."""
    if ad.get("OutputData") is not None:
        names = [*texts(ad, "OutputSandbox"), f"DSUpload_{job_id.rpartition('/')[2]}.out"]
        ad = ad.with_value("OutputSandbox", literal(names))
    return str(ad.with_value("edg_jobid", literal(job_id)))


def _with_identity(ad: Ad, defaults: Defaults) -> Ad:
    ad = ad.with_value("VirtualOrganisation", literal(defaults.vo))
    return ad.with_value("CertificateSubject", literal(defaults.subject))


def _optional(defaults: Defaults) -> list[tuple[str, Value | None]]:
    retries = (("RetryCount", defaults.retries), ("ShallowRetryCount", defaults.shallow_retries))
    words = (
        ("MyProxyServer", defaults.my_proxy),
        ("SubmitTo", defaults.submit_to),
        ("lrms_type", defaults.lrms),
    )
    numbers = [(name, None if count is None else literal(count)) for name, count in retries]
    numbers.append(("ExpiryTime", literal(defaults.expiry) if defaults.expiry else None))
    return numbers + [(name, literal(word) if word else None) for name, word in words]


def _requirements(ad: Ad, default: str) -> Value:
    """What the user asks, what the UI always asks, and the CPUs of a parallel job."""
    found, line = ad.get("Requirements"), 0
    if found is None and not default:
        raise JdlError(ad.line, "Requirements", "missing, and the UI's configuration has none either")
    text = default
    if found is not None:
        own, line = str(found.value), found.line
        text = f"({own}) && ({default})" if default else own
    cpus = _cpus(ad)
    if cpus:
        text = f"( {text} ) && other.GlueCEInfoTotalCPUs >= {cpus}"
    return parse_value(text, line, "Requirements")


def _rank(ad: Ad, default: str) -> Value:
    found = ad.get("Rank")
    if found is not None:
        return found.value
    text = _FREE_CPUS if _cpus(ad) else default
    if not text:
        raise JdlError(ad.line, "Rank", "missing, and the UI's configuration has none either")
    return parse_value(text, 0, "Rank")


def _cpus(ad: Ad) -> int:
    content = ad.content("NodeNumber") or ad.content("CpuNumber")
    return content if isinstance(content, int) else 0
