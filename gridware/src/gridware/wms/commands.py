"""The commands, for each of the three generations of names."""

from __future__ import annotations

from gridware.wms.options import Command, Option

_CONFIG_VO = Option("config-vo", "", "FILE", "use FILE instead of the VO's glite_wmsui.conf")
_VO = Option("vo", "", "VO", "the VO, where the proxy names none")
_NOINT = Option("noint", "", "", "ask nothing: take every id of a file, remove without a question")
_NOLISTEN = Option("nolisten", "", "", "start no listener (only interactive jobs have one)")
_NOGUI = Option("nogui", "", "", "open no window (only interactive jobs do)")
_PORT = Option("port", "p", "PORT", "the listener's port (only interactive jobs have one)")
_IDS_IN = Option(
    "input", "i", "FILE", "take the job ids from FILE; several: choose from a menu (--noint: all)"
)
_RESULT_OUT = Option("output", "o", "FILE", "write the result to FILE as well")
_ENDPOINT = Option(
    "endpoint", "e", "URL", "the WMProxy to talk to: https://host:7443/glite_wms_wmproxy_server"
)
_DELEGATION = (
    Option("autm-delegation", "a", "", "delegate the proxy for this request alone"),
    Option(
        "delegationid", "d", "ID", "use the proxy that glite-wms-job-delegate-proxy has put aside under ID"
    ),
    _ENDPOINT,
)
_RESOURCE = Option("resource", "r", "CEID", "send the job to this CE, or to the best queue of this host")
_SUBMIT = (
    Option("output", "o", "FILE", "append the job's id to FILE"),
    Option("input", "i", "FILE", "choose the CE from a menu of those in FILE (--noint: its first)"),
    _RESOURCE,
    Option("nodes-resource", "", "CEID", "send every node of a DAG to this CE"),
    Option("lrms", "", "TYPE", "with --resource: the batch system behind it (pbs, lsf, condor, fork)"),
    Option("valid", "v", "HH:MM", "give the job up if it has not started after this time"),
    Option("nomsg", "", "", "print nothing but the job's id"),
    _NOINT,
    _NOLISTEN,
)
_TIMES = (
    Option("from", "", "TIME", "jobs submitted since [MM:DD:]hh:mm[:[CC]YY]"),
    Option("to", "", "TIME", "jobs submitted until then"),
)
_STATUS = (
    _IDS_IN,
    _RESULT_OUT,
    Option("all", "", "", "every job of yours; a choice by time, tag or state does as well"),
    Option("verbosity", "v", "0-3", "how much to tell"),
    *_TIMES,
    Option("user-tag", "", "NAME=VALUE", "jobs with this tag of yours; may be repeated: with all of them"),
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
    Option("user-tag", "", "NAME=VALUE", "only jobs with this tag of yours; may be repeated"),
    _NOINT,
)
_OUTPUT = (
    _IDS_IN,
    Option("dir", "", "DIR", "put the files below DIR instead of the UI's OutputStorage"),
    Option("nosubdir", "", "", "put them straight there, not into a folder of the job's own"),
    _NOINT,
)
_CANCEL = (_IDS_IN, Option("output", "o", "FILE", "write the ids of the cancelled jobs to FILE"), _NOINT)
_MATCH = (
    Option("output", "o", "FILE", "write the CE ids to FILE, for -i of the submit command"),
    Option("verbose", "v", "", "print the JDL that is matched as well"),
    Option("rank", "", "", "print the rank of each CE"),
    _NOINT,
)

_JSON = (
    Option("json", "", "", "print the result as JSON, and nothing else"),
    Option("pretty-print", "", "", "with --json: on several lines"),
)
_PROTO = Option("proto", "", "PROTOCOL", "how files travel (gsiftp or https); the broker knows one way only")
_WMS_SUBMIT = (
    Option("register-only", "", "", "send everything, but let the job wait for --start"),
    Option("start", "", "JOB_ID", "let a job go that was sent with --register-only"),
    Option("collection", "", "DIR", "submit every .jdl file of DIR as one collection"),
    Option("dag", "", "DIR", "submit every .jdl file of DIR as one DAG without dependencies"),
    Option("jsdl", "", "FILE", "refused: this broker takes JDL"),
    Option("transfer-files", "", "", "with --register-only: send the files, too (they are in any case)"),
    Option("to", "", "TIME", "give the job up if it has not started by [MM:DD:]hh:mm[:[CC]YY]"),
    Option("default-jdl", "", "FILE", "attributes for what the JDL leaves out"),
    _PROTO,
    *_JSON,
)
_WMS_OUTPUT = (
    Option("list-only", "", "", "only say which files there are"),
    Option("nopurge", "n", "", "leave the files on the server; the job stays Done"),
    _PROTO,
    *_JSON,
)
_ONE_ID_IN = Option("input", "i", "FILE", "take the job id from FILE; several: choose from a menu")
_PERUSAL = (
    Option("set", "", "", "have files sent on while the job runs"),
    Option("get", "", "", "fetch and show what has been added to a file since the last time"),
    Option("unset", "", "", "have no more sent on"),
    Option("filename", "f", "FILE", "the file in the job's directory; with --set it may be repeated"),
    Option("input-file", "", "FILE", "take the names from FILE; several: choose from a menu"),
    Option("all", "", "", "with --get: the whole file so far"),
    Option("dir", "", "DIR", "with --get: put the slices into DIR instead of a folder of the job's own"),
    Option("nodisplay", "", "", "with --get: don't show what was fetched"),
    Option("output", "o", "FILE", "write the names of the files to FILE"),
    _ONE_ID_IN,
    _PROTO,
    _NOINT,
)
_INFO = (
    Option("jdl", "", "", "the JDL as it was registered"),
    Option("jdl-original", "j", "", "the JDL as it was written, with what options added"),
    Option("proxy", "p", "", "the proxy that the job has"),
    Option("delegationid", "d", "ID", "the proxy that glite-wms-job-delegate-proxy has put aside under ID"),
    _ENDPOINT,
    _ONE_ID_IN,
    Option("output", "o", "FILE", "write the answer to FILE instead"),
    _NOINT,
)
_DELEGATE = (
    *_DELEGATION,
    Option("all", "", "", "to every WMProxy of the VO's configuration"),
    Option("output", "o", "FILE", "write the endpoint and the ID to FILE"),
    _NOINT,
)
_WORDS = {
    "submit": "send jobs to the grid",
    "list-match": "list the CEs that fit a job",
    "status": "tell how jobs are doing",
    "output": "fetch the output of jobs",
    "cancel": "cancel jobs",
    "logging-info": "tell what happened to jobs",
    "delegate-proxy": "put a proxy aside for later requests",
    "perusal": "look into the files of a running job",
    "info": "show the JDL or the proxy of a job",
    "attach": "attach to an interactive job (there are none here)",
    "get-chkpt": "fetch the saved state of a job (there are none here)",
}
_CHKPT = Option("chkpt", "", "FILE", "refused: no job here goes on from a saved state")
_JDL, _IDS, _ID = "JDL_FILE", "JOB_ID...", "JOB_ID"
_OLD: dict[str, tuple[str, tuple[Option, ...]]] = {
    "submit": (_JDL, (*_SUBMIT, _NOGUI, _CHKPT, _CONFIG_VO, _VO)),
    "list-match": (_JDL, (*_MATCH, _CONFIG_VO, _VO)),
    "status": (_IDS, (*_STATUS, _CONFIG_VO, _VO)),
    "output": (_IDS, (*_OUTPUT, _CONFIG_VO, _VO)),
    "cancel": (
        _IDS,
        (*_CANCEL, Option("all", "", "", "every job of yours that has not ended"), _CONFIG_VO, _VO),
    ),
    "logging-info": (_IDS, (*_EVENTS, _CONFIG_VO, _VO)),
    "attach": (_ID, (_NOINT, _ONE_ID_IN, _PORT, _NOLISTEN, _NOGUI, _CONFIG_VO, _VO)),
    "get-chkpt": (_ID, (_NOINT, _ONE_ID_IN, _RESULT_OUT, _CONFIG_VO, _VO)),
}
_WMS: dict[str, tuple[str, tuple[Option, ...]]] = {
    "submit": (_JDL, (*_DELEGATION, *_SUBMIT, *_WMS_SUBMIT, _VO)),
    "list-match": (_JDL, (*_DELEGATION, *_MATCH, *_JSON, _VO)),
    "status": (_IDS, (*_STATUS, *_JSON, _CONFIG_VO, _VO)),
    "output": (_IDS, (*_OUTPUT, *_WMS_OUTPUT, _VO)),
    "cancel": (_IDS, (*_CANCEL, *_JSON, _VO)),
    "logging-info": (_IDS, (*_EVENTS, *_JSON, _CONFIG_VO, _VO)),
    "delegate-proxy": ("", (*_DELEGATE, _VO)),
    "perusal": (_ID, (*_PERUSAL, _CONFIG_VO, _VO)),
    "info": (_ID, (*_INFO, _CONFIG_VO, _VO)),
}
_MODULES = {"attach": "not_here", "get-chkpt": "not_here"}
_EDG_NAMES = {"output": "get-output", "logging-info": "get-logging-info"}


def command(program: str) -> Command:
    """The command of a program's name; raises KeyError for another name."""
    return _COMMANDS[program]


def _build() -> dict[str, Command]:
    made: dict[str, Command] = {}
    for family, prefix, table in (
        ("glite", "glite-job-", _OLD),
        ("edg", "edg-job-", _OLD),
        ("wms", "glite-wms-job-", _WMS),
    ):
        for operation, (operand, options) in table.items():
            name = prefix + (_EDG_NAMES.get(operation, operation) if family == "edg" else operation)
            module = _MODULES.get(operation, operation.replace("-", "_"))
            made[name] = Command(name, family, f"gridware.wms.{module}", _WORDS[operation], operand, options)
    return made


_COMMANDS = _build()
