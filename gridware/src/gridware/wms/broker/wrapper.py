"""What goes to the CE for one attempt of a job: the wrapper with its orders, and the RSL that carries it."""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import classad2

from gridware import jsontext, tls
from gridware.jdl.attributes import ads, text, texts, true, whole
from gridware.wms import worker
from gridware.wms.broker.job import Job
from gridware.wms.data import NOTHING, Data, Protocols
from gridware.wms.matching import parse
from gridware.wms.resources import CloseSe, Resource

PATIENCE = 1800
"""Seconds a wrapper waits for RB to come back: longer than any restart, shorter than most queues."""

_ON_DEMAND = {"output_data": "jobdata", "perusal": "jobperusal"}
"""Modules that run on the worker node if the orders have use for them."""
_START = (
    "import binascii,os,sys,types,zlib;"
    "j=eval(zlib.decompress(binascii.a2b_base64(os.environ.pop('GLITE_WMS_WRAPPER'))));"
    "s=sys.modules['jobspec']=types.ModuleType('jobspec');s.SPEC=j['spec'];"
    "[exec(compile(t,n,'exec'),sys.modules.setdefault(n,types.ModuleType(n)).__dict__)"
    " for n,t in j['programs']];"
    # To take all modules apart first would take a millisecond of each job.
    "sys.stderr.flush();os._exit(0)"
)
PERUSAL_LEAST, PERUSAL_USUAL = 5, 30
"""Seconds between two looks at the files of a running job."""
_COPIED = ("gsiftp", "http", "https", "ftp")
_HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class BrokerAddress:
    """Where the wrapper finds the broker."""

    host: str
    port: int


def spec(job: Job, door: BrokerAddress, resource: Resource, data: Data = NOTHING) -> dict[str, object]:
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
        "executable": text(ad, "Executable"),
        "arguments": text(ad, "Arguments"),
        "environment": texts(ad, "Environment"),
        "stdin": text(ad, "StdInput"),
        "stdout": text(ad, "StdOutput"),
        "stderr": text(ad, "StdError"),
        "prologue": text(ad, "Prologue"),
        "prologue_arguments": text(ad, "PrologueArguments"),
        "epilogue": text(ad, "Epilogue"),
        "epilogue_arguments": text(ad, "EpilogueArguments"),
        "inputs": job.files,
        "input_urls": _input_urls(ad),
        "outputs": _outputs(ad),
        "site_environment": _site_environment(job.vo, resource),
        "brokerinfo": broker_info(job, ad, resource, data),
        "vo": job.vo,
        "output_data": _output_data(ad),
        "upload_report": upload_report(job),
        "perusal": _perusal(ad),
    }


def rsl(job: Job, orders: dict[str, object]) -> str:
    """The GRAM job description (RSL) of an attempt.

    The wrapper travels in the environment: arguments can be seen by everyone on a machine, that can not.
    """
    text = base64.b64encode(_packed(orders)).decode()
    ad = parse(job.jdl)
    nodes = whole(ad, "CpuNumber") or whole(ad, "NodeNumber") or 1
    parts = [
        '&(executable="/usr/bin/python3")',
        # Nothing of the account's own, and no packages: faster, and whatever lies in its home is not loaded.
        f'(arguments="-IS" "-c" {_quoted(_START)})',
        f"(environment=(GLITE_WMS_WRAPPER {_quoted(text)}))",
        f"(queue={_quoted(queue(job.ceid))})",
        "(jobType=single)",
    ]
    if nodes > 1:
        parts.append(f"(count={nodes})")
    return "".join(parts)


def programs(orders: Mapping[str, object]) -> list[tuple[str, str]]:
    """The modules that run on the worker node, in the order of their import, and their text."""
    wanted = [name for order, name in _ON_DEMAND.items() if orders.get(order)]
    return [(each.__name__.rpartition(".")[2], _program(each.__file__)) for each in (tls, jsontext)] + [
        (name, _program(f"{worker.__path__[0]}/{name}.py"))
        for name in ("brokerconnection", *wanted, "jobprogram", "jobwrapper")
    ]


def _packed(orders: Mapping[str, object]) -> bytes:
    """Programs and orders as Python writes them, which needs no module to be read; compressed."""
    begun, packer = _begun(tuple(programs(orders)))
    rest = packer.copy()
    return begun + rest.compress(f"{orders!a}}}".encode()) + rest.flush()


@cache
def _begun(programs: tuple[tuple[str, str], ...]) -> tuple[bytes, zlib._Compress]:
    """The same up to the orders: the programs are the same for all jobs, and take most of the time."""
    packer = zlib.compressobj(9)
    return packer.compress(f"{{'programs': {programs!a}, 'spec': ".encode()), packer


@cache
def _program(path: str) -> str:
    return Path(path).read_text()


def contact(ceid: str) -> str:
    """The GRAM resource of a CE id: ``host:2119/jobmanager-pbs``."""
    host, _, service = ceid.partition("/")
    return f"{host}/{'-'.join(service.split('-')[:2])}"


def queue(ceid: str) -> str:
    """The queue of a CE id; it may have dashes itself."""
    return "-".join(ceid.partition("/")[2].split("-")[2:])


def broker_info(job: Job, ad: classad2.ClassAd, resource: Resource, data: Data) -> str:
    """The .BrokerInfo file: a ClassAd of what the broker knew when it chose."""
    close = ", ".join(_close(element) for element in resource.close)
    storage = {element.name: element.protocols for element in resource.close} | dict(data.elements)
    elements = ", ".join(_storage(name, found) for name, found in storage.items())
    inputs = ", ".join(_input(name, surls) for name, surls in data.files.items())
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


def _storage(name: str, offered: Protocols) -> str:
    protocols = ", ".join(f"[ name = {_classad(kind)}; port = {port} ]" for kind, port in offered)
    return f"[ name = {_classad(name)}; protocols = {{ {protocols} }} ]"


def _input(name: str, surls: Iterable[str]) -> str:
    return f"[ name = {_classad(name)}; SFNs = {{ {', '.join(map(_classad, surls))} }} ]"


def _perusal(ad: classad2.ClassAd) -> dict[str, object]:
    """How often to look at files, and where slices go (empty: to RB); nothing without PerusalFileEnable."""
    if not true(ad, "PerusalFileEnable"):
        return {}
    interval = max(PERUSAL_LEAST, whole(ad, "PerusalTimeInterval", PERUSAL_USUAL))
    return {"interval": interval, "target": text(ad, "PerusalFilesDestURI")}


def upload_report(job: Job) -> str:
    """The file in which a job with OutputData says what became of it."""
    return f"DSUpload_{job.unique}.out"


def _output_data(ad: classad2.ClassAd) -> list[tuple[str, str, str]]:
    """Files to be stored and registered, each with its LFN and its SE, if the job says them."""
    names = ("OutputFile", "LogicalFileName", "StorageElement")
    return [
        (text(each, names[0]), text(each, names[1]), text(each, names[2])) for each in ads(ad, "OutputData")
    ]


def _input_urls(ad: classad2.ClassAd) -> list[tuple[str, str]]:
    """The parts of the InputSandbox that lie on a server, with the name each gets on the WN."""
    listed = texts(ad, "InputSandbox")
    names = texts(ad, "InputSandboxDestFileName")
    base = text(ad, "InputSandboxBaseURI")
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
    """Each OutputSandbox item with the URL it goes to; an empty one stands for RB.

    Localhost does, too: JDLs for CREAM say so to have files kept where the output command finds them, and the
    job itself runs where nobody would.
    """
    listed = texts(ad, "OutputSandbox")
    targets = texts(ad, "OutputSandboxDestURI")
    base = text(ad, "OutputSandboxBaseDestURI")
    if not targets and base:
        targets = [f"{base.rstrip('/')}/{os.path.basename(name)}" for name in listed]
    targets += [""] * (len(listed) - len(targets))
    return [
        (name, url if urlsplit(url).scheme in _COPIED and urlsplit(url).hostname not in _HERE else "")
        for name, url in zip(listed, targets, strict=False)
    ]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _classad(text: str) -> str:
    return str(classad2.quote(text))
