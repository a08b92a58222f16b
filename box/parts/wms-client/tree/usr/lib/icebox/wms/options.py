"""The commands and their options, for each of the three generations of names."""

from __future__ import annotations

import getopt
from collections.abc import Sequence
from dataclasses import dataclass, field

from wms.errors import UsageError


@dataclass(frozen=True)
class Option:
    """``value`` is what follows it, empty for a flag; ``short`` is a letter or empty."""

    name: str
    short: str
    value: str
    does: str

    @property
    def shown(self) -> str:
        value = f" {self.value}" if self.value else ""
        return f"--{self.name}{value}" + (f", -{self.short}{value}" if self.short else "")


@dataclass(frozen=True)
class Command:
    """One program; ``family`` is glite, edg or wms, ``module`` runs it."""

    name: str
    family: str
    module: str
    does: str
    operand: str
    options: tuple[Option, ...]

    @property
    def old(self) -> bool:
        """Whether it is one of the python commands of the Network Server."""
        return self.family != "wms"

    @property
    def status_command(self) -> str:
        """What its messages name for asking about a job."""
        return {"glite": "glite-job-status", "edg": "edg-job-status", "wms": "glite-wms-job-status"}[
            self.family
        ]


@dataclass(frozen=True)
class Call:
    """A command line that was understood."""

    values: dict[str, str]
    operands: tuple[str, ...]
    repeated: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> str:
        return self.values.get(name, "")


_COMMON = (
    Option("help", "h", "", "this text"),
    Option("version", "", "", "the version of these commands"),
    Option("config", "c", "FILE", "use FILE instead of the UI's glite_wmsui_cmd_var.conf"),
    Option("debug", "", "", "print what is done, step by step, on standard error"),
    Option("logfile", "", "FILE", "write the command's log to FILE"),
)
_CONFIG_VO = Option("config-vo", "", "FILE", "use FILE instead of the VO's glite_wmsui.conf")
_VO = Option("vo", "", "VO", "the VO, where the proxy names none")
_NOINT = Option("noint", "", "", "ask nothing: take every id of a file, remove without a question")
_IDS_IN = Option(
    "input", "i", "FILE", "take the job ids from FILE; several: choose from a menu (--noint: all)"
)
_RESULT_OUT = Option("output", "o", "FILE", "write the result to FILE as well")
_DELEGATION = (
    Option("autm-delegation", "a", "", "delegate the proxy for this request alone"),
    Option(
        "delegationid", "d", "ID", "use the proxy that glite-wms-job-delegate-proxy has put aside under ID"
    ),
    Option("endpoint", "e", "URL", "the WMProxy to talk to: https://host:7443/glite_wms_wmproxy_server"),
)
_RESOURCE = Option("resource", "r", "CEID", "send the job to this CE, without match-making")
_SUBMIT = (
    Option("output", "o", "FILE", "append the job's id to FILE"),
    Option("input", "i", "FILE", "choose the CE from a menu of those in FILE (--noint: its first)"),
    _RESOURCE,
    Option("nodes-resource", "", "CEID", "send every node of a DAG to this CE"),
    Option("lrms", "", "TYPE", "with --resource: the batch system behind it (pbs, lsf, condor, fork)"),
    Option("valid", "v", "HH:MM", "give the job up if it has not started after this time"),
    Option("nomsg", "", "", "print nothing but the job's id"),
    _NOINT,
    Option("nolisten", "", "", "start no listener (only interactive jobs have one)"),
)
_TIMES = (
    Option("from", "", "TIME", "jobs submitted since [MM:DD:]hh:mm[:[CC]YY]"),
    Option("to", "", "TIME", "jobs submitted until then"),
)
_STATUS = (
    _IDS_IN,
    _RESULT_OUT,
    Option("all", "", "", "every job of yours"),
    Option("verbosity", "v", "0-3", "how much to tell"),
    *_TIMES,
    Option("user-tag", "", "NAME=VALUE", "jobs with this tag of yours"),
    Option("status", "s", "STATE", "jobs in this state (its name or number); may be repeated"),
    Option("exclude", "e", "STATE", "jobs not in this state; may be repeated"),
    Option("nonodes", "", "", "nothing about the nodes of a DAG or collection"),
    _NOINT,
)
_EVENTS = (
    _IDS_IN,
    _RESULT_OUT,
    Option("verbosity", "v", "0-3", "how much to tell"),
    Option("event", "", "EVENT", "only events of this name; may be repeated"),
    Option("exclude", "e", "EVENT", "no events of this name; may be repeated"),
    *_TIMES,
    Option("user-tag", "", "NAME=VALUE", "only jobs with this tag of yours"),
    _NOINT,
)
_OUTPUT = (
    _IDS_IN,
    Option("dir", "", "DIR", "put the files below DIR instead of the UI's OutputStorage"),
    Option("nosubdir", "", "", "put them straight into DIR, not into a folder of the job's own"),
    _NOINT,
)
_CANCEL = (_IDS_IN, Option("output", "o", "FILE", "write the ids of the cancelled jobs to FILE"), _NOINT)
_MATCH = (
    Option("output", "o", "FILE", "write the CE ids to FILE, for -i of the submit command"),
    Option("verbose", "v", "", "print the JDL that is matched as well"),
    Option("rank", "", "", "print the rank of each CE"),
)

_WMS_SUBMIT = (
    Option("register-only", "", "", "send everything, but let the job wait for --start"),
    Option("start", "", "JOB_ID", "let a job go that was sent with --register-only"),
    Option("collection", "", "DIR", "submit every .jdl file of DIR as one collection"),
    Option("to", "", "TIME", "give the job up if it has not started by [MM:DD:]hh:mm[:[CC]YY]"),
    Option("default-jdl", "", "FILE", "attributes for what the JDL leaves out"),
)
_WMS_OUTPUT = (
    Option("list-only", "", "", "only say which files there are"),
    Option("nopurge", "n", "", "leave the files on the server; the job stays Done"),
)
_WORDS = {
    "submit": "send jobs to the grid",
    "list-match": "list the CEs that fit a job",
    "status": "tell how jobs are doing",
    "output": "fetch the output of jobs",
    "cancel": "cancel jobs",
    "logging-info": "tell what happened to jobs",
    "delegate-proxy": "put a proxy aside for later requests",
}
_JDL, _IDS = "JDL_FILE", "JOB_ID..."
_OLD: dict[str, tuple[str, tuple[Option, ...]]] = {
    "submit": (
        _JDL,
        (*_SUBMIT, Option("nogui", "", "", "open no window (only interactive jobs do)"), _CONFIG_VO, _VO),
    ),
    "list-match": (_JDL, (*_MATCH, _CONFIG_VO, _VO)),
    "status": (_IDS, (*_STATUS, _CONFIG_VO, _VO)),
    "output": (_IDS, (*_OUTPUT, _CONFIG_VO, _VO)),
    "cancel": (
        _IDS,
        (*_CANCEL, Option("all", "", "", "every job of yours that has not ended"), _CONFIG_VO, _VO),
    ),
    "logging-info": (_IDS, (*_EVENTS, _CONFIG_VO, _VO)),
}
_WMS: dict[str, tuple[str, tuple[Option, ...]]] = {
    "submit": (_JDL, (*_DELEGATION, *_SUBMIT, *_WMS_SUBMIT, _VO)),
    "list-match": (_JDL, (*_DELEGATION, *_MATCH, _VO)),
    "status": (_IDS, (*_STATUS, _CONFIG_VO, _VO)),
    "output": (_IDS, (*_OUTPUT, *_WMS_OUTPUT, _VO)),
    "cancel": (_IDS, (*_CANCEL, _VO)),
    "logging-info": (_IDS, (*_EVENTS, _CONFIG_VO, _VO)),
    "delegate-proxy": ("", (*_DELEGATION, Option("output", "o", "FILE", "write the ID to FILE"), _VO)),
}
_EDG_NAMES = {"output": "get-output", "logging-info": "get-logging-info"}
_REPEATED = frozenset({"status", "exclude", "event"})


def command(program: str) -> Command:
    """The command of a program's name; raises KeyError for another name."""
    return _COMMANDS[program]


def parse(found: Command, arguments: Sequence[str]) -> Call:
    """Raises UsageError; long options may be shortened, as getopt_long does."""
    options = (*_COMMON, *found.options)
    by_word = {f"--{option.name}": option for option in options}
    by_word |= {f"-{option.short}": option for option in options if option.short}
    letters = "".join(option.short + (":" if option.value else "") for option in options if option.short)
    names = [option.name + ("=" if option.value else "") for option in options]
    try:
        pairs, operands = getopt.gnu_getopt(list(arguments), letters, names)
    except getopt.GetoptError as error:
        raise UsageError(f"{error.msg}; {found.name} --help tells more") from None
    values: dict[str, str] = {}
    repeated: dict[str, tuple[str, ...]] = {}
    for word, value in pairs:
        name = by_word[word].name
        if name in values and name not in _REPEATED and values[name] != value:
            raise UsageError(f"--{name} is given twice")
        values[name] = value
        repeated[name] = (*repeated.get(name, ()), value)
    return Call(values, tuple(operands), repeated)


def common() -> tuple[Option, ...]:
    """What every command takes."""
    return _COMMON


def exclusive(call: Call, *names: str) -> None:
    """Raises UsageError if more than one is there."""
    given = [f"--{name}" for name in names if call.has(name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other")


def _build() -> dict[str, Command]:
    made: dict[str, Command] = {}
    for family, prefix, table in (
        ("glite", "glite-job-", _OLD),
        ("edg", "edg-job-", _OLD),
        ("wms", "glite-wms-job-", _WMS),
    ):
        for operation, (operand, options) in table.items():
            name = prefix + (_EDG_NAMES.get(operation, operation) if family == "edg" else operation)
            module = operation.replace("-", "_")
            made[name] = Command(name, family, f"wms.{module}", _WORDS[operation], operand, options)
    return made


_COMMANDS = _build()
