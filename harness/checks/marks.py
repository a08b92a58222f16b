"""Marks of checks that have parts in several modules: one id says one thing."""

from __future__ import annotations

import pytest

SEC_1 = pytest.mark.check(
    "SEC-1",
    role="sec",
    title="who may not come in is refused, for the right reason",
    learns="Every service stays shut without a proxy, or with one that is expired, revoked, of an unknown CA "
    "or of a stranger; a member in good standing gets in by the same words.",
    severity="critical",
)

SEC_2 = pytest.mark.check(
    "SEC-2",
    role="sec",
    title="students cannot get at each other's things, nor at the keys of the box",
    learns="Proxies, homes, jobs and their output are private; what is stored can be changed by its owner "
    "only; no account finds a key, a password or a way to more than it was given.",
    severity="critical",
)

SEC_3 = pytest.mark.check(
    "SEC-3",
    role="sec",
    title="nobody reads on the network what students and services say to each other",
    learns="A capture of all the box's packets holds no word of a student's jobs, files' names, passphrases "
    "or questions, but for what is public; no service takes a cipher that hides nothing.",
    severity="critical",
)

SEC_4 = pytest.mark.check(
    "SEC-4",
    role="sec",
    title="root of a node is nobody on the host",
    learns="Root of a node can make no call to the kernel that concerns the machine, and no device; change "
    "no setting and see no file system of the host's, nor the list of its devices.",
    severity="critical",
)
