"""``-l`` and what it asks of Slurm."""

import pytest

from gridware.pbs import resources, times


@pytest.mark.parametrize(
    ("asked", "arguments"),
    [
        ("nodes=1", ["--ntasks=1", "--cpus-per-task=1"]),
        ("nodes=2:ppn=2", ["--ntasks=2", "--cpus-per-task=2"]),
        ("nodes=1:ppn=2+2", ["--ntasks=4", "--cpus-per-task=1"]),
        ("nodes=4:lcgpro:fast", ["--ntasks=4", "--cpus-per-task=1", "--constraint=fast&lcgpro"]),
        ("nodes=wn2.sytes.net:ppn=2", ["--ntasks=1", "--cpus-per-task=2", "--nodelist=wn2", "--nodes=1"]),
        ("ncpus=3", ["--ntasks=1", "--cpus-per-task=3"]),
        ("procs=3", ["--ntasks=3", "--cpus-per-task=1"]),
        ("mem=1gb", ["--ntasks=1", "--cpus-per-task=1"]),
    ],
)
def test_placement(asked: str, arguments: list[str]) -> None:
    assert resources.Placement(resources.parse(asked)).arguments() == arguments


@pytest.mark.parametrize(
    ("text", "size"),
    [("1000", 1000), ("1kb", 1024), ("2MB", 2 * 2**20), ("1gw", 8 * 2**30), ("7w", 56), ("3g", 3 * 2**30)],
)
def test_sizes(text: str, size: int) -> None:
    assert resources.size(text) == size


@pytest.mark.parametrize("text", ["", "b", "1x", "1.5gb", "-1"])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(ValueError):
        resources.size(text)


def test_what_torque_takes_and_nothing_is_done_with() -> None:
    asked = resources.parse("nodes=1:ppn=2:gpus=1,software=matlab,naccesspolicy=singlejob,walltime=60")
    assert resources.ignored(asked) == ["naccesspolicy", "software", "nodes=…:gpus"]
    assert resources.Placement(asked).slots == 2
    assert resources.ignored(resources.parse("nodes=2,mem=1gb")) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1:30", 90), ("60:00", 3600), ("00:01:30", 90), ("1:00:00:00", 86400), ("9.5", 9)],
)
def test_durations(text: str, seconds: int) -> None:
    assert times.seconds(text) == seconds


def test_durations_of_slurm() -> None:
    assert times.from_slurm("2-00:00:00") == 172800
    assert times.from_slurm("00:15:00") == 900
    assert times.from_slurm("UNLIMITED") == times.NO_LIMIT
    assert times.clock(172800) == "48:00:00"
    assert [times.slurm_minutes(n) for n in (0, 1, 60, 61)] == ["1", "1", "1", "2"]
