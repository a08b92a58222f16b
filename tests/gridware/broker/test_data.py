"""A job goes where its data is: gLite's rules for InputData, OutputSE and ShortDeadlineJob."""

import pytest

from gridware.wms.data import Data, far, nearest, protocols, wanted
from gridware.wms.matching import match, none_left, parse
from gridware.wms.resources import CloseSe, Resource

A, B = "lfn:/grid/gilda/a", "guid:1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"


def ce(name: str, *close: CloseSe) -> Resource:
    """A CE with one queue, close to these SEs."""
    ceid = f"{name}:2119/jobmanager-pbs-short"
    return Resource(ceid, {"GlueCEUniqueID": ceid, "GlueCEStateStatus": "Production"}, ("VO:gilda",), close)


def se(name: str, *offers: str, mount: str = "/storage") -> CloseSe:
    return CloseSe(name, mount, {"GlueSEUniqueID": name}, tuple((each, 1) for each in offers))


NEAR_1, NEAR_2 = ce("ce1", se("se1", "gsiftp")), ce("ce2", se("se2", "gsiftp", "rfio"))
BOTH = ce("ce3", se("se1", "gsiftp"), se("se2", "gsiftp", "rfio"))
DATA = Data({A: ("sfn://se1/a",), B: ("sfn://SE2:8443/b", "sfn://elsewhere/b")})


def names(found: list[Resource]) -> list[str]:
    return [each.host for each in found]


def test_files_of_input_data_and_of_data_requirements() -> None:
    assert wanted(parse(f'[ InputData = "{A}" ]')) == [A]
    assert wanted(parse(f'[ InputData = {{"{A}", "{B}", "{A}"}} ]')) == [A, B]
    asked = f'[ DataRequirements = {{ [ InputData = {{"{A}"}} ], [ InputData = "{B}" ] }} ]'
    assert wanted(parse(asked)) == [A, B]
    assert wanted(parse("[ ]")) == []


def test_gridftp_is_another_word_for_gsiftp() -> None:
    assert protocols(parse('[ DataAccessProtocol = {"GridFTP", "rfio"} ]')) == ["gsiftp", "rfio"]


@pytest.mark.parametrize(
    ("resources", "spoken", "expected"),
    [
        ([NEAR_1, NEAR_2], ["gsiftp"], ["ce1", "ce2"]),
        ([NEAR_1, NEAR_2, BOTH], ["gsiftp"], ["ce3"]),
        ([NEAR_1, NEAR_2, BOTH], ["rfio"], ["ce2", "ce3"]),
        ([NEAR_1, NEAR_2, BOTH], ["https"], []),
        ([ce("ce4"), ce("ce5", se("se5", "gsiftp"))], ["gsiftp"], []),
    ],
)
def test_the_ces_with_the_most_files_near(
    resources: list[Resource], spoken: list[str], expected: list[str]
) -> None:
    assert names(nearest(resources, DATA, spoken)) == expected


def test_reading_as_a_file_takes_a_mount_point() -> None:
    mounted, bare = ce("ce1", se("se1", "file")), ce("ce2", se("se1", "file", mount=""))
    assert names(nearest([mounted, bare], DATA, ["file"])) == ["ce1"]


def test_data_count_before_rank_and_after_requirements() -> None:
    jdl = f'[ InputData = "{A}"; DataAccessProtocol = "gsiftp"; Rank = RANK; Requirements = WISH ]'
    only_a = Data({A: DATA.files[A]})
    rank = 'RegExp("ce2.*", other.GlueCEUniqueID) ? 2 : 1'
    better_far = jdl.replace("RANK", rank).replace("WISH", "true")
    found = match(better_far, [NEAR_1, NEAR_2], "gilda", (), only_a)
    assert [each.resource.host for each in found] == ["ce1"]
    assert match(better_far, [NEAR_1, NEAR_2], "gilda")[0].resource.host == "ce2"
    elsewhere = jdl.replace("RANK", "1").replace("WISH", 'RegExp("ce2.*", other.GlueCEUniqueID)')
    assert match(elsewhere, [NEAR_1, NEAR_2], "gilda", (), only_a) == []


def test_why_nothing_is_left_is_told() -> None:
    jdl = f'[ InputData = {{"{A}"}}; DataAccessProtocol = {{"https"}}; ]'
    text = none_left(jdl, Data({A: DATA.files[A]}))
    assert text.startswith("BrokerHelper: no compatible resources (")
    assert A in text
    assert "offers https" in text
    assert "on se1" in text
    assert none_left(jdl, None).endswith("no compatible resources")
    assert "no SE" in far(Data({A: ()}), ["gsiftp"])


def test_data_is_kept_in_a_file_with_what_the_ses_offer() -> None:
    full = DATA.with_elements([NEAR_1, BOTH])
    assert full.elements == {"se1": (("gsiftp", 1),), "se2": (("gsiftp", 1), ("rfio", 1)), "elsewhere": ()}
    assert Data.read(full.text()) == full


def test_an_output_se_must_be_close() -> None:
    assert [each.ceid for each in match('[ OutputSE = "SE2" ]', [NEAR_1, NEAR_2], "gilda")] == [NEAR_2.ceid]


@pytest.mark.parametrize(("wish", "expected"), [("true", "sdj"), ("false", "short")])
def test_short_deadline_jobs_have_queues_of_their_own(wish: str, expected: str) -> None:
    sdj = Resource("ce1:2119/jobmanager-pbs-sdj", {"GlueCEStateStatus": "Production"}, ("VO:gilda",))
    (found,) = match(f"[ ShortDeadlineJob = {wish} ]", [NEAR_1, sdj], "gilda")
    assert found.ceid.endswith(expected)
