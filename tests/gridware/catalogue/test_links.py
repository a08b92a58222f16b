"""Further names and links that members make of each other's files and directories."""

from typing import Any

from gridware.catalogue.server.caller import Caller

TOP = "/grid/gilda"


def test_another_member_links_to_whatever_is_there(server: Any, one: Any, two: Any) -> None:
    """lfc_symlink(3) asks for rights in the link's directory alone; the link is of whoever made it."""
    made = server.create(one, f"{TOP}/f")
    server.ask(one, "mkdir", path=f"{TOP}/d", mode=0o755)
    server.ask(two, "mkdir", path=f"{TOP}/mine", mode=0o755)
    for what in ("f", "d"):
        server.ask(two, "alias", file=f"lfn:{TOP}/{what}", lfn=f"{TOP}/mine/{what}")
        server.refuses("EACCES", one, "alias", file=f"lfn:{TOP}/{what}", lfn=f"{TOP}/mine/more")
    listed = server.ask(one, "list", path=f"{TOP}/mine")["entries"]
    assert {each["name"]: each["target"] for each in listed} == {"d": f"{TOP}/d", "f": f"{TOP}/f"}
    server.refuses("EACCES", two, "remove", path=f"{TOP}/d")
    server.refuses("EACCES", two, "chmod", path=f"{TOP}/mine/f", mode=0o777)
    # The file keeps a name of its owner's, whatever others call it.
    server.refuses("EEXIST", one, "remove", path=f"{TOP}/f")
    server.ask(two, "alias", file=f"lfn:{TOP}/f", lfn=f"{TOP}/theirs")
    server.ask(one, "alias", file=f"lfn:{TOP}/f", lfn=f"{TOP}/second")
    server.ask(one, "remove", path=f"{TOP}/f")
    assert server.ask(one, "stat", path=f"{TOP}/mine/f")["target"] == f"{TOP}/second"
    server.ask(two, "rename", old=f"{TOP}/mine/f", new=f"{TOP}/mine/other")
    server.ask(two, "unalias", file=f"guid:{made['guid']}", lfn=f"{TOP}/mine/other")
    server.ask(two, "remove", path=f"{TOP}/mine/d")
    server.ask(one, "remove", path=f"{TOP}/theirs")
    assert server.ask(one, "file", file=f"guid:{made['guid']}")["lfns"] == [f"{TOP}/second"]


def test_links_of_a_third_member_stay(server: Any, one: Any, two: Any) -> None:
    server.ask(one, "mkdir", path=f"{TOP}/open", mode=0o777)
    server.create(two, f"{TOP}/f")
    server.ask(one, "alias", file=f"lfn:{TOP}/f", lfn=f"{TOP}/open/f")
    third = Caller("/CN=Student 03", ("gilda",))
    server.refuses("EACCES", third, "remove", path=f"{TOP}/open/f")
