"""The dyndns2 protocol of no-ip, DynDNS and others, spoken by a client that never hammers.

Nothing is sent that the authority has already, that was sent a moment ago, that the service has refused, or
within half an hour of a failure of the service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dns.authority import find
from harness.dns.conversation import Conversation, Server, answers
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Answer, Change, Connect
from harness.dns.record import EVERY_HOST, Record, Stop, Success
from harness.dns.returncode import RETRY_SECONDS, Action, ReturnCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address
    from pathlib import Path

    from harness.dns.update_service import UpdateService

SETTLING = 10 * 60
"""Seconds that a service may take to show a new address; a second update would be a needless one."""


@dataclass(frozen=True)
class Dyndns2Provider:
    """Updates names at ``service``; ``record`` is the file that remembers what it said."""

    service: UpdateService
    record: Path
    connect: Connect
    resolver: Server | None = None
    authority: Server | None = None
    """Found through ``resolver`` if not given."""
    account: str = ""
    """Changes when the user changes user name or password, which lifts a stop; holds no secret."""
    clock: Callable[[], float] = time.time

    @property
    def title(self) -> str:
        return f"dynamic DNS service {self.service.host}"

    def update(self, names: Sequence[str], address: IPv4Address) -> tuple[Change, ...]:
        record = Record.load(self.record)
        self._check_allowed(record, names)
        changes = tuple(self._changes(record, names, address))
        if not changes:
            return ()
        codes = self.service.update([change.name for change in changes], address)
        said = dict(zip((change.name for change in changes), codes, strict=True))
        self._remember(record, said, address)
        self._raise_worst(said, address)
        return changes

    def verify(self, names: Sequence[str], address: IPv4Address) -> tuple[Answer, ...]:
        try:
            authority = self._authority(names)
        except DnsError as error:
            problem = f"{error.what}: {error.why}"
            first = tuple(Answer(name, "authority", address, problem=problem) for name in names)
        else:
            first = answers(names, address, authority, self.connect)
        second = answers(names, address, self.resolver, self.connect) if self.resolver else ()
        return (*first, *second)

    def _authority(self, names: Sequence[str]) -> Server:
        if self.authority is not None:
            return self.authority
        if self.resolver is None:
            raise DnsError(
                "no name server to ask", where="[dns]", why="neither `authority` nor `resolver` is set"
            )
        return find(names[0], self.resolver, self.connect)

    def _check_allowed(self, record: Record, names: Sequence[str]) -> None:
        for name in (EVERY_HOST, *names):
            stop = record.stops.get(name)
            if stop is not None and stop.account == self.account:
                raise self._refused(name, ReturnCode.parse(stop.code), "earlier: nothing was sent now")
        if self.clock() < record.retry_at:
            raise self._later(record.retry_at, "it failed less than half an hour ago")

    def _changes(self, record: Record, names: Sequence[str], address: IPv4Address) -> Iterator[Change]:
        shown = self._shown(names)
        for name in names:
            before = shown.get(name)
            sent = record.successes.get(name)
            known = sent is not None and sent.address == address
            if before is None:  # the authority is silent, so the record has to do
                if not known:
                    yield Change(name, (), address)
            elif before != (address,) and not (known and self._settling(sent)):
                yield Change(name, before, address)

    def _shown(self, names: Sequence[str]) -> Mapping[str, tuple[IPv4Address, ...]]:
        """Addresses at the authority; empty if it can't be asked, as behind a wall that takes only http."""
        try:
            with Conversation(self._authority(names), self.connect) as conversation:
                return {name: conversation.addresses(name) for name in names}
        except DnsError:
            return {}

    def _settling(self, sent: Success | None) -> bool:
        return sent is not None and self.clock() - sent.when < SETTLING

    def _remember(self, record: Record, said: Mapping[str, ReturnCode], address: IPv4Address) -> None:
        """Write down what was said before anything is raised about it."""
        now = self.clock()
        for name, code in said.items():
            match code.meaning.action:
                case Action.RECORD:
                    record.successes[name] = Success(code.address or address, now)
                    record.stops.pop(name, None)
                    record.stops.pop(EVERY_HOST, None)
                case Action.STOP_HOST:
                    record.stops[name] = Stop(str(code), self.account, now)
                case Action.STOP_ALL:
                    record.stops[EVERY_HOST] = Stop(str(code), self.account, now)
                case Action.RETRY:
                    record.retry_at = now + RETRY_SECONDS
            if code.address not in (None, address):
                record.retry_at = now + RETRY_SECONDS
        record.save()

    def _raise_worst(self, said: Mapping[str, ReturnCode], address: IPv4Address) -> None:
        by_action = {action: [] for action in Action}  # type: dict[Action, list[str]]
        for name, code in said.items():
            by_action[code.meaning.action].append(name)
        for name in by_action[Action.STOP_ALL][:1]:
            raise self._refused(EVERY_HOST, said[name], "now")
        for name in by_action[Action.STOP_HOST][:1]:
            raise self._refused(", ".join(by_action[Action.STOP_HOST]), said[name], "now")
        for name in by_action[Action.RETRY][:1]:
            raise self._later(self.clock() + RETRY_SECONDS, f"it said {said[name]}: {said[name].meaning.why}")
        for name, code in said.items():
            if code.address not in (None, address):
                raise self._elsewhere(name, code, address)

    def _refused(self, hosts: str, code: ReturnCode, when: str) -> DnsRefusedError:
        what = "updates" if hosts == EVERY_HOST else f"an update of {hosts}"
        return DnsRefusedError(
            f"the dynamic DNS service refuses {what}",
            where=self.service.host,
            why=f"it said {code} ({when}): {code.meaning.why}",
            remedy=f"{code.meaning.remedy}; then delete {self.record}",
        )

    def _later(self, when: float, why: str) -> DnsError:
        clock = time.strftime("%H:%M:%S", time.localtime(when))
        return DnsError(
            "the dynamic DNS service can't take an update now",
            where=self.service.host,
            why=why,
            remedy=f"start again after {clock}; nothing is sent before",
        )

    def _elsewhere(self, name: str, code: ReturnCode, address: IPv4Address) -> DnsError:
        return DnsError(
            f"the dynamic DNS service points {name} elsewhere",
            where=self.service.host,
            why=f"it was asked for {address} and said {code}",
            remedy="see whether the service takes an address other than the one it is called from",
        )
