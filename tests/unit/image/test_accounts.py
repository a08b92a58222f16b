"""Accounts that nodes get beside those of the base image."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness import sitefile
from harness.errors import InputError
from harness.image import accounts
from harness.image.accounts import Texts
from harness.image.layer import OUTSIDE
from harness.site import Role, Site, Student

BASE = Texts(
    "root:x:0:0:root:/root:/bin/bash\nslurm:x:64030:64030::/nonexistent:/usr/sbin/nologin\n",
    "root:x:0:\nslurm:x:64030:\n",
    "root:*:20779:0:99999:7:::\nslurm:!:20779::::::\n",
)


@pytest.fixture(scope="module")
def site() -> Site:
    return sitefile.load(Path(__file__).parents[3] / "icebox.toml")


def table(text: str) -> dict[str, list[str]]:
    return {line.split(":")[0]: line.split(":") for line in text.splitlines()}


@pytest.mark.parametrize("role", [Role.CE, Role.WN, Role.SE])
def test_the_pool_of_the_vo(site: Site, role: Role) -> None:
    made = accounts.add(BASE, site, role)
    users = table(made.texts.passwd)
    home = "/home/gilda001"
    assert users["gilda001"] == ["gilda001", "x", "20001", "2000", "gilda pool", home, "/bin/bash"]
    assert users["gilda050"][2] == "20050"
    assert users["gildasgm"][2:4] == ["20051", "2000"]
    assert table(made.texts.group)["gilda"] == ["gilda", "x", "2000", ""]
    assert len(users) == len(table(BASE.passwd)) + accounts.POOL_SIZE + 1
    assert "student01" not in users


@pytest.mark.parametrize("role", [Role.UI.value, OUTSIDE])
def test_students_each_with_a_group_of_their_own(site: Site, role: str) -> None:
    made = accounts.add(BASE, site, role)
    users = table(made.texts.passwd)
    assert users["student02"][2:] == ["1002", "1002", "Student 02", "/home/student02", "/bin/bash"]
    assert table(made.texts.group)["student02"] == ["student02", "x", "1002", ""]
    assert "gilda001" not in users
    assert [home.path for home in made.homes] == ["/home/student01", "/home/student02"]


def test_the_broker_runs_members_jobs_as_pool_accounts(site: Site) -> None:
    assert accounts.add(BASE, site, Role.RB) == accounts.add(BASE, site, Role.CE)


def test_no_password_but_ssh_keys_fit(site: Site) -> None:
    shadow = table(accounts.add(BASE, site, Role.UI).texts.shadow)
    assert shadow["student01"] == ["student01", "*", "", "0", "99999", "7", "", "", ""]
    assert shadow["root"] == BASE.shadow.splitlines()[0].split(":")


def test_homes_are_closed_to_others(site: Site) -> None:
    homes = {home.path: home for home in accounts.add(BASE, site, Role.WN).homes}
    home = homes["/home/gilda007"]
    assert (home.uid, home.gid, home.mode) == (20007, 2000, 0o700)
    assert "/home/gildasgm" in homes


def test_the_same_on_ce_wn_and_se(site: Site) -> None:
    texts = {role: accounts.add(BASE, site, role) for role in (Role.CE, Role.WN, Role.SE)}
    assert texts[Role.CE] == texts[Role.WN] == texts[Role.SE]


def test_lines_of_the_base_stay_whole_without_a_last_newline(site: Site) -> None:
    cut = Texts(*(text.rstrip("\n") for text in (BASE.passwd, BASE.group, BASE.shadow)))
    assert accounts.add(cut, site, Role.CE) == accounts.add(BASE, site, Role.CE)


def test_more_than_99_students(site: Site) -> None:
    many = replace(site, students=tuple(Student(number) for number in range(1, 121)))
    assert table(accounts.add(BASE, many, Role.UI).texts.passwd)["student120"][2] == "1120"


@pytest.mark.parametrize(("vo", "why"), [("slurm", "slurm:x:64030"), ("v" * 40, "32 characters")])
def test_a_vo_whose_name_can_not_be_used(site: Site, vo: str, why: str) -> None:
    with pytest.raises(InputError, match="can't be made") as caught:
        accounts.add(BASE, replace(site, vo=vo), Role.CE)
    assert why in caught.value.why


def test_a_number_that_is_taken(site: Site) -> None:
    taken = replace(BASE, group=BASE.group + "other:x:2000:\n")
    with pytest.raises(InputError, match="gilda"):
        accounts.add(taken, site, Role.SE)


def test_a_sites_accounts_are_judged_beforehand(site: Site) -> None:
    accounts.check_names(BASE, site)
    with pytest.raises(InputError, match=r"slurm \(2000\) can't be made"):
        accounts.check_names(BASE, replace(site, vo="slurm"))
