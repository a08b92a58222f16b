"""lcg-info against what a real slapd answered."""

from __future__ import annotations

import pytest
from lcginfo.command import main

from tests.unit.box.programs import Run, runner

CE = "xencenode.sytes.net:2119/jobmanager-pbs"
pytestmark = pytest.mark.usefixtures("recorded_bdii")


@pytest.fixture
def info(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(main, capsys)


def test_a_ce_with_attributes(info: Run) -> None:
    assert info(
        "--list-ce", "--vo", "gilda", "--attrs", "FreeCPUs,Tag,MaxCPUTime", "--query", "CE=*-short"
    ).lines == [
        f"- CE: {CE}-short",
        "  - FreeCPUs        1",
        "  - Tag             LCG-2",
        "                    VO-gilda-hello-1.0",
        "  - MaxCPUTime      _UNDEF_",
        "",
    ]


def test_an_se_with_attributes(info: Run) -> None:
    lines = info("--list-se", "--vo", "gilda", "--attrs", "AvailableSpace,CloseCE").lines
    assert lines[:3] == [
        "- SE: xensenode.sytes.net",
        "  - AvailableSpace  35000000",
        f"  - CloseCE         {CE}-short",
    ]


@pytest.mark.parametrize(
    ("query", "queues"),
    [
        ("WaitingJobs>=1", ["long"]),
        ("WaitingJobs<=0", ["short"]),
        ("LRMS=PBS,Tag=*hello*", ["short", "long", "infinite"]),
        ("LRMS=lsf", []),
    ],
)
def test_queries(info: Run, query: str, queues: list[str]) -> None:
    assert info("--list-ce", "--sed", "--query", query).lines == [f"{CE}-{queue}" for queue in queues]


def test_for_scripts(info: Run) -> None:
    lines = info("--list-ce", "--sed", "--attrs", "LRMS,Tag", "--query", "CE=*-long").lines
    assert lines == [f"{CE}-long%pbs%LCG-2&VO-gilda-hello-1.0"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "say --list-ce, --list-se or --list-attrs; lcg-info --help tells more"),
        (["--list-ce", "--attrs", "Foo"], "unknown attribute: Foo; lcg-info --list-attrs lists them"),
        (["--list-ce", "--query", "Foo=1"], "unknown attribute: Foo"),
        (
            ["--list-ce", "--query", "LRMS"],
            "'LRMS' is no condition; write Attribute=value, >=number or <=number",
        ),
        (["--list-ce", "--list-se"], "argument --list-se: not allowed with argument --list-ce"),
    ],
)
def test_mistakes_get_one_line(info: Run, words: list[str], text: str) -> None:
    output = info(*words)
    assert (output.code, output.out, output.err) == (1, "", f"lcg-info: {text}\n")


def test_the_attributes_are_listed(info: Run) -> None:
    assert "FreeCPUs            GlueCE                  GlueCEStateFreeCPUs" in info("--list-attrs").lines
