"""Listings of an SE."""

from ipaddress import IPv4Address

import pytest

from harness.grid.errors import UnexpectedOutput
from harness.grid.storage import gsiftp, parse_list, parse_long, parse_names, passive

LONG = """\
total 8
drwxrwxr-x   3     root    gilda         4096 Nov 22 13:06 .
drwxr-xr-x   1     root     root         4096 Nov 22 13:05 ..
drwxr-xr-x   2 gilda014    gilda         4096 Nov 22 13:06 dd
-rw-r--r--   1 gilda014    gilda     67108864 Nov  9  2025 a name with blanks
"""


def test_a_long_listing() -> None:
    entries = parse_long(LONG)
    assert set(entries) == {"dd", "a name with blanks"}
    assert entries["dd"].directory
    file = entries["a name with blanks"]
    assert (file.size, file.owner, file.group, file.mode) == (67108864, "gilda014", "gilda", "rw-r--r--")


def test_an_empty_directory() -> None:
    assert parse_long("") == {}
    assert parse_names("\n") == ()


def test_an_error_is_no_listing() -> None:
    with pytest.raises(UnexpectedOutput):
        parse_long("error the server sent an error response: 550\n")


def test_names() -> None:
    assert parse_names("dd\r\na name\n") == ("dd", "a name")


def test_what_globus_url_copy_lists() -> None:
    listed = parse_list("gsiftp://se.example.org/storage/gilda/\n    dd/\n    f1 \n\n")
    assert listed == {"dd": True, "f1": False}
    with pytest.raises(UnexpectedOutput):
        parse_list("error: globus_ftp_control\n")


def test_the_port_for_data() -> None:
    told = (
        "227 Entering Passive Mode (203,0,113,10,78,58)\ndebug:\n227 Entering Passive Mode (1,2,3,4,0,21)\r\n"
    )
    assert passive(told) == (IPv4Address("1.2.3.4"), 21)
    assert passive("PASV\n500 no\n") is None


def test_a_url() -> None:
    assert gsiftp("se.example.org", "/storage/gilda/f") == "gsiftp://se.example.org/storage/gilda/f"
