"""What is sent to the CE for a job: the RSL, and the orders of its wrapper."""

import ast
import base64
import re
import subprocess
import sys
import zlib
from typing import Any

import classad2
import pytest

from gridware.wms.broker import wrapper
from gridware.wms.data import Data
from tests.gridware.broker.samples import ID, make_job, make_resource

DOOR = wrapper.BrokerAddress("rb.example.org", 9000)
CEID = "ce.example.org:2119/jobmanager-pbs-very-long"


def orders(jdl: str, **changes: Any) -> dict[str, Any]:
    job = make_job(jdl, ceid=CEID, attempt=1, key="k", **changes)
    return wrapper.spec(job, DOOR, make_resource())


def test_ce_ids_come_apart_with_dashes_in_the_queue() -> None:
    assert wrapper.contact(CEID) == "ce.example.org:2119/jobmanager-pbs"
    assert wrapper.queue(CEID) == "very-long"


def test_the_rsl_carries_wrapper_and_orders_in_the_environment() -> None:
    job = make_job('[ Executable = "/bin/true"; NodeNumber = 3; ]', ceid=CEID)
    told = {"id": ID, "perusal": {"interval": 5}, "output_data": []}
    text = wrapper.rsl(job, told)
    assert '(queue="very-long")' in text
    assert "(count=3)" in text
    packed = re.search(r'GLITE_WMS_WRAPPER "([^"]+)"', text)
    assert packed
    content = ast.literal_eval(zlib.decompress(base64.b64decode(packed[1])).decode())
    assert content["spec"] == told
    names = [name for name, _text in content["programs"]]
    assert names == ["tls", "jsontext", "brokerconnection", "jobperusal", "jobprogram", "jobwrapper"]
    assert "def main()" in content["programs"][-1][1]


def test_what_is_sent_runs_and_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the RSL's own words, as GRAM's job script has them."""
    text = "import atexit, os, sys; import jobspec; atexit.register(os.write, 1, b'late')\n"
    text += "print(jobspec.SPEC['id'], sorted(os.environ), file=sys.stderr)"
    monkeypatch.setattr(wrapper, "programs", lambda _orders: [("one", "A = 1"), ("two", text)])
    sent = wrapper.rsl(make_job(ceid=CEID), {"id": "it's \u00e4"}).replace('""', "\0")
    options, start, packed = re.search(
        r'arguments="(-IS)" "-c" "(.*?)"\)\(environment=\(GLITE_WMS_WRAPPER "(.*?)"', sent
    ).groups()  # type: ignore[union-attr]
    done = subprocess.run(
        [sys.executable, options, "-c", start.replace("\0", '"')],
        env={"GLITE_WMS_WRAPPER": packed, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "it's \u00e4 ['LC_ALL', 'PYTHONIOENCODING']\n"


def test_orders_of_sandboxes() -> None:
    found = orders(
        '[ InputSandbox = {"gsiftp://se/a/b.dat", "local", "x.txt"}; InputSandboxBaseURI = "gsiftp://base/dir";'
        ' OutputSandbox = {"o1", "o2"}; OutputSandboxDestURI = {"gsiftp://se/o1", "o2"}; ]'
    )
    assert found["input_urls"] == [
        ("gsiftp://se/a/b.dat", "b.dat"),
        ("gsiftp://base/dir/local", "local"),
        ("gsiftp://base/dir/x.txt", "x.txt"),
    ]
    assert found["outputs"] == [("o1", "gsiftp://se/o1"), ("o2", "")]


def test_names_on_the_worker_node_may_differ() -> None:
    found = orders('[ InputSandbox = {"gsiftp://se/a"}; InputSandboxDestFileName = {"b"}; ]')
    assert found["input_urls"] == [("gsiftp://se/a", "b")]


def test_a_base_for_all_outputs() -> None:
    found = orders('[ OutputSandbox = {"d/o"}; OutputSandboxBaseDestURI = "gsiftp://se/base/"; ]')
    assert found["outputs"] == [("d/o", "gsiftp://se/base/o")]


@pytest.mark.parametrize(
    "told",
    [
        'OutputSandboxBaseDestURI = "gsiftp://localhost"',
        'OutputSandboxBaseDestURI = "gsiftp://LocalHost:2811/tmp/"',
        'OutputSandboxDestURI = { "gsiftp://localhost/tmp/o" }',
    ],
)
def test_output_for_localhost_stays_where_the_output_command_finds_it(told: str) -> None:
    assert orders(f'[ OutputSandbox = {{"o"}}; {told}; ]')["outputs"] == [("o", "")]


def test_broker_info_is_a_classad_of_the_choice() -> None:
    data = Data({"lfn:/grid/x": ("sfn://se.example.org/x", "sfn://far/x")}, {"far": (("xroot", 1094),)})
    job = make_job('[ InputData = "lfn:/grid/x"; DataAccessProtocol = {"gsiftp"}; ]', ceid=CEID)
    info = str(wrapper.spec(job, DOOR, make_resource(), data)["brokerinfo"])
    assert classad2.ClassAd(info)["VirtualOrganisation"] == "gilda"
    assert f'name = "{CEID}"' in info
    assert 'mount = "/storage/gilda"' in info
    assert '[ name = "gsiftp"; port = 2811 ]' in info
    assert '[ name = "far"; protocols = { [ name = "xroot"; port = 1094 ] } ]' in info
    assert '[ name = "lfn:/grid/x"; SFNs = { "sfn://se.example.org/x", "sfn://far/x" } ]' in info


def test_orders_of_output_data_and_perusal() -> None:
    found = orders(
        '[ OutputData = { [ OutputFile = "a" ], [ OutputFile = "b"; LogicalFileName = "lfn:/g/b";'
        ' StorageElement = "se" ] }; PerusalFileEnable = true; PerusalTimeInterval = 1; ]'
    )
    assert found["output_data"] == [("a", "", ""), ("b", "lfn:/g/b", "se")]
    assert found["upload_report"] == "DSUpload_AAAAAAAAAAAAAAAAAAAAAA.out"
    assert found["perusal"] == {"interval": 5, "target": ""}
    assert orders("[ PerusalTimeInterval = 1; ]")["perusal"] == {}
