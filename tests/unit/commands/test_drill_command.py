"""``./icebox drill``: what it refuses, what it writes, and what it says of a box that is not sound."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness import cli
from harness.box.box import Box
from harness.commands import drill
from harness.diagnosis.finding import Finding, Findings
from harness.drill import boxkeeper
from harness.drill.boxkeeper import BoxKeeper
from harness.drill.plan import Trial
from harness.drill.run import Hold, Tell
from harness.errors import InputError
from harness.faults.noise import NOISE
from harness.faults.registry import catalogue
from harness.ledger import Ledger
from tests.drill.tried import Told, failing
from tests.unit.drill.results import result
from tests.unit.sites import SITE

MOST = 4
"""Results of a drill that are told here: after each one all that is known is written."""


@pytest.fixture
def held(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Trial, ...]]:
    """The trials of each drill, none of which is really held: in all of them all is found."""
    seen: list[tuple[Trial, ...]] = []

    def run(trials: Mapping[int, Trial], keepers: list[BoxKeeper], hold: Hold, tell: Tell) -> None:
        seen.append(tuple(trials.values()))
        for number in list(trials)[:MOST]:
            tell(number, result("slurmd@xenwnnode", wanted=("slurmd@xenwnnode",)))

    monkeypatch.setattr(drill, "run_trials", run)
    monkeypatch.setattr(
        drill, "box_that_is_up", lambda options: SimpleNamespace(close=lambda: None, pace=1.0)
    )
    attached = SimpleNamespace(name="mine", ledger=Ledger("mine"), close=lambda: None)
    monkeypatch.setattr(boxkeeper, "attach", lambda name: attached)
    return seen


def icebox(*words: object) -> int:
    options = cli.parser().parse_args(["drill", *map(str, words)])
    return int(options.run(options))


def test_without_names_all_there_is_is_tried(held: list[tuple[Trial, ...]], tmp_path: Path) -> None:
    assert icebox("--run-dir", tmp_path / "all", "--json") == 1  # nothing was broken by most of them
    assert len(held[0]) == len(catalogue()) + len(NOISE)


def test_what_it_came_to_is_written_and_printed(
    held: list[tuple[Trial, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert icebox("wn-offline", "--repeats", 2, "--run-dir", tmp_path / "one", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["summary"]["passed"], len(content["results"])) == (True, 2)
    assert json.loads((tmp_path / "one/drill.json").read_text()) == content
    assert "The drill is passed." in (tmp_path / "one/drill.txt").read_text()
    assert "<table>" in (tmp_path / "one/drill.html").read_text()


@pytest.mark.parametrize("count", ["0", "-1", "x", "10001", "²"])
def test_what_is_no_number_is_refused(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        icebox("--repeats", count)
    assert "--repeats" in capsys.readouterr().err


@pytest.mark.tries("leave one of both away")
def test_somebodys_box_and_many_boxes(told: Told, held: list[tuple[Trial, ...]], tmp_path: Path) -> None:
    words = ["wn-offline", "--run-dir", tmp_path / "x", "--boxes", "2"]
    failing(told, lambda: icebox(*words, "--box", "mine"), InputError)
    assert icebox(*words) == 0
    assert icebox(*words[:-2], "--box", "mine") == 0


@pytest.mark.tries("name more faults, or none, or ask for fewer pairs")
def test_more_pairs_than_there_are(told: Told, held: list[tuple[Trial, ...]], tmp_path: Path) -> None:
    where = ["--run-dir", tmp_path / "x"]
    failing(told, lambda: icebox("wn-offline", "wn-drained", "--pairs", 1, *where), InputError)
    for words in (["wn-offline", "catalogue-rb-stopped", "--pairs", 1], ["--pairs", 2]):
        icebox(*words, *where)
    assert [len(trials) for trials in held] == [1, 2]


@pytest.mark.tries(
    "./icebox fault take --box …, mend what ./icebox status --box … shows, or leave --box away: then the "
    "drill brings up boxes of its own"
)
def test_a_box_that_is_broken_already(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [Finding(link="disk", node="xenwnnode", what="disk on xenwnnode is full")]
    look: Callable[[Box], Findings] = lambda box: Findings(tuple(broken))  # noqa: E731
    monkeypatch.setattr(boxkeeper, "PATIENCE", 0.0)
    monkeypatch.setattr(boxkeeper, "attach", lambda name: SimpleNamespace(name=name, pace=1.0))
    site = SITE
    mine = BoxKeeper("mine", site, look, own=False)
    with pytest.raises(InputError, match="broken already") as caught:
        mine.sound()
    assert caught.value.why == "disk on xenwnnode is full"
    remedy = told(caught.value)
    for line in re.findall(r"\./icebox (fault take|status) --box mine", remedy):
        cli.parser().parse_args([*line.split(), "--box", "mine"])
    broken.clear()
    assert mine.sound().name == "mine"
    monkeypatch.setattr(
        boxkeeper.bringup,
        "start",
        lambda request, console: cast(Box, SimpleNamespace(name=request.name, pace=1.0)),
    )
    monkeypatch.setattr(boxkeeper.wayback, "keep", lambda _: False)
    assert BoxKeeper("own", site, look, own=True).sound().name == "own"


def test_one_that_was_interrupted_goes_on_where_it_was(
    held: list[tuple[Trial, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_all = drill.run_trials

    def interrupted(trials: Mapping[int, Trial], *others: object) -> None:
        hold_all({1: trials[1]}, *others)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    where = tmp_path / "one"
    with monkeypatch.context() as context:
        context.setattr(drill, "run_trials", interrupted)
        with pytest.raises(KeyboardInterrupt):
            icebox("wn-offline", "wn-drained", "queue-ce-closed", "--run-dir", where)
    assert "2 trials were not held: ./icebox drill --resume" in (where / "drill.txt").read_text()
    assert icebox("--resume", where) == 0
    assert [[faults[0].name for faults in trials] for trials in held] == [
        ["wn-drained"],
        ["wn-offline", "queue-ce-closed"],
    ]
    assert len(json.loads((where / "drill.json").read_text())["results"]) == 3


@pytest.mark.tries("leave faults, --pairs, --repeats, --full and --run-dir away")
@pytest.mark.parametrize("words", [["wn-offline"], ["--pairs", 2], ["--full"], ["--repeats", 2]])
def test_one_that_goes_on_takes_no_other_plan(
    words: list[object], told: Told, held: list[tuple[Trial, ...]], tmp_path: Path
) -> None:
    icebox("wn-offline", "--run-dir", tmp_path / "one")
    failing(told, lambda: icebox("--resume", tmp_path / "one", *words), InputError)
    assert icebox("--resume", tmp_path / "one") == 0
