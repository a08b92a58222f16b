"""The --help pages, laid out as manual pages are."""

from __future__ import annotations

import textwrap

from gridware.wms.options import Command, Option, common

_WIDTH = 78
_ABOUT = {
    "submit": """Reads a JDL file, checks it, and sends the job, or the nodes of a DAG, a collection
        or a parametric job, with the files of the InputSandbox to the broker. Nothing is
        sent if the JDL is wrong: each problem is told with its line, its attribute and the
        reason. Prints the job's identifier, which the other commands need.""",
    "list_match": """Prints the CEs that fit the Requirements of a JDL, best Rank first, as the broker
        would choose them now. Nothing is submitted. If none fits, that is said, and the
        exit code is 0 as well.""",
    "status": """Prints the states of jobs: Submitted, Waiting, Ready, Scheduled, Running, Done
        (Success, Failed, Exit Code !=0, Cancelled), Cleared, Aborted, Cancelled; with their
        reasons and places.""",
    "output": """Fetches the files of a job's OutputSandbox from the broker once the job is Done,
        into <OutputStorage>/<login>_<22 characters of the id>. The job is then Cleared, and
        its files are gone from the broker. The nodes of a DAG or collection get a folder
        each.""",
    "cancel": """Asks the broker to end jobs, after a question unless --noint is given.""",
    "logging_info": """Prints every event of a job that the bookkeeping knows, with its time and its
        source.""",
    "perusal": """Shows what a job writes while it is still running. The JDL must say
        PerusalFileEnable = true; PerusalTimeInterval is how many seconds pass between two
        looks at its files (at least 5, else 30). --set chooses the files, --get fetches what
        has come since the last time, --unset ends it. With PerusalFilesDestURI the slices
        go there instead.""",
    "info": """Shows the JDL of a job as it was registered, or as it was written, the proxy that the
        job has on the broker, or one that was put aside with
        glite-wms-job-delegate-proxy.""",
    "not_here": """Is here for scripts that ask: this broker runs neither interactive nor
        checkpointable jobs, so there is nothing to attach to, and no state to fetch. Always
        ends with an error that says so.""",
    "delegate_proxy": """Keeps a copy of the proxy under an identifier, for the option --delegationid of the
        other commands.""",
}
_FILES = """{conf}
    what holds for every VO: requirements, rank, RetryCount, OutputStorage ...
{vo}
    the servers of a VO
/tmp/{name}_<uid>_<pid>_<time>.log
    the log of a run that failed"""
_ENVIRONMENT = """X509_USER_PROXY             the proxy, else /tmp/x509up_u<uid>
GLITE_WMSUI_CONFIG_VAR      the configuration, as --config
GLITE_WMS_CLIENT_CONFIG     the same
GLITE_WMS_COMMANDS_CONFIG   the same
GLITE_WMSUI_CONFIG_VO       the configuration of the VO, as --config-vo
GLITE_WMS_WMPROXY_ENDPOINT  the WMProxy of glite-wms-, as --endpoint
GLITE_WMS_LOCATION          where etc/ lies, else /opt/glite"""
_EXIT = """0    done
1    wrong usage, or failed; the reason is on standard error
255  some of several jobs failed"""
_EXAMPLE = """Executable    = "/bin/hostname";
StdOutput     = "std.out";
StdError      = "std.err";
OutputSandbox = {"std.out", "std.err"};"""


def page(command: Command) -> str:
    module = command.module.removeprefix("gridware.wms.")
    parts = [
        ("NAME", f"{command.name} - {command.does}"),
        ("SYNOPSIS", f"{command.name} [options] {command.operand}".rstrip()),
        ("DESCRIPTION", "\n".join(textwrap.wrap(" ".join(_ABOUT[module].split()), _WIDTH - 4))),
        ("OPTIONS", "\n".join(_option(option) for option in (*command.options, *common()))),
    ]
    if module == "submit":
        parts.append(("EXAMPLE", _EXAMPLE))
    parts += [("FILES", _files(command)), ("ENVIRONMENT", _ENVIRONMENT), ("EXIT STATUS", _EXIT)]
    return "\n\n".join(f"{title}\n{textwrap.indent(text, '    ')}" for title, text in parts)


def _option(option: Option) -> str:
    does = textwrap.fill(option.does, _WIDTH - 8)
    return f"{option.shown}\n{textwrap.indent(does, '    ')}"


def _files(command: Command) -> str:
    edg = command.family == "edg"
    etc = "/opt/edg/etc" if edg else "/opt/glite/etc"
    stem = "edg_wl_ui" if edg else "glite_wmsui"
    return _FILES.format(conf=f"{etc}/{stem}_cmd_var.conf", vo=f"{etc}/<VO>/{stem}.conf", name=command.name)
