"""Who may do what: mode, ACL, owners and the VO's admins."""

from typing import Any

import pytest

from gridware.catalogue.server import acl
from gridware.catalogue.server.caller import Caller, of_request
from gridware.catalogue.server.errors import CatalogueError, NoAccessError
from gridware.catalogue.server.settings import Settings

TOP = "/grid/gilda"
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("rename", {"old": f"{TOP}/f", "new": f"{TOP}/stolen"}),
    ("chmod", {"path": f"{TOP}/f", "mode": 0o777}),
    ("setacl", {"path": f"{TOP}/f", "set": ["other::rwx"]}),
    ("chown", {"path": f"{TOP}/f", "user": "/CN=Student 02"}),
    ("comment", {"path": f"{TOP}/f", "comment": "mine now"}),
    ("remove", {"path": f"{TOP}/f"}),
    ("unalias", {"file": f"lfn:{TOP}/f", "lfn": f"{TOP}/f"}),
    ("forget", {"file": f"lfn:{TOP}/f"}),
]


@pytest.mark.parametrize(("operation", "arguments"), CHANGES, ids=[name for name, _ in CHANGES])
def test_another_member_changes_nothing(
    server: Any, one: Any, two: Any, operation: str, arguments: dict[str, Any]
) -> None:
    made = server.create(one, f"{TOP}/f")
    before = server.ask(one, "stat", path=f"{TOP}/f"), server.ask(one, "getacl", path=f"{TOP}/f")
    server.refuses("EACCES", two, operation, **arguments)
    assert before == (server.ask(one, "stat", path=f"{TOP}/f"), server.ask(one, "getacl", path=f"{TOP}/f"))
    assert server.ask(two, "file", file=f"lfn:{TOP}/f")["surls"] == [made["surl"]]


def test_another_member_touches_no_replica(server: Any, one: Any, two: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    wish = {**made, "kind": "replicate", "surl": "sfn://other.example.org/x"}
    server.refuses("EACCES", two, "intend", **wish)
    server.refuses("EACCES", two, "intend", **{**made, "kind": "delete"})
    server.refuses("EACCES", two, "unregister", guid=made["guid"], surl=made["surl"])
    server.refuses("EACCES", two, "register", guid=made["guid"], surl="sfn://other.example.org/x", lfn="")


def test_not_even_in_a_directory_of_ones_own(server: Any, one: Any, two: Any) -> None:
    server.ask(two, "mkdir", path=f"{TOP}/open", mode=0o777)
    server.create(one, f"{TOP}/open/f")
    server.refuses("EACCES", two, "remove", path=f"{TOP}/open/f")
    server.refuses("EACCES", two, "rename", old=f"{TOP}/open/f", new=f"{TOP}/open/g")


def test_admins_change_everything(server: Any, one: Any, admin: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.ask(admin, "chmod", path=f"{TOP}/f", mode=0o600)
    server.ask(admin, "rename", old=f"{TOP}/f", new=f"{TOP}/g")
    server.ask(admin, "chown", path=f"{TOP}/g", user=admin.dn)
    server.ask(admin, "unregister", guid=made["guid"], surl=made["surl"])
    assert "g" not in server.names(admin, TOP)


def test_a_private_directory_hides_what_is_in_it(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/private", mode=0o700)
    server.create(one, f"{TOP}/private/f")
    server.refuses("EACCES", two, "list", path=f"{TOP}/private")
    server.refuses("EACCES", two, "file", file=f"lfn:{TOP}/private/f")
    server.refuses("EACCES", two, "mkdir", path=f"{TOP}/private/x", mode=0o755)


def test_a_private_file_hides_its_replicas(server: Any, one: Any, two: Any) -> None:
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "chmod", path=f"{TOP}/f", mode=0o600)
    for name in (f"lfn:{TOP}/f", f"guid:{made['guid']}", made["surl"]):
        server.refuses("EACCES", two, "file", file=name)


def test_an_acl_lets_one_more_in(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o700)
    server.ask(one, "setacl", path=f"{TOP}/a", set=[f"user:{two.dn}:rwx", "mask::rwx"])
    server.create(two, f"{TOP}/a/f")
    server.ask(one, "setacl", path=f"{TOP}/a", set=["mask::r-x"])
    server.refuses("EACCES", two, "mkdir", path=f"{TOP}/a/g", mode=0o755)
    assert server.names(two, f"{TOP}/a") == ["f"]
    server.ask(one, "setacl", path=f"{TOP}/a", remove=[f"user:{two.dn}:0"])
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


def test_an_acl_takes_numbers_of_listings(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o700)
    server.refuses("EINVAL", one, "setacl", path=f"{TOP}/a", set=["user:102:rwx"])
    server.refuses("EINVAL", one, "setacl", path=f"{TOP}/a", set=["user:nobody:rwx"])
    server.ask(two, "mkdir", path=f"{TOP}/known", mode=0o755)
    server.ask(one, "setacl", path=f"{TOP}/a", set=["user:102:rwx"])
    assert [False, "user", two.dn, 7] in server.ask(one, "getacl", path=f"{TOP}/a")["entries"]
    server.ask(one, "setacl", path=f"{TOP}/a", remove=["user:102:0"])
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


def test_an_acl_of_a_role(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o700)
    server.ask(one, "setacl", path=f"{TOP}/a", set=["group:gilda/Role=pilot:r-x", "mask::r-x"])
    pilot = Caller(two.dn, ("gilda/Role=pilot", "gilda"))
    assert server.names(pilot, f"{TOP}/a") == []
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


def test_defaults_are_inherited(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o755)
    server.ask(one, "setacl", path=f"{TOP}/a", set=[f"d:user:{two.dn}:rwx", "d:other::---"])
    server.ask(one, "mkdir", path=f"{TOP}/a/b", mode=0o755)
    shown = server.ask(one, "getacl", path=f"{TOP}/a/b")["entries"]
    assert [False, "user", two.dn, 7] in shown
    assert [True, "user", two.dn, 7] in shown
    assert [False, "other", "", 0] in shown
    server.refuses("EINVAL", one, "setacl", path=f"{TOP}/a", remove=["user::rwx"])


def test_a_member_gives_nothing_to_others(server: Any, one: Any, two: Any) -> None:
    server.ask(two, "mkdir", path=f"{TOP}/known", mode=0o755)
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o755)
    server.refuses("EPERM", one, "chown", path=f"{TOP}/a", user=two.dn)
    server.refuses("EPERM", one, "chown", path=f"{TOP}/a", group="root")


@pytest.mark.parametrize("text", ["", "user", "somebody::rwx", "user::rwz", "other:name:r--", "user::"])
def test_what_is_no_entry(text: str) -> None:
    with pytest.raises(CatalogueError):
        acl.parse(text)


def test_a_dn_may_have_colons() -> None:
    assert acl.parse("u:/CN=host/a:b:5") == acl.Entry("user", "/CN=host/a:b", 5)


SETTINGS = Settings(vo="gilda", database=None, storage={"se": "/CN=se"})  # type: ignore[arg-type]


def environ(*auris: str) -> dict[str, str]:
    return {f"GRST_CONN_AURI_{number}": auri for number, auri in enumerate(auris)}


def test_a_member_by_proxy() -> None:
    found = of_request(
        environ(
            "dn:/C=IT/CN=Student+01",
            "dn:/C=IT/CN=Student+01/CN=123",
            "fqan:/gilda/Role=SoftwareManager/Capability=NULL",
            "fqan:/gilda/Role=NULL/Capability=NULL",
        ),
        SETTINGS,
    )
    assert found == Caller("/C=IT/CN=Student 01", ("gilda/Role=SoftwareManager", "gilda"), admin=True)
    assert found.group == "gilda"


def test_a_storage_element_by_its_certificate() -> None:
    assert of_request(environ("dn:/CN=se"), SETTINGS) == Caller("/CN=se", storage="se")


@pytest.mark.parametrize(
    "auris",
    [(), ("dn:/CN=Student",), ("dn:/CN=Student", "fqan:/other/Role=NULL/Capability=NULL"), ("fqan:/gilda",)],
)
def test_nobody_else(auris: tuple[str, ...]) -> None:
    with pytest.raises(NoAccessError):
        of_request(environ(*auris), SETTINGS)


def test_sweepers_and_members_have_operations_of_their_own(server: Any, one: Any, sweeper: Any) -> None:
    server.refuses("EACCES", one, "dead")
    server.refuses("EACCES", sweeper, "list", path="/")
    server.refuses("EACCES", sweeper, "mkdir", path=f"{TOP}/x", mode=0o755)


def test_a_group_gives_rights_to_its_own_members(server: Any, one: Any, two: Any, admin: Any) -> None:
    """Every member has some group; what counts is whether it is this one."""
    staff = Caller("/CN=Staff", ("gilda/staff", "gilda"))
    server.ask(staff, "mkdir", path=f"{TOP}/known", mode=0o755)
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o770)
    server.ask(admin, "chown", path=f"{TOP}/a", group="gilda/staff")
    assert server.names(staff, f"{TOP}/a") == []
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")
    server.refuses("EACCES", two, "mkdir", path=f"{TOP}/a/x", mode=0o755)
    pilot = Caller(two.dn, ("gilda/Role=pilot", "gilda/staffers", "gilda"))
    server.refuses("EACCES", pilot, "list", path=f"{TOP}/a")


def test_an_acl_of_a_group_is_for_that_group_alone(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o700)
    server.ask(one, "setacl", path=f"{TOP}/a", set=["group:gilda/staff:rwx", "mask::rwx"])
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")
    server.refuses("EACCES", Caller(two.dn, ("gilda/pilots", "gilda")), "list", path=f"{TOP}/a")
    assert server.names(Caller(two.dn, ("gilda", "gilda/staff")), f"{TOP}/a") == []


def test_an_owner_s_own_rights_count_and_not_the_others(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o077)
    server.refuses("EACCES", one, "list", path=f"{TOP}/a")
    assert server.names(two, f"{TOP}/a") == []


def test_an_entry_by_name_stands_before_groups_and_others(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o777)
    server.ask(one, "setacl", path=f"{TOP}/a", set=[f"user:{two.dn}:---", "mask::rwx"])
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


def test_members_of_a_group_have_no_more_than_it(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o707)
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


@pytest.mark.parametrize("other", ["gilda2", "gild", "other/gilda"])
def test_another_vo_whose_name_is_alike_is_another(other: str) -> None:
    with pytest.raises(NoAccessError, match="serves the VO gilda"):
        of_request(environ("dn:/CN=S", f"fqan:/{other}/Role=NULL/Capability=NULL"), SETTINGS)


def test_a_role_of_another_vo_makes_no_admin() -> None:
    auris = ("dn:/CN=S", "fqan:/gilda/Role=NULL/Capability=NULL", "fqan:/other/Role=SoftwareManager")
    found = of_request(environ(*auris), SETTINGS)
    assert (found.groups, found.admin) == (("gilda",), False)


def test_a_member_is_no_storage_element_and_its_proxy_is_none() -> None:
    found = of_request(environ("dn:/CN=se", "fqan:/gilda/Role=NULL/Capability=NULL"), SETTINGS)
    assert found.storage == ""
    with pytest.raises(NoAccessError):
        of_request(environ("dn:/CN=se2"), SETTINGS)
    assert of_request(environ("dn:/CN=Student", "dn:/CN=se", "fqan:/gilda"), SETTINGS).dn == "/CN=Student"


def test_a_mask_holds_for_groups_by_name_and_for_the_owning_group(server: Any, one: Any, two: Any) -> None:
    staff = Caller("/CN=Staff", ("gilda/staff",))
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o770)
    server.ask(one, "setacl", path=f"{TOP}/a", set=["group:gilda/staff:rwx", "mask::r-x"])
    for caller in (staff, two):
        assert server.names(caller, f"{TOP}/a") == []
        server.refuses("EACCES", caller, "mkdir", path=f"{TOP}/a/x", mode=0o755)
    server.ask(one, "setacl", path=f"{TOP}/a", set=["mask::rwx"])
    server.ask(staff, "mkdir", path=f"{TOP}/a/x", mode=0o755)


def test_nothing_is_shut_to_an_admin(server: Any, one: Any, two: Any, admin: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/a", mode=0o700)
    assert server.names(admin, f"{TOP}/a") == []
    server.refuses("EACCES", two, "list", path=f"{TOP}/a")


def test_a_mode_is_of_nine_bits(server: Any, one: Any) -> None:
    server.create(one, f"{TOP}/f")
    server.ask(one, "chmod", path=f"{TOP}/f", mode=0o7640)
    assert server.ask(one, "stat", path=f"{TOP}/f")["mode"] == 0o640


def test_defaults_of_a_directory_give_no_right_to_itself(server: Any, one: Any, two: Any) -> None:
    """They are for what is made in it."""
    server.ask(one, "mkdir", path=f"{TOP}/d", mode=0o700)
    server.ask(one, "setacl", path=f"{TOP}/d", set=[f"default:user:{two.dn}:rwx"])
    server.refuses("EACCES", two, "list", path=f"{TOP}/d")


def test_what_another_has_committed_is_no_commit_of_mine(server: Any, one: Any, two: Any) -> None:
    """Who says so again without having been the one is told that nothing came of it."""
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "commit", id="lost", size=6, **made)
    server.refuses("ETIMEDOUT", two, "commit", id="guessed", size=6, **made)
