"""What the catalogue's client says becomes a job's data, or a reason that a person understands."""

from typing import Any, ClassVar

import pytest

from gridware.catalogue import session
from gridware.catalogue.errors import CatalogueSilentError, DataError
from gridware.wms import replicas

ENVIRONMENT = {"LFC_HOST": "rb", "X509_USER_PROXY": "/proxy"}


class Catalogue:
    """In the place of the connection."""

    answer: ClassVar[dict[str, Any] | Exception] = {}
    asked: ClassVar[list[str]] = []
    closed = 0

    def __init__(self, *_given: object) -> None:
        pass

    def ask(self, _operation: str, file: str) -> dict[str, Any]:
        Catalogue.asked.append(file)
        if isinstance(Catalogue.answer, Exception):
            raise Catalogue.answer
        return Catalogue.answer

    def close(self) -> None:
        Catalogue.closed += 1


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "Catalogue", Catalogue)
    Catalogue.asked, Catalogue.closed = [], 0


def test_replicas_of_each_file() -> None:
    Catalogue.answer = {"surls": ["sfn://a/x", "sfn://b/x"]}
    found = replicas.find(["lfn:/grid/x"], "gilda", ENVIRONMENT)
    assert found.files == {"lfn:/grid/x": ("sfn://a/x", "sfn://b/x")}
    assert (Catalogue.asked, Catalogue.closed) == (["lfn:/grid/x"], 1)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (DataError("ENOENT", "/grid/x"), "lfn:/grid/x: No such file or directory"),
        (DataError("EACCES", "rb", "revoked"), "lfn:/grid/x: rb: Permission denied: revoked"),
        ({"surls": []}, "lfn:/grid/x has no replica"),
    ],
)
def test_a_file_that_can_t_be_had(answer: Any, text: str) -> None:
    Catalogue.answer = answer
    with pytest.raises(replicas.ReplicaError) as refused:
        replicas.find(["lfn:/grid/x"], "gilda", ENVIRONMENT)
    assert str(refused.value) == text
    assert not isinstance(refused.value, replicas.CatalogueAwayError)
    assert Catalogue.closed == 1


def test_a_silent_catalogue_is_worth_waiting_for() -> None:
    Catalogue.answer = CatalogueSilentError("ECOMM", "rb", "refused")
    with pytest.raises(replicas.CatalogueAwayError):
        replicas.find(["lfn:/grid/x"], "gilda", ENVIRONMENT)
    with pytest.raises(replicas.CatalogueAwayError, match="LCG_GFAL_INFOSYS"):
        replicas.find(["lfn:/grid/x"], "gilda", {"X509_USER_PROXY": "/proxy"})
