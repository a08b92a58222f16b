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
from harness.dns.connection import NameServerConnection, Server, answers
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.history import EVERY_HOST, History, Stop, Success
from harness.dns.provider import Answer, Change, Connect, unnoted
from harness.dns.returncode import RETRY_SECONDS, Action, ReturnCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address
    from pathlib import Path

    from harness.dns.provider import Record, Sending
    from harness.dns.update_service import UpdateService

SETTLING = 10 * 60
"""Seconds that a service may take to show a new address; a second update would be a needless one."""
_NOW, _EARLIER = "now", "earlier: nothing was sent now"


@dataclass(frozen=True)
class Dyndns2Provider:
    """Updates names at ``service``; ``history`` is the file that remembers what it said."""

    service: UpdateService
    history: Path
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

    def update(
        self, names: Sequence[str], address: IPv4Address, sending: Sending = unnoted
    ) -> tuple[Change, ...]:
        """One call for all stale names but those the service refused before; then raises for these."""
        history = History.load(self.history)
        changes = {change.name: change for change in self._changes(history, names, address)}
        if not changes:
            return ()
        self._check_allowed(history)
        held = {name: code for name in changes if (code := self._stopped(history, name))}
        to_send = [name for name in changes if name not in held]
        sending([changes[name] for name in to_send])
        said = dict(zip(to_send, self._send(to_send, address), strict=True))
        self._remember(history, said, address)
        self._raise_worst(said, address)
        for name, code in held.items():
            raise self._refused(name, code, _EARLIER)
        return tuple(changes.values())

    def _send(self, names: Sequence[str], address: IPv4Address) -> tuple[ReturnCode, ...]:
        return self.service.update(names, address) if names else ()

    def withdraw(self, records: Sequence[Record]) -> tuple[str, ...]:
        """Take names offline that still lead where this box pointed them; one call for each address.

        An account that the service does not do this for keeps them, which is said and not tried again.
        """
        history = History.load(self.history)
        if self.clock() < history.retry_at:
            raise self._later(history.retry_at, "it failed less than half an hour ago")
        ours = self._still_ours(records)
        stay: list[str] = []
        for address in dict.fromkeys(each.address for each in ours):
            names = [each.name for each in ours if each.address == address]
            said = dict(zip(names, self.service.take_offline(names, address), strict=True))
            self._note_offline(history, said)
            stay += [
                f"{name} still leads to {address}: {self.service.host} takes it offline for nobody with this "
                f"account (it said {code}); point it elsewhere, or delete it, at the service"
                for name, code in said.items()
                if code.meaning.action is not Action.RECORD
            ]
        return tuple(stay)

    def _still_ours(self, records: Sequence[Record]) -> list[Record]:
        """Those that the authority has as they were asked for; all that it is silent about."""
        shown = self._shown([each.name for each in records]) if records else {}
        return [each for each in records if each.address in shown.get(each.name, (each.address,))]

    def _note_offline(self, history: History, said: Mapping[str, ReturnCode]) -> None:
        for name, code in said.items():
            if code.meaning.action is Action.RECORD:
                history.successes.pop(name, None)
            elif code.meaning.action is Action.RETRY:
                history.retry_at = self.clock() + RETRY_SECONDS
        # A box that is being removed gets no new directory.
        if self.history.parent.is_dir():
            history.save()
        if bad := next((code for code in said.values() if code.meaning.action is Action.RETRY), None):
            why = f"it said {bad}: {bad.meaning.why}"
            raise self._later(self.clock() + RETRY_SECONDS, why, bad.meaning.remedy)

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

    def _stopped(self, history: History, name: str) -> ReturnCode | None:
        """What the service refused ``name`` with, unless the account was changed since."""
        stop = history.stops.get(name)
        return ReturnCode.parse(stop.code) if stop and stop.account == self.account else None

    def _check_allowed(self, history: History) -> None:
        code = self._stopped(history, EVERY_HOST)
        if code is not None:
            raise self._refused(EVERY_HOST, code, _EARLIER)
        if self.clock() < history.retry_at:
            raise self._later(history.retry_at, "it failed less than half an hour ago")

    def _changes(self, history: History, names: Sequence[str], address: IPv4Address) -> Iterator[Change]:
        shown = self._shown(names)
        for name in names:
            before = shown.get(name)
            sent = history.successes.get(name)
            known = sent is not None and sent.address == address
            if before is None:  # the authority is silent, so the history has to do
                if not known:
                    yield Change(name, (), address)
            elif before != (address,) and not (known and self._settling(sent)):
                yield Change(name, before, address)

    def _shown(self, names: Sequence[str]) -> Mapping[str, tuple[IPv4Address, ...]]:
        """Addresses at the authority; empty if it can't be asked, as behind a wall that takes only http."""
        try:
            with NameServerConnection(self._authority(names), self.connect) as conversation:
                return {name: conversation.addresses(name) for name in names}
        except DnsError:
            return {}

    def _settling(self, sent: Success | None) -> bool:
        return sent is not None and self.clock() - sent.when < SETTLING

    def _remember(self, history: History, said: Mapping[str, ReturnCode], address: IPv4Address) -> None:
        """Write down what was said before anything is raised about it."""
        now = self.clock()
        if said:
            history.stops.pop(EVERY_HOST, None)  # one of another account: this one's would have held us back
        for name, code in said.items():
            match code.meaning.action:
                case Action.RECORD:
                    history.successes[name] = Success(code.address or address, now)
                    history.stops.pop(name, None)
                case Action.STOP_HOST:
                    history.stops[name] = Stop(str(code), self.account, now)
                case Action.STOP_ALL:
                    history.stops[EVERY_HOST] = Stop(str(code), self.account, now)
            if code.meaning.action is Action.RETRY or code.points_past(address):
                history.retry_at = now + RETRY_SECONDS
        history.save()

    def _raise_worst(self, said: Mapping[str, ReturnCode], address: IPv4Address) -> None:
        def first(action: Action) -> tuple[str, ReturnCode] | None:
            return next((pair for pair in said.items() if pair[1].meaning.action is action), None)

        if bad := first(Action.STOP_ALL):
            raise self._refused(EVERY_HOST, bad[1], _NOW)
        if bad := first(Action.STOP_HOST):
            raise self._refused(*bad, _NOW)
        if bad := first(Action.RETRY):
            why = f"it said {bad[1]}: {bad[1].meaning.why}"
            raise self._later(self.clock() + RETRY_SECONDS, why, bad[1].meaning.remedy)
        for name, code in said.items():
            if code.points_past(address):
                raise self._elsewhere(name, code, address)

    def _refused(self, hosts: str, code: ReturnCode, when: str) -> DnsRefusedError:
        what = "updates" if hosts == EVERY_HOST else f"an update of {hosts}"
        return DnsRefusedError(
            f"the dynamic DNS service refuses {what}",
            where=self.service.host,
            why=f"it said {code} ({when}): {code.meaning.why}",
            remedy=f"{code.meaning.remedy}; then delete {self.history}",
        )

    def _later(self, when: float, why: str, first: str = "") -> DnsError:
        clock = time.strftime("%H:%M:%S", time.localtime(when))
        again = f"start again after {clock}; nothing is sent before"
        error = DnsError(
            "the dynamic DNS service can't take an update now",
            where=self.service.host,
            why=why,
            remedy=f"{first}; {again}" if first else again,
        )
        error.not_before = when
        return error

    def _elsewhere(self, name: str, code: ReturnCode, address: IPv4Address) -> DnsError:
        return DnsError(
            f"the dynamic DNS service points {name} elsewhere",
            where=self.service.host,
            why=f"it was asked for {address} and said {code}",
            remedy="see whether the service takes an address other than the one it is called from",
        )
