"""The UI's configuration: what a job gets by default, and which servers a VO has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from wms.ad import Ad
from wms.errors import UiError
from wms.lexer import JdlError
from wms.syntax import parse

LOCATION = "/opt/glite"
EDG_LOCATION = "/opt/edg"
NS_PORT, LB_PORT, WMPROXY_PORT = 7772, 9000, 7443
SANDBOX_MB = 500


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
        word = self.text("DefaultVo", "unspecified")
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

    vo: str
    network_server: Address
    bookkeeping: Address
    my_proxy: str = ""


def defaults(given: str, edg: bool) -> Defaults:
    """The file of --config, of the environment, or the UI's own."""
    name = "edg_wl_ui_cmd_var.conf" if edg else "glite_wmsui_cmd_var.conf"
    path = Path(given or os.environ.get("GLITE_WMSUI_CONFIG_VAR") or _etc(edg) / name)
    return Defaults(_read(path))


def servers(vo: str, given: str, edg: bool) -> Servers:
    """The servers of ``vo``, as its file, or the one of --config-vo, has them."""
    name = "edg_wl_ui.conf" if edg else "glite_wmsui.conf"
    path = Path(given or os.environ.get("GLITE_WMSUI_CONFIG_VO") or _etc(edg) / vo / name)
    if not path.exists():
        known = ", ".join(sorted(each.parent.name for each in _etc(edg).glob(f"*/{name}"))) or "none"
        raise UiError(
            "UI_CONFIG_ERROR", f"VO {vo!r} has no servers here: {path} is missing (VOs configured: {known})"
        )
    ad = _read(path)
    network, bookkeeping = (_first(ad, attribute, path) for attribute in ("NSAddresses", "LBAddresses"))
    return Servers(
        str(ad.content("VirtualOrganisation") or vo),
        _address(network, NS_PORT, path),
        _address(bookkeeping, LB_PORT, path),
        str(ad.content("MyProxyServer") or ""),
    )


def vo_of(path: str) -> str:
    """The VO that a file given with --config-vo is for."""
    return str(_read(Path(path)).content("VirtualOrganisation") or "")


def _etc(edg: bool) -> Path:
    if edg:
        return Path(os.environ.get("EDG_LOCATION", EDG_LOCATION)) / "etc"
    location = os.environ.get("GLITE_WMS_LOCATION") or os.environ.get("GLITE_LOCATION") or LOCATION
    return Path(location) / "etc"


def _read(path: Path) -> Ad:
    try:
        return parse(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise UiError("UI_CONFIG_ERROR", f"can't read the configuration {path}: {reason}") from None
    except JdlError as error:
        raise UiError("UI_CONFIG_ERROR", f"{path}, {error}") from None


def _first(ad: Ad, name: str, path: Path) -> str:
    """The first address of a list, or of a list of lists."""
    found = ad.get(name)
    value = found.value if found else None
    while value is not None and isinstance(value.content, tuple):
        value = value.content[0] if value.content else None
    if value is None or not isinstance(value.content, str):
        raise UiError("UI_CONFIG_ERROR", f"{path} names no server in {name}")
    return value.content


def _address(text: str, usual: int, path: Path) -> Address:
    host, _, port = text.partition(":")
    if not host or not (port or "1").isdigit():
        raise UiError("UI_CONFIG_ERROR", f"{path}: {text!r} is no address such as host:port")
    return Address(host, int(port or usual))
