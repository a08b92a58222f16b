"""What a job must and must not say: the rules of the gLite JDL library."""

from __future__ import annotations

import os.path
import time

from gridware.jdl.ad import Ad
from gridware.jdl.data_rules import data, output_data
from gridware.jdl.lexer import JdlError
from gridware.jdl.schema import texts
from gridware.pattern import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Rule = Callable[[Ad], Iterator[JdlError]]

JOB_TYPES = frozenset(["normal", "mpich", "interactive", "checkpointable", "partitionable", "parametric"])
NOT_HERE = frozenset(["interactive", "checkpointable", "partitionable"])
"""Job types that gLite had and this broker does not run."""
CE_ID = pattern(r"[^:/\s]+:\d+/(?:jobmanager|blah|cream)-[^-\s]+-\S+")
CE_HOST = pattern(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)+")
"""The full name of a CE's host: whichever of its queues is the best."""
_VARIABLE = pattern(r"(?a)[A-Za-z_]\w*=")
_WILD = pattern(r"[*?\[]")


def names_ce(place: str) -> bool:
    """A CE id, or the name of a CE's host."""
    return bool(CE_ID.fullmatch(place) or CE_HOST.fullmatch(place))


def problems(ad: Ad) -> list[JdlError]:
    """What is wrong with a single job, in the order of its lines."""
    found = [error for rule in _RULES for error in rule(ad)]
    return sorted(found, key=lambda error: error.line)


def job_types(ad: Ad) -> frozenset[str]:
    return frozenset(word.lower() for word in texts(ad, "JobType")) or frozenset({"normal"})


def wild(name: str) -> bool:
    """Whether a file name holds wildcards."""
    return bool(_WILD.search(name))


def sandbox_names(ad: Ad) -> tuple[str, ...]:
    """What the files of the InputSandbox are called on the WN."""
    named = texts(ad, "InputSandboxDestFileName")
    return named or tuple(os.path.basename(entry.rstrip("/")) for entry in texts(ad, "InputSandbox"))


def _job_type(ad: Ad) -> Iterator[JdlError]:
    line, types = ad.line_of("JobType"), job_types(ad)
    for word in sorted(types - JOB_TYPES):
        yield JdlError(line, "JobType", f"{word!r} is no type of a job; {', '.join(sorted(JOB_TYPES))} are")
    if {"parametric", "partitionable"} <= types:
        yield JdlError(line, "JobType", "a job can't be both parametric and partitionable")
    for word in sorted(types & NOT_HERE):
        yield JdlError(line, "JobType", f"this broker does not run {word} jobs")
    if ad.get("ListenerPort") and "interactive" not in types:
        yield JdlError(ad.line_of("ListenerPort"), "ListenerPort", "only an interactive job has one")
    if "mpich" in types and not (ad.get("NodeNumber") or ad.get("CpuNumber")):
        yield JdlError(line, "JobType", "an MPICH job must say its NodeNumber")


def _executable(ad: Ad) -> Iterator[JdlError]:
    if not ad.content("Executable"):
        yield JdlError(ad.line_of("Executable") or ad.line, "Executable", "missing: what is to be run?")
        return
    yield from _on_the_node(ad, "Executable")


def _inputs(ad: Ad) -> Iterator[JdlError]:
    for name in ("StdInput", "Prologue", "Epilogue"):
        if ad.content(name):  # an empty text stands for none
            yield from _on_the_node(ad, name)


def _on_the_node(ad: Ad, name: str) -> Iterator[JdlError]:
    """A file that the job needs: somewhere on the WN, or in the InputSandbox."""
    path, line = str(ad.content(name)), ad.line_of(name)
    if path.startswith(("/", "$", "~")):
        return
    if "/" in path:
        yield JdlError(
            line, name, f"{path!r} must be an absolute path on the WN, or a plain name in the InputSandbox"
        )
    elif path not in sandbox_names(ad):
        yield JdlError(
            line, name, f"{path!r} is no absolute path, and no file of the InputSandbox is called so"
        )


def _streams(ad: Ad) -> Iterator[JdlError]:
    out, err = ad.content("StdOutput"), ad.content("StdError")
    if isinstance(out, str) and isinstance(err, str) and _same_name(out, err) and out != err:
        why = f"{err!r} and the StdOutput {out!r} have the same name in different folders"
        yield JdlError(ad.line_of("StdError"), "StdError", why)


def counted(names: Iterable[str]) -> dict[str, int]:
    """How often each of them is there."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _same_name(one: str, other: str) -> bool:
    return os.path.basename(one) == os.path.basename(other)


def _output_sandbox(ad: Ad) -> Iterator[JdlError]:
    names, line = texts(ad, "OutputSandbox"), ad.line_of("OutputSandbox")
    if ad.get("OutputSandboxDestURI") is None:
        # Files that go to places of their own can't get into each other's way.
        for name, count in counted(map(os.path.basename, names)).items():
            if count > 1:
                yield JdlError(
                    line, "OutputSandbox", f"{name!r} would come back {count} times under one name"
                )
    yield from _beside(ad, "OutputSandboxDestURI", "OutputSandbox")
    if ad.get("OutputSandboxDestURI") and ad.get("OutputSandboxBaseDestURI"):
        line = ad.line_of("OutputSandboxBaseDestURI")
        yield JdlError(line, "OutputSandboxBaseDestURI", "can't stand beside OutputSandboxDestURI")


def sandbox_problems(ad: Ad) -> Iterator[JdlError]:
    """What is wrong with the InputSandbox as written; to be known before its files are looked for."""
    yield from _beside(ad, "InputSandboxDestFileName", "InputSandbox")


def _beside(ad: Ad, name: str, of: str) -> Iterator[JdlError]:
    """A list that names one item for each of another."""
    if ad.get(name) is None:
        return
    line, mine, theirs = ad.line_of(name), texts(ad, name), texts(ad, of)
    if len(mine) != len(theirs):
        yield JdlError(line, name, f"has {len(mine)} items, but {of} has {len(theirs)}")
    for entry in filter(wild, theirs):
        yield JdlError(ad.line_of(of), of, f"{entry!r}: no wildcards beside {name}")


def _environment(ad: Ad) -> Iterator[JdlError]:
    found = ad.get("Environment")
    for item in found.value.items if found else ():
        if isinstance(item.content, str) and not _VARIABLE.match(item.content):
            yield JdlError(item.line, "Environment", f"{item.content!r} is not of the form NAME=value")


def _destinations(ad: Ad) -> Iterator[JdlError]:
    place = ad.content("SubmitTo")
    if isinstance(place, str) and not names_ce(place):
        why = f"{place!r} is no CE id (host:port/jobmanager-lrms-queue), nor a host's full name"
        yield JdlError(ad.line_of("SubmitTo"), "SubmitTo", why)
    if isinstance(ad.content("Rank"), bool):
        yield JdlError(ad.line_of("Rank"), "Rank", "a number or an expression for one is needed")
    requirements = ad.content("Requirements")
    if type(requirements) in (int, float):
        yield JdlError(
            ad.line_of("Requirements"), "Requirements", "an expression that is true or false is needed"
        )


def _deadline(ad: Ad) -> Iterator[JdlError]:
    end = ad.content("ExpiryTime")
    if type(end) is int and end <= time.time():
        why = f"{end} is past (in seconds since 1970): the job could not start any more"
        yield JdlError(ad.line_of("ExpiryTime"), "ExpiryTime", why)


_RULES: tuple[Rule, ...] = (
    _job_type,
    _executable,
    _inputs,
    _streams,
    _output_sandbox,
    data,
    output_data,
    _environment,
    _destinations,
    _deadline,
)
