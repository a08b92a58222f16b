"""What the broker gets: one complete job for each that the JDL stands for."""

from typing import Any

import pytest

from gridware.jdl.ad import Ad
from gridware.jdl.syntax import parse


def sent(ui: Any, text: str, *options: str) -> list[Any]:
    ui.file("job.jdl", text)
    ran = ui.run("glite-job-submit", *options, "job.jdl")
    assert ran.code == 0, ran.err
    return ui.broker.sent


def only(ui: Any, text: str, *options: str) -> Ad:
    (job,) = sent(ui, text, *options)
    return parse(job.jdl)


def requirements(ad: Ad) -> str:
    return str(ad.get("Requirements").value)  # type: ignore[union-attr]


def test_a_job_with_all_defaults(ui: Any) -> None:
    ad = only(ui, 'executable = "/bin/hostname"; OutputSandbox = "a"; Environment = "A=1";')
    (job,) = ui.broker.sent
    assert (job.parent, job.node, job.files) == (None, "", [])
    assert ad.content("edg_jobid") == job.id
    assert [ad.content(name) for name in ("Type", "JobType", "VirtualOrganisation")] == [
        "job",
        "normal",
        "gilda",
    ]
    assert ad.content("CertificateSubject") == "/C=XX/O=School/CN=Student 01"
    assert [ad.content(name) for name in ("RetryCount", "ShallowRetryCount")] == [3, 3]
    assert requirements(ad) == 'other.GlueCEStateStatus == "Production"'
    assert str(ad.get("Rank").value) == "-other.GlueCEStateEstimatedResponseTime"  # type: ignore[union-attr]
    assert str(ad.get("OutputSandbox").value) == '{ "a" }'  # type: ignore[union-attr]
    assert str(ad.get("Environment").value) == '{ "A=1" }'  # type: ignore[union-attr]
    assert ad.get("SubmitTo") is None


def test_requirements_of_ones_own_stand_beside_the_default(ui: Any) -> None:
    ad = only(ui, 'Executable = "/a"; Requirements = other.x > 1 || other.y; Rank = 3; RetryCount = 0;')
    assert requirements(ad) == '(other.x > 1 || other.y) && (other.GlueCEStateStatus == "Production")'
    assert (ad.content("Rank"), ad.content("RetryCount")) == (3, 0)


def test_a_parallel_job_asks_for_its_cpus(ui: Any) -> None:
    ad = only(ui, 'Executable = "/a"; JobType = "MPICH"; NodeNumber = 4; Requirements = other.x;')
    assert requirements(ad).endswith(" ) && other.GlueCEInfoTotalCPUs >= 4")
    assert str(ad.get("Rank").value) == "other.GlueCEStateFreeCPUs"  # type: ignore[union-attr]


def test_resource_valid_lrms(ui: Any) -> None:
    ce = "ce.example.org:2119/jobmanager-pbs-short"
    ad = only(ui, 'Executable = "/a";', "-r", ce, "--lrms", "PBS", "-v", "01:30")
    assert (ad.content("SubmitTo"), ad.content("lrms_type")) == (ce, "pbs")
    assert isinstance(ad.content("ExpiryTime"), int)


def test_ce_from_a_file(ui: Any) -> None:
    ui.file("ces", "# best\nce1:2119/jobmanager-pbs-a\nce2:2119/jobmanager-pbs-b\n")
    assert (
        only(ui, 'Executable = "/a";', "-i", "ces", "--noint").content("SubmitTo")
        == "ce1:2119/jobmanager-pbs-a"
    )


def test_sandbox_of_many_kinds(ui: Any) -> None:
    ui.monkeypatch.setenv("DATA", str(ui.home / "data"))
    for name in ("run.sh", "data/b.txt", "data/a.txt", "home.txt"):
        ui.file(name)
    text = 'Executable = "run.sh"; InputSandbox = {"run.sh", "data/*.txt", "~/home.txt", "gsiftp://se/x"};'
    ad = only(ui, text)
    (job,) = ui.broker.sent
    entries = [item.content for item in ad.get("InputSandbox").value.items]  # type: ignore[union-attr]
    assert entries == ["run.sh", "a.txt", "b.txt", "home.txt", "gsiftp://se/x"]
    names = ("run.sh", "data/a.txt", "data/b.txt", "home.txt")
    assert job.files == [(str(ui.home / name), name.rpartition("/")[2]) for name in names]


def test_sandbox_with_variables_and_names_on_the_node(ui: Any) -> None:
    ui.monkeypatch.setenv("DATA", str(ui.home / "data"))
    ui.file("data/a")
    text = 'Executable = "prog"; InputSandbox = {"$DATA/a", "b"}; InputSandboxBaseURI = "gsiftp://se/dir/";'
    ui.file("b")
    ad = only(
        ui, text.replace('"$DATA/a"', f'"{ui.home}/data/a"') + 'InputSandboxDestFileName = {"prog", "c"};'
    )
    assert ui.broker.sent[0].files == [(str(ui.home / "data/a"), "prog")]
    assert str(ad.get("InputSandbox").value) == '{ "prog", "gsiftp://se/dir/b" }'  # type: ignore[union-attr]
    assert str(ad.get("InputSandboxDestFileName").value) == '{ "prog", "c" }'  # type: ignore[union-attr]
    ui.broker.sent.clear()
    only(ui, 'Executable = "a"; InputSandbox = "$DATA/a";')
    assert ui.broker.sent[0].files == [(str(ui.home / "data/a"), "a")]


def test_parametric(ui: Any) -> None:
    text = """JobType = "Parametric"; Parameters = 7; ParameterStart = 1; ParameterStep = 3;
        Executable = "/bin/echo";
        Arguments = "n _PARAM_"; StdOutput = "out_PARAM_"; RetryCount = _PARAM_;
        Requirements = other.x > _PARAM_;"""
    parent, first, *rest = sent(ui, text)
    assert len(rest) == 1
    root = parse(parent.jdl)
    assert (root.content("Type"), root.content("JobType")) == ("collection", "parametric")
    assert [node.content.content("edg_jobid") for node in root.get("Nodes").value.items] == [  # type: ignore[union-attr]
        first.id,
        rest[0].id,
    ]
    assert [(job.parent, job.node) for job in (first, *rest)] == [
        (parent.id, "Node_1"),
        (parent.id, "Node_4"),
    ]
    ad = parse(rest[0].jdl)
    assert [ad.content(name) for name in ("Arguments", "StdOutput", "RetryCount")] == ["n 4", "out4", 4]
    assert requirements(ad).startswith("(other.x > 4) &&")
    assert ad.content("JobType") == "normal"
    assert ad.get("Parameters") is None


def test_parametric_with_a_list(ui: Any) -> None:
    jobs = sent(
        ui, 'JobType = "parametric"; Parameters = {alpha, "b c"}; Executable = "/a"; Arguments = "_PARAM_";'
    )
    assert [parse(job.jdl).content("Arguments") for job in jobs[1:]] == ["alpha", "b c"]


def test_collection_shares_what_stands_around(ui: Any) -> None:
    ui.file("common")
    ui.file("own")
    text = """Type = "Collection"; InputSandbox = {"common"}; RetryCount = 1;
        Nodes = { [ Executable = "/a"; InputSandbox = {root.InputSandbox[0], "own"} ],
                  [ NodeName = "named"; Executable = "/b"; RetryCount = 2 ] };"""
    parent, first, second = sent(ui, text)
    assert (first.node, second.node) == ("Node_0", "named")
    assert [name for _, name in first.files] == ["common", "own"]
    assert [name for _, name in second.files] == ["common"]
    assert [parse(job.jdl).content("RetryCount") for job in (first, second)] == [1, 2]
    assert not parent.files


def test_dag(ui: Any) -> None:
    ui.file("last.jdl", 'Executable = "/c";')
    text = """[ Type = "dag"; max_running_nodes = 2;
        Nodes = [ a = [ Description = [ Executable = "/a" ] ]; b = [ Executable = "/b" ];
            c = [ File = "last.jdl" ] ];
        Dependencies = { { {a, b}, c } }; ]"""
    parent, *nodes = sent(ui, text)
    root = parse(parent.jdl)
    assert (root.content("Type"), root.content("max_running_nodes")) == ("dag", 2)
    assert str(root.get("Dependencies").value) == '{ { "a", "c" }, { "b", "c" } }'  # type: ignore[union-attr]
    assert [(job.node, parse(job.jdl).content("Executable")) for job in nodes] == [
        ("a", "/a"),
        ("b", "/b"),
        ("c", "/c"),
    ]


def test_collection_of_a_folder_and_defaults_from_a_file(ui: Any) -> None:
    for name in "ab":
        ui.file(f"jobs/{name}.jdl", f'Executable = "/{name}";')
    ui.file("usual.jdl", "RetryCount = 7;")
    ran = ui.run("glite-wms-job-submit", "-a", "--collection", "jobs", "--default-jdl", "usual.jdl")
    assert ran.code == 0, ran.err
    assert [parse(job.jdl).content("RetryCount") for job in ui.broker.sent[1:]] == [7, 7]


def test_the_vo_of_the_proxy_counts(ui: Any) -> None:
    ui.file("job.jdl", 'Executable = "/a"; VirtualOrganisation = "other";')
    ran = ui.run("glite-job-submit", "--vo", "third", "job.jdl")
    assert ran.code == 0
    assert ran.err.count("UI_VO_OVERRIDDEN") == 2
    assert parse(ui.broker.sent[0].jdl).content("VirtualOrganisation") == "gilda"


def test_what_became_of_output_data_comes_back(ui: Any) -> None:
    text = 'Executable = "/a"; OutputSandbox = "b"; OutputData = [ OutputFile = "c" ];'
    found = only(ui, text).get("OutputSandbox")
    assert found
    report = f"DSUpload_{ui.broker.sent[0].id.rpartition('/')[2]}.out"
    assert [item.content for item in found.value.items] == ["b", report]


@pytest.mark.parametrize(
    "text", ['Executable = "/a";', '# my job\n[ Executable = "/a" /* ] */ ];\n', '[Executable="/a";]']
)
def test_the_original_has_what_options_add(ui: Any, text: str) -> None:
    ui.file("usual.jdl", "Attribute = 'usual'; Executable = \"/b\";")
    ui.file("job.jdl", text)
    ui.run("glite-wms-job-submit", "-a", "--default-jdl", "usual.jdl", "--valid", "1:00", "job.jdl")
    written = str(parse(ui.broker.sent[0].jdl).content("JDL_Original"))
    assert text.rstrip("]; \n") in written
    ad = parse(written)
    assert (ad.content("Executable"), str(ad.get("Attribute").value)) == ("/a", "'usual'")
    assert isinstance(ad.content("ExpiryTime"), int)


def test_without_any_it_is_the_file(ui: Any) -> None:
    ui.file("job.jdl", 'Executable = "/a";  /* mine */\n')
    ui.run("glite-wms-job-submit", "-a", "job.jdl")
    assert parse(ui.broker.sent[0].jdl).content("JDL_Original") == 'Executable = "/a";  /* mine */\n'
