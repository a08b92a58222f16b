"""glite-wms-job-perusal and -info, what attach and get-chkpt say, and options that gLite had."""

from collections.abc import Callable
from typing import Any

import pytest

from gridware.jdl.syntax import parse
from tests.gridware.wms.test_layouts import fake

Id = Callable[[int], str]
PERUSAL, INFO = "glite-wms-job-perusal", "glite-wms-job-info"


def test_set_names_files_and_unset_none(ui: Any, job: Id) -> None:
    ran = ui.run(PERUSAL, "--set", "-f", "a", "--filename", "b", "-o", "list", job(1))
    assert ran.out.startswith(
        "\n====================== glite-wms-job-perusal Success ======================\n"
    )
    assert f"\nFiles perusal has been successfully enabled for the job:\n{job(1)}\n" in ran.out
    assert ui.broker.perused == {job(1): ["a", "b"]}
    assert (ui.home / "list").read_text() == f"###Files perusal enabled for the job {job(1)}###\na\nb\n"
    ran = ui.run(PERUSAL, "--unset", job(1))
    assert f"File(s) perusal has been successfully disabled for the job:\n{job(1)}\n" in ran.out
    assert ui.broker.perused == {job(1): []}


def test_get_fetches_and_shows_what_is_new(ui: Any, job: Id) -> None:
    ui.broker.slices = {
        "a.20061109122944_1": "one\n",
        "a.20061109123044_2": "two\n",
        "b.20061109123044_2": "x",
    }
    ran = ui.run(PERUSAL, "--get", "-f", "a", "--dir", "here", job(1))
    assert f"have been successfully stored in:\n{ui.home}/here\n" in ran.out
    assert "file 1/1: a-20061109123044_2-20061109123044_2\n" in ran.out
    assert ran.out.rstrip().endswith("two")
    everything = ui.run(PERUSAL, "--get", "--all", "-f", "a", "--dir", "here", "--nodisplay", job(1)).out
    whole = ui.home / "here/a-20061109122944_1-20061109123044_2"
    assert whole.read_text() == "one\ntwo\n"
    assert "one" not in everything
    assert sorted(whole.parent.iterdir()) == [whole, whole.with_name("a-20061109123044_2-20061109123044_2")]
    assert (
        f"No files to be retrieved for the job:\n{job(1)}\n"
        in ui.run(PERUSAL, "--get", "-f", "c", job(1)).out
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "one of --set, --get, --unset is needed"),
        (["--set", "--get"], "exclude each other"),
        (["--set"], "No valid job's file specified"),
        (["--get", "-f", "a", "-f", "b"], "no multiple filenames"),
        (["--set", "--all", "-f", "a"], "exclude each other"),
        (["--get", "-f", "a", "--proto", "pigeon"], "list of available protocols: gsiftp, https"),
    ],
)
def test_wrong_usage_of_perusal(ui: Any, job: Id, words: list[str], why: str) -> None:
    ran = ui.run(PERUSAL, *words, job(1))
    assert (ran.code, why in ran.err) == (1, True)


def test_files_to_peruse_from_a_file(ui: Any, job: Id) -> None:
    ui.file("names", "a\nb\n")
    assert ui.run(PERUSAL, "--set", "--noint", "--input-file", "names", job(1)).code == 0
    assert ui.broker.perused == {job(1): ["a", "b"]}


def test_the_jdl_as_registered_and_as_written(ui: Any) -> None:
    ui.run("glite-wms-job-submit", "-a", "hw.jdl")
    sent = ui.broker.sent[0]
    ui.broker.jobs[sent.id] = fake(sent.id, attributes={"Jdl": sent.jdl})
    registered = ui.run(INFO, "--jdl", sent.id).out
    assert f"The registered JDL\n for the job {sent.id} :\n[\n  Executable = " in registered
    assert "JDL_Original" not in registered
    assert (ui.home / "hw.jdl").read_text() in ui.run(INFO, "-j", sent.id).out
    assert "saved" in ui.run(INFO, "-j", "-o", "kept", sent.id).out
    assert (ui.home / "hw.jdl").read_text() in (ui.home / "kept").read_text()


PARAMETRIC = (
    """JobType = "Parametric"; Parameters = {a, b}; Executable = "/bin/echo"; Arguments = "_PARAM_";"""
)
COLLECTION = (
    'Type = "collection"; Nodes = { [ Executable = "/a" ], [ NodeName = "two"; Executable = "/b" ] };'
)


@pytest.mark.parametrize(
    ("jdl", "wanted"),
    [
        (PARAMETRIC, {"Node_a": ("Arguments", "a"), "Node_b": ("Arguments", "b")}),
        (COLLECTION, {"Node_0": ("Executable", "/a"), "two": ("Executable", "/b")}),
        (
            'Type = "dag"; Nodes = [ x = [ Description = [ Executable = "/a" ] ] ];',
            {"x": ("Executable", "/a")},
        ),
    ],
)
def test_the_registered_jdl_of_a_compound_job_has_its_nodes_whole(
    ui: Any, jdl: str, wanted: dict[str, tuple[str, str]]
) -> None:
    ui.file("c.jdl", jdl)
    ui.run("glite-wms-job-submit", "-a", "c.jdl")
    parent, *nodes = ui.broker.sent
    ids = [node.id for node in nodes]
    ui.broker.jobs[parent.id] = fake(parent.id, children=ids, attributes={"Jdl": parent.jdl})
    for node in nodes:
        known = {"Jdl": node.jdl, "Node_name": node.node}
        ui.broker.jobs[node.id] = fake(node.id, parent=parent.id, attributes=known)
    out = ui.run(INFO, "--jdl", parent.id).out
    assert [line.strip() for line in out.splitlines() if "edg_jobid" in line] == [
        f'edg_jobid = "{each}";' for each in (*ids, parent.id)
    ]
    # What is printed is a JDL itself.
    told = parse(out[out.index("[") : out.rindex("]") + 1]).content("Nodes")
    assert {each.name for each in told} == set(wanted)
    for name, (attribute, value) in wanted.items():
        node = told.content(name)
        assert (node.content("Node_Type"), node.content("Description").content(attribute)) == (
            "edg-jdl",
            value,
        )


def test_the_original_jdl_of_nodes_is_their_parent_s(ui: Any) -> None:
    text = 'Type = "collection"; Nodes = { [ Executable = "/a" ] };'
    ui.file("c.jdl", text)
    ui.run("glite-wms-job-submit", "-a", "c.jdl")
    parent, node = ui.broker.sent
    ui.broker.jobs[parent.id] = fake(parent.id, attributes={"Jdl": parent.jdl})
    ui.broker.jobs[node.id] = fake(node.id, parent=parent.id, attributes={"Jdl": node.jdl})
    assert text in ui.run(INFO, "-j", parent.id).out
    assert "ask for their parent" in ui.run(INFO, "-j", node.id).err


def test_the_proxy_of_a_job_and_one_put_aside(ui: Any, job: Id) -> None:
    out = ui.run(INFO, "--proxy", job(1)).out
    assert "\nSubject     : /C=XX/O=School/CN=Student 01/CN=123\n" in out
    assert "\nTimeleft    : 01 hours 02 min 03 sec\n" in out
    assert "\n=== VO gilda extension information ===\nVO          : gilda\n" in out
    ui.broker.proxy = ui.broker.proxy.format(left="0:09:58")
    assert "\nTimeleft    : 09 min 58 sec\n" in ui.run(INFO, "--proxy", job(1)).out
    ui.run("glite-wms-job-delegate-proxy", "-d", "mine")
    assert "with delegationID mine: \nSubject     : " in ui.run(INFO, "-d", "mine").out
    assert ui.run(INFO, "-d", "other").code == 1
    assert "is needed" in ui.run(INFO, job(1)).err
    assert "exclude each other" in ui.run(INFO, "--jdl", "-p", job(1)).err
    assert "one job id, not 2" in ui.run(INFO, "--jdl", job(1), job(2)).err


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("glite-job-attach", "UI_JDL_NOT_LISTENER"),
        ("edg-job-attach", "UI_JDL_NOT_LISTENER"),
        ("glite-job-get-chkpt", "UI_JDL_NOT_CHKPT"),
        ("edg-job-get-chkpt", "UI_JDL_NOT_CHKPT"),
    ],
)
def test_nothing_to_attach_to_and_no_state(ui: Any, job: Id, command: str, code: str) -> None:
    ran = ui.run(command, job(1))
    assert ran.code == 1
    assert f"**** Error: {code} ****" in ran.err
    assert job(1) in ran.err


def test_a_folder_as_a_dag(ui: Any) -> None:
    for name in ("first", "a-b", "c.d"):
        ui.file(f"jobs/{name}.jdl", 'Executable = "/bin/true";')
    assert ui.run("glite-wms-job-submit", "-a", "--dag", "jobs").code == 0
    parent, *nodes = ui.broker.sent
    assert 'Type = "dag"' in parent.jdl
    assert [each.node for each in nodes] == ["Node_0", "Node_1", "first"]
    both = ui.run("glite-wms-job-submit", "-a", "--dag", "jobs", "--collection", "jobs")
    assert "exclude each other" in both.err


def test_jsdl_and_other_ways_for_files_are_refused(ui: Any) -> None:
    assert "JDL only" in ui.run("glite-wms-job-submit", "-a", "--jsdl", "x").err
    assert "protocol not supported" in ui.run("glite-wms-job-submit", "-a", "--proto", "x", "hw.jdl").err
    assert "--register-only" in ui.run("glite-wms-job-submit", "-a", "--transfer-files", "hw.jdl").err
    assert not ui.broker.sent
    assert ui.run("glite-wms-job-submit", "-a", "--proto", "gsiftp", "hw.jdl").code == 0
