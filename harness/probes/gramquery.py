"""A GRAM client without manners: asks for a job, or cancels it, whosever the job manager's certificate is.

Globus' own clients don't talk to another's job manager, so they can't show whether that would answer.  This
is typed into ``python3 -`` on the UI, with the job's contact, a proxy and the question: ``status`` or
``cancel``.  It prints the answer's fields, such as ``status: 2`` and ``failure-code: 0`` (GRAM protocol 2:
HTTP within TLS; GSI wants a byte before it that says whether credentials are delegated).
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
from urllib.parse import urlsplit

PATIENCE = 15.0
"""Seconds; a job manager answers at once."""
NO_DELEGATION = b"0"


def ask(contact: str, proxy: str, question: str) -> str:
    """The answer's fields; raises OSError if none comes."""
    url = urlsplit(contact)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(proxy)
    host, port = url.hostname or "", url.port or 0
    with socket.create_connection((host, port), PATIENCE) as line, context.wrap_socket(line) as secured:
        secured.sendall(NO_DELEGATION)
        secured.sendall(message(host, url.path, question))
        return answer_of(secured)


def message(host: str, path: str, question: str) -> bytes:
    """A question as HTTP carries it."""
    body = f'protocol-version: 2\r\n"{question}"\r\n\0'
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/x-globus-gram",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", body]).encode()


def answer_of(line: ssl.SSLSocket) -> str:
    """What stands behind the head of the answer."""
    seen = b""
    while True:
        head, _, body = seen.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        if length and len(body) >= int(length[1]):
            return body.rstrip(b"\0").decode()
        piece = line.recv(4096)
        if not piece:
            raise ConnectionError(f"the job manager hung up after {seen!r}")
        seen += piece


if __name__ == "__main__":
    print(ask(*sys.argv[1:4]))
