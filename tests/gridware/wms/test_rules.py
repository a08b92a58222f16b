"""Every rule of the JDL is an error with its line, its attribute and its reason, and nothing is sent."""

from typing import Any

import pytest

GOOD = 'Executable = "/bin/true";'

BEHIND_GOOD = [
    ("StdInput", 'StdInput = "in";', 2, "no file of the InputSandbox"),
    ("Prologue", 'Prologue = "p.sh";', 2, "no file of the InputSandbox"),
    ("Epilogue", 'Epilogue = "a/p.sh";', 2, "absolute path"),
    ("Type", 'Type = "jub";', 2, "job, collection, dag are"),
    ("JobType", 'JobType = "batch";', 2, "no type of a job"),
    ("JobType", 'JobType = "Interactive";', 2, "does not run interactive"),
    ("JobType", 'JobType = "mpich";', 2, "NodeNumber"),
    ("ListenerPort", "ListenerPort = 4000;", 2, "only an interactive job"),
    ("StdError", 'StdOutput = "a/log";\nStdError = "b/log";', 3, "different folders"),
    ("OutputSandbox", 'OutputSandbox = {"a/x", "b/x"};', 2, "2 times"),
    ("OutputSandbox", 'OutputSandbox = {"a", 3};', 2, "a text in quotes, or a list"),
    (
        "OutputSandboxDestURI",
        'OutputSandbox = {"a"};\nOutputSandboxDestURI = {"gsiftp://s/a", "gsiftp://s/b"};',
        3,
        "2 items",
    ),
    (
        "OutputSandbox",
        'OutputSandbox = {"*.out"};\nOutputSandboxDestURI = {"gsiftp://s/a"};',
        2,
        "no wildcards",
    ),
    (
        "InputSandboxDestFileName",
        'InputSandbox = {"data"};\nInputSandboxDestFileName = {"a", "b"};',
        3,
        "2 items",
    ),
    ("InputSandbox", 'InputSandbox = {"d*"};\nInputSandboxDestFileName = {"a"};', 2, "no wildcards"),
    ("InputSandbox", 'InputSandbox = "nowhere";', 2, "there is no file"),
    ("InputSandbox", 'InputSandbox = {"data",\n"*.none"};', 3, "fits no file"),
    ("InputSandbox", 'InputSandbox = "folder";', 2, "no plain file"),
    ("InputSandbox", 'InputSandbox = {"data", "folder/data"};', 2, "would be called 'data'"),
    ("InputSandbox", 'InputSandbox = "ftp://x/y";', 2, "no URL such as"),
    ("InputSandbox", 'InputSandbox = "gsiftp://x";', 2, "no URL such as"),
    ("InputData", 'InputData = "lfn:x";', 2, "DataAccessProtocol"),
    (
        "InputData",
        'InputData = "lfn:x";\nDataRequirements = {};\nDataAccessProtocol = "file";',
        2,
        "beside DataReq",
    ),
    ("DataAccessProtocol", 'InputData = "lfn:x";\nDataAccessProtocol = "pigeon";', 3, "gsiftp"),
    ("InputData", 'DataAccessProtocol = "gsiftp";\nInputData = {"lfn:/a",\n"x"};', 4, "no file of the cat"),
    ("InputData", 'DataAccessProtocol = "gsiftp";\nInputData = "guid:1";', 3, "no file of the cat"),
    ("DataRequirements", 'DataAccessProtocol = "gsiftp";\nDataRequirements = {"lfn:/a"};', 3, "each item"),
    (
        "DataCatalogType",
        'DataAccessProtocol = "gsiftp";\nDataRequirements = [ InputData="lfn:/a";\nDataCatalogType="x" ];',
        4,
        "DLI, SI are",
    ),
    ("OutputData", 'OutputData = { [ StorageElement = "x"; ] };', 2, "OutputFile"),
    ("OutputData", 'OutputData = [ OutputFile = "x"; LogicalFileName = "x" ];', 2, "lfn:/grid"),
    ("Environment", 'Environment = {"A=1",\n"B"};', 3, "NAME=value"),
    ("RetryCount", "RetryCount = -1;", 2, "below 0"),
    ("RetryCount", 'RetryCount = "3";', 2, "a whole number"),
    ("NodeNumber", "NodeNumber = 0;", 2, "below 1"),
    ("Requirements", 'Requirements = "other.x";', 2, "an expression"),
    ("Requirements", "Requirements = 3;", 2, "true or false"),
    ("Requirements", "Requirements = other.x = 3;", 2, "=="),
    ("Rank", "Rank = true;", 2, "a number"),
    ("ExpiryTime", "ExpiryTime = 1163071784;", 2, "is past"),
    ("SubmitTo", 'SubmitTo = "ce.example.org:2119";', 2, "no CE id"),
    ("PerusalFileEnable", 'PerusalFileEnable = "yes";', 2, "true or false"),
    (
        "ParameterStep",
        'JobType = "parametric";\nParameters = 3;\nParameterStep = 0;',
        4,
        "never comes to an end",
    ),
    ("Parameters", 'JobType = "parametric";', 2, "missing"),
    ("Parameters", 'JobType = "parametric";\nParameters = 100000;', 3, "more than 1000"),
    ("Parameters", 'JobType = "parametric";\nParameters = 0;', 3, "no job at all"),
    ("ParameterStart", 'JobType = "parametric";\nParameters = {a, b};\nParameterStart = 1;', 4, "no meaning"),
]
WRONG = [
    *((attribute, f"{GOOD}\n{text}", line, why) for attribute, text, line, why in BEHIND_GOOD),
    ("Executable", 'StdOutput = "a";', 1, "missing"),
    ("Executable", 'Executable = "bin/x";', 1, "absolute path"),
    ("Executable", 'Executable = "x.sh";', 1, "no file of the InputSandbox"),
    ("Executable", "Executable = 3;", 1, "a text in quotes"),
    ("Nodes", 'Type = "collection";', 1, "missing"),
    ("Nodes", 'Type = "collection";\nNodes = {};', 2, "empty"),
    (
        "Executable of node Node_1",
        'Type = "collection";\nNodes = { [ Executable = "/a" ],\n[ Executable = "b" ] };',
        3,
        "InputSandbox",
    ),
    (
        "Dependencies",
        'Type = "dag";\nNodes = [ a = [ Executable = "/a" ] ];\nDependencies = {{a, c}};',
        3,
        "'c'",
    ),
    (
        "Dependencies",
        'Type = "dag";\nNodes = [ a = [ Executable = "/a" ] ];\nDependencies = {a};',
        3,
        "pairs",
    ),
    (
        "Dependencies",
        'Type="dag";\nNodes=[ a=[ Executable="/a" ]; b=[ Executable="/b" ] ];\nDependencies={{a,b}, {b,a}};',
        3,
        "circle",
    ),
    ("a.File", 'Type = "dag";\nNodes = [ a = [ File = "gone.jdl" ] ];', 2, "can't read gone.jdl"),
    ("a", 'Type = "dag";\nNodes = [ a = [ Type = "dag" ] ];', 2, "a single job"),
]


@pytest.mark.parametrize(("attribute", "text", "line", "why"), WRONG)
def test_a_wrong_jdl_says_where_and_why(ui: Any, attribute: str, text: str, line: int, why: str) -> None:
    ui.file("data")
    ui.file("folder/data")
    ui.file("job.jdl", text)
    ran = ui.run("glite-job-submit", "job.jdl")
    assert ran.code == 1
    assert "**** Error: UI_JDL_ERROR ****  \n" in ran.err
    assert f"job.jdl, line {line}: {attribute}: " in ran.err
    assert why in ran.err
    assert not ui.broker.sent


def test_every_problem_is_told_at_once(ui: Any) -> None:
    ui.file("job.jdl", 'Executable = 3;\nRetryCount = "x";\nRank = "y";')
    ran = ui.run("glite-job-submit", "job.jdl")
    assert [line in ran.err for line in ("line 1:", "line 2:", "line 3:")] == [True] * 3


def test_the_file_of_a_node_is_named(ui: Any) -> None:
    ui.file("node.jdl", 'Executable = "/a"\nStdOutput = "b";')
    ui.file("job.jdl", 'Type = "dag";\nNodes = [ a = [ File = "node.jdl" ] ];')
    assert "\nnode.jdl, line 1: Executable: ; is missing" in ui.run("glite-job-submit", "job.jdl").err


def test_a_slip_of_the_keyboard_is_told_but_stops_nothing(ui: Any) -> None:
    ui.file("job.jdl", GOOD + '\nStdOuput = "a";\nMyOwn = 3;')
    ran = ui.run("glite-job-submit", "job.jdl")
    assert ran.code == 0
    assert "Warning: UI_JDL_UNKNOWN_ATTRIBUTE" in ran.err
    assert "line 2: StdOuput: unknown, and without effect; is StdOutput meant?" in ran.err
    assert "MyOwn" not in ran.err


def test_of_an_attribute_given_twice_the_last_one_counts(ui: Any) -> None:
    ui.file("job.jdl", GOOD + "\nRequirements = false;\nrequirements = true;\n")
    ran = ui.run("glite-job-submit", "job.jdl")
    assert (ran.code, "Warning: UI_JDL_REPEATED_ATTRIBUTE" in ran.err) == (0, True)
    assert "Requirements: given again further down, where it counts" in ran.err
    assert "requirements = true" in ui.broker.sent[0].jdl
    assert "false" not in ui.broker.sent[0].jdl.partition("JDL_Original")[0]


def test_an_attribute_that_another_one_uses_is_no_slip(ui: Any) -> None:
    ui.file("job.jdl", GOOD + "\npilotRequirements = other.A;\nRequirements = pilotRequirements && true;")
    assert "UI_JDL_UNKNOWN_ATTRIBUTE" not in ui.run("glite-job-submit", "job.jdl").err


def test_an_empty_name_of_a_file_stands_for_none(ui: Any) -> None:
    ui.file("job.jdl", GOOD + '\nStdInput = "";\nPrologue = "";')
    assert ui.run("glite-job-submit", "job.jdl").code == 0


@pytest.mark.parametrize(
    "raw",
    [
        GOOD.encode() + "\n// caff\u00e8".encode(),
        GOOD.encode() + b"\n# caff\xe8 \x93x\x94",
        b"\xef\xbb\xbf" + GOOD.encode() + b"\n# caff\xe8",
        b"\xef\xbb\xbf[" + GOOD.replace("\n", "\r\n").encode() + b"\r\n];\r\n",
    ],
    ids=["utf-8", "windows", "windows-mixed", "windows-utf-8"],
)
def test_files_of_editors_of_all_kinds(ui: Any, raw: bytes) -> None:
    (ui.home / "job.jdl").write_bytes(raw)
    assert ui.run("glite-job-submit", "job.jdl").code == 0
    assert "\r" not in ui.broker.sent[0].jdl


def test_quotes_of_a_word_processor_are_named(ui: Any) -> None:
    ui.file("job.jdl", "Executable = \u201c/bin/true\u201d;")
    assert "texts stand in straight quotes" in ui.run("glite-job-submit", "job.jdl").err


@pytest.mark.parametrize(("path", "why"), [("/dev/zero", "more than 4 MB"), ("zip", "not a text")])
def test_what_is_no_text_is_said(ui: Any, path: str, why: str) -> None:
    (ui.home / "zip").write_bytes(b"PK\0\0")
    for words in (["hw.jdl", "-c", path], [path], ["-i", path, "hw.jdl"]):
        ran = ui.run("glite-job-submit", *words)
        assert (ran.code, why in ran.err) == (1, True)


def test_a_sandbox_that_is_too_large(ui: Any) -> None:
    with (ui.home / "large").open("wb") as file:
        file.truncate(600_000_000)
    ui.file("job.jdl", GOOD + '\nInputSandbox = "large";')
    assert "600.0 MB are more than the 500 MB" in ui.run("glite-job-submit", "job.jdl").err
