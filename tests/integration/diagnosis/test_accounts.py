"""Accounts, homes and logins that were broken by hand are found for what they are, and mended as told."""

import pytest

from tests.integration.diagnosis.rounds import Broken, breaks, breaks_each

ALLOWED = "sed -i '/^AllowUsers root$/d' /etc/ssh/sshd_config.d/icebox.conf && systemctl reload ssh"
REMOUNTED = "mount -o remount,{0} /home || mount -o remount,bind,{0} /home"


@breaks("accounts@xenwnnode", "wn", "sed -i '/^gilda0/s:/bin/bash:/usr/sbin/nologin:' /etc/passwd")
def test_a_shell_that_lets_nobody_in(broken: Broken) -> None:
    assert "/usr/sbin/nologin" in broken.finding.what
    broken.follow()


@breaks("accounts@xenwnnode", "wn", "sed -i 's/^gilda003:x:[0-9]*/gilda003:x:77777/' /etc/passwd")
def test_an_account_with_another_number(broken: Broken) -> None:
    assert "gilda003 has the number 77777" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`chmod 644 …` on …")
@breaks("accounts@xenwnnode", "wn", "chmod 600 /etc/passwd")
def test_names_of_accounts_that_only_root_reads(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chmod 755 /home` on …")
@breaks("homes@xencenode", "ce", "chmod 700 /home", "chmod 755 /home")
def test_homes_that_are_shut(broken: Broken) -> None:
    broken.follow()


@breaks("homes@xenwnnode", "wn", "mount -t tmpfs none /home")
def test_homes_that_a_wn_does_not_share(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chown …: /home/… && chmod 700 /home/…` on …")
@breaks("homes@xenuinode", "ui", "chown root: /home/student02")
def test_a_students_home_that_is_roots(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "`./icebox restore … /home/…/.ssh`, then "
    "`chmod go-w /home/… /home/…/.ssh /home/…/.ssh/authorized_keys` on …"
)
@breaks_each(
    "homes@xenuinode", "ui", ["rm /home/student02/.ssh/authorized_keys", "chmod 777 /home/student02/.ssh"]
)
def test_a_student_whose_key_is_not_taken(broken: Broken) -> None:
    broken.follow(broken.restoring, 1)


@pytest.mark.tries("`…` on …")
@breaks_each(
    "accounts@xenuinode",
    "ui",
    [
        "chage -E 0 student02",
        "usermod -L student02",
        "chage -d 0 student02",
        "usermod -s /bin/false student02",
    ],
)
def test_a_student_whose_account_is_shut(broken: Broken) -> None:
    assert "student02" in broken.finding.what
    broken.follow()


@pytest.mark.tries(
    "`./icebox restore … /etc/passwd /etc/group /etc/shadow` puts students' accounts back, and keeps "
    "the files with those that were added since below /var/lib/icebox/replaced there"
)
@breaks("accounts@xenuinode", "ui", "userdel student02")
def test_a_student_whose_account_is_gone(broken: Broken) -> None:
    broken.follow(broken.restoring)


@pytest.mark.tries("`rm -rf …` on …")
@breaks("credentials@xenuinode", "ui", "echo old > /tmp/x509up_u$(id -u student02)")
def test_a_proxy_that_root_left_in_a_students_place(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chown -R …: /home/…/.globus; chmod u+rwx /home/…/.globus` on …")
@breaks(
    "pool@xencenode",
    "ce",
    "install -d -o root -m 700 /home/gilda049/.globus",
    "rm -rf /home/gilda049/.globus",
)
def test_a_pool_account_whose_job_managers_can_not_write(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "`./icebox restore … /etc/ssh /etc/pam.d /etc/security /home`, then `systemctl reload ssh` there"
)
@breaks(
    "login@xenuinode",
    "ui",
    "echo 'AllowUsers root' >> /etc/ssh/sshd_config.d/icebox.conf && systemctl reload ssh",
    ALLOWED,
)
def test_a_student_whom_sshd_does_not_let_in(broken: Broken) -> None:
    broken.follow(broken.restoring, -1)


@breaks(
    "programs@xenuinode",
    "ui",
    "echo exit 1 > /home/student01/.bash_profile",
    "rm -f /home/student01/.bash_profile",
)
def test_a_login_shell_that_ends_at_once(broken: Broken) -> None:
    assert "student01" in broken.finding.what


@pytest.mark.tries("`mount -o remount,exec /home || mount -o remount,bind,exec /home` on …")
@breaks("homes@xenwnnode", "wn", REMOUNTED.format("noexec"), REMOUNTED.format("exec"))
def test_homes_from_which_no_program_starts(broken: Broken) -> None:
    broken.follow()
