"""docs/back-ends.md is what docs/make_backends.py makes of runs."""

import json
from pathlib import Path

import pytest

from docs import make_backends
from harness.errors import InputError
from tests.unit.report.samples import Samples


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run on two kinds of nodes, in which WN-1 failed and ten checks were left out."""
    samples = Samples()
    verdict = json.loads(samples.verdict(samples.checks(WN_1=("failed", "down"))).to_json())
    verdict["box"]["dom0"]["pace"] = 9.4
    for node in verdict["box"]["nodes"]:
        node["hypervisor"] = "lxc" if node["role"] == "wn" else "xen"
    verdict["left_out"] = [f"SE-{number}" for number in range(10)]
    (tmp_path / "verdict.json").write_text(json.dumps(verdict))
    return tmp_path


def test_the_page_is_up_to_date() -> None:
    assert make_backends.PAGE.read_text(encoding="utf-8") == make_backends.page(), (
        "run: python -m docs.make_backends"
    )


def test_every_run_of_the_page_is_of_checks_that_there_are() -> None:
    known = {check.id for check in make_backends.checks()}
    for run in make_backends.kept():
        assert set(run["checks"]) <= known, run["name"]
        assert run["checks"]


def test_a_run_says_where_it_was_and_how_each_check_ended(run_dir: Path) -> None:
    run = make_backends.of_run(run_dir)
    assert (run["name"], run["pace"], run["left_out"]) == ("embedded, lxc and xen", 9.4, 10)
    assert run["checks"]["WN-1"][0] == "failed"
    assert run["verdict"] == "no-go"


def test_a_run_takes_the_place_of_that_of_the_same_back_end(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_backends, "RUNS", tmp_path / "runs.json")
    monkeypatch.setattr(make_backends, "PAGE", tmp_path / "page.md")
    assert make_backends.main([str(run_dir)]) == 0
    assert make_backends.main([str(run_dir)]) == 0
    page = (tmp_path / "page.md").read_text()
    assert page.count("| embedded, lxc and xen |") == 2  # its line, and its column
    assert "| WN-1 " in page
    assert "| failed |" in page


@pytest.mark.parametrize("content", [None, "{}", "of another kind"])
def test_what_is_no_run_of_a_box_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "verdict.json").write_text(content)
    with pytest.raises(InputError, match=str(tmp_path)):
        make_backends.of_run(tmp_path)


def test_a_run_that_does_not_tell_what_its_nodes_are_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text(Samples().verdict().to_json())
    with pytest.raises(InputError, match="does not say what its nodes are"):
        make_backends.of_run(tmp_path)
