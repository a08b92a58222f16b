"""A connection to the catalogue: HTTPS with the proxy, JSON there and back."""

from __future__ import annotations

import json
import time

from gridware import tls
from gridware.catalogue.environment import CATALOGUE_PORT, Environment
from gridware.catalogue.errors import CatalogueSilentError, DataError
from gridware.catalogue.https import OK, UNAVAILABLE, Https
from gridware.pace import longer
from gridware.x509 import trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST_CERTIFICATE, HOST_KEY = "/etc/grid-security/hostcert.pem", "/etc/grid-security/hostkey.pem"
ANSWER_SECONDS = 60.0
"""A change waits for other writers, which takes milliseconds; a dead catalogue must not hold up for ever."""


class NotAskedError(DataError):
    """There was no conversation: one of the two does not trust the other."""


class Catalogue:
    """Asks one catalogue; the connection is made when first needed, and again when it was lost."""

    def __init__(
        self, host: str, environment: Environment, port: int = CATALOGUE_PORT, *, as_host: bool = False
    ) -> None:
        """``as_host``: come with the machine's certificate instead of a proxy."""
        name, _, given = host.partition(":")
        self.host, self.port = name, int(given or port)
        self._environment, self._as_host = environment, as_host
        self._connection: Https | None = None

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One operation; raises DataError for a refusal, CatalogueSilentError if no answer came.

        Every operation may be asked twice: what was done already is not done again.
        """
        lost: CatalogueSilentError | None = None
        for left in range(self._environment.retries, -1, -1):
            try:
                return self._ask(operation, json.dumps(arguments))
            except CatalogueSilentError as error:
                lost = error
                time.sleep(self._environment.retry_seconds if left else 0)
            except NotAskedError:
                if lost is None:
                    raise
                break  # an earlier question may have been heard
        assert lost is not None
        raise lost

    def of(self, host: str) -> Catalogue:
        """The catalogue of another host."""
        return Catalogue(host, self._environment)

    def another(self) -> Catalogue:
        """The same catalogue by a connection of its own, for another thread."""
        return Catalogue(self.host, self._environment, self.port)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, operation: str, body: str) -> dict[str, Any]:
        fresh = self._connection is None
        try:
            return self._converse(operation, body)
        except (BrokenPipeError, ConnectionResetError) as error:
            self.close()
            if not fresh:
                # The catalogue had closed the idle connection.
                return self._ask(operation, body)
            raise self._silent(error) from None
        except tls.UntrustedError as error:
            self.close()
            raise NotAskedError(
                "ECOMM", self.host, f"its certificate is not trusted: {error.verify_message}"
            ) from None
        except tls.TLSError as error:
            self.close()
            raise _refused(self.host, error) from None
        except OSError as error:
            self.close()
            raise self._silent(error) from None

    def _converse(self, operation: str, body: str) -> dict[str, Any]:
        if self._connection is None:
            self._connection = self._connect()
        status, reason, text = self._connection.post(f"/1/{operation}", body.encode())
        if self._connection.over:
            self.close()
        try:
            answer = json.loads(text)
        except ValueError:
            raise CatalogueSilentError("ECOMM", self.host, f"HTTP {status} {reason}") from None
        if status == UNAVAILABLE:
            raise CatalogueSilentError(answer["error"], self.host, answer.get("reason", ""))
        if status != OK:
            raise DataError(answer["error"], answer.get("subject", ""), answer.get("reason", ""))
        return answer  # type: ignore[no-any-return]

    def _connect(self) -> Https:
        context = _context(HOST_CERTIFICATE, HOST_KEY) if self._as_host else _context(self._environment.proxy)
        connecting, answering = self._environment.connect_seconds, longer(ANSWER_SECONDS)
        return Https(self.host, self.port, context, connecting, answering)

    def _silent(self, error: Exception) -> CatalogueSilentError:
        if isinstance(error, tls.NoSuchHostError):
            return CatalogueSilentError("SENOSHOST", self.host, error.strerror or "")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return CatalogueSilentError("ECOMM", self.host, reason)


def _context(credential: str, key: str | None = None) -> tls.Context:
    """Trust as Globus has it: the CAs of the grid, and a CRL wherever there is one."""
    context = tls.context()
    # In 1.3 a refusal comes after the handshake, when a reset of the connection may overtake it.
    context.maximum_version = tls.TLS_1_2
    try:
        context.load_cert_chain(credential, key)
    except OSError as error:
        raise DataError(
            "EACCES", credential, f"this is no proxy that can be used: {error.strerror or error}"
        ) from None
    trust.load(context)
    return context


_ALERTS = {
    "EXPIRED": "the proxy has expired",
    "REVOKED": "the certificate has been revoked",
    "UNKNOWN_CA": "the certificate's CA is not trusted there",
}


def _refused(host: str, error: tls.TLSError) -> NotAskedError:
    """What a TLS alert of the catalogue means for the one who came with a proxy."""
    found = (text for word, text in _ALERTS.items() if word in (error.reason or ""))
    return NotAskedError("EACCES", host, next(found, f"the catalogue refuses the proxy: {error.reason}"))
