"""From a JDL to the jobs it stands for: one, or the nodes of a parametric job, a collection or a DAG."""

from __future__ import annotations

from gridware import textfile
from gridware.jdl.ad import Ad, Attribute, Value, literal
from gridware.jdl.lexer import JdlError
from gridware.jdl.rules import job_types
from gridware.jdl.syntax import parse, parse_value
from gridware.pattern import pattern
from gridware.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NODES = 1000
"""Nodes that one submission may have: a slip such as Parameters = 1000000 must not bury the broker."""
_PARAMETER = "_PARAM_"
_ROOT = pattern(r"(?i)root\.InputSandbox(?:\[(\d+)\])?")
_UNFIT = pattern(r"[^A-Za-z0-9_.+-]")
"""Signs that a node's name, which is a folder's as well, can do without."""
_STRUCTURE = [
    "Type",
    "JobType",
    "Nodes",
    "Dependencies",
    "Parameters",
    "ParameterStart",
    "ParameterStep",
    "max_running_nodes",
    "Max_Nodes_Running",
    "NodesCollocation",
]
_TYPES = ("job", "collection", "dag")


class Node(NamedTuple):
    """One job of a submission; the name is empty for a job that stands alone."""

    name: str
    ad: Ad


class Plan(NamedTuple):
    """What a JDL stands for; ``kind`` is job, parametric, collection or dag."""

    kind: str
    ad: Ad
    nodes: tuple[Node, ...]
    dependencies: tuple[tuple[str, str], ...] = ()
    """Pairs of names: the first ends before the second starts."""


def expand(ad: Ad) -> Plan:
    """Raises JdlError for what makes no sense as a whole; the single jobs are not looked at."""
    kind = str(ad.content("Type") or "job").lower()
    if kind not in _TYPES:
        raise JdlError(ad.line_of("Type"), "Type", f"{kind!r} is none; {', '.join(_TYPES)} are")
    if kind == "job" and "parametric" in job_types(ad):
        return Plan("parametric", ad, tuple(_parametric(ad)))
    if kind == "job":
        return Plan("job", ad, (Node("", ad),))
    plan = Plan(kind, ad, tuple(_nodes(ad)))
    if len(plan.nodes) > MOST_NODES:
        raise JdlError(ad.line_of("Nodes"), "Nodes", f"{len(plan.nodes)} are more than {MOST_NODES}")
    return plan._replace(dependencies=tuple(_dependencies(plan))) if kind == "dag" else plan


def _parametric(ad: Ad) -> Iterator[Node]:
    values = _parameters(ad)
    if not values:
        raise JdlError(ad.line_of("Parameters"), "Parameters", "stand for no job at all")
    if len(values) > MOST_NODES:
        raise JdlError(
            ad.line_of("Parameters"), "Parameters", f"{len(values)} jobs are more than {MOST_NODES}"
        )
    bare = ad.without(_STRUCTURE)
    used: set[str] = set()
    for number, value in enumerate(map(str, values)):
        name = "Node_" + _UNFIT.sub("_", value)
        name = f"{name}_{number}" if name in used else name
        used.add(name)
        yield Node(name, _substituted(bare, value))


def _parameters(ad: Ad) -> list[str] | range:
    found = ad.get("Parameters")
    if found is None:
        raise JdlError(ad.line_of("JobType"), "Parameters", "missing: a number, or a list of values")
    if isinstance(found.value.content, tuple):
        for name in ("ParameterStart", "ParameterStep"):
            if ad.get(name):
                raise JdlError(ad.line_of(name), name, "has no meaning beside a list of Parameters")
        return [
            str(item.content) if isinstance(item.content, str) else item.text for item in found.value.items
        ]
    if type(found.value.content) is not int:
        raise JdlError(found.line, found.name, "a whole number, or a list of values, is needed")
    start, step = (_whole(ad, name, usual) for name, usual in (("ParameterStart", 0), ("ParameterStep", 1)))
    if step == 0:
        raise JdlError(ad.line_of("ParameterStep"), "ParameterStep", "0 never comes to an end")
    return range(start, found.value.content, step)


def _whole(ad: Ad, name: str, usual: int) -> int:
    if ad.get(name) is None:
        return usual
    content = ad.content(name)
    if type(content) is not int:
        raise JdlError(ad.line_of(name), name, "a whole number is needed")
    return content


def _substituted(ad: Ad, word: str) -> Ad:
    return Ad(
        {key: each._replace(value=_with(each, each.value, word)) for key, each in ad.attributes.items()},
        ad.line,
    )


def _with(each: Attribute, value: Value, word: str) -> Value:
    content = value.content
    if isinstance(content, str):
        return literal(content.replace(_PARAMETER, word), value.line)
    if isinstance(content, tuple):
        return value._replace(content=tuple(_with(each, item, word) for item in content))
    if isinstance(content, Ad):
        return value._replace(content=_substituted(content, word))
    if content is None and _PARAMETER in value.text:
        return parse_value(value.text.replace(_PARAMETER, word), value.line, each.name)
    return value


def _nodes(ad: Ad) -> Iterator[Node]:
    found = ad.get("Nodes")
    content = found.value.content if found else None
    if found is None:
        raise JdlError(ad.line, "Nodes", "missing: which jobs?")
    if isinstance(content, Ad):
        for each in content.without(["Dependencies"]):
            yield Node(each.name, _inherited(_description(each.name, each.value), ad))
    elif isinstance(content, tuple):
        names: set[str] = set()
        for number, item in enumerate(content):
            job = _description("Nodes", item)
            name = _UNFIT.sub("_", str(job.content("NodeName") or f"Node_{number}"))
            if name in names:
                raise JdlError(item.line, "NodeName", f"two nodes are called {name!r}")
            names.add(name)
            yield Node(name, _inherited(job, ad))
    else:
        raise JdlError(
            found.line, "Nodes", "jobs are needed: { [ ... ], [ ... ] }, or names: [ a = [ ... ]; ]"
        )
    if not content:
        raise JdlError(found.line, "Nodes", "empty: a job at least is needed")


def _description(name: str, value: Value) -> Ad:
    """The job of a node: written there, in its Description, or in a File."""
    node = value.content
    if not isinstance(node, Ad):
        raise JdlError(value.line, name, "a job in brackets [ ... ] is needed")
    file, inner = node.content("File"), node.get("Description")
    if isinstance(file, str):
        job = _read(file, node.line_of("File"), name)
    elif inner is not None:
        if not isinstance(inner.value.content, Ad):
            raise JdlError(inner.line, f"{name}.Description", "a job in brackets [ ... ] is needed")
        job = inner.value.content
    else:
        job = node
    if str(job.content("Type") or "job").lower() != "job" or "parametric" in job_types(job):
        raise JdlError(job.line_of("Type") or job.line, name, "a node must be a single job")
    return job


def _read(path: str, line: int, name: str) -> Ad:
    try:
        return parse(textfile.read(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise JdlError(line, f"{name}.File", f"can't read {path}: {reason}") from None
    except JdlError as error:
        error.file = str(path)
        raise


def _inherited(job: Ad, outer: Ad) -> Ad:
    """A job with what the JDL around it says for all."""
    shared = outer.without(_STRUCTURE)
    own = {**job.attributes}
    sandbox = job.get("InputSandbox")
    if sandbox is not None:
        items = tuple(each for item in sandbox.value.items for each in _rooted(item, outer))
        own["inputsandbox"] = sandbox._replace(value=sandbox.value._replace(content=items))
    return Ad({**shared.attributes, **own}, job.line)


def _rooted(item: Value, outer: Ad) -> tuple[Value, ...]:
    """``root.InputSandbox`` and ``root.InputSandbox[1]``: what the JDL around a node has there."""
    match = _ROOT.fullmatch(item.text.strip()) if item.content is None else None
    if match is None:
        return (item,)
    shared = outer.get("InputSandbox")
    files = shared.value.items if shared else ()
    if match[1] is None:
        return files
    if int(match[1]) >= len(files):
        raise JdlError(
            item.line, "InputSandbox", f"{item.text}: the InputSandbox around has {len(files)} files"
        )
    return (files[int(match[1])],)


def _dependencies(plan: Plan) -> Iterator[tuple[str, str]]:
    inside = plan.ad.content("Nodes")
    found = plan.ad.get("Dependencies") or (inside.get("Dependencies") if isinstance(inside, Ad) else None)
    if found is None:
        return
    names = {node.name.lower(): node.name for node in plan.nodes}
    after: dict[str, set[str]] = {}
    for pair in found.value.items:
        sides = pair.items
        if not isinstance(pair.content, tuple) or len(sides) != 2:
            raise JdlError(pair.line, "Dependencies", f"{pair}: pairs such as {{ first, second }} are needed")
        for first in _named(sides[0], names):
            for second in _named(sides[1], names):
                after.setdefault(second, set()).add(first)
                yield first, second
    # Here, since hardly a submission comes by.
    from graphlib import CycleError, TopologicalSorter

    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise JdlError(found.line, "Dependencies", f"run in a circle: {circle}") from None


def _named(side: Value, names: dict[str, str]) -> Iterator[str]:
    for item in side.items:
        word = str(item.content) if isinstance(item.content, str) else item.text
        if word.lower() not in names:
            raise JdlError(item.line, "Dependencies", f"no node is called {word!r}")
        yield names[word.lower()]
