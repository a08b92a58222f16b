"""What the UI writes is what the broker's ClassAd library, HTCondor's own, reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.image import base

PARTS = Path(__file__).parents[3] / "box/parts"
sys.path.insert(0, str(PARTS / "wms-common/tree/usr/lib/icebox"))
import wms  # noqa: E402

wms.__path__.append(str(PARTS / "wms-client/tree/usr/lib/icebox/wms"))

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
READER = """
import classad2, json, sys
for line in sys.stdin:
    try:
        print(json.dumps(classad2.ClassAd(json.loads(line)).eval("a")))
    except Exception as error:
        print(json.dumps(f"{line}: {error}"))
"""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_the_broker_reads_what_the_ui_writes() -> None:
    from wms.syntax import parse

    tree = Path(os.environ.get("ICEBOX_TEST_ROOT") or base.wanted().root)
    if not (tree / "usr/lib/python3/dist-packages/classad2").is_dir():
        pytest.skip(f"no base layer with HTCondor in {tree}: ./icebox build makes it")
    written = "\n".join(json.dumps(str(parse(jdl))) for jdl in ADS)
    command = ["chroot", str(tree), "python3", "-c", READER]
    ran = subprocess.run(command, input=written, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert dict(zip(ADS, map(json.loads, ran.stdout.splitlines()), strict=True)) == ADS
