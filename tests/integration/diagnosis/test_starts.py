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


@pytest.mark.tries("`./icebox restore … /etc/nsswitch.conf /etc/passwd /etc/group`, then `…` there")
@pytest.mark.parametrize("book", ["passwd", "group"])
def test_a_node_that_asks_nobody_for_its_accounts(breaking: Breaking, told: Told, book: str) -> None:
    breaking.put(
        "ce", f"sed -i 's/^{book}:.*/{book}: db/' /etc/nsswitch.conf; systemctl restart slurmctld || true"
    )
    remedy = told(breaking.one("starts@xencenode").remedy)
    restored(breaking, remedy)
    breaking.type("ce", remedy.split("`")[3])
    breaking.mended()


def test_a_node_that_has_lost_what_it_is_looked_at_with(breaking: Breaking) -> None:
    breaking.put("wn", "rm $(readlink -f $(command -v ip))")
    finding = breaking.one("starts@xenwnnode")
    assert "has no ip any more" in finding.what
    restored(breaking, finding.remedy)
    breaking.mended()


def test_a_job_that_is_sent_to_another_information_system(breaking: Breaking) -> None:
    line = "sed -i 's/^export LCG_GFAL_INFOSYS=.*/export LCG_GFAL_INFOSYS=old.example.org:2170/'"
    breaking.put("wn", f"{line} /etc/profile.d/grid-env.sh")
    finding = breaking.one("settings@xenwnnode")
    assert "LCG_GFAL_INFOSYS old.example.org:2170" in finding.output
    restored(breaking, finding.remedy)
    breaking.mended()


def test_commands_of_jobs_that_end_as_soon_as_they_begin(breaking: Breaking) -> None:
    path = breaking.type("wn", "echo /usr/lib/python3.*/gridware/__init__.py").strip()
    breaking.put("wn", f"echo 'import nosuch' >> {path}")
    finding = breaking.one("settings@xenwnnode")
    assert path in finding.what
    restored(breaking, finding.remedy)
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
