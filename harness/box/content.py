"""What the site layer of each node holds beside templates: accounts, certificates and ssh keys."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.box.files import BoxFiles
from harness.image import accounts, tables
from harness.image.accounts import Numbers
from harness.image.base import Base
from harness.image.layer import (
    OUTSIDE,
    Directory,
    File,
    Item,
    Link,
    Owners,
    RoleLayers,
    Shared,
    SiteLayer,
)
from harness.interrupt import held
from harness.pki import badcredentials, trust
from harness.pki.authority import Authority, Issued
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.view import PkiView
from harness.secrets import Secrets
from harness.site import Node, Role, Site, Student
from harness.site.addresses import NAME_SERVER
from harness.site.addresses import OUTSIDE as ADDRESS_OUTSIDE
from harness.virt import homes

GRID_SECURITY = "/etc/grid-security"
WITH_STUDENTS = (Role.UI.value, OUTSIDE)
SHARED_HOMES = (Role.CE.value, Role.WN.value)
"""Whose /home is a directory of the box, where its machines are not started by hand."""


ABREAST = 2
"""Site layers that are made side by side: half of the time is the kernel's."""


def new_keys(site: Site, files: BoxFiles) -> int:
    """How many keys the certificates of a box ask for that has none yet; 0 if it has."""
    if files.pki.exists():
        return 0
    return 1 + len(site.nodes) + len(site.students) + badcredentials.KEYS


class Content:
    """Makes the site layers of one box."""

    def __init__(
        self,
        site: Site,
        files: BoxFiles,
        base: Base,
        roles: RoleLayers,
        supply: KeyPool | None = None,
        *,
        numbers: Numbers,
        pace: Callable[[], float] = lambda: 1.0,
    ) -> None:
        """``pace`` is that of the machine that hosts the box: deadlines of nodes' own go by it."""
        self._pace = pace
        self.site, self.files, self.base, self.roles, self.numbers = site, files, base, roles, numbers
        self.secrets = Secrets.open(files.secrets)
        self.authority = Authority.open(files.pki, days=site.school_days, supply=supply)
        # Before the CRL is taken, which has to name it.
        badcredentials.revoked(self.authority, site.students[0].common_name)

    def issue(self) -> Issued:
        """All certificates of the box: made, or taken again if they outlive the school."""
        return self.authority.issue_all(
            [node.fqdn for node in self.site.nodes],
            [student.common_name for student in self.site.students],
        )

    def build(self, issued: Issued) -> None:
        """Make the site layer of every node and of the outside."""
        self._pace()  # may be awaited, which no interruption is held back for
        trusted = list(self._trusted())
        # Threads are enough: the kernel makes files and directories without the interpreter's lock.  Whoever
        # is interrupted waits for them: what they would still make is about to be removed.
        with held(), ThreadPoolExecutor(ABREAST, thread_name_prefix="layers") as pool:
            made = pool.map(lambda node: self._build_one(node, trusted, issued), [*self.site.nodes, None])
            deque(made, maxlen=0)

    def _trusted(self) -> Iterator[Item]:
        directory = f"{GRID_SECURITY}/certificates"
        for name, data in trust.files(self.authority).items():
            yield File(f"{directory}/{name}", data)
        for name, target in trust.links(self.authority).items():
            yield Link(f"{directory}/{name}", target)

    def _build_one(self, node: Node | None, trusted: Sequence[Item], issued: Issued) -> None:
        """That of one node, or of the outside."""
        name, role = (node.name, node.role.value) if node else (OUTSIDE, OUTSIDE)
        made = accounts.add(accounts.texts_of(self.base.root), self.site, role, self.numbers)
        owners = Owners(made.texts.passwd, made.texts.group)
        content: list[Item] = [*trusted]
        content += self._account_files(made, owners)
        if role not in SHARED_HOMES or self.site.by_hand:
            content += made.homes
        content += self._ssh_files(name)
        if node is not None:
            content += _host_certificate(issued.hosts[node.fqdn])
            content += self._database(role, owners)
            if node in self.site.mounting:
                content += _mounted(homes.unit(self.site, node))
        else:
            content += _outside_files(self._seconds(1))
        if role in WITH_STUDENTS:
            content += self._further_accounts()
            for student in self.site.students:
                content += self._student_files(student, issued, owners)
        context = {
            "site": self.site,
            "node": node or _OutsideNode(),
            "secrets": self.secrets.values,
            "tunnel": self.secrets.tunnel_key,
            "pki": PkiView.of(self.authority),
            "seconds": self._seconds,
        }
        SiteLayer(self.files.layer(name), role, self.base, self.roles).build(context, content, owners)

    def _seconds(self, usual: int) -> int:
        """So many seconds of a usual machine, in whole ones of the nodes'."""
        return math.ceil(usual * self._pace())

    def _database(self, role: str, owners: Owners) -> Iterator[Item]:
        """The tables that the image has made, under the name that they have at this site."""
        top, found = f"/{tables.DATA}", [*tables.of(self.roles.of(role))]
        for path, mode in ((top, 0o755), (f"{top}/{self.site.vo_database}", 0o700)) if found else ():
            yield Directory(path, mode, *owners.of("mysql:mysql"))
        for table in found:
            yield Shared(f"{top}/{self.site.vo_database}/{table.name}", table)

    def _account_files(self, made: accounts.Accounts, owners: Owners) -> Iterator[Item]:
        yield File("/etc/passwd", made.texts.passwd.encode())
        yield File("/etc/group", made.texts.group.encode())
        yield File("/etc/shadow", made.texts.shadow.encode(), 0o640, *owners.of("root:shadow"))

    def _further_accounts(self) -> Iterator[Item]:
        """Which numbers adduser(8) and useradd(8) give: those of this box, too."""
        more = self.numbers.more
        if not more:
            return
        first, last = more[0], more[-1]
        lines = [f"FIRST_{kind}={first}\nLAST_{kind}={last}\n" for kind in ("UID", "GID")]
        yield File("/etc/adduser.conf", "".join(lines).encode())
        text = (self.base.root / "etc/login.defs").read_text()
        for end, number in (("MIN", first), ("MAX", last)):
            text = re.sub(rf"^((?:U|G)ID_{end}\s+)[0-9]+", rf"\g<1>{number}", text, flags=re.MULTILINE)
        yield File("/etc/login.defs", text.encode())

    def _ssh_files(self, name: str) -> Iterator[Item]:
        host_key = self.secrets.ssh_key(f"host-{name}")
        yield File("/etc/ssh/ssh_host_ed25519_key", host_key.path.read_bytes(), 0o600)
        yield File("/etc/ssh/ssh_host_ed25519_key.pub", host_key.public.encode() + b"\n")
        yield Directory("/root/.ssh", 0o700)
        yield File("/root/.ssh/authorized_keys", self.secrets.ssh_key("root").public.encode() + b"\n", 0o600)

    def _student_files(self, student: Student, issued: Issued, owners: Owners) -> Iterator[Item]:
        uid, gid = owners.of(f"{student.login}:{student.login}")
        home = f"/home/{student.login}"
        credential = issued.students[student.common_name]
        key = self.secrets.ssh_key(student.login)
        for path, mode in ((home, 0o700), (f"{home}/.globus", 0o700), (f"{home}/.ssh", 0o700)):
            yield Directory(path, mode, uid, gid)
        yield File(f"{home}/.globus/usercert.pem", credential.cert_pem, 0o644, uid, gid)
        yield File(f"{home}/.globus/userkey.pem", credential.key_pem, 0o400, uid, gid)
        yield File(f"{home}/.ssh/authorized_keys", key.public.encode() + b"\n", 0o600, uid, gid)


class _OutsideNode:
    """The ``node`` of the outside's templates: a machine of no site."""

    name = fqdn = OUTSIDE
    role = OUTSIDE
    address = ADDRESS_OUTSIDE
    index = 1


def _mounted(unit: str) -> Iterator[Item]:
    path = Path(homes.UNIT)
    wants = f"{path.parent}/multi-user.target.wants"
    yield File(homes.UNIT, unit.encode())
    yield Directory(wants)
    yield Link(f"{wants}/{path.name}", f"../{path.name}")


def _host_certificate(credential: Credential) -> Iterator[Item]:
    yield File(f"{GRID_SECURITY}/hostcert.pem", credential.cert_pem)
    yield File(f"{GRID_SECURITY}/hostkey.pem", credential.key_pem, 0o400)


def _outside_files(second: int) -> Iterator[Item]:
    """What a node's own parts give a node: names, resolver, and an sshd that only the harness can reach."""
    resolver = f"nameserver {NAME_SERVER}\noptions timeout:{min(second, 30)} attempts:2\n"
    yield File("/etc/hostname", b"outside\n")
    yield File("/etc/hosts", f"127.0.0.1 localhost\n{ADDRESS_OUTSIDE} outside\n".encode())
    yield File("/etc/resolv.conf", resolver.encode())
    yield File("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    yield File("/etc/ssh/sshd_config.d/outside.conf", OUTSIDE_SSHD.encode())


OUTSIDE_SSHD = """\
ListenAddress 127.0.0.1
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
AcceptEnv X509_USER_*
MaxStartups 100:30:200
MaxSessions 100
PerSourcePenalties no
"""
