"""What the UI writes is what the broker's ClassAd library, HTCondor's own, reads."""

import classad2
import pytest

from gridware.jdl.syntax import parse

ADS = {
    r'a = "quotes \" and \\ and\ttab";': 'quotes " and \\ and\ttab',
    r'a = "-c \"two  words\" $HOME `x`";': '-c "two  words" $HOME `x`',
    "a = {1, 2.5, -3, true};": [1, 2.5, -3, True],
    'a = { "x" /* no */, "// y" }; // z': ["x", "// y"],
    "a = 1 + 2 * 3;": 7,
    'a = member("x", {"X", "x"}) && !regexp(".*cr1.*", "ce2");': True,
    "b = 3; a = b > 2 ? b : 0;": 3,
    "a = other.Missing =?= undefined;": True,
    "'odd name' = 1; a = 010;": 10,
    "a = [ x = { [ y = 1 ] } ].x[0].y;": 1,
    "a = { 9223372036854775807, -9223372036854775807, 4.9e-324, 007.5 };": [
        2**63 - 1,
        1 - 2**63,
        5e-324,
        7.5,
    ],
    "a = 1 + 08 + 010;": 19,
}
"""JDL, and what its ``a`` comes to."""


@pytest.mark.parametrize("jdl", ADS)
def test_the_broker_reads_what_the_ui_writes(jdl: str) -> None:
    assert classad2.ClassAd(str(parse(jdl))).eval("a") == ADS[jdl]
