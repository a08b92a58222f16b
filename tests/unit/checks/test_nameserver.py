"""What a name server says is read from its bytes, by dnspython's own messages and by a server that fails."""

import dns.message
import dns.rcode
import dns.rrset
import pytest

from harness.probes import nameserver

NAME = "xencenode.sytes.net"


def reply(*addresses: str, code: dns.rcode.Rcode = dns.rcode.NOERROR, alias: str = "") -> bytes:
    made = dns.message.make_response(dns.message.from_wire(nameserver.question(NAME)))
    made.set_rcode(code)
    if alias:
        made.answer.append(dns.rrset.from_text(f"{NAME}.", 60, "IN", "CNAME", f"{alias}."))
    if addresses:
        made.answer.append(dns.rrset.from_text(f"{alias or NAME}.", 60, "IN", "A", *addresses))
    return made.to_wire()


# Named by hand: the order of a reply's addresses, and so its bytes, are others in each process.
@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(reply("10.8.0.5"), "10.8.0.5", id="one"),
        pytest.param(reply("10.8.0.7", "10.8.0.5"), "10.8.0.5, 10.8.0.7", id="two"),
        pytest.param(reply("10.8.0.5", alias="box.sytes.net"), "10.8.0.5", id="alias"),
        pytest.param(reply(), "no address", id="none"),
        pytest.param(reply(code=dns.rcode.REFUSED), "REFUSED", id="refused"),
        pytest.param(reply(code=dns.rcode.NXDOMAIN), "no such name", id="unknown"),
        pytest.param(reply(code=dns.rcode.NOTIMP), "code 4", id="other"),
    ],
)
def test_what_a_reply_says(told: bytes, said: str) -> None:
    assert nameserver.said(told, nameserver.question(NAME)) == said


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nameserver, "PORT", 1)
    found = list(nameserver.asked("127.0.0.1", [NAME]))
    assert [each.way for each in found] == ["UDP", "TCP"]
    assert all(each.said.startswith("no answer: ") for each in found)
