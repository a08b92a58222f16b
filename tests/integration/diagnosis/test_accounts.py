"""Accounts, homes and logins that were broken by hand are found for what they are, and mended as told."""

from __future__ import annotations

import pytest

from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking, restored


def typed(remedy: str) -> str:
    """The first command of a remedy."""
    return remedy.split("`")[1]


def test_a_shell_that_lets_nobody_in(breaking: Breaking) -> None:
    breaking.put("wn", "sed -i '/^gilda0/s:/bin/bash:/usr/sbin/nologin:' /etc/passwd")
    finding = breaking.one("accounts@xenwnnode")
    assert "/usr/sbin/nologin" in finding.what
    restored(breaking, finding.remedy)
    breaking.mended()


def test_an_account_with_another_number(breaking: Breaking) -> None:
    breaking.put("wn", "sed -i 's/^gilda003:x:[0-9]*/gilda003:x:77777/' /etc/passwd")
    finding = breaking.one("accounts@xenwnnode")
    assert "gilda003 has the number 77777" in finding.what
    restored(breaking, finding.remedy)
    breaking.mended()


@pytest.mark.tries("`chmod 644 …` on …")
def test_names_of_accounts_that_only_root_reads(breaking: Breaking, told: Told) -> None:
    breaking.put("wn", "chmod 600 /etc/passwd")
    breaking.type("wn", typed(told(breaking.one("accounts@xenwnnode").remedy)))
    breaking.mended()


@pytest.mark.tries("`chmod 755 /home` on …")
def test_homes_that_are_shut(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "chmod 700 /home", "chmod 755 /home")
    breaking.type("ce", typed(told(breaking.one("homes@xencenode").remedy)))
    breaking.mended()


def test_homes_that_a_wn_does_not_share(breaking: Breaking) -> None:
    breaking.put("wn", "mount -t tmpfs none /home")
    breaking.type("wn", typed(breaking.one("homes@xenwnnode").remedy))
    breaking.mended()


@pytest.mark.tries("`chown …: /home/… && chmod 700 /home/…` on …")
def test_a_students_home_that_is_roots(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "chown root: /home/student02")
    breaking.type("ui", typed(told(breaking.one("homes@xenuinode").remedy)))
    breaking.mended()


@pytest.mark.tries(
    "`./icebox restore … /home/…/.ssh`, then "
    "`chmod go-w /home/… /home/…/.ssh /home/…/.ssh/authorized_keys` on …"
)
@pytest.mark.parametrize(
    "line", ["rm /home/student02/.ssh/authorized_keys", "chmod 777 /home/student02/.ssh"]
)
def test_a_student_whose_key_is_not_taken(breaking: Breaking, told: Told, line: str) -> None:
    breaking.put("ui", line)
    remedy = told(breaking.one("homes@xenuinode").remedy)
    restored(breaking, remedy)
    breaking.type("ui", remedy.split("`")[3])
    breaking.mended()


@pytest.mark.tries("`…` on …")
@pytest.mark.parametrize(
    "line",
    [
        "chage -E 0 student02",
        "usermod -L student02",
        "chage -d 0 student02",
        "usermod -s /bin/false student02",
    ],
)
def test_a_student_whose_account_is_shut(breaking: Breaking, told: Told, line: str) -> None:
    breaking.put("ui", line)
    finding = breaking.one("accounts@xenuinode")
    assert "student02" in finding.what
    breaking.type("ui", typed(told(finding.remedy)))
    breaking.mended()


@pytest.mark.tries(
    "`./icebox restore … /etc/passwd /etc/group /etc/shadow` puts students' accounts back, and keeps "
    "the files with those that were added since below /var/lib/icebox/replaced there"
)
def test_a_student_whose_account_is_gone(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "userdel student02")
    restored(breaking, told(breaking.one("accounts@xenuinode").remedy))
    breaking.mended()


@pytest.mark.tries("`rm -rf …` on …")
def test_a_proxy_that_root_left_in_a_students_place(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "echo old > /tmp/x509up_u$(id -u student02)")
    breaking.type("ui", typed(told(breaking.one("credentials@xenuinode").remedy)))
    breaking.mended()


@pytest.mark.tries("`chown -R …: /home/…/.globus; chmod u+rwx /home/…/.globus` on …")
def test_a_pool_account_whose_job_managers_can_not_write(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "install -d -o root -m 700 /home/gilda049/.globus", "rm -rf /home/gilda049/.globus")
    breaking.type("ce", typed(told(breaking.one("pool@xencenode").remedy)))
    breaking.mended()


@pytest.mark.tries(
    "`./icebox restore … /etc/ssh /etc/pam.d /etc/security /home`, then `systemctl reload ssh` there"
)
def test_a_student_whom_sshd_does_not_let_in(breaking: Breaking, told: Told) -> None:
    settings, again = "/etc/ssh/sshd_config.d/icebox.conf", "systemctl reload ssh"
    undo = f"sed -i '/^AllowUsers root$/d' {settings} && {again}"
    breaking.put("ui", f"echo 'AllowUsers root' >> {settings} && {again}", undo)
    finding = breaking.one("login@xenuinode")
    restored(breaking, told(finding.remedy))
    breaking.type("ui", "systemctl reload ssh")
    breaking.mended()


def test_a_login_shell_that_ends_at_once(breaking: Breaking) -> None:
    line = "echo exit 1 > /home/student01/.bash_profile"
    breaking.put("ui", line, "rm -f /home/student01/.bash_profile")
    assert "student01" in breaking.one("programs@xenuinode").what


@pytest.mark.tries("`mount -o remount,exec /home || mount -o remount,bind,exec /home` on …")
def test_homes_from_which_no_program_starts(breaking: Breaking, told: Told) -> None:
    shut = "mount -o remount,noexec /home || mount -o remount,bind,noexec /home"
    breaking.put("wn", shut, "mount -o remount,exec /home || mount -o remount,bind,exec /home")
    breaking.type("wn", told(breaking.one("homes@xenwnnode").remedy).split("`")[1])
    breaking.mended()
