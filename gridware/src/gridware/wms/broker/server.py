"""The door: TLS connections of users' commands and of jobs, one thread each."""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from gridware.wms.broker import peer
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.children import Children
from gridware.wms.broker.delegation import DelegatedCredentials
from gridware.wms.broker.engine import Engine
from gridware.wms.broker.jobcalls import JobCalls
from gridware.wms.broker.perusal import PerusalCalls
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.trial import Trials
from gridware.wms.broker.usercalls import CallError, Shared, UserCalls
from gridware.wms.broker.voms import VomsLibrary
from gridware.wms.wire import CHUNK, Header, WireError, chunks, receive, send

CERTIFICATE, KEY = "/etc/grid-security/hostcert.pem", "/etc/grid-security/hostkey.pem"
_HANDSHAKE = 20
_SILENCE = 600
"""Seconds without a byte after which a connection is closed."""
_MOST = 400
"""Connections at a time."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

_WITH_BODY = {"put", "store", "perused"}
_USER = {
    "register",
    "delegate",
    "delegated",
    "put",
    "start",
    "status",
    "all",
    "events",
    "output",
    "get",
    "purge",
    "proxy",
    "cancel",
}
_PERUSAL = {"perusal", "peek", "slice", "peeked"}
_JOB = {"claim", "fetch", "started", "peruse", "perused", "store", "finish"}
_WAKING = {"start", "cancel"}

log = logging.getLogger("door")


class BrokerServer:
    """Listens for ever."""

    def __init__(self, books: Bookkeeping, engine: Engine, settings: Settings, children: Children) -> None:
        self._books = books
        self._engine = engine
        self._settings = settings
        self._shared = Shared(VomsLibrary(), DelegatedCredentials(), Trials(children))
        self._room = threading.BoundedSemaphore(_MOST)

    def run(self, listener: socket.socket) -> None:
        while True:
            self._room.acquire()
            connection, address = listener.accept()
            threading.Thread(
                target=self._serve, args=(connection, str(address[0])), daemon=True, name="door"
            ).start()

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            connection.settimeout(_HANDSHAKE)
            # A context for each connection: certificates and CRLs count as they are now.
            with peer.context(CERTIFICATE, KEY).wrap_socket(connection, server_side=True) as secure:
                secure.settimeout(_SILENCE)
                self._talk(secure)
        except (ssl.SSLEOFError, ConnectionResetError):
            # Somebody only looked whether the port is open, or hung up.
            pass
        except (OSError, WireError, ValueError) as error:
            log.info("%s: %s", address, error)
        except Exception:
            log.exception("a connection failed")
        finally:
            connection.close()
            self._room.release()

    def _talk(self, secure: ssl.SSLSocket) -> None:
        who = peer.of(secure)
        user = UserCalls(self._books, self._settings, who, self._shared)
        job = JobCalls(self._books, self._engine, who)
        targets: dict[str, object] = {**dict.fromkeys(_USER, user), **dict.fromkeys(_JOB, job)}
        targets |= dict.fromkeys(_PERUSAL, PerusalCalls(user))
        with cast(BinaryIO, secure.makefile("rwb", buffering=CHUNK)) as stream:
            # The first word is the door's: a client that is refused has sent nothing yet, and gets TLS's
            # reason instead of a reset connection.
            send(stream, {"broker": self._settings.host})
            while (header := receive(stream)) is not None:
                call = str(header.get("call"))
                self._answer(stream, header, getattr(targets[call], call) if call in targets else None)
                if call in _WAKING:
                    self._engine.wake()

    def _answer(self, stream: BinaryIO, header: Header, function: Callable[..., Any] | None) -> None:
        with_body = str(header.get("call")) in _WITH_BODY
        try:
            if function is None:
                raise CallError("API_NATIVE_ERROR", "no such call")
            answer = function(header, stream) if with_body else function(header)
        except CallError as error:
            if with_body:
                _drain(stream, header)
            send(stream, {"error": str(error), "code": error.code})
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a call that can't be answered: %r", error)
            send(stream, {"error": f"the call is not understood: {error}", "code": "API_NATIVE_ERROR"})
        except FileNotFoundError:
            send(stream, {"error": "there is no such file", "code": "API_NATIVE_ERROR"})
            if with_body:
                raise WireError("a body that nobody wants") from None
        except OSError as error:
            if error.errno not in _FULL:
                raise
            send(
                stream,
                {"error": f"the broker can't keep it: {os.strerror(error.errno)}", "code": "NS_SUBMIT_FAIL"},
            )
            raise WireError("the disk is full") from None
        else:
            if isinstance(answer, tuple):
                with answer[1] as body:
                    send(stream, answer[0], body)
            else:
                send(stream, answer)


def _drain(stream: BinaryIO, header: Header) -> None:
    """Read what the refused call brought, so that the next line is a header again."""
    for _chunk in chunks(stream, int(header.get("length", 0))):
        pass
