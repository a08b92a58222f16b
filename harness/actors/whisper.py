"""What a student does with each service, with a word in it that nobody else may read on the way."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.access.shell import Shell
from harness.actors.cataloguearea import CatalogueArea
from harness.actors.gridjobs import GridJobs, hello
from harness.expect import expect
from harness.grid.storage import gsiftp, xrootd
from harness.services.registry import BDII, XROOTD
from harness.site import Site

DATA = "data"
"""After the word: what GridFTP sends in clear, as nobody asked for anything else."""
CONTROL = "asked"
"""After the word: what is asked of the information system, which is public."""


@dataclass(frozen=True)
class Whisper:
    """A student's words to the services; each method raises CheckFailed if the service does not do it."""

    student: Shell
    site: Site
    jobs: GridJobs
    area: CatalogueArea
    word: str

    @property
    def all(self) -> tuple[Callable[[], None], ...]:
        """Everything that has to stay secret."""
        return (
            *(self.gram, self.gram_batch),
            *(self.voms, self.myproxy, self.broker),
            *(self.catalogue, self.gridftp, self.remote_io),
        )

    def ask_openly(self) -> None:
        """What the capture has to hear, or it hears nothing."""
        where = f"ldap://{self.site.rb.fqdn}:{self.site.public_port(self.site.rb, BDII.port)}"
        question = shlex.quote(f"(GlueSiteName={self.word}.{CONTROL})")
        self._do(f"ldapsearch -x -H {where} -b o=grid {question} dn", "check BDII-1 tells more")

    def gram(self) -> None:
        """RSL and output of a job beside the batch system, and a file that is staged in for it."""
        words = f"(environment=(WORD {self.word}.environment))"
        words += f"(stdin=$(GLOBUSRUN_GASS_URL){self._file('staged')})"
        job = f"&(executable=/bin/sh)(arguments=-c 'echo {self.word}.argument; cat'){words}"
        line = f"globusrun -s -r {self.site.ce.fqdn} {shlex.quote(job)}"
        self._say(line, ("argument", "staged"), "check CE-1 tells more")

    def gram_batch(self) -> None:
        """The same of a job on a worker node, which itself fetches a file from the student's own server."""
        words = f"(queue={self.site.queues[0].name})(environment=(WORD {self.word}.environment))"
        # Its standard output is a file, and would be opened anew.
        fetch = f"'echo {self.word}.batch; /usr/bin/globus-url-copy '#$(GLOBUSRUN_GASS_URL)"
        fetch += f"#'{self._file('fetched')} file:///dev/stdout | cat'"
        job = f"&(executable=/bin/sh)(arguments=-c {fetch}){words}"
        line = f"globusrun -s -r {self.site.ce.fqdn}/jobmanager-pbs {shlex.quote(job)}"
        self._say(line, ("batch", "fetched"), "check WN-4 tells more")

    def voms(self) -> None:
        """A role that nobody has: the question goes to the server, and comes back."""
        role = f"{self.site.vo}:/{self.site.vo}/Role={self.word}"
        asked = self.student.run(f"voms-proxy-init -voms {role} -out {self.area.file('proxy')}")
        said = f"Unable to satisfy B/{self.site.vo}:{self.word} request" in asked.output
        what = "vomsd does not answer for a role that nobody has"
        expect(said, what, where=self.site.rb.fqdn, why=asked.output, remedy="check UI-2 tells more")

    def myproxy(self) -> None:
        """Name, passphrase and proxy."""
        mine = f"-l {self.word}.user -k {self.word}.name"
        remedy = "check MYP-1 tells more"
        stored = self.student.run(f"myproxy-init -S -c 1 {mine}", stdin=f"{self.word}.passphrase\n")
        stored.expect_success(remedy)
        self._do(f"myproxy-info {mine}", remedy)
        self._do(f"myproxy-destroy {mine}", remedy)

    def broker(self) -> None:
        """A job's description, its files, and what it wrote."""
        self.jobs.write(f"{self.word}.sandbox", f"{self.word}.content\n")
        sandbox = f'InputSandbox = {{"{self.word}.sandbox"}};'
        job = self.jobs.submit(hello(f"{self.word}.argument", sandbox))
        self.jobs.succeed([job])
        said = self.jobs.output(job).get("std.out", "")
        expect(f"{self.word}.argument" in said, "the job did not say its word", why=said, remedy="see WMS-1")

    def catalogue(self) -> None:
        """A file's name in the catalogue, and on the SE; its content goes by GridFTP, in clear."""
        name = f"{self.word}.file"
        self.area.make(name, f"{self.word}.{DATA}")
        lfn, vo = self.area.lfn(name), self.site.vo
        self.area.do(f"lcg-cr --vo {vo} -d {self.site.se.fqdn} -l {lfn} file:{self.area.file(name)}")
        self.area.do(f"lcg-cp --vo {vo} {lfn} file:{self.area.file('back')}")
        self.area.do(f"lcg-del --vo {vo} -a {lfn}")

    def gridftp(self) -> None:
        """A path, and content that is to be encrypted (``-dcpriv``)."""
        # Other checks list the storage area meanwhile, and a list of names goes in clear.
        aside = gsiftp(self.site.se.fqdn, f"{self.site.storage}/aside-{secrets.token_hex(4)}")
        url, remedy = f"{aside}/{self.word}.path", "check SE-2 tells more"
        self._do(f"edg-gridftp-mkdir {aside}", remedy)
        self._do(f"globus-url-copy -dcpriv file://{self._file('private')} {url}", remedy)
        self._say(f"globus-url-copy -dcpriv {url} file:///dev/stdout", ["private"], remedy)
        self._do(f"edg-gridftp-rm {url} && edg-gridftp-rmdir {aside}", remedy)

    def remote_io(self) -> None:
        """A path and content by XRootD."""
        se, local = self.site.se, self._file("io")
        place = xrootd(se.fqdn, self.site.public_port(se, XROOTD.port))
        path = f"{self.site.storage}/{self.student.account.user}/{self.word}.path"
        remedy = "check SE-3 tells more"
        self._do(f"xrdcp -f -s {local} {place}/{path}", remedy)
        self._say(f"xrdcp -s {place}/{path} -", ["io"], remedy)
        self._do(f"xrdfs {place} rm {path}", remedy)

    def _file(self, tail: str) -> str:
        return self.area.make(f"{self.word}-{tail}", f"{self.word}.{tail}")

    def _do(self, line: str, remedy: str) -> str:
        return self.student.run(line).expect_success(remedy).stdout

    def _say(self, line: str, tails: Sequence[str], remedy: str) -> None:
        """Do it, and see that the words came back: else they need not have been on their way at all."""
        out = self._do(line, remedy)
        back = all(f"{self.word}.{tail}" in out for tail in tails)
        expect(back, f"`{line}` did not give the word back", why=out, remedy=remedy)
