"""What a user's commands ask for. Only the owner of a job, and the VO's admin, sees or touches it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import classad2

from gridware.wms.broker import delegation, places
from gridware.wms.broker.bookkeeping import Bookkeeping
from gridware.wms.broker.delegation import DelegatedCredentials
from gridware.wms.broker.job import COLLECTION, DAG, NORMAL, Job, State
from gridware.wms.broker.peer import Peer
from gridware.wms.broker.settings import Settings
from gridware.wms.broker.trial import TrialError, Trials
from gridware.wms.broker.voms import Attributes, VomsError, VomsLibrary
from gridware.wms.matching import MatchError, parse
from gridware.wms.wire import Header, chunks

ADMIN_ROLE = "VO-Admin"
_UNIQUE = re.compile(r"[A-Za-z0-9_-]{22}")
_LONGEST_OUTPUT_NAME = 255


class CallError(Exception):
    """The call is refused; ``code`` is one of the gLite commands' error codes."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Shared:
    """What all connections use."""

    voms: VomsLibrary
    held: DelegatedCredentials
    trials: Trials


class UserCalls:
    """The calls of one connection."""

    def __init__(self, books: Bookkeeping, settings: Settings, peer: Peer, shared: Shared) -> None:
        self._books = books
        self._store = books.store
        self._settings = settings
        self._peer = peer
        self._shared = shared
        self._attributes: Attributes | None = None
        self._key = b""

    # Submission: register, delegate, put files, start

    def register(self, header: Header) -> Header:
        """Book jobs that are about to come; all of them or none."""
        member = self._member()
        account = self._store.account(self._peer.dn, self._settings.pool)
        if not account:
            raise CallError("NS_SUBMIT_FAIL", "all pool accounts of the broker are taken")
        raws = [dict(raw) for raw in header["jobs"]]
        try:
            self._shared.trials.check([str(raw["jdl"]) for raw in raws])
        except TrialError as error:
            raise CallError("NS_SUBMIT_FAIL", str(error)) from None
        jobs = [self._new(raw, member, account) for raw in raws]
        with self._store.change():
            for job in jobs:
                if self._store.job(job.id) is not None:
                    raise CallError("NS_SUBMIT_FAIL", f"the job id {job.id} is taken")
                places.make(job)
                self._books.registered(job, self._settings.endpoint)
        return {}

    def delegate(self, header: Header) -> Header:
        """Offer a key for the user's proxy to sign, unless it has signed one just now: that does as well."""
        self._member()
        held = self._shared.held.of(self._peer.chain[0])
        if held:
            self._entrust(header["ids"], held)
            return {}
        self._key, request = delegation.request()
        return {"request": request.decode()}

    def delegated(self, header: Header) -> Header:
        """Take the signed proxy for the jobs named."""
        if not self._key:
            raise CallError("NS_SUBMIT_FAIL", "no delegation was asked for")
        try:
            credential = delegation.credential(self._key, str(header["chain"]).encode())
        except delegation.DelegationError as error:
            raise CallError("NS_SUBMIT_FAIL", f"delegation failed: {error}") from None
        self._entrust(header["ids"], credential)
        self._shared.held.keep(self._peer.chain[0], credential)
        return {}

    def put(self, header: Header, body: BinaryIO) -> Header:
        """Take one file of an InputSandbox."""
        job = self.mine(header["id"])
        number = int(header["name"])
        if job.started or not 0 <= number < len(job.files):
            raise CallError("NS_SUBMIT_FAIL", "no such file is awaited")
        with open(places.inputs(job) / str(number), "wb") as file:
            file.writelines(chunks(body, int(header["length"])))
        return {}

    def start(self, header: Header) -> Header:
        """Everything is here: let the jobs go."""
        jobs = [self.mine(job_id) for job_id in header["ids"]]
        for job in jobs:
            missing = [name for n, name in enumerate(job.files) if not (places.inputs(job) / str(n)).exists()]
            if missing and not job.started:
                raise CallError(
                    "NS_SUBMIT_FAIL", f"the InputSandbox is incomplete: {missing[0]} did not arrive"
                )
            if not job.compound and not places.proxy(job).exists():
                raise CallError("NS_SUBMIT_FAIL", "no proxy was delegated")
        with self._store.change():
            for job in jobs:
                if not job.started and not job.state.ended:
                    self._books.accepted(job)
        return {}

    # Questions

    def status(self, header: Header) -> Header:
        return {"jobs": [self._described(self._seen(job_id)) for job_id in header["ids"]]}

    def all(self, _header: Header) -> Header:
        return {"jobs": [self._described(job) for job in self._store.of_owner(self._peer.dn)]}

    def events(self, header: Header) -> Header:
        job = self._seen(header["id"])
        return {"events": self._store.events(job.id)}

    def proxy(self, header: Header) -> Header:
        """What is known about the proxy that a job has here."""
        job = self.mine(header["id"])
        if not places.proxy(job).exists():
            raise CallError("LB_API_ERROR", f"the job {job.id} has no proxy here, or none any more")
        return {"text": delegation.described(places.proxy(job))}

    # Output, cancelling

    def output(self, header: Header) -> Header:
        """The names of the output files, if they may be fetched now."""
        job = self._ready_for_output(header["id"])
        return {"names": job.outputs}

    def get(self, header: Header) -> tuple[Header, BinaryIO]:
        job = self._ready_for_output(header["id"])
        file = (places.outputs(job) / str(int(header["name"]))).open("rb")
        return {"length": os.fstat(file.fileno()).st_size}, file

    def purge(self, header: Header) -> Header:
        """The user has the output: it is given once. The nodes of a compound job each have their own."""
        job = self._ready_for_output(header["id"])
        self._books.cleared(job)
        places.purge(job)
        return {}

    def cancel(self, header: Header) -> Header:
        return {"results": [self._cancel(str(job_id)) for job_id in header["ids"]]}

    # Inside

    def _entrust(self, ids: Sequence[object], credential: bytes) -> None:
        for job in map(self.mine, ids):
            places.write(places.proxy(job), credential, job.account)

    def _cancel(self, job_id: str) -> tuple[str, bool, str]:
        try:
            job = self._seen(job_id)
        except CallError as error:
            return job_id, False, str(error)
        with self._store.change():
            job = self._store.job(job_id) or job
            if job.state.ended:
                return job_id, False, f"Cancel not allowed: Current Job Status is {job.state.value}"
            for each in (job, *self._store.children(job_id)):
                if not each.state.ended:
                    self._books.cancelled(each, self._peer.dn)
        return job_id, True, ""

    def _ready_for_output(self, job_id: str) -> Job:
        job = self.mine(job_id)
        if job.state is State.CLEARED:
            raise CallError("NS_JOB_OUTPUT_RETRIEVED", f"Output files already retrieved ({job.reason})")
        if job.state is State.CANCELLED:
            raise CallError("NS_JOB_OUTPUT_NOT_ALLOWED", "The Job has been cancelled")
        if job.state is State.ABORTED:
            raise CallError("NS_JOB_OUTPUT_NOT_ALLOWED", f"The Job has been aborted: {job.reason}")
        if job.state is not State.DONE:
            text = 'Output not yet ready for retrieval, wait for "Done" status'
            text = f"{text}: Current Job Status is {job.state.value}"
            raise CallError("NS_JOB_OUTPUT_NOT_READY", text)
        return job

    def _member(self) -> Attributes:
        """The VO's word on the user; raises CallError for whoever is no member."""
        if self._attributes is None:
            try:
                self._attributes = self._shared.voms.attributes(self._peer.chain)
            except VomsError as error:
                raise CallError(
                    "UI_NO_VOMS", f"the proxy carries no valid VOMS attributes: {error}"
                ) from None
        if self._peer.limited:
            raise CallError("NS_SUBMIT_FAIL", "a limited proxy can't submit jobs")
        if self._attributes.vo != self._settings.vo:
            raise CallError("NS_SUBMIT_FAIL", f"this broker serves the VO {self._settings.vo} only")
        return self._attributes

    def _admin(self) -> bool:
        try:
            fqans: Sequence[str] = self._member().fqans
        except CallError:
            return False
        return any(fqan.startswith(f"/{self._settings.vo}/Role={ADMIN_ROLE}") for fqan in fqans)

    def mine(self, job_id: object) -> Job:
        """A job of the caller's; raises CallError for any other."""
        job = self._store.job(str(job_id))
        if job is None or job.owner != self._peer.dn:
            # The same words for both: whether another's job exists is nobody's business.
            raise CallError("LB_API_ERROR", f"no job {job_id} of yours is known here")
        return job

    def _seen(self, job_id: object) -> Job:
        job = self._store.job(str(job_id))
        if job is not None and job.owner != self._peer.dn and self._admin():
            return job
        return self.mine(job_id)

    def _new(self, raw: Header, member: Attributes, account: str) -> Job:
        prefix = f"https://{self._settings.host}:{self._settings.port}/"
        job_id = str(raw["id"])
        if not job_id.startswith(prefix) or not _UNIQUE.fullmatch(job_id.removeprefix(prefix)):
            raise CallError("UI_WRONG_JOBID_FORMAT", f"{job_id} is no id of this broker")
        files = [str(name) for name in raw.get("files", ())]
        if any(
            "/" in name or not name or name in (".", "..") or len(name) > _LONGEST_OUTPUT_NAME
            for name in files
        ):
            raise CallError("NS_SUBMIT_FAIL", "a file of the InputSandbox has a name that can't be used")
        parent = str(raw.get("parent") or "")
        jdl = str(raw["jdl"])
        try:
            kind = _kind(parse(jdl))
        except MatchError as error:
            raise CallError("NS_SUBMIT_FAIL", str(error)) from None
        now = time.time()
        owner, fqans = self._peer.dn, list(member.fqans)
        node = str(raw.get("node") or "")
        return Job(job_id, owner, member.vo, fqans, account, jdl, files, parent, node, kind, now, now)

    def _described(self, job: Job) -> Header:
        children = [child.id for child in self._store.children(job.id)] if job.compound else []
        attributes = {
            "Owner": job.owner, "Voname": job.vo, "Jobtype": job.kind, "Node_name": job.node,
            "Location": job.worker or job.ceid, "Destination": job.ceid,
            "Network_server": self._settings.endpoint, "Globus_contact": job.contact,
            "Resubmissions": str(job.shallow + job.deep),
            "Failure_reason": job.failure, "Jdl": job.jdl,
        }  # fmt: skip
        return {
            "id": job.id,
            "state": job.state.value,
            "done_qualifier": job.qualifier,
            "exit_code": job.exit_code,
            "reason": job.reason,
            "destination": job.ceid,
            "submitted": job.submitted,
            "last_change": job.changed,
            "parent": job.parent or None,
            "children": children,
            "owner_dn": job.owner,
            "attributes": {name: value for name, value in attributes.items() if value},
        }


def _kind(ad: classad2.ClassAd) -> str:
    types = [str(ad.eval(name)).lower() for name in ("Type", "JobType") if name in ad]
    if "dag" in types:
        return DAG
    if "collection" in types or any("parametric" in each for each in types):
        return COLLECTION
    return NORMAL
