"""libglobus_gram_client, as far as the broker needs it: submit a job, ask for it, cancel it.

globusrun does the same, but has to be loaded and started for each job, which takes longer than what it then
does; and when it has learnt that a job is in the batch system, it connects once more to hear no more of it.
Prototypes: globus_gram_client.h, globus_callback.h and globus_gram_protocol.h of the Grid Community Toolkit.
"""

from __future__ import annotations

import ctypes
import os
import time
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_int, c_long, c_uint, c_void_p

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PENDING, ACTIVE, FAILED, DONE = 1, 2, 4, 8
"""States of a job (globus_gram_protocol_job_state_t), as far as they make a difference here."""
CONNECTION_FAILED, NO_CONTACT, NO_MANAGER, NO_SUCH_JOB = 12, 76, 79, 156
"""Errors (globus_gram_protocol_error_t)."""

_GLOBAL_SPACE = -2
_BOTH_WAYS = 0
"""A credential to call with, and to be called back (GSS_C_BOTH)."""
_GSI, _CLIENT = "globus_i_gsi_gss_assist_module", "globus_gram_client_module"
_DRIVER = "libglobus_xio_gsi_driver.so"
"""What the libraries load themselves at the first connection."""


class GramError(Exception):
    """A request failed; the text is globusrun's, on one line, with GRAM's code if it has one."""

    def __init__(self, text: str, code: int = 0, details: str = "") -> None:
        coded = f"{text} (error code {code})" if code else text
        super().__init__(" ".join((f"{coded} Details: {details}" if details else coded).split()))
        self.code = code


class _Info(Structure):
    _fields_ = [("extensions", c_void_p), ("contact", c_char_p), ("state", c_int), ("code", c_int)]


class _Extension(Structure):
    _fields_ = [("attribute", c_char_p), ("value", c_char_p)]


if TYPE_CHECKING:
    _Pointer = ctypes._Pointer[_Info]
_Told = CFUNCTYPE(None, c_void_p, c_char_p, POINTER(_Info))
_Ended = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_int, c_int)


class Gram:
    """The libraries, ready for children that make one request each."""

    def __init__(self) -> None:
        """Raises OSError where they are not installed."""
        self._common = ctypes.CDLL("libglobus_common.so.0")
        self._assist = ctypes.CDLL("libglobus_gss_assist.so.3")
        self._protocol = ctypes.CDLL("libglobus_gram_protocol.so.3")
        self._client = ctypes.CDLL("libglobus_gram_client.so.3")
        self._driver = ctypes.CDLL(_DRIVER)
        self._protocol.globus_gram_protocol_error_string.restype = c_char_p
        self._common.globus_hashtable_lookup.restype = c_void_p
        self._activate(self._assist, _GSI)
        self._held = b""

    def take(self, proxy: str) -> None:
        """Make requests with this proxy from now on, also in children; raises GramError.

        Jobs that were submitted one soon after the other have the same, which is taken once.
        """
        try:
            with open(proxy, "rb") as file:
                text = file.read()
        except OSError as error:
            raise GramError(f"the proxy can't be read: {error.strerror}") from None
        if text == self._held:
            return
        os.environ["X509_USER_PROXY"] = proxy
        credential = self._credential()
        if self._held:
            self._protocol.globus_gram_protocol_set_credentials(credential)
        elif code := self._activate(self._client, _CLIENT):
            raise GramError(self._text(code))
        self._held = text

    def _credential(self) -> c_void_p:
        """Of the proxy that the environment names; raises GramError."""
        minor, credential, why = c_uint(), c_void_p(), c_char_p()
        major = self._assist.globus_gss_assist_acquire_cred(byref(minor), _BOTH_WAYS, byref(credential))
        if major:
            self._assist.globus_gss_assist_display_status_str(
                byref(why), b"the proxy can't be used:", major, minor, 0
            )
            raise GramError((why.value or b"the proxy can't be used").decode(errors="replace"))
        return credential

    def submit(self, resource: str, rsl: str, seconds: float) -> str:
        """The contact of a new job, once it is in the batch system; raises GramError.

        If only the news of that does not come within ``seconds``, the job is there all the same.
        """
        answers: list[tuple[int, str, str]] = []
        news: dict[str, tuple[int, GramError]] = {}

        def answered(_argument: int, contact: bytes | None, info: _Pointer) -> None:
            answers.append((info[0].code, (contact or b"").decode(), self._reason(info)))

        def called(_argument: int, contact: bytes | None, info: _Pointer) -> None:
            details = self._extension(info, b"gt3-failure-message")
            error = GramError(f"GRAM Job failed because {self._text(info[0].code)}", info[0].code, details)
            news[_path((contact or b"").decode())] = (info[0].state, error)

        on_answer, on_call = _Told(answered), _Told(called)
        listening = c_char_p()
        if code := self._client.globus_gram_client_info_callback_allow(on_call, None, byref(listening)):
            raise GramError(f"Initializing GRAM Callback failed because {self._text(code)}", code)
        end = time.monotonic() + seconds
        # It has come to the batch system, or has failed. Its wrapper tells the broker what follows.
        code = self._client.globus_gram_client_register_job_request_with_info(
            resource.encode(), rsl.encode(), first_state(resource) | FAILED, listening, None, on_answer, None
        )
        if code:
            raise GramError(f"GRAM Job submission failed because {self._text(code)}", code)
        self._wait(end, lambda: bool(answers))
        if not answers:
            raise GramError(f"the CE gave no answer within {seconds:g} s", CONNECTION_FAILED)
        code, contact, reason = answers[0]
        if code:
            raise GramError(f"GRAM Job submission failed because {reason}", code)
        self._wait(end, lambda: _path(contact) in news)
        state, error = news.get(_path(contact), (PENDING, None))
        if state == FAILED and error:
            raise error
        return contact

    def status(self, contact: str, seconds: float) -> int:
        """The state of a job; raises GramError."""
        code, state = self._ask("status", contact, seconds)
        if code and state != FAILED:
            raise GramError(f"GRAM Job status failed because {self._text(code)}", code)
        return state

    def cancel(self, contact: str, seconds: float) -> None:
        """Raises GramError."""
        code, _state = self._ask("cancel", contact, seconds)
        if code:
            raise GramError(f"GRAM Job cancel failed because {self._text(code)}", code)

    def _ask(self, what: str, contact: str, seconds: float) -> tuple[int, int]:
        """The code and the state that a job manager answers with; no answer is a failed connection."""
        answers: list[tuple[int, int]] = []

        def ended(_argument: int, code: int, _contact: bytes | None, state: int, _why: int) -> None:
            answers.append((code, state))

        on_end = _Ended(ended)
        ask = getattr(self._client, f"globus_gram_client_register_job_{what}")
        if code := ask(contact.encode(), None, on_end, None):
            return code, 0
        self._wait(time.monotonic() + seconds, lambda: bool(answers))
        if not answers:
            raise GramError(f"the CE gave no answer within {seconds:g} s", CONNECTION_FAILED)
        return answers[0]

    def _wait(self, end: float, over: Callable[[], bool]) -> None:
        """Let the libraries work until something is over, or time is."""
        while not over() and (left := end - time.monotonic()) > 0:
            until = time.time() + left
            when = (c_long * 2)(int(until), int(until % 1 * 1e9))
            self._common.globus_callback_space_poll(byref(when), _GLOBAL_SPACE)

    def _activate(self, library: ctypes.CDLL, module: str) -> int:
        return int(self._common.globus_module_activate(byref(c_char.in_dll(library, module))))

    def _text(self, code: int) -> str:
        text: bytes | None = self._protocol.globus_gram_protocol_error_string(code)
        return (text or b"unknown error").decode(errors="replace")

    def _reason(self, info: _Pointer) -> str:
        return self._extension(info, b"gt3-failure-message") or self._text(info[0].code)

    def _extension(self, info: _Pointer, name: bytes) -> str:
        """What GRAM says besides codes; empty if nothing."""
        if not info[0].extensions:
            return ""
        found = self._common.globus_hashtable_lookup(info, name)
        value = ctypes.cast(found, POINTER(_Extension))[0].value if found else None
        return (value or b"").decode(errors="replace")


def first_state(resource: str) -> int:
    """Of a job that has come where it belongs: a batch system lets it wait, fork starts it."""
    service = resource.partition("/")[2].partition(":")[0]
    return ACTIVE if service == "jobmanager-fork" else PENDING


def _path(contact: str) -> str:
    """Of a contact, what stays when its job manager is started anew: all but host and port."""
    return contact.partition("//")[2].partition("/")[2]
