"""What goes to the CE for one attempt of a job: the wrapper with its orders, and the RSL that carries it."""

from __future__ import annotations

import base64
import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import classad2
from wms.matching import parse, whole
from wms.resources import CloseSe, Resource

from broker.job import Job

PATIENCE = 1800
"""Seconds a wrapper waits for RB to come back: longer than any restart, shorter than most queues."""

_PROGRAM = Path(__file__).with_name("jobwrapper.py")
_START = (
    "import base64,json,os,zlib;"
    "j=json.loads(zlib.decompress(base64.b64decode(os.environ.pop('GLITE_WMS_WRAPPER'))));"
    "exec(compile(j['program'],'jobwrapper','exec'),{'SPEC':j['spec'],'__name__':'jobwrapper'})"
)
_COPIED = ("gsiftp", "http", "https", "ftp")


@dataclass(frozen=True)
class Door:
    """Where the wrapper finds the broker."""

    host: str
    port: int


def spec(job: Job, door: Door, resource: Resource) -> dict[str, object]:
    """The orders of one attempt, out of the job's JDL."""
    ad = parse(job.jdl)
    return {
        "id": job.id,
        "attempt": job.attempt,
        "key": job.key,
        "host": door.host,
        "port": door.port,
        "patience": PATIENCE,
        "ceid": job.ceid,
        "executable": _text(ad, "Executable"),
        "arguments": _text(ad, "Arguments"),
        "environment": texts(ad, "Environment"),
        "stdin": _text(ad, "StdInput"),
        "stdout": _text(ad, "StdOutput"),
        "stderr": _text(ad, "StdError"),
        "prologue": _text(ad, "Prologue"),
        "prologue_arguments": _text(ad, "PrologueArguments"),
        "epilogue": _text(ad, "Epilogue"),
        "epilogue_arguments": _text(ad, "EpilogueArguments"),
        "inputs": job.files,
        "input_urls": _input_urls(ad),
        "outputs": _outputs(ad),
        "site_environment": _site_environment(job.vo, resource),
        "brokerinfo": broker_info(job, ad, resource),
    }


def rsl(job: Job, orders: dict[str, object]) -> str:
    """The GRAM job description (RSL) of an attempt.

    The wrapper travels in the environment: arguments can be seen by everyone on a machine, that can not.
    """
    packed = json.dumps({"program": _PROGRAM.read_text(), "spec": orders}).encode()
    text = base64.b64encode(zlib.compress(packed, 9)).decode()
    ad = parse(job.jdl)
    nodes = whole(ad, "CpuNumber") or whole(ad, "NodeNumber") or 1
    parts = [
        '&(executable="/usr/bin/python3")',
        f'(arguments="-c" {_quoted(_START)})',
        f"(environment=(GLITE_WMS_WRAPPER {_quoted(text)}))",
        f"(queue={_quoted(queue(job.ceid))})",
        "(jobType=single)",
    ]
    if nodes > 1:
        parts.append(f"(count={nodes})")
    return "".join(parts)


def contact(ceid: str) -> str:
    """The GRAM resource of a CE id: ``host:2119/jobmanager-pbs``."""
    host, _, service = ceid.partition("/")
    return f"{host}/{'-'.join(service.split('-')[:2])}"


def queue(ceid: str) -> str:
    """The queue of a CE id; it may have dashes itself."""
    return "-".join(ceid.partition("/")[2].split("-")[2:])


def broker_info(job: Job, ad: classad2.ClassAd, resource: Resource) -> str:
    """The .BrokerInfo file: a ClassAd of what the broker knew when it chose."""
    close = ", ".join(_close(element) for element in resource.close)
    elements = ", ".join(_storage(element) for element in resource.close)
    inputs = ", ".join(f"[ name = {_classad(name)}; SFNs = {{}} ]" for name in texts(ad, "InputData"))
    protocols = ", ".join(_classad(name) for name in texts(ad, "DataAccessProtocol"))
    return (
        "[\n"
        f"  ComputingElement = [ CloseStorageElements = {{ {close} }}; name = {_classad(job.ceid)} ];\n"
        f"  InputFNs = {{ {inputs} }};\n"
        f"  StorageElements = {{ {elements} }};\n"
        f"  VirtualOrganisation = {_classad(job.vo)};\n"
        f"  DataAccessProtocol = {{ {protocols} }}\n"
        "]\n"
    )


def texts(ad: classad2.ClassAd, name: str) -> list[str]:
    """An attribute that may be one text or a list of them."""
    value = ad.eval(name) if name in ad else []
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []


def _site_environment(vo: str, resource: Resource) -> dict[str, str]:
    """Where the VO has its software and its files at the CE, for a site that does not tell its jobs."""
    known = {"SW_DIR": "glueceinfoapplicationdir", "DEFAULT_SE": "glueceinfodefaultse"}
    prefix = f"VO_{vo.upper().replace('.', '_').replace('-', '_')}_"
    found = {prefix + name: resource.attributes.get(attribute) for name, attribute in known.items()}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _close(element: CloseSe) -> str:
    mount = _classad(element.mount)
    return (
        f"[ GlueSAStateAvailableSpace = {element.free}; GlueCESEBindCEAccesspoint = {mount};"
        f" mount = {mount}; name = {_classad(element.name)} ]"
    )


def _storage(element: CloseSe) -> str:
    protocols = ", ".join(f"[ name = {_classad(name)}; port = {port} ]" for name, port in element.protocols)
    return f"[ name = {_classad(element.name)}; protocols = {{ {protocols} }} ]"


def _input_urls(ad: classad2.ClassAd) -> list[tuple[str, str]]:
    """The parts of the InputSandbox that lie on a server, with the name each gets on the WN."""
    listed = texts(ad, "InputSandbox")
    names = texts(ad, "InputSandboxDestFileName")
    base = _text(ad, "InputSandboxBaseURI")
    pairs = []
    for number, item in enumerate(listed):
        url = (
            item
            if urlsplit(item).scheme in _COPIED
            else f"{base.rstrip('/')}/{item}"
            if base and item[:1] != "/"
            else ""
        )
        if urlsplit(url).scheme in _COPIED:
            pairs.append(
                (url, names[number] if number < len(names) else os.path.basename(urlsplit(url).path))
            )
    return pairs


def _outputs(ad: classad2.ClassAd) -> list[tuple[str, str]]:
    """Each OutputSandbox item with the URL it goes to; an empty one stands for RB."""
    listed = texts(ad, "OutputSandbox")
    targets = texts(ad, "OutputSandboxDestURI")
    base = _text(ad, "OutputSandboxBaseDestURI")
    if not targets and base:
        targets = [f"{base.rstrip('/')}/{os.path.basename(name)}" for name in listed]
    targets += [""] * (len(listed) - len(targets))
    return [
        (name, url if urlsplit(url).scheme in _COPIED else "")
        for name, url in zip(listed, targets, strict=False)
    ]


def _text(ad: classad2.ClassAd, name: str) -> str:
    value = ad.eval(name) if name in ad else ""
    return value if isinstance(value, str) else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _classad(text: str) -> str:
    return str(classad2.quote(text))


def submit_to(job: Job) -> str:
    """The CE id the user has chosen (``-r``), or nothing."""
    return _text(parse(job.jdl), "SubmitTo")
