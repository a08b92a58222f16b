"""One run of a command: its options, the configuration, the proxy, the broker it talks to, and its log."""

from __future__ import annotations

import os
import sys
import time

from gridware.lazy import lazy
from gridware.wms import config, idfile, layouts, proxy, wire
from gridware.wms.errors import UiError, UsageError, shown, warning
from gridware.wms.jobid import JobId, checked_id
from gridware.wms.options import Call, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridware.wms.transport import Broker

    Connect = Callable[[config.Address, str], "Broker"]
PARTIAL = 255
"""Exit code when some of several ids could not be served (-1 as the shell sees it)."""


def connect(place: config.Address, proxy_path: str) -> Broker:
    """The broker itself; imported late, since most errors are found before."""
    from gridware.wms.transport import Broker

    return Broker(place.host, proxy_path, place.port)


class Session:
    """What every command works with."""

    def __init__(self, command: Command, call: Call, connect: Connect = connect) -> None:
        self.command = command
        self.call = call
        self.connect = connect
        self.log: list[str] = []
        self._brokers: dict[config.Address, Broker] = {}

    @lazy
    def _layer(self) -> config.Layer | None:
        """The file of --config."""
        return config.over(self.call.get("config"))

    @lazy
    def defaults(self) -> config.Defaults:
        return config.defaults(self._layer, self.edg)

    @lazy
    def proxy(self) -> proxy.Proxy:
        puts_aside = self.command.module == "gridware.wms.delegate_proxy"
        delegated = "" if puts_aside else self.call.get("delegationid")
        path = delegation(delegated) if delegated else proxy.where()
        if delegated and not os.path.exists(path):
            why = f"glite-wms-job-delegate-proxy -d {delegated} puts one aside"
            raise UiError(
                "UI_PROXY_NOT_FOUND", f"No proxy was delegated with the identifier {delegated}.\n{why}"
            )
        return proxy.load(path, delegated)

    @lazy
    def vo(self) -> tuple[str, str]:
        """The VO, and where its name comes from."""
        candidates = (
            (self.proxy.vo, "proxy certificate extension"),
            (
                config.vo_of(self.call.get("config-vo")) if self.call.has("config-vo") else "",
                "--config-vo option",
            ),
            (self.call.get("vo"), "--vo option"),
            (_vo_of_environment(), "GLITE_WMSUI_CONFIG_VO env variable"),
            (self.defaults.default_vo, "UI conf file"),
        )
        for vo, source in candidates:
            if vo:
                self._tell_of_other_vo(vo, source)
                return vo, source
        why = "Make a proxy with voms-proxy-init -voms <VO>, or name the VO with --vo."
        raise UiError("UI_NO_VOMS", f"The proxy {self.proxy.path} names no VO.\n{why}")

    @lazy
    def servers(self) -> config.Servers:
        return config.servers(self.vo[0], self.call.get("config-vo"), self._layer, self.edg)

    @property
    def edg(self) -> bool:
        return self.command.family == "edg"

    @lazy
    def rb(self) -> str:
        """The broker's host: from --endpoint, else from the VO's configuration."""
        return self._named.host if self._named else self.servers.network_server.host

    @lazy
    def _named(self) -> config.Address | None:
        """The WMProxy that --endpoint or the environment names."""
        url = self.call.get("endpoint")
        url = url or ("" if self.command.old else os.environ.get("GLITE_WMS_WMPROXY_ENDPOINT", ""))
        return _wmproxy(url) if url else None

    @property
    def endpoint(self) -> str:
        """The broker as the C++ commands call it."""
        return wire.wmproxy(*(self._named or self.servers.network_server))

    def reach(self) -> None:
        """Talk to the broker, so that one that is away, or refuses the proxy, is told; raises BrokerError."""
        self.broker().reach()

    def broker(self, host: str = "") -> Broker:
        """The WMProxy on a host; a connection is opened when it is first needed."""
        return self.at(self._wmproxy(host or self.rb))

    def books(self, job: str = "") -> Broker:
        """Logging and bookkeeping: of a job where its id says, else that of the VO."""
        found = JobId.parse(job)
        return self.at(config.Address(found.host, found.port) if found else self._books)

    def at(self, place: config.Address) -> Broker:
        """What listens there."""
        if place not in self._brokers:
            self.debug(f"{place.host}, port {place.port}, with the proxy {self.proxy.path}")
            self._brokers[place] = self.connect(place, self.proxy.path)
        return self._brokers[place]

    def _wmproxy(self, host: str) -> config.Address:
        """At the port that --endpoint or the VO's file names, else at the usual one."""
        known = [self._named] if self._named else []
        try:  # noqa: SIM105  (contextlib takes a command a millisecond)
            known += self.servers.network_servers
        except UiError:  # the id of a job is enough
            pass
        return next((each for each in known if each.host == host), config.Address(host, wire.WMPROXY))

    @property
    def _books(self) -> config.Address:
        return config.Address(self._named.host, wire.BOOKKEEPING) if self._named else self.servers.bookkeeping

    def close(self) -> None:
        for each in self._brokers.values():
            each.close()

    def introduce(self) -> None:
        """The lines that a command prints before it talks to the broker."""
        if self.call.has("nomsg") or self.call.has("json"):
            return
        if self.command.old:
            servers = self.servers
            vo, source = self.vo
            self.say(f"\n{layouts.vo_line(source, vo)}")
            # The port that is spoken to; scripts of the time take the line with 9000 for the job's id.
            self.say(layouts.connecting(*servers.network_server))
        else:
            self.say(f"\nConnecting to the service {self.endpoint}\n")

    def ids(self) -> list[str]:
        """The ids of the command line or of --input; raises UiError for a wrong form."""
        given = list(self.call.operands)
        if self.call.has("input"):
            if given:
                raise UsageError("job ids and --input exclude each other")
            given = idfile.read(self.call.get("input"))
            if not (self.call.has("noint") or self.call.has("json")):
                given = idfile.choose(given, "jobId", idfile.ask)
        if not given:
            raise UsageError(f"no job id given; {self.command.name} --help tells more")
        return list(dict.fromkeys(map(checked_id, given)))

    def one_id(self) -> str:
        """The only id of the command line or of --input; raises UsageError for several."""
        found = self.ids()
        if len(found) > 1:
            raise UsageError(f"{self.command.name} takes one job id, not {len(found)}")
        return found[0]

    def host(self, job: str) -> str:
        """The broker that knows a job: its id says so."""
        found = JobId.parse(job)
        return found.host if found else self.rb

    def level(self, usual: str) -> int:
        """The verbosity asked for, 0 to 3."""
        if not self.call.has("verbosity"):
            return self.defaults.number(usual) or 0
        text = self.call.get("verbosity")
        if text not in ("0", "1", "2", "3"):
            raise UsageError(f"--verbosity is 0, 1, 2 or 3, not {text}")
        return int(text)

    def finish(self, text: str) -> None:
        """Print a result, and write it to --output as well if that is asked."""
        self.say(text.rstrip("\n") + "\n")
        if self.call.has("output"):
            place = idfile.write(self.call.get("output"), text)
            self.say(f"The output has been saved in the following file:\n{place}\n")

    def say(self, text: str) -> None:
        """Print on standard output."""
        self.log.append(text)
        print(text, flush=True)

    def complain(self, error: Exception) -> None:
        """Print an error on standard error."""
        text = shown(error, self.command.old)
        self.log.append(text)
        sys.stdout.flush()
        print(text, file=sys.stderr)

    def warn(self, code: str, text: str) -> None:
        framed = warning(code, text, self.command.old)
        self.log.append(framed)
        if not self.call.has("nomsg"):  # scripts take all that is printed for the id
            print(framed, file=sys.stderr)

    def debug(self, text: str) -> None:
        """Note a step in the log; with --debug print it, too."""
        line = f"{time.strftime('%d %b, %H:%M:%S')} -D- {text}"
        self.log.append(line)
        if self.call.has("debug"):
            print(line, file=sys.stderr)

    def write_log(self, failed: bool) -> None:
        """A log after an error, or where --logfile says; a log that can't be written stops nothing."""
        name = f"{self.command.name}_{os.getuid()}_{os.getpid()}_{int(time.time())}.log"
        if not (failed or self.call.has("logfile") or self.call.has("debug")):
            return
        path = self.call.get("logfile") or os.path.join(self._error_storage(), name)
        try:
            # A name in /tmp that is there already is somebody else's.
            with open(path, "a" if self.call.has("logfile") else "x") as file:
                file.write("\n".join([*self.log, ""]))
        except OSError as error:
            print(f"can't write the log {path}: {error.strerror}", file=sys.stderr)
            return
        if self.call.has("nomsg") and not failed:  # who asked for the id alone takes both streams for it
            return
        where = "Possible Errors and Debug messages have been printed in the following file:"
        print(f"\n{'*** Log file created ***':^74}\n{where}\n{os.path.abspath(path)}\n", file=sys.stderr)

    def _error_storage(self) -> str:
        try:
            return self.defaults.error_storage
        except UiError:  # the configuration itself is what is wrong
            return "/tmp"

    def _tell_of_other_vo(self, vo: str, source: str) -> None:
        asked = self.call.get("vo")
        if asked and asked != vo:
            self.warn("UI_VO_OVERRIDDEN", f"--vo {asked} has no effect: the {source} names {vo}")


def _wmproxy(url: str) -> config.Address:
    """Raises UsageError for what is no URL, and UiError where no WMProxy can be."""
    from urllib.parse import urlsplit

    example = f"such as {wire.wmproxy('host', wire.WMPROXY)}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise UsageError(f"--endpoint: {url!r} is no URL {example}")
    if parts.scheme != "https" or parts.path.rstrip("/") not in ("", wire.WMPROXY_PATH):
        raise UiError(
            "NS_NOT_AVAILABLE", f"{url} is no WMProxy; the URL of one is {example.removeprefix('such as ')}"
        )
    return config.Address(host, port or wire.WMPROXY)


def delegation(name: str) -> str:
    """Where a proxy is put aside under a name."""
    if not name or not all(sign.isalnum() or sign in "-_." for sign in name) or name.startswith("."):
        raise UsageError(f"--delegationid: {name!r}: letters, digits, - and _ make an identifier")
    return os.path.expanduser(f"~/.glite/delegations/{name}")


def check_operands(call: Call, operand: str, most: int) -> None:
    """Raises UsageError for more words than a command takes."""
    if len(call.operands) > most:
        extra: Sequence[str] = call.operands[most:]
        raise UsageError(f"{' '.join(extra)}: one {operand or 'word'} is enough")


def _vo_of_environment() -> str:
    path = os.environ.get("GLITE_WMSUI_CONFIG_VO", "")
    return config.vo_of(path) if path else ""
