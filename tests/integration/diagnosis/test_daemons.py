"""What nodes run, and where their programs write, is found broken for what it is, and mended as told."""

from __future__ import annotations

import pytest

from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking
from tests.integration.diagnosis.test_accounts import typed


@pytest.mark.tries("`systemctl start …` on …")
def test_a_unit_that_somebody_stopped(breaking: Breaking, told: Told) -> None:
    breaking.put(
        "rb", "systemctl stop icebox-catalogue-trust.path", "systemctl start icebox-catalogue-trust.path"
    )
    breaking.type("rb", typed(told(breaking.degraded("units@xenrbnode").remedy)))
    breaking.mended()


def test_a_timer_that_somebody_stopped(breaking: Breaking) -> None:
    breaking.put("se", "systemctl stop icebox-sweeper.timer", "systemctl start icebox-sweeper.timer")
    breaking.type("se", typed(breaking.degraded("sweeper@xensenode").remedy))
    breaking.mended()


@pytest.mark.tries("`systemctl … …; systemctl start …` on …")
@pytest.mark.parametrize(("how", "undo"), [("disable", "enable"), ("mask", "unmask")])
def test_a_service_that_will_not_come_up_again(breaking: Breaking, told: Told, how: str, undo: str) -> None:
    breaking.put("rb", f"systemctl {how} myproxy-server", f"systemctl {undo} myproxy-server")
    finding = breaking.degraded("units@xenrbnode")
    assert "myproxy-server.service" in finding.what
    breaking.type("rb", typed(told(finding.remedy)))
    breaking.mended()


@pytest.mark.tries("`chown -R …: … && chmod u+rwx …` on …, and start its services again")
def test_books_that_are_roots(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "chown -R root: /var/lib/slurm/slurmctld")
    finding = breaking.one("spool@xencenode")
    assert "does not let slurm write to /var/lib/slurm/slurmctld" in finding.what
    breaking.type("ce", f"{typed(told(finding.remedy))} && systemctl restart slurmctld")
    breaking.mended()


@pytest.mark.tries(
    "`install -d -o myproxy -g myproxy -m 700 /var/lib/myproxy && chown -R myproxy: /var/lib/myproxy` on …"
)
def test_a_store_that_others_may_read(breaking: Breaking, told: Told) -> None:
    breaking.put("rb", "chmod 755 /var/lib/myproxy")
    breaking.type("rb", typed(told(breaking.one("myproxystore@xenrbnode").remedy)))
    breaking.mended()


@pytest.mark.tries("`install -d -o root -g root -m 1777 …` on …")
def test_job_managers_that_can_not_write(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "chmod 755 /var/lib/globus/gram_job_state")
    breaking.type("ce", typed(told(breaking.one("staging@xencenode").remedy)))
    breaking.mended()


@pytest.mark.tries(
    "`chown www-data: /var/lib/icebox-catalogue/catalogue.db* && systemctl restart icebox-catalogue` on …"
)
def test_a_catalogue_that_is_roots(breaking: Breaking, told: Told) -> None:
    breaking.put("rb", "chown root: /var/lib/icebox-catalogue/catalogue.db*")
    breaking.type("rb", typed(told(breaking.one("books@xenrbnode").remedy)))
    breaking.mended()


@pytest.mark.tries(
    "`chmod u+rw /var/lib/icebox-catalogue/catalogue.db* && systemctl restart icebox-catalogue` on …"
)
def test_a_catalogue_that_can_only_be_read(breaking: Breaking, told: Told) -> None:
    breaking.put("rb", "chmod 444 /var/lib/icebox-catalogue/catalogue.db*")
    breaking.type("rb", typed(told(breaking.one("books@xenrbnode").remedy)))
    breaking.mended()


def test_a_device_that_became_a_file(breaking: Breaking) -> None:
    breaking.put("wn", "mv /dev/full /dev/full.away && echo > /dev/full", "mv /dev/full.away /dev/full")
    assert "no device /dev/full" in breaking.one("spool@xenwnnode").what


def test_a_wn_that_others_use(breaking: Breaking) -> None:
    hogs = "for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait"
    breaking.put("wn", f"systemd-run -q --unit=hogs sh -c '{hogs}'", "systemctl stop hogs")
    breaking.degraded("load@xenwnnode")
    breaking.type("wn", "systemctl stop hogs")
    breaking.mended()


@pytest.mark.tries("`ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime` on …, and start its services again")
def test_another_time_zone(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime")
    breaking.type("ce", typed(told(breaking.degraded("clock@xencenode").remedy)))
    breaking.mended()


@pytest.mark.tries("what keeps it in is a packet filter in its network, or a route: `ip route` on …")
def test_a_node_that_gets_nowhere(breaking: Breaking, told: Told) -> None:
    """By a rule on its way; a filter in its own network is told as that."""
    [wn], se = breaking.box.site.wns, breaking.box.site.se
    rule = f"pref 900 from {wn.address} to {se.address} ipproto tcp dport 2811 prohibit"
    breaking.put("dom0", f"ip rule add {rule}", f"ip rule del {rule}")
    finding = breaking.one("ways@xenwnnode")
    assert "port 2811" in finding.what
    told(finding.remedy)
    breaking.type("dom0", f"ip rule del {rule}")
    breaking.mended()


@pytest.mark.tries("`ip link set … mtu …` on the dom0")
def test_a_bridge_for_small_packets(breaking: Breaking, told: Told) -> None:
    bridge = breaking.box.site.bridge.name
    breaking.put("dom0", f"ip link set {bridge} mtu 500", f"ip link set {bridge} mtu 1500")
    breaking.type("dom0", typed(told(breaking.one("uplink").remedy)))
    breaking.mended()


def test_what_the_information_system_says_of_itself_is_compared(breaking: Breaking) -> None:
    lie = "sed -i 's/^slots = .*/slots = {}/' /etc/gridinfo.toml && systemctl restart bdii"
    breaking.put("ce", lie.format(42), lie.format(2))
    breaking.until(
        "ce",
        "ldapsearch -x -LLL -H ldap://127.0.0.1:2170 -b o=grid | grep -q 'SMPSize: 42'",
        "the lie to be told",
    )
    assert "42 CPUs" in breaking.one("published@xencenode").what
