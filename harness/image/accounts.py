"""Accounts in a node: the VO's pool on CE, WN, SE and RB, students on the UI and outside.

Lines are added to the base image's passwd, group and shadow; nothing runs in the node for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.image.layer import OUTSIDE, Directory
from harness.site import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.site import Site

POOL_SIZE = 50
LONGEST_NAME = 32
"""Characters in a login name (useradd(8))."""

_WITH_POOL = (Role.CE.value, Role.WN.value, Role.SE.value, Role.RB.value)
_WITH_STUDENTS = (Role.UI.value, OUTSIDE)


@dataclass(frozen=True)
class Numbers:
    """Numbers of the accounts of a box: the kernel of a host counts processes by them, all boxes together."""

    vo_gid: int
    first_pool_uid: int
    first_student_uid: int
    more: range
    """For accounts that somebody makes on the UI with adduser(8); empty: as Debian numbers them."""

    def of_persons(self, site: Site) -> Iterator[int]:
        """Those whose files are a person's: the pool's, students', and who was added on the UI."""
        yield from range(self.first_pool_uid, self.first_pool_uid + POOL_SIZE + 1)
        yield from range(self.first_student_uid, self.first_student_uid + len(site.students))
        yield from self.more


EARLIER = Numbers(2000, 20001, 1001, range(0))
"""Of boxes that were made before each had numbers of its own."""


@dataclass(frozen=True)
class Texts:
    """Contents of /etc/passwd, /etc/group and /etc/shadow."""

    passwd: str
    group: str
    shadow: str


@dataclass(frozen=True)
class Accounts:
    """The new texts, and the home directories to be made for the accounts that were added."""

    texts: Texts
    homes: tuple[Directory, ...]


@dataclass(frozen=True)
class _Group:
    name: str
    gid: int

    def line(self) -> str:
        return f"{self.name}:x:{self.gid}:"


@dataclass(frozen=True)
class _User:
    name: str
    uid: int
    group: _Group
    comment: str

    @property
    def home(self) -> Directory:
        # Nobody reads another's files: neither students on the UI nor jobs of two members.
        return Directory(f"/home/{self.name}", 0o700, self.uid, self.group.gid)

    def passwd_line(self) -> str:
        return f"{self.name}:x:{self.uid}:{self.group.gid}:{self.comment}:{self.home.path}:/bin/bash"

    def shadow_line(self) -> str:
        # "*" fits no password and lets ssh keys in; with "!" sshd without PAM holds the account for locked.
        # The day of the last change stays empty: no ageing, and the same text every day.
        return f"{self.name}:*::0:99999:7:::"


def texts_of(root: Path) -> Texts:
    """The texts of a root file system."""
    return Texts(*((root / "etc" / name).read_text() for name in ("passwd", "group", "shadow")))


def add(texts: Texts, site: Site, role: str, numbers: Numbers = EARLIER) -> Accounts:
    """Add the accounts that ``role`` needs (a Role or ``outside``), with their ``numbers``.

    Raises InputError when the VO's name can't be one of an account or is taken in the image.
    """
    users = tuple(_users(site, role, numbers))
    groups = tuple(dict.fromkeys(user.group for user in users))
    _check(users, groups, texts)
    added = replace(
        texts,
        passwd=_append(texts.passwd, (user.passwd_line() for user in users)),
        group=_append(texts.group, (group.line() for group in groups)),
        shadow=_append(texts.shadow, (user.shadow_line() for user in users)),
    )
    return Accounts(added, tuple(user.home for user in users))


def check_names(texts: Texts, site: Site) -> None:
    """Raises InputError where ``add`` would for a node of the site, before anything is made of it."""
    for role in (*_WITH_POOL, *_WITH_STUDENTS):
        add(texts, site, role)


def pool(vo: str) -> tuple[str, ...]:
    """Names of the VO's pool accounts, without the software manager's."""
    return tuple(f"{vo}{number:03d}" for number in range(1, POOL_SIZE + 1))


def software_manager(vo: str) -> str:
    """The account of Role=SoftwareManager."""
    return f"{vo}sgm"


def _users(site: Site, role: str, numbers: Numbers) -> Iterator[_User]:
    if role in _WITH_POOL:
        group = _Group(site.vo, numbers.vo_gid)
        names = (*pool(site.vo), software_manager(site.vo))
        for uid, name in enumerate(names, numbers.first_pool_uid):
            yield _User(name, uid, group, f"{site.vo} pool")
    if role in _WITH_STUDENTS:
        for uid, student in enumerate(site.students, numbers.first_student_uid):
            yield _User(student.login, uid, _Group(student.login, uid), student.common_name)


def _append(text: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (*text.splitlines(), *lines))


def _check(users: Iterable[_User], groups: Iterable[_Group], texts: Texts) -> None:
    accounts, others = _taken(texts.passwd), _taken(texts.group)
    wanted = [(user.name, user.uid, accounts) for user in users]
    wanted += [(group.name, group.gid, others) for group in groups]
    for name, number, taken in wanted:
        line = taken.get(name, taken.get(number, ""))
        if line or len(name) > LONGEST_NAME:
            raise InputError(
                f"the account or group {name} ({number}) can't be made in the nodes",
                why=f"the image has {line!r}" if line else f"more than {LONGEST_NAME} characters",
                remedy="choose another name for the VO",
            )


def _taken(text: str) -> dict[str | int, str]:
    """The line of each name and of each number."""
    fields = [(line, line.split(":")) for line in text.splitlines()]
    return {each: line for line, (name, _, number, *_) in fields for each in (name, int(number))}
