"""What keeps programs from starting, or services small, is found for what it is, and mended as told."""

import pytest

from tests.integration.diagnosis.rounds import Broken, breaks, breaks_each

GRIDWARE = "/usr/lib/python3.*/gridware/__init__.py"
DOT = "/home/student02/.bash_profile"
OTHER_QUEUE = '#!/bin/sh\\nexec /usr/bin/qsub.away -q long "$@"\\n'


@pytest.mark.tries("`rm -f /etc/ld.so.preload` on …")
@breaks(
    "starts@xenuinode", "ui", "echo /usr/lib/libnosuch.so > /etc/ld.so.preload", "rm -f /etc/ld.so.preload"
)
def test_a_library_that_each_program_misses(broken: Broken) -> None:
    assert "/etc/ld.so.preload cannot be preloaded" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`./icebox restore … /usr/bin/python3`")
@breaks("starts@xenwnnode", "wn", "rm /usr/bin/python3", "ln -sf python3.13 /usr/bin/python3")
def test_a_node_without_python(broken: Broken) -> None:
    assert "has no /usr/bin/python3 that starts" in broken.finding.what
    broken.follow(broken.restoring)


@pytest.mark.tries("`./icebox restore … /etc/nsswitch.conf /etc/passwd /etc/group`, then `…` there")
@breaks_each(
    "starts@xencenode",
    "ce",
    [
        f"sed -i 's/^{book}:.*/{book}: db/' /etc/nsswitch.conf; systemctl restart slurmctld || true"
        for book in ("passwd", "group")
    ],
)
def test_a_node_that_asks_nobody_for_its_accounts(broken: Broken) -> None:
    broken.follow(broken.restoring, 1)


@breaks("starts@xenwnnode", "wn", "rm $(readlink -f $(command -v ip))")
def test_a_node_that_has_lost_what_it_is_looked_at_with(broken: Broken) -> None:
    assert "has no ip any more" in broken.finding.what
    broken.follow(broken.restoring)


@breaks(
    "settings@xenwnnode",
    "wn",
    "sed -i 's/^export LCG_GFAL_INFOSYS=.*/export LCG_GFAL_INFOSYS=old.example.org:2170/' "
    "/etc/profile.d/grid-env.sh",
)
def test_a_job_that_is_sent_to_another_information_system(broken: Broken) -> None:
    assert "LCG_GFAL_INFOSYS old.example.org:2170" in broken.finding.output
    broken.follow(broken.restoring)


@breaks("settings@xenwnnode", "wn", f"echo 'import nosuch' >> $(echo {GRIDWARE})")
def test_commands_of_jobs_that_end_as_soon_as_they_begin(broken: Broken) -> None:
    assert broken.type(f"echo {GRIDWARE}").strip() in broken.finding.what
    broken.follow(broken.restoring)


@pytest.mark.tries("`sysctl -w net.ipv4.ip_local_port_range='32768 60999'` on …")
@breaks("limits@xenrbnode", "rb", "sysctl -w net.ipv4.ip_local_port_range='60000 60500'", degraded=True)
def test_a_node_with_four_ports(broken: Broken) -> None:
    broken.follow()


@breaks("programs@xenuinode", "ui", "sed -i '1s:.*:#!/usr/bin/python9:' /usr/bin/lfc-ls")
def test_a_command_with_another_interpreter(broken: Broken) -> None:
    assert "lfc-ls that wants /usr/bin/python9" in broken.finding.what
    broken.follow(broken.restoring)


@breaks(
    "programs@xenuinode",
    "ui",
    f"echo PATH=/nosuch > {DOT}; chown student02: {DOT}",
    f"rm -f {DOT}",
    degraded=True,
)
def test_a_dot_file_of_one_student(broken: Broken) -> None:
    assert "that student02 can run" in broken.finding.what


@breaks(
    "limits@xencenode",
    "ce",
    "prlimit --pid $(systemctl show -p MainPID --value globus-gatekeeper) --nofile=16:16",
    "systemctl restart globus-gatekeeper",
    degraded=True,
)
def test_a_daemon_that_may_open_next_to_nothing(broken: Broken) -> None:
    assert "lets globus-gatekeeper.service have no more than 16 (open files" in broken.finding.what
    broken.follow()


@breaks(
    "settings@xencenode",
    "ce",
    f"mv /usr/bin/qsub /usr/bin/qsub.away; printf '{OTHER_QUEUE}' > /usr/bin/qsub; chmod 755 /usr/bin/qsub",
    "[ ! -e /usr/bin/qsub.away ] || mv -f /usr/bin/qsub.away /usr/bin/qsub",
)
def test_a_job_that_is_sent_to_another_queue(broken: Broken) -> None:
    assert "/usr/bin/qsub" in broken.finding.what
    assert "queue long" in broken.finding.output
