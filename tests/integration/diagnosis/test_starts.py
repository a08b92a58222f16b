"""What keeps programs from starting, or services small, is found for what it is, and mended as told."""

from __future__ import annotations

import pytest

from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking, restored
from tests.integration.diagnosis.test_accounts import typed


@pytest.mark.tries("`rm -f /etc/ld.so.preload` on …")
def test_a_library_that_each_program_misses(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "echo /usr/lib/libnosuch.so > /etc/ld.so.preload", "rm -f /etc/ld.so.preload")
    finding = breaking.one("starts@xenuinode")
    assert "/etc/ld.so.preload cannot be preloaded" in finding.what
    breaking.type("ui", typed(told(finding.remedy)))
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /usr/bin/python3`")
def test_a_node_without_python(breaking: Breaking, told: Told) -> None:
    breaking.put("wn", "rm /usr/bin/python3", "ln -sf python3.13 /usr/bin/python3")
    finding = breaking.one("starts@xenwnnode")
    assert "has no /usr/bin/python3 that starts" in finding.what
    restored(breaking, told(finding.remedy))
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/nsswitch.conf /etc/passwd`")
def test_a_node_that_asks_nobody_for_its_accounts(breaking: Breaking, told: Told) -> None:
    breaking.put("se", "sed -i 's/^passwd:.*/passwd: db/' /etc/nsswitch.conf")
    restored(breaking, told(breaking.one("starts@xensenode").remedy))
    breaking.mended()


@pytest.mark.tries("`sysctl -w net.ipv4.ip_local_port_range='32768 60999'` on …")
def test_a_node_with_four_ports(breaking: Breaking, told: Told) -> None:
    breaking.put("rb", "sysctl -w net.ipv4.ip_local_port_range='60000 60500'")
    breaking.type("rb", typed(told(breaking.degraded("limits@xenrbnode").remedy)))
    breaking.mended()


def test_a_command_with_another_interpreter(breaking: Breaking) -> None:
    breaking.put("ui", "sed -i '1s:.*:#!/usr/bin/python9:' /usr/bin/lfc-ls")
    finding = breaking.one("programs@xenuinode")
    assert "lfc-ls that wants /usr/bin/python9" in finding.what
    restored(breaking, finding.remedy)
    breaking.mended()


def test_a_dot_file_of_one_student(breaking: Breaking) -> None:
    dot = "/home/student02/.bash_profile"
    breaking.put("ui", f"echo PATH=/nosuch > {dot}; chown student02: {dot}", f"rm -f {dot}")
    assert "that student02 can run" in breaking.degraded("programs@xenuinode").what


def test_a_daemon_that_may_open_next_to_nothing(breaking: Breaking) -> None:
    main = "$(systemctl show -p MainPID --value globus-gatekeeper)"
    breaking.put("ce", f"prlimit --pid {main} --nofile=16:16", "systemctl restart globus-gatekeeper")
    finding = breaking.degraded("limits@xencenode")
    assert "lets globus-gatekeeper.service have no more than 16 (open files" in finding.what
    breaking.type("ce", typed(finding.remedy))
    breaking.mended()


def test_a_job_that_is_sent_to_another_queue(breaking: Breaking) -> None:
    line = '#!/bin/sh\\nexec /usr/bin/qsub.away -q long "$@"\\n'
    breaking.put(
        "ce",
        f"mv /usr/bin/qsub /usr/bin/qsub.away; printf '{line}' > /usr/bin/qsub; chmod 755 /usr/bin/qsub",
        "[ ! -e /usr/bin/qsub.away ] || mv -f /usr/bin/qsub.away /usr/bin/qsub",
    )
    finding = breaking.one("settings@xencenode")
    assert "/usr/bin/qsub" in finding.what
    assert "queue long" in finding.output
