"""GLUE records of CE, SE, site and top BDII."""

import tomllib
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

from gridware.gridinfo import benchmark, ce, directory, glue2, se, site, top
from gridware.gridinfo.batch import Jobs, Queue
from gridware.gridinfo.ldif import Directory
from gridware.gridinfo.machine import Machine, parse

PARTS = Path(__file__).parents[3] / "box" / "parts"
SHORT = "ce.example.org:2219/jobmanager-pbs-short"
FIGURES = benchmark.Figures(2500, 2600)
MACHINE = Machine("Processor", "Vendor", 2000, 4096, 5120, "Debian", "13", "x86_64", FIGURES)


def settings_of(role: str) -> dict[str, Any]:
    """What a node of this role reads, rendered for a small site."""
    nodes = {
        name: SimpleNamespace(name=name, fqdn=f"{name}.example.org", address=IPv4Address(f"192.168.1.{last}"))
        for last, name in enumerate(("ce", "se", "rb"), start=2)
    }
    queues = [SimpleNamespace(name="short", minutes=15), SimpleNamespace(name="long", minutes=720)]
    public = {("ce", 2119): 2219, ("se", 2811): 2911, ("rb", 2170): 2171}
    site = SimpleNamespace(
        **nodes,
        ces=(nodes["ce"],),
        ses=(nodes["se"], SimpleNamespace(name="se2", fqdn="se2.example.org")),
        public_port=lambda node, port: public.get((node.name, port), port),
    )
    values = {"name": "SITE", "vo": "gilda", "slots": 2, "storage": "/storage/gilda", "queues": queues}
    template = PARTS / role / "site" / "etc" / "gridinfo.toml.j2"
    text = (
        Environment(undefined=StrictUndefined)
        .from_string(template.read_text())
        .render(site=SimpleNamespace(**values, **vars(site)), node=nodes[role])
    )
    return tomllib.loads(text)


def ce_records(now: ce.Batch) -> Directory:
    return ce.records(settings_of("ce"), now, MACHINE, ["VO-gilda-x"])


BUSY = ce.Batch({"short": Queue("Production", 4, 1)}, {"short": Jobs(3, 0)}, {"short": Jobs(1, 0)}, True)
SILENT = ce.Batch({}, {}, {}, False)


def test_a_queue_shows_all_jobs_and_its_view_those_of_the_vo() -> None:
    found = ce_records(BUSY)
    queue, view = found[f"GlueCEUniqueID={SHORT}"], found[f"GlueVOViewLocalID=gilda,GlueCEUniqueID={SHORT}"]
    assert (queue["GlueCEStateRunningJobs"], view["GlueCEStateRunningJobs"]) == (["3"], ["1"])
    assert (queue["GlueCEInfoTotalCPUs"], queue["GlueCEStateFreeCPUs"]) == (["4"], ["1"])
    assert queue["GlueCEStateStatus"] == ["Production"]
    assert queue["GlueCEPolicyMaxWallClockTime"] == ["15"]
    assert queue["GlueCEAccessControlBaseRule"] == ["VO:gilda"]


def test_a_silent_batch_system_closes_the_queues_with_the_known_placeholder() -> None:
    queue = ce_records(SILENT)[f"GlueCEUniqueID={SHORT}"]
    assert queue["GlueCEStateStatus"] == ["Closed"]
    assert queue["GlueCEStateWaitingJobs"] == ["4444"]


def test_a_queue_that_the_batch_system_lacks_is_closed() -> None:
    queue = ce_records(BUSY)["GlueCEUniqueID=ce.example.org:2219/jobmanager-pbs-long"]
    assert (queue["GlueCEStateStatus"], queue["GlueCEStateWaitingJobs"]) == (["Closed"], ["0"])


def test_cluster_names_every_queue_and_close_se_is_bound() -> None:
    found = ce_records(BUSY)
    cluster = found["GlueClusterUniqueID=ce.example.org"]
    assert cluster["GlueForeignKey"][:2] == ["GlueSiteUniqueID=SITE", f"GlueCEUniqueID={SHORT}"]
    group = found[f"GlueCESEBindGroupCEUniqueID={SHORT}"]
    assert group["GlueCESEBindGroupSEUniqueID"] == ["se.example.org", "se2.example.org"]
    assert f"GlueCESEBindSEUniqueID=se2.example.org,GlueCESEBindGroupCEUniqueID={SHORT}" in found


def test_machine_is_read_from_the_kernel() -> None:
    machine = parse(
        "vendor_id : V\nmodel name : M 1: x\ncpu MHz : 1999.7\n\nprocessor : 1\nmodel name : N\n",
        "MemTotal: 2097152 kB\nSwapTotal: 1048576 kB\nHugePages_Total: 0\n",
        {"NAME": "Debian GNU/Linux", "VERSION_ID": "13"},
        FIGURES,
    )
    assert (machine.model, machine.mhz, machine.ram, machine.virtual) == ("M 1: x", 2000, 2048, 3072)
    assert (machine.system, machine.release) == ("Debian", "13")


def test_benchmarks_are_published_as_numbers_that_jobs_can_divide_by() -> None:
    records = ce_records(BUSY)
    machine = records["GlueSubClusterUniqueID=ce.example.org,GlueClusterUniqueID=ce.example.org"]
    assert (machine["GlueHostBenchmarkSI00"], machine["GlueHostBenchmarkSF00"]) == (["2500"], ["2600"])
    assert "GlueHostBenchmark" in machine["objectClass"]
    assert records[f"GlueCEUniqueID={SHORT}"]["GlueCECapability"] == ["CPUScalingReferenceSI00=2500"]


def test_benchmarks_are_measured_against_the_processor_whose_figures_are_known() -> None:
    assert benchmark.figures_of(benchmark.INTEGER_SECONDS, benchmark.FLOATING_SECONDS / 2) == (2500, 5000)
    assert benchmark.figures_of(1e9, 1e9) == (1, 1)
    assert min(benchmark.figures()) >= 1


def test_storage_area_shows_kilobytes() -> None:
    area = se.records(settings_of("se"), se.Space(20488, 3_000_000), True)[
        "GlueSALocalID=gilda,GlueSEUniqueID=se.example.org"
    ]
    assert area["GlueSAStateUsedSpace"] == ["20488"]
    assert area["GlueSAStateAvailableSpace"] == ["3000000"]
    assert area["GlueSAFreeOnlineSize"] == ["3"]
    assert area["GlueSAAccessControlBaseRule"] == ["VO:gilda", "gilda"]


@pytest.mark.parametrize(("serving", "status"), [(True, "Production"), (False, "Closed")])
def test_an_se_without_gridftp_is_closed(serving: bool, status: str) -> None:
    found = se.records(settings_of("se"), se.Space(4, 4), serving)
    assert found["GlueSEUniqueID=se.example.org"]["GlueSEStatus"] == [status]


def test_used_space_counts_what_lies_below(tmp_path: Any) -> None:
    before = se.read_space(str(tmp_path)).used
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x" * 1_000_000)
    (tmp_path / "dangling").symlink_to("nowhere")
    assert se.read_space(str(tmp_path)).used - before >= 976


def test_free_space_that_hardly_differs_is_no_news() -> None:
    before = se.Space(used=7, free=5_000_000)
    assert se.steady(before) == before
    assert se.steady(se.Space(7, 5_000_000 - 4_999), before) == before
    for now in (se.Space(7, 5_000_000 + 5_000), se.Space(8, 5_000_000 - 1)):
        assert se.steady(now, before) == now


def test_a_service_is_critical_while_nobody_listens() -> None:
    settings = settings_of("rb")
    found = site.provide_services(settings, lambda: {2170})
    status = {entry["GlueServiceType"][0]: entry["GlueServiceStatus"][0] for entry in found.values()}
    expected = {"org.glite.voms": "Critical", "MyProxy": "Critical", "bdii_top": "OK", "bdii_site": "OK"}
    assert expected.items() <= status.items()


def test_the_top_bdii_is_named_by_the_port_that_leads_to_it() -> None:
    found = site.provide_services(settings_of("rb"), lambda: {2170, 5010, 7512, 9000, 15001})
    endpoints = [entry["GlueServiceEndpoint"][0] for entry in found.values()]
    assert "ldap://rb.example.org:2171/mds-vo-name=local,o=grid" in endpoints


def test_resource_records_move_below_the_site() -> None:
    read = {
        "o=grid": {"o": ["grid"]},
        "Mds-Vo-name=resource,o=grid": {"objectClass": ["Mds"]},
        "GlueSEUniqueID=se,Mds-Vo-name=resource,o=grid": {"GlueSEUniqueID": ["se"]},
    }
    moved = directory.rooted(top.relative(read), "mds-vo-name=SITE,mds-vo-name=local,o=grid")
    assert list(moved) == [
        "o=grid",
        "mds-vo-name=local,o=grid",
        "mds-vo-name=SITE,mds-vo-name=local,o=grid",
        "GlueSEUniqueID=se,mds-vo-name=SITE,mds-vo-name=local,o=grid",
    ]


def everything() -> Directory:
    services = {
        name: entry
        for role in ("ce", "rb")
        for name, entry in site.provide_services(
            settings_of(role), lambda: {2119, 2170, 5010, 9000, 15001}
        ).items()
    }
    return {**ce_records(BUSY), **se.records(settings_of("se"), se.Space(4, 4), True), **services}


def test_glue_2_tells_the_same_of_queues_and_services() -> None:
    found = glue2.translate("SITE", everything())
    computing = "GLUE2ServiceID=ce.example.org_ComputingElement"
    share = found[f"GLUE2ShareID={SHORT},{computing}"]
    assert (share["GLUE2ComputingShareServingState"], share["GLUE2ComputingShareRunningJobs"]) == (
        ["production"],
        ["3"],
    )
    assert share["GLUE2ComputingShareMaxWallTime"] == ["900"]
    assert found[computing]["GLUE2ComputingServiceRunningJobs"] == ["3"]
    name = "rb.example.org_MyProxy"
    endpoint = found[f"GLUE2EndpointID={name},GLUE2ServiceID={name}"]
    assert (endpoint["GLUE2EndpointServingState"], endpoint["GLUE2EndpointHealthState"]) == (
        ["closed"],
        ["critical"],
    )


def test_glue_2_uses_the_words_of_its_lists() -> None:
    """Closed and open enumerations of GFD-R-P.147, as EGI's glue-validator has them."""
    records = {**everything(), **site.provide(settings_of("rb"))}
    found = glue2.translate("SITE", records)
    capabilities = {each for entry in found.values() for each in entry.get("GLUE2ServiceCapability", ())}
    groups = ("data", "executionmanagement", "information", "security")
    assert {each.partition(".")[0] for each in capabilities} <= set(groups)
    (machine,) = (entry for entry in found.values() if "GLUE2ExecutionEnvironment" in entry["objectClass"])
    assert machine["GLUE2ExecutionEnvironmentPlatform"] == ["amd64"]
    assert found["GLUE2LocationID=SITE_location"]["GLUE2LocationDomainForeignKey"] == ["SITE"]
    share = found[f"GLUE2ShareID={SHORT},GLUE2ServiceID=ce.example.org_ComputingElement"]
    assert (share["GLUE2ComputingShareUsedSlots"], share["GLUE2ComputingShareMaxSlotsPerJob"]) == (
        ["3"],
        ["4"],
    )


def test_keys_of_glue_2_lead_to_records() -> None:
    found = glue2.translate("SITE", everything())
    identifiers = {"SITE"} | {
        value
        for entry in found.values()
        for name, values in entry.items()
        if name.endswith("ID")
        for value in values
    }
    keys = {
        value
        for entry in found.values()
        for name, values in entry.items()
        if name.endswith("ForeignKey")
        for value in values
    }
    assert keys <= identifiers


def test_glue_2_leaves_out_a_cluster_that_is_half_written() -> None:
    half = {dn: entry for dn, entry in everything().items() if "SubCluster" not in dn}
    assert not [dn for dn in glue2.translate("SITE", half) if "ComputingElement" in dn]


def test_tags_are_words_that_can_be_shown(tmp_path: Path) -> None:
    folder = tmp_path / "gilda"
    folder.mkdir()
    (folder / "gilda.list").write_text("VO-gilda-geant4 a\x1b[2J\nVO-gilda-root\n")
    assert ce.read_tags(tmp_path) == ["VO-gilda-geant4", "VO-gilda-root"]
