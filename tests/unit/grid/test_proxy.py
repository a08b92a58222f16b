"""What voms-proxy-init and voms-proxy-info print."""

from datetime import datetime

import pytest

from harness.command import without_progress
from harness.grid.errors import UnexpectedOutput
from harness.grid.proxy import parse_info, parse_init, seconds

STUDENT = "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"
RB = "/C=IT/O=GridBox/OU=Host/CN=xenrbnode.sytes.net"
OWN_PART = f"""\
subject   : {STUDENT}/CN=1227183711
issuer    : {STUDENT}
identity  : {STUDENT}
type      : RFC compliant proxy
strength  : 2048 bits
path      : /tmp/x509up_u1001
timeleft  : 12:00:00
key usage : Digital Signature, Key Encipherment
"""
INFO = f"""\
{OWN_PART}=== VO gilda extension information ===
VO        : gilda
subject   : {STUDENT}
issuer    : {RB}
attribute : /gilda/Role=SoftwareManager/Capability=NULL
attribute : /gilda/Role=NULL/Capability=NULL
timeleft  : 11:59:59
uri       : xenrbnode.sytes.net:15001
"""
INIT = f"""\
Your identity: {STUDENT}
Creating temporary proxy ................... Done
Contacting  xenrbnode.sytes.net:15001 [{RB}] "gilda" Done
Creating proxy ..................................... Done

Your proxy is valid until Mon Nov  2 01:05:56 2026
"""


def test_a_proxy_and_the_attributes_of_its_vo() -> None:
    proxy = parse_info(INFO)
    assert (proxy.identity, proxy.bits, proxy.path) == (STUDENT, 2048, "/tmp/x509up_u1001")
    assert proxy.seconds_left == 12 * 3600
    extension = proxy.of("gilda")
    assert extension is not None
    assert extension.fqans[0] == "/gilda/Role=SoftwareManager/Capability=NULL"
    assert len(extension.fqans) == 2
    assert (extension.issuer, extension.seconds_left) == (RB, 12 * 3600 - 1)
    assert extension.uri == "xenrbnode.sytes.net:15001"


def test_a_plain_proxy_has_no_vo() -> None:
    assert parse_info(OWN_PART).extensions == ()
    assert parse_info(OWN_PART).of("gilda") is None


def test_several_vos_are_told_apart() -> None:
    other = INFO.split("===", 1)[1].replace("gilda", "atlas")
    proxy = parse_info(f"{INFO}==={other}")
    assert [each.vo for each in proxy.extensions] == ["gilda", "atlas"]


def test_the_oldest_versions_print_no_uri() -> None:
    extension = parse_info(INFO.replace("uri       : xenrbnode.sytes.net:15001\n", "")).of("gilda")
    assert extension is not None
    assert extension.uri == ""


@pytest.mark.parametrize("text", ["", "Couldn't find a valid proxy.\n", INFO.replace("identity  :", "who :")])
def test_what_is_no_proxy_is_said(text: str) -> None:
    with pytest.raises(UnexpectedOutput, match="expected"):
        parse_info(text)


def test_a_proxy_that_was_made() -> None:
    made = parse_init(INIT)
    assert made.identity == STUDENT
    assert made.until == datetime(2026, 11, 2, 1, 5, 56)
    (contact,) = made.contacts
    assert (contact.host, contact.port, contact.dn, contact.vo, contact.done) == (
        "xenrbnode.sytes.net",
        15001,
        RB,
        "gilda",
        True,
    )


def test_a_server_that_failed_is_kept_beside_the_one_that_answered() -> None:
    failed = f'Contacting  b.org:15001 [{RB}] "gilda" Failed\nError: no\nTrying next server for gilda.\n'
    made = parse_init(INIT.replace("Contacting", f"{failed}Contacting", 1))
    assert [contact.done for contact in made.contacts] == [False, True]


def test_no_proxy_was_made() -> None:
    with pytest.raises(UnexpectedOutput):
        parse_init(INIT.replace("Your proxy is valid until", "Sorry"))


def test_time_left() -> None:
    assert seconds("0:00:02") == 2
    assert seconds("120:01:00") == 120 * 3600 + 60
    with pytest.raises(ValueError, match="time left"):
        seconds("soon")


def test_rows_of_dots_hide_no_error() -> None:
    text = "Creating proxy\n.........+++++.....\nError: gilda: User unknown to this VO.\n\n...+...\n"
    assert without_progress(text) == "Creating proxy\nError: gilda: User unknown to this VO."
