"""lcg-infosites against what a real slapd answered, in the layouts of glite.md section 1."""

import re

import pytest

from gridware.infosites.command import main
from tests.gridware.client.programs import Run, runner

# glite.md, Appendix A
CE_ROW = re.compile(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+:\d+/\S+)\s*$")
SE_ROW = re.compile(r"^\s*(\d+|n\.a)\s+(\d+|n\.a)\s+(\S+)\s+(\S+)\s*$")
CE_ID = re.compile(r"^([^:/]+):(\d+)/(jobmanager|blah|cream)-([^-]+)-(.+)$")

CE = "xencenode.sytes.net:2119/jobmanager-pbs"
pytestmark = pytest.mark.usefixtures("recorded_bdii")


@pytest.fixture
def infosites(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(main, capsys)


def test_ce_is_laid_out_as_in_2_x(infosites: Run) -> None:
    output = infosites("--vo", "gilda", "ce")
    assert output.code == 0
    assert output.lines == [
        "#CPU\tFree\tTotal Jobs\tRunning\tWaiting\tComputingElement",
        "-" * 58,
        f"   2\t   1\t   1\t          1\t   0\t{CE}-short",
        f"   2\t   1\t   3\t          0\t   3\t{CE}-long",
        f"   0\t   0\t   0\t          0\t   0\t{CE}-infinite",
    ]


@pytest.mark.parametrize("layout", ["2", "3"])
def test_ce_rows_match_the_regex_of_every_client(infosites: Run, layout: str) -> None:
    rows = [CE_ROW.match(line) for line in infosites("--layout", layout, "--vo", "gilda", "ce").lines[2:]]
    assert len(rows) == 3
    assert all(row is not None and CE_ID.match(row[6]) for row in rows)


@pytest.mark.parametrize("layout", ["2", "3"])
def test_se_rows_match_the_regex_of_every_client(infosites: Run, layout: str) -> None:
    rows = infosites("--layout", layout, "--vo", "gilda", "se").lines[2:]
    assert [bool(SE_ROW.match(row)) for row in rows] == [True]


def test_se_shows_what_is_0_as_unknown_as_2_x_did(infosites: Run) -> None:
    assert infosites("--vo", "gilda", "se").lines == [
        "Avail Space(Kb) Used Space(Kb)  Type\tSEs",
        "-" * 58,
        "35000000        n.a             n.a \txensenode.sytes.net",
    ]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["ce", "-v", "1"], [f"{CE}-short", f"{CE}-long", f"{CE}-infinite"]),
        (["-v", "1", "se"], ["xensenode.sytes.net"]),
        (["tag"], ["Name of the CE: xencenode.sytes.net", "\tVO-gilda-hello-1.0"]),
        (["lfc"], ["xenrbnode.sytes.net"]),
        (["wms"], ["https://xenrbnode.sytes.net:7443/glite_wms_wmproxy_server"]),
        (["rb"], []),
        (["lb"], []),
        (["sitenames"], ["ICEAGE-GRIDBOX"]),
    ],
)
def test_lists(infosites: Run, words: list[str], lines: list[str]) -> None:
    output = infosites("--vo", "gilda", *words)
    assert (output.code, output.lines) == (0, lines)


def test_close_se_leaves_out_what_the_vo_may_not_use(infosites: Run) -> None:
    assert infosites("--vo", "gilda", "closeSE").lines == [
        f"Name of the CE: {CE}-short",
        "\txensenode.sytes.net",
        "",
        f"Name of the CE: {CE}-long",
        "\txensenode.sytes.net",
        "",
        f"Name of the CE: {CE}-infinite",
    ]


def test_worker_nodes_of_a_ce(infosites: Run) -> None:
    header, rule, row = infosites("--vo", "gilda", "ce", "-v", "2").lines
    assert header.split("\t")[1].strip() == "System Version"
    assert rule == "-" * 121
    assert [cell.strip() for cell in row.split("\t")] == [
        "512",
        "Debian",
        "trixie",
        "Xen",
        "xencenode.sytes.net",
    ]


def test_voview(infosites: Run) -> None:
    header, first, *_ = infosites("--vo", "gilda", "voview").lines
    assert len(header.split("\t")) == len(first.split("\t")) == 9
    assert first.split("\t")[:4] == ["1", "0", "1", "1"]


def test_all_is_ce_se_and_the_two_old_catalogues(infosites: Run) -> None:
    lines = infosites("--vo", "gilda", "all").lines
    assert lines == infosites("--vo", "gilda", "ce").lines + infosites("--vo", "gilda", "se").lines


def test_a_vo_that_nobody_supports_gets_the_header_alone(infosites: Run) -> None:
    output = infosites("--vo", "nobody", "ce")
    assert (output.code, len(output.lines)) == (0, 2)


def test_one_site(infosites: Run) -> None:
    assert len(infosites("--vo", "gilda", "-f", "ICEAGE-GRIDBOX", "ce").lines) == 5
    assert len(infosites("--vo", "gilda", "-f", "NOSITE", "ce").lines) == 2


def test_an_unreachable_bdii_ends_with_0_as_in_2_x(infosites: Run) -> None:
    output = infosites("--vo", "gilda", "--is", "127.0.0.1:1", "ce")
    assert (output.code, output.out) == (0, "")
    assert output.err.startswith(
        "Impossible the connection to this BDII: Error contacting ldap: ldap://127.0.0.1:1:"
    )
    assert len(output.err.splitlines()) == 1


def test_an_unreachable_bdii_ends_with_1_as_in_3_x(infosites: Run) -> None:
    output = infosites("--layout", "3", "--vo", "gilda", "--is", "127.0.0.1:1", "ce")
    assert (output.code, output.out) == (1, "")
    assert output.err.startswith("lcg-infosites: no BDII could be contacted")


@pytest.mark.parametrize("words", [["ce"], ["ce", "--vo"], []])
def test_without_a_vo(infosites: Run, words: list[str]) -> None:
    output = infosites(*words)
    assert output.code == 255
    assert output.out.startswith("Usage: lcg-infosites --vo VO")
    assert output.err == "You have not introduced the VO name or the --vo flag, please do it again\n"


@pytest.mark.parametrize("words", [[], ["foo"], ["ce", "se"]])
def test_without_one_valid_option(infosites: Run, words: list[str]) -> None:
    output = infosites("--vo", "gilda", *words)
    assert output.code == 255
    assert output.err == "You have not introduced the correct option name, please do it again\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["ce", "--nope"], "lcg-infosites: unknown option: --nope"),
        (["ce", "-v", "9"], "lcg-infosites: -v 9 does not exist for ce: use one of 0, 1, 2"),
        (["ce", "-v", "x"], "lcg-infosites: argument -v: not a number: 'x'"),
        (["--layout", "3", "nope"], "lcg-infosites: unknown selection: nope"),
        (["--layout=3"], "lcg-infosites: no selection; lcg-infosites --help lists them"),
    ],
)
def test_other_mistakes_get_one_line(infosites: Run, words: list[str], text: str) -> None:
    output = infosites("--vo", "gilda", *words)
    assert (output.out, output.err) == ("", text + "\n")
    assert output.code == (1 if "3" in "".join(words[:2]) else 255)


def test_without_any_bdii(infosites: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LCG_GFAL_INFOSYS")
    output = infosites("--vo", "gilda", "ce")
    assert output.err == "lcg-infosites: LCG_GFAL_INFOSYS undefined and no BDII specified\n"


def test_layout_3_is_sorted_and_knows_sites(infosites: Run) -> None:
    lines = infosites("--layout", "3", "--vo", "gilda", "ce", "-v", "4").lines
    assert lines[0] == f"{'CE':<70} Site"
    assert [line.split()[0] for line in lines[2:]] == [f"{CE}-infinite", f"{CE}-long", f"{CE}-short"]
    assert {line.split()[1] for line in lines[2:]} == {"ICEAGE-GRIDBOX"}


def test_layout_3_tells_the_type_of_an_se(infosites: Run) -> None:
    assert infosites("--layout", "3", "--vo", "gilda", "se").lines[2].split() == [
        "35000000",
        "0",
        "gftp",
        "xensenode.sytes.net",
    ]


def test_layout_3_lists_what_came_later(infosites: Run) -> None:
    assert infosites("--layout", "3", "--vo", "gilda", "myproxy").lines == ["xenrbnode.sytes.net:7512"]
    assert infosites("--layout", "3", "--vo", "gilda", "myproxy", "--trust", "elsewhere.org").lines == []


def test_help_comes_before_everything_else(infosites: Run) -> None:
    assert infosites("--help", "--nope").code == 0
    assert infosites("--usage").lines == [
        "Usage: lcg-infosites --vo VO [-v LEVEL] [-f SITE] OPTION [-h|--help] [--is BDII]"
    ]
