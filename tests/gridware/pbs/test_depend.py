"""What -W depend= asks for, as Slurm has it."""

import pytest

from gridware.pbs import depend
from gridware.pbs.errors import PbsError, UsageError
from tests.gridware.pbs.conftest import SERVER


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("afterok:1.xencenode:2", "afterok:1:2"),
        ("after:1,afternotok:2", "after:1,afternotok:2"),
        ("afterstartarray:1[],afterokarray:2[].xencenode,afteranyarray:3", "after:1,afterok:2,afterany:3"),
        ("afterok:4[7]", "afterok:4_7"),
        ("on:2", ""),
        ("beforeok:3", ""),
    ],
)
def test_dependencies(text: str, wanted: str) -> None:
    assert depend.slurm(text, SERVER) == wanted


@pytest.mark.parametrize("text", ["nonsense:1", "on:x", "on:1:2", "afterok::3"])
def test_bad_dependencies(text: str) -> None:
    with pytest.raises(UsageError, match="illegal -W value"):
        depend.terms(text)


@pytest.mark.parametrize("text", ["synccount:2", "syncwith:3", "afterokarray:3[][2]"])
def test_dependencies_that_are_not_offered(text: str) -> None:
    with pytest.raises(PbsError, match="is not offered") as caught:
        depend.slurm(text, SERVER)
    assert caught.value.code == 206
