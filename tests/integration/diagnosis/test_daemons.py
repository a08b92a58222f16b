"""What nodes run, and where their programs write, is found broken for what it is, and mended as told."""

import pytest

from tests.integration.diagnosis.breaking import Breaking
from tests.integration.diagnosis.rounds import SITE, Broken, breaks, breaks_each

TRUST = "icebox-catalogue-trust.path"
POLICY = f"dir out dst {SITE.public_address} proto tcp dport 2811"
LIE = "sed -i 's/^slots = .*/slots = {}/' /etc/gridinfo.toml && systemctl restart bdii"


@pytest.mark.tries("`systemctl start …` on …")
@breaks("units@xenrbnode", "rb", f"systemctl stop {TRUST}", f"systemctl start {TRUST}", degraded=True)
def test_a_unit_that_somebody_stopped(broken: Broken) -> None:
    broken.follow()


@breaks(
    "sweeper@xensenode",
    "se",
    "systemctl stop icebox-sweeper.timer",
    "systemctl start icebox-sweeper.timer",
    degraded=True,
)
def test_a_timer_that_somebody_stopped(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`systemctl … …; systemctl start …` on …")
@breaks_each(
    "units@xenrbnode",
    "rb",
    {
        "systemctl disable myproxy-server": "systemctl enable myproxy-server",
        "systemctl mask myproxy-server": "systemctl unmask myproxy-server",
    },
    degraded=True,
)
def test_a_service_that_will_not_come_up_again(broken: Broken) -> None:
    assert "myproxy-server.service" in broken.finding.what
    broken.follow()


@pytest.mark.tries("`chown -R …: … && chmod u+rwx …` on …, and start its services again")
@breaks("spool@xencenode", "ce", "chown -R root: /var/lib/slurm/slurmctld")
def test_books_that_are_roots(broken: Broken) -> None:
    assert "does not let slurm write to /var/lib/slurm/slurmctld" in broken.finding.what
    broken.mend(f"{broken.commands[0]} && systemctl restart slurmctld")


@pytest.mark.tries(
    "`install -d -o myproxy -g myproxy -m 700 /var/lib/myproxy && chown -R myproxy: /var/lib/myproxy` on …"
)
@breaks("myproxystore@xenrbnode", "rb", "chmod 755 /var/lib/myproxy")
def test_a_store_that_others_may_read(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`install -d -o root -g root -m 1777 …` on …")
@breaks("staging@xencenode", "ce", "chmod 755 /var/lib/globus/gram_job_state")
def test_job_managers_that_can_not_write(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "`chown www-data: /var/lib/icebox-catalogue/catalogue.db* && systemctl restart icebox-catalogue` on …"
)
@breaks("books@xenrbnode", "rb", "chown root: /var/lib/icebox-catalogue/catalogue.db*")
def test_a_catalogue_that_is_roots(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "`chmod u+rw /var/lib/icebox-catalogue/catalogue.db* && systemctl restart icebox-catalogue` on …"
)
@breaks("books@xenrbnode", "rb", "chmod 444 /var/lib/icebox-catalogue/catalogue.db*")
def test_a_catalogue_that_can_only_be_read(broken: Broken) -> None:
    broken.follow()


@breaks(
    "spool@xenwnnode", "wn", "mv /dev/full /dev/full.away && echo > /dev/full", "mv /dev/full.away /dev/full"
)
def test_a_device_that_became_a_file(broken: Broken) -> None:
    assert "no device /dev/full" in broken.finding.what


def test_a_wn_that_others_use(breaking: Breaking) -> None:
    """With no other fault, which would be looked at for longer."""
    hogs = "for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait"
    breaking.put("wn", f"systemd-run -q --unit=hogs sh -c '{hogs}'", "systemctl stop hogs || true")
    breaking.degraded("load@xenwnnode")
    breaking.type("wn", "systemctl stop hogs")


@pytest.mark.tries("`ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime` on …, and start its services again")
@breaks("clock@xencenode", "ce", "ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime", degraded=True)
def test_another_time_zone(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("what keeps it in is a packet filter in its network, or a route: `ip route` on …")
@breaks(
    "ways@xenwnnode",
    "wn",
    f"ip xfrm policy add {POLICY} action block",
    f"ip xfrm policy del {POLICY} 2>/dev/null || true",
)
def test_a_node_that_gets_nowhere(broken: Broken) -> None:
    """By a policy of IPsec; a filter, or a rule of routing, is told as that."""
    assert "port 2811" in broken.finding.what
    broken.mend(f"ip xfrm policy del {POLICY}")


@pytest.mark.tries("`ip link set … mtu …` on the dom0")
@breaks(
    "uplink", "dom0", f"ip link set {SITE.bridge.name} mtu 500", f"ip link set {SITE.bridge.name} mtu 1500"
)
def test_a_bridge_for_small_packets(broken: Broken) -> None:
    broken.follow()


@breaks(
    "published@xencenode",
    "ce",
    LIE.format(42),
    LIE.format(2),
    until="ldapsearch -x -LLL -H ldap://127.0.0.1:2170 -b o=grid | grep -q 'SMPSize: 42'",
)
def test_what_the_information_system_says_of_itself_is_compared(broken: Broken) -> None:
    assert "42 CPUs" in broken.finding.what
