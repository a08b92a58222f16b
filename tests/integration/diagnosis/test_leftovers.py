"""What people leave behind on machines, and in their homes, is found for what it is, and mended as told."""

import pytest

from harness.diagnosis.facts.broker import CATALOGUE
from harness.faults.families.leftovers import HOLDS, SQUATS
from harness.faults.families.storage import LOCK
from tests.integration.diagnosis.rounds import Broken, breaks, breaks_each

HOME = "/home/student01"
JOBS = "/var/lib/globus/gram_job_state/gilda048"
ACCOUNTS = "$(id -u gilda001)-$(id -u gilda049)"
LOGS = "/var/log/xrootd"


@pytest.mark.tries("`kill …` on … ends that program")
@breaks(
    "ranges@xencenode",
    "ce",
    f"systemd-run --quiet --collect --unit squatter python3 -c '{SQUATS}'",
    "systemctl stop squatter 2>/dev/null || true",
    until="ss -tln | grep -q :20299",
)
def test_a_program_that_has_all_ports_of_a_range(broken: Broken) -> None:
    assert "python3" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`sysctl -w net.netfilter.nf_conntrack_…=…` on the dom0")
@breaks(
    "tracking",
    "dom0",
    "sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=300",
    "sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=432000",
    degraded=True,
)
def test_a_dom0_that_forgets_connections(broken: Broken) -> None:
    assert "forgets a tcp established connection after 300 s" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`chmod a+rx …; …` on …")
@breaks("starts@xenwnnode", "wn", "chmod 700 /var/lib", "chmod 755 /var/lib")
def test_a_directory_that_every_path_begins_with(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chown -h …: … && chmod u+rw …` on …, and start its services again")
@breaks(
    "spool@xensenode",
    "se",
    f"systemctl stop xrootd@icebox; find {LOGS} -type f -exec chown root: {{}} + -exec chmod 600 {{}} +; "
    "systemctl start xrootd@icebox; true",
    f"chown -R xrootd: {LOGS}; systemctl reset-failed xrootd@icebox; systemctl start xrootd@icebox",
)
def test_a_log_that_is_roots(broken: Broken) -> None:
    broken.mend(
        f"{broken.commands[0]}; systemctl reset-failed xrootd@icebox; systemctl restart xrootd@icebox"
    )


@pytest.mark.tries("`chown -R …: …; chmod u+rwx …` on …")
@breaks("staging@xencenode", "ce", f"install -d -o root -m 700 {JOBS}", f"rm -rf {JOBS}")
def test_jobs_of_an_account_that_are_roots(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`mv … ….aside` on the UI, if … agrees")
@breaks_each(
    "proxy@xenuinode",
    "ui",
    {
        f"install -d -o student01 {HOME}/.globus/certificates": f"rm -rf {HOME}/.globus/certificates*",
    },
)
def test_a_directory_of_cas_of_a_student_s_own(broken: Broken) -> None:
    assert f"it goes without {HOME}/.globus/certificates" in broken.finding.what
    broken.follow()


@breaks(
    "area@xensenode", "se", "chown root:root /storage/gilda/generated; chmod 755 /storage/gilda/generated"
)
def test_a_directory_of_the_area_that_is_roots(broken: Broken) -> None:
    broken.follow()


@breaks("munge@xencenode", "ce", "chmod 700 /run/munge", "chmod 755 /run/munge")
def test_a_socket_that_root_alone_gets_to(broken: Broken) -> None:
    broken.mend("systemctl restart munge slurmctld")


@breaks(
    "names@xenuinode",
    "ui",
    "cp /etc/resolv.conf /run/was && echo nameserver 192.168.1.77 | cat - /run/was > /etc/resolv.conf",
    "cat /run/was > /etc/resolv.conf",
    degraded=True,
)
def test_a_name_server_that_is_not_there_before_one_that_is(broken: Broken) -> None:
    assert "192.168.1.77" in broken.finding.what
    broken.follow()


@breaks(
    "barrier",
    "dom0",
    "ip rule add from 192.168.1.4 prohibit",
    "ip rule del from 192.168.1.4 prohibit; true",
)
def test_a_rule_of_routing_at_the_dom0(broken: Broken) -> None:
    assert "from 192.168.1.4 prohibit" in broken.finding.what
    broken.follow()


@breaks(
    "barrier@xenwnnode",
    "wn",
    f"ip rule add uidrange {ACCOUNTS} prohibit",
    f"ip rule del uidrange {ACCOUNTS} prohibit; true",
)
def test_a_rule_of_routing_for_ordinary_accounts(broken: Broken) -> None:
    assert "uidrange" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`…` on the laptop")
@breaks(
    "beyond",
    "outside",
    "ip rule add to 203.0.113.10 prohibit",
    "ip rule del to 203.0.113.10 prohibit 2>/dev/null; true",
)
def test_a_rule_of_routing_on_a_laptop(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`mount -o remount,exec /tmp || mount -o remount,bind,exec /tmp` on …")
@breaks("disk@xenwnnode", "wn", "mount --bind /tmp /tmp; mount -o remount,bind,noexec /tmp", "umount -l /tmp")
def test_a_tmp_in_which_no_program_starts(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`kill $(…); systemctl restart icebox-wms` on …")
@breaks(
    "jobbook@xenrbnode",
    "rb",
    f"systemd-run --quiet --collect --unit holder python3 -c '{HOLDS}'",
    "systemctl stop holder 2>/dev/null; true",
)
def test_a_broker_s_book_that_somebody_holds(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`kill $(…); systemctl restart icebox-catalogue` on …")
@breaks(
    "books@xenrbnode",
    "rb",
    f"systemd-run --quiet --collect --unit holder python3 -c '{LOCK}'",
    "systemctl stop holder 2>/dev/null; true",
)
def test_a_catalogue_that_somebody_holds(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "`systemctl stop icebox-catalogue; d=$(mktemp -d /var/lib/catalogue-damaged.XXXXXX) && "
    'mv /var/lib/icebox-catalogue/catalogue.db* "$d"; systemctl start icebox-catalogue` on … '
    "begins an empty one, if no copy of it can be put in its place"
)
@breaks(
    "books@xenrbnode",
    "rb",
    f"systemctl stop icebox-catalogue; rm -f {CATALOGUE}*; yes broken | head -c 9000 > {CATALOGUE}; "
    f"chown www-data: {CATALOGUE}; systemctl start icebox-catalogue",
    "rm -rf /var/lib/catalogue-damaged.*",
)
def test_a_catalogue_that_is_damaged(broken: Broken) -> None:
    broken.follow()
