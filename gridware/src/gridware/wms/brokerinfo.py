"""glite-brokerinfo: what the broker told a job about its CE and files, in .BrokerInfo beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gridware import textfile
from gridware.jdl.ad import Ad, Value
from gridware.jdl.lexer import JdlError
from gridware.jdl.schema import texts
from gridware.jdl.syntax import parse
from gridware.program import piped

_USAGE = """Usage: {name} [-v] [-f FILE] FUNCTION [ARGUMENT...]

  -v       say what each value is
  -f FILE  read FILE instead of the one that GLITE_WMS_RB_BROKERINFO or EDG_WL_RB_BROKERINFO names,
           or ./.BrokerInfo

Functions:
  getCE                     the CE that the job was sent to
  getDataAccessProtocol     protocols that the job can use for its data
  getInputData              the job's input files
  getSEs                    SEs that hold input files, or are close
  getCloseSEs               SEs close to the CE
  getSEMountPoint SE        where an SE is mounted on the WN, or its storage path
  getSEFreeSpace SE         its free space in kB
  getLFN2SFN LFN            where the replicas of a file are
  getSEProtocols SE         protocols of an SE
  getSEPort SE PROTOCOL     the port of one of them
  getVirtualOrganization    the VO of the job"""
_VARIABLES = ("GLITE_WMS_RB_BROKERINFO", "EDG_WL_RB_BROKERINFO")
_SPACE = ("freespace", "GlueSAStateAvailableSpace")
_MOUNT = ("mount", "GlueCESEBindCEAccesspoint")


class BrokerInfoError(Exception):
    """What was asked for is not there."""


@piped
def program(arguments: Sequence[str]) -> int:
    """glite-brokerinfo or edg-brokerinfo."""
    return main(os.path.basename(sys.argv[0]), arguments)


def main(name: str, arguments: Sequence[str]) -> int:
    """0 done, 1 wrong usage or nothing found."""
    words, file, verbose = list(arguments), "", False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-h", "--help"):
            print(_USAGE.format(name=name))
            return 0
        if option == "-v":
            verbose = True
        elif option == "-f" and words:
            file = words.pop(0)
        else:
            return _fail(name, f"{option}: no such option, or no file behind it")
    function = _FUNCTIONS.get(words[0].lower()) if words else None
    if function is None or len(words) - 1 != function[1]:
        print(_USAGE.format(name=name), file=sys.stderr)
        return 1
    try:
        values = list(function[0](_read(file), *words[1:]))
    except BrokerInfoError as error:
        return _fail(name, str(error))
    if verbose:
        print(f"{words[0]}: ", end="")
    print("\n".join(values))
    return 0


def _fail(name: str, why: str) -> int:
    print(f"{name}: {why}", file=sys.stderr)
    return 1


def _read(given: str) -> Ad:
    named = next((os.environ[each] for each in _VARIABLES if os.environ.get(each)), ".BrokerInfo")
    path = Path(given or named)
    try:
        return parse(textfile.read(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise BrokerInfoError(
            f"can't read {path}: {reason} (only jobs of the broker have this file)"
        ) from None
    except JdlError as error:
        raise BrokerInfoError(f"{path}, {error}") from None


def _ce(ad: Ad) -> Ad:
    content = ad.content("ComputingElement")
    if not isinstance(content, Ad):
        raise BrokerInfoError("the file names no CE")
    return content


def _records(ad: Ad, name: str) -> Iterator[Ad]:
    found = ad.get(name)
    yield from (item.content for item in (found.value.items if found else ()) if isinstance(item.content, Ad))


def _named(ad: Ad, lists: Sequence[str], name: str) -> Iterator[Ad]:
    """Records called ``name`` in several lists; raises BrokerInfoError if there is none."""
    places = (*_records(ad, lists[0]), *(_records(_ce(ad), lists[1]) if len(lists) > 1 else ()))
    found = [record for record in places if str(record.content("name")).lower() == name.lower()]
    if not found:
        raise BrokerInfoError(f"nothing is known about {name}")
    yield from found


def _se(ad: Ad, name: str) -> Iterator[Ad]:
    return _named(ad, ("StorageElements", "CloseStorageElements"), name)


def _one(ad: Ad, se: str, attributes: Sequence[str]) -> list[str]:
    """The first of an SE's attributes that is there."""
    for record in _se(ad, se):
        for name in attributes:
            found = record.get(name)
            if found is not None:
                return [_text(found.value)]
    raise BrokerInfoError(f"{attributes[0]} of {se} is not known")


def _text(value: Value) -> str:
    return value.content if isinstance(value.content, str) else str(value)


def _names(records: Iterator[Ad]) -> list[str]:
    return list(dict.fromkeys(str(record.content("name")) for record in records))


def _get_ses(ad: Ad) -> list[str]:
    return list(dict.fromkeys((*_names(_records(ad, "StorageElements")), *_get_close(ad))))


def _get_close(ad: Ad) -> list[str]:
    return _names(_records(_ce(ad), "CloseStorageElements"))


def _get_replicas(ad: Ad, lfn: str) -> Iterator[str]:
    for record in _named(ad, ("InputFNs",), lfn):
        if (found := record.get("SFNs")) is None:
            raise BrokerInfoError(f"no replica of {lfn} is known")
        yield from map(_replica, found.value.items)


def _replica(item: Value) -> str:
    return str(item.content.content("name")) if isinstance(item.content, Ad) else _text(item)


def _protocols(ad: Ad, se: str) -> Iterator[Ad]:
    for record in _se(ad, se):
        yield from _records(record, "protocols")


def _get_port(ad: Ad, se: str, protocol: str) -> list[str]:
    for record in _protocols(ad, se):
        if str(record.content("name")).lower() == protocol.lower():
            return [str(record.content("port"))]
    raise BrokerInfoError(f"{se} has no {protocol}")


_FUNCTIONS: dict[str, tuple[Callable[..., Iterator[str] | Sequence[str]], int]] = {
    "getce": (lambda ad: [str(_ce(ad).content("name"))], 0),
    "getdataaccessprotocol": (lambda ad: texts(ad, "DataAccessProtocol"), 0),
    "getinputdata": (lambda ad: _names(_records(ad, "InputFNs")), 0),
    "getses": (_get_ses, 0),
    "getcloseses": (_get_close, 0),
    "getsemountpoint": (lambda ad, se: _one(ad, se, _MOUNT), 1),
    "getsefreespace": (lambda ad, se: _one(ad, se, _SPACE), 1),
    "getlfn2sfn": (_get_replicas, 1),
    "getseprotocols": (lambda ad, se: _names(_protocols(ad, se)), 1),
    "getseport": (_get_port, 2),
    "getvirtualorganization": (lambda ad: [str(ad.content("VirtualOrganisation") or "")], 0),
}
