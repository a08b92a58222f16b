"""The UI's configuration: what a job gets by default, and which servers a VO has."""

from __future__ import annotations

import os

from gridware import textfile
from gridware.jdl.ad import Ad, Value
from gridware.jdl.lexer import JdlError
from gridware.jdl.syntax import parse
from gridware.tuples import NamedTuple
from gridware.wms import wire
from gridware.wms.errors import UiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOCATION = "/opt/glite"
EDG_LOCATION = "/opt/edg"
NS_PORT = 7772
"""Of the network server in files of the time; it is WMProxy that takes its calls."""
SANDBOX_MB = 500
VARIABLES = ("GLITE_WMSUI_CONFIG_VAR", "GLITE_WMS_CLIENT_CONFIG", "GLITE_WMS_COMMANDS_CONFIG")
"""What the commands of each generation took the file of --config from."""
_BROKERS = dict.fromkeys(("NSAddresses", "WMProxyEndPoints"), wire.WMPROXY)
_BOOKS = dict.fromkeys(("LBAddresses", "LBEndPoints"), wire.BOOKKEEPING)
"""What the files of the two generations call the servers, and their usual ports."""


class Address(NamedTuple):
    """A server."""

    host: str
    port: int


class Defaults(NamedTuple):
    """glite_wmsui_cmd_var.conf: what holds for every VO."""

    ad: Ad

    @property
    def requirements(self) -> str:
        return self._expression("requirements")

    @property
    def rank(self) -> str:
        return self._expression("rank")

    def text(self, name: str, usual: str = "") -> str:
        content = self.ad.content(name)
        return content if isinstance(content, str) else usual

    def number(self, name: str) -> int | None:
        content = self.ad.content(name)
        return content if type(content) is int else None

    @property
    def output_storage(self) -> str:
        return self.text("OutputStorage", "/tmp")

    @property
    def error_storage(self) -> str:
        return self.text("ErrorStorage", "/tmp")

    @property
    def default_vo(self) -> str:
        word = self.text("DefaultVo") or self.text("VirtualOrganisation")
        return "" if word.lower() == "unspecified" else word

    @property
    def sandbox_bytes(self) -> int:
        most = self.number("MaxInputSandboxSizeMB")
        return (SANDBOX_MB if most is None else most) * 1_000_000

    def _expression(self, name: str) -> str:
        found = self.ad.get(name)
        return str(found.value) if found else ""


class Servers(NamedTuple):
    """<vo>/glite_wmsui.conf: the servers of a VO."""

    network_servers: tuple[Address, ...]
    """Not empty; the first is the one to use."""
    bookkeeping: Address
    my_proxy: str = ""

    @property
    def network_server(self) -> Address:
        return self.network_servers[0]


class Layer(NamedTuple):
    """A file of configuration."""

    path: str
    ad: Ad


def over(given: str) -> Layer | None:
    """The file of --config or of the environment; what it says stands over the files below it."""
    path = given or next((found for name in VARIABLES if (found := os.environ.get(name, ""))), "")
    return _layer(path) if path else None


def defaults(above: Layer | None, edg: bool) -> Defaults:
    """The UI's own file, with what stands over it."""
    path = _etc(edg) + ("/edg_wl_ui_cmd_var.conf" if edg else "/glite_wmsui_cmd_var.conf")
    own = _layer(path).ad if os.path.exists(path) or above is None else Ad()
    return Defaults(Ad({**own.attributes, **above.ad.attributes}) if above else own)


def servers(vo: str, given: str, above: Layer | None, edg: bool) -> Servers:
    """The servers of ``vo``, as its file, or the one of --config-vo, has them, with what stands over it."""
    name = "edg_wl_ui.conf" if edg else "glite_wmsui.conf"
    path = given or os.environ.get("GLITE_WMSUI_CONFIG_VO") or f"{_etc(edg)}/{vo}/{name}"
    layers = [above] if above else []
    if os.path.exists(path) or not any(_addresses(each, _BROKERS) for each in layers):
        layers.append(_of_vo(vo, path, edg))
    brokers = next((found for each in layers if (found := _addresses(each, _BROKERS))), ())
    if not brokers:
        raise UiError("UI_CONFIG_ERROR", f"{path} names no server in NSAddresses")
    books = next((found for each in layers if (found := _addresses(each, _BOOKS))), ())
    myproxy = next((text for each in layers if (text := str(each.ad.content("MyProxyServer") or ""))), "")
    return Servers(brokers, books[0] if books else Address(brokers[0].host, wire.BOOKKEEPING), myproxy)


def _of_vo(vo: str, path: str, edg: bool) -> Layer:
    """Raises UiError for a VO without a file."""
    if os.path.exists(path):
        return _layer(path)
    from pathlib import Path

    files = Path(_etc(edg)).glob(f"*/{os.path.basename(path)}")
    known = ", ".join(sorted(each.parent.name for each in files)) or "none"
    why = f"VO {vo!r} has no servers here: {path} is missing (VOs configured: {known})"
    raise UiError("UI_CONFIG_ERROR", why)


def vo_of(path: str) -> str:
    """The VO that a file given with --config-vo is for."""
    return str(_layer(path).ad.content("VirtualOrganisation") or "")


def _etc(edg: bool) -> str:
    if edg:
        return os.environ.get("EDG_LOCATION", EDG_LOCATION) + "/etc"
    location = os.environ.get("GLITE_WMS_LOCATION") or os.environ.get("GLITE_LOCATION") or LOCATION
    return location + "/etc"


def _layer(path: str) -> Layer:
    """A file; of a 3.1 one, or of a JDL with such a part, what WmsClient and JdlDefaultAttributes hold."""
    ad = _read(path)
    for name in ("WmsClient", "JdlDefaultAttributes"):
        inner = ad.content(name)
        if isinstance(inner, Ad):
            outer = {} if name == "WmsClient" else ad.attributes
            ad = Ad({**outer, **inner.attributes}, inner.line)
    return Layer(path, ad)


def _read(path: str) -> Ad:
    try:
        return parse(textfile.read(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UiError("UI_CONFIG_ERROR", f"can't read the configuration {path}: {reason}") from None
    except JdlError as error:
        raise UiError("UI_CONFIG_ERROR", f"{path}, {error}") from None


def _addresses(layer: Layer, names: Mapping[str, int]) -> tuple[Address, ...]:
    """The servers of the first of these attributes that is there; each has its usual port."""
    for name, usual in names.items():
        found = layer.ad.get(name)
        if found is not None:
            return tuple(_address(text, usual, layer.path) for text in _flat(found.value))
    return ()


def _flat(value: Value) -> Iterator[str]:
    """The texts of a list, or of a list of lists."""
    if isinstance(value.content, tuple):
        for each in value.content:
            yield from _flat(each)
    elif isinstance(value.content, str):
        yield value.content


def _address(text: str, usual: int, path: str) -> Address:
    place = text.partition("://")[2].partition("/")[0] if "://" in text else text
    host, _, port = place.partition(":")
    if not host or not (port or "1").isdigit():
        raise UiError("UI_CONFIG_ERROR", f"{path}: {text!r} is no address such as host:port")
    number = int(port or usual)
    return Address(host, wire.WMPROXY if number == NS_PORT else number)
