"""lcg-info against what a real slapd answered."""

import pytest

from gridware.lcginfo.command import main
from tests.gridware.client.programs import Run, runner

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
        "  - FreeCPUs            1",
        "  - Tag                 LCG-2",
        "                        VO-gilda-hello-1.0",
        "  - MaxCPUTime          _UNDEF_",
        "",
    ]


def test_an_se_with_attributes(info: Run) -> None:
    lines = info("--list-se", "--vo", "gilda", "--attrs", "AvailableSpace,CloseCE").lines
    assert lines[:3] == [
        "- SE: xensenode.sytes.net",
        "  - AvailableSpace      35000000",
        f"  - CloseCE             {CE}-short",
    ]


@pytest.mark.parametrize(
    ("query", "queues"),
    [
        ("WaitingJobs>=1", ["long"]),
        ("WaitingJobs<=0", ["short"]),
        ("LRMS=PBS,Tag=*hello*", ["short", "long", "infinite"]),
        ("LRMS=lsf", []),
        ("WaitingJobs>=1 | WaitingJobs<=0,CE=*-short", ["short"]),
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
        (
            [],
            (
                "say one of --list-ce, --list-se, --list-service, --list-site and --list-attrs;"
                " lcg-info --help tells more"
            ),
        ),
        (
            ["--list-ce", "--list"],
            "--list may be --list-attrs or --list-ce or --list-se or --list-service or --list-site",
        ),
        (["--list-ce", "--nonsense"], "--nonsense is unknown; lcg-info --help tells more"),
        (["--list-ce", "ce"], "'ce' is no option; lcg-info --help tells more"),
        (["--list-ce", "--vo"], "--vo needs a value"),
        (["--list-ce", "--sed=1"], "--sed takes no value"),
        (["--list-ce", "--timeout", "1e400"], "--timeout: '1e400' is no number of seconds"),
        (["--list-ce", "--timeout", "soon"], "--timeout: 'soon' is no number of seconds"),
        (["--list-ce", "--attrs", "Path"], "Path is an attribute of another list (--list-se)"),
        (["--list-ce", "--attrs", "VORunningJobs"], "VORunningJobs is what a VO sees: say --vo VO"),
        (["--list-ce", "--attrs", "Foo"], "unknown attribute: Foo; lcg-info --list-attrs lists them"),
        (["--list-ce", "--query", "Foo=1"], "unknown attribute: Foo"),
        (["--list-ce", "--query", "FreeCPUs>=few"], "'few' in 'FreeCPUs>=few' is no number"),
        (
            ["--list-ce", "--query", "LRMS"],
            "'LRMS' is no condition; write Attribute=value, >=number or <=number",
        ),
        (
            ["--list-ce", "--list-se"],
            (
                "say one of --list-ce, --list-se, --list-service, --list-site and --list-attrs,"
                " not --list-ce and --list-se; lcg-info --help tells more"
            ),
        ),
    ],
)
def test_mistakes_get_one_line(info: Run, words: list[str], text: str) -> None:
    output = info(*words)
    assert (output.code, output.out, output.err) == (1, "", f"lcg-info: {text}\n")


def test_the_attributes_are_listed(info: Run) -> None:
    assert "FreeCPUs            GlueCE                  GlueCEStateFreeCPUs" in info("--list-attrs").lines


@pytest.mark.parametrize(
    "words",
    [
        ["-list-ce", "-vo", "gilda", "-attrs", "LRMS", "-sed"],
        ["-list-c", "-v", "gilda", "-a", "LRMS", "-s"],
        ["--LIST-CE", "--Vo=VO:gilda", "-attrs=LRMS", "--sed", "--"],
    ],
)
def test_options_are_read_as_getopt_long_reads_them(info: Run, words: list[str]) -> None:
    assert info(*words).lines == [f"{CE}-{queue}%pbs" for queue in ("short", "long", "infinite")]


ORIGINAL = """CE LRMS LRMSVersion JobManager CEAppDir CEDefaultSE TotalCPUs FreeCPUs FreeJobSlots
AssignedJobSlots Priority VOFreeJobSlots RunningJobs VORunningJobs TotalJobs VOTotalJobs WaitingJobs
VOWaitingJobs CEVOs CEImpl VOCEVOs CEStatus MaxWCTime MaxCPUTime EstRespTime VOEstRespTime WorstRespTime
VOWorstRespTime MaxTotalJobs MaxRunningJobs Cluster Memory VMemory InboundIP OutboundIP OS OSRelease OSVersion
Processor ClockSpeed CPUVendor PhysicalCPU LogicalCPU TmpDir WNTmpDir PlatformArch SMPSize CINT2000
CFP2000 Tag
CloseSE SE SEName SEArch SESite SEImpl SEImplVer SAID SAName Path SAVOs TotalOnline UsedOnline FreeOnline
ReservedOnline TotalNearline UsedNearline FreeNearline ReservedNearline RetentionPol AccessLat SACapability
VOInfoID VOInfoName VOInfoPath VOInfoTag VOInfoVOs VOInfoSA CloseCE ProtType ProtEP ProtVersion ProtCapability
ProtMaxStreams MountInfo ServiceID ServiceType ServiceName ServiceVersion ServiceEndpoint ServiceAccesspoint
ServiceURI ServiceStatus ServiceStatusInfo ServiceWSDL ServiceOwner ServiceVOs ServiceSite SiteID SiteName
SiteDesc SiteSupport SiteAdmin SiteLocation SiteSecurity SiteInfo"""


def test_the_original_s_attributes_are_known(info: Run) -> None:
    listed = {line.split()[0] for line in info("--list-attrs").lines if line}
    assert set(ORIGINAL.split()) <= listed


def test_attributes_of_lcg_info_before_1_12(info: Run) -> None:
    """Certification suites and pilots ask for those; a name that is none ends them."""
    asked = "SEName,SEArch,SEVOs,Path,Accesspoint,Protocol,UsedSpace,AvailableSpace,SEType,SEPort"
    lines = info("--list-se", "--vo", "gilda", "--attr", asked).lines
    assert [line.split()[1] for line in lines[1:-1] if line.startswith("  - ")] == asked.split(",")


def test_services_and_sites_are_listed(info: Run) -> None:
    services = info("-list-service", "-vo", "gilda", "-sed", "-attrs", "ServiceType,ServiceSite").lines
    assert services
    assert all(len(line.split("%")) == 3 and "Glue" not in line for line in services)
    sites = info("-list-site", "-sed", "-attrs", "SiteName").lines
    assert [line.split("%") for line in sites] == [[line.split("%")[0]] * 2 for line in sites] != []


def test_what_a_vo_sees_of_a_queue(info: Run) -> None:
    lines = info("-list-ce", "-vo", "gilda", "-sed", "-attrs", "VORunningJobs,VOCEVOs").lines
    assert lines
    assert all(line.startswith(CE) and line.count("%") == 2 for line in lines)
