"""What a look at a broken box says is done: then nothing is broken any more."""

import pytest

from tests.integration.diagnosis.breaking import Breaking
from tests.integration.diagnosis.rounds import SITE, Broken, breaks

GRID = "/etc/grid-security"
MUNGE = "/etc/munge/munge.key"
AREA = SITE.storage
GRIDFTP = "systemctl restart globus-gridftp-server"
DROP_IN = "/run/systemd/system/globus-gridftp-server.service.d"
RULE = f"to {SITE.public_address} ipproto tcp dport 2811 prohibit"


@pytest.mark.tries(
    "`./icebox restore … /etc/munge`, then `systemctl reset-failed munge; "
    "systemctl restart munge slurmd` there"
)
@breaks(
    "mungekey@xenwnnode",
    "wn",
    f"chmod u+w {MUNGE} && head -c 129 /dev/urandom > {MUNGE} && chmod 400 {MUNGE} && "
    "systemctl restart munge slurmd",
)
def test_another_munge_key(broken: Broken) -> None:
    broken.follow(0, 1)


@pytest.mark.tries(
    "`./icebox restore … /etc/munge`, then `systemctl reset-failed munge; "
    "systemctl restart munge slurmctld` there"
)
@breaks("mungekey@xencenode", "ce", f"chmod 644 {MUNGE}; systemctl restart munge || true")
def test_a_munge_key_that_everyone_reads(broken: Broken) -> None:
    broken.follow(0, 1)


@pytest.mark.tries("`scontrol update partitionname=… state=UP allowgroups=ALL nodes=ALL` on …")
@pytest.mark.tries("`scontrol reconfigure` there has what else its settings say")
@breaks("queues@xencenode", "ce", "scontrol update partitionname=long state=DOWN")
def test_a_closed_queue(broken: Broken) -> None:
    broken.mend("scontrol update partitionname=long state=UP")


@pytest.mark.tries("`scontrol update nodename=… availablefeatures=… activefeatures=…` on …")
@breaks(
    "properties@xenwnnode",
    "ce",
    "scontrol update nodename=xenwnnode availablefeatures=old activefeatures=old",
)
def test_a_wn_without_its_properties(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`scontrol delete reservationname=…` on the CE")
@breaks(
    "reserved@xenwnnode",
    "ce",
    "scontrol create reservation reservationname=course starttime=now duration=1-0 users=root "
    "nodes=xenwnnode flags=ignore_jobs",
    "scontrol delete reservationname=course 2>/dev/null || true",
)
def test_a_wn_that_is_kept_for_others(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries(
    "a link in /etc/grid-security/gridmapdir on … that stands for a student who is gone can be removed"
)
@breaks("pool@xencenode", "ce", f"cd {GRID}/gridmapdir && for each in gilda*; do ln $each gone-$each; done")
def test_pool_accounts_used_up(broken: Broken) -> None:
    broken.mend(f"rm {GRID}/gridmapdir/gone-*")


@pytest.mark.tries("`install -d -o … -g $(id -g …) -m 700 /home/…` on …")
@breaks("pool@xensenode", "se", "rmdir /home/gilda050 || rm -r /home/gilda050")
def test_an_account_without_home(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`./icebox restore … /etc/passwd /etc/group /etc/shadow`")
@breaks("accounts@xensenode", "se", "sed -i /^gilda050:/d /etc/passwd")
def test_an_account_that_is_gone(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`mariadb … < /etc/icebox/vo.sql` on … writes it anew")
@breaks(
    "members@xenrbnode",
    "rb",
    f"mariadb -e \"delete from {SITE.vo_database}.usr where dn like '%Student 01'\"",
)
def test_a_student_who_is_no_member(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("make room on …: `du -xa … | sort -n | tail` shows what takes it")
@breaks(
    "disk@xensenode",
    "se",
    f"mount -t tmpfs -o size=2m none {AREA} && chmod 3775 {AREA} && "
    f"{{ head -c 4m /dev/zero > {AREA}/fill || true; }}",
    f"umount {AREA}",
)
def test_a_full_storage_area(broken: Broken) -> None:
    assert "full" in broken.finding.what
    assert f"{AREA}/fill" in broken.type(broken.commands[0])
    broken.mend(f"rm {AREA}/fill && chgrp gilda {AREA}")


@pytest.mark.tries("remove files on …: `du --inodes -x … | sort -n | tail` shows where they are")
@breaks(
    "disk@xensenode",
    "se",
    f"mount -t tmpfs -o nr_inodes=9 none {AREA} && chmod 3775 {AREA} && chgrp gilda {AREA} && "
    f"mkdir {AREA}/d && touch {AREA}/d/1 {AREA}/d/2 && "
    f"i=0; while touch {AREA}/d/x$i 2>/dev/null; do i=$((i+1)); done",
    f"umount {AREA}",
)
def test_a_storage_area_without_room_for_files(broken: Broken) -> None:
    assert "no more files" in broken.finding.what
    assert f"{AREA}/d" in broken.type(broken.commands[0])
    broken.mend(f"rm -r {AREA}/d")


@pytest.mark.tries("`mount -o remount,rw … || mount -o remount,bind,rw …` on …")
@breaks(
    "disk@xensenode", "se", f"mount --bind {AREA} {AREA} && mount -o remount,bind,ro {AREA}", f"umount {AREA}"
)
def test_a_disk_for_reading_only(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chmod 1777 …` on …")
@breaks("disk@xenuinode", "ui", "chmod 755 /tmp", "chmod 1777 /tmp")
def test_a_place_for_everyone_that_is_shut(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`…` on … ends that program, and `systemctl start …` there starts the service again")
@breaks(
    "port@xencenode",
    "ce",
    "systemctl stop globus-gatekeeper && systemd-run -q --unit=other python3 -m http.server 2119",
    "systemctl stop other 2>/dev/null; systemctl restart globus-gatekeeper",
    until="ss -tln | grep -q :2119",
)
def test_another_program_at_a_port(broken: Broken) -> None:
    assert "python3" in broken.finding.what
    broken.follow(0, 1)


def test_a_gatekeeper_that_systemd_has_lost(breaking: Breaking) -> None:
    """It answers at the port, so nothing is found broken; the next start takes its place."""
    by_hand = "/usr/sbin/globus-gatekeeper -p 2119 -l /var/log/globus-gatekeeper.log"
    breaking.put(
        "ce",
        f"systemctl stop globus-gatekeeper && {by_hand}",
        "pkill -x globus-gatekeep; systemctl restart globus-gatekeeper",
    )
    breaking.type("ce", "systemctl start globus-gatekeeper && systemctl is-active globus-gatekeeper")
    breaking.type(
        "ce", "test $(systemctl show -P MainPID globus-gatekeeper) = $(pgrep -P 1 -x globus-gatekeep)"
    )


@pytest.mark.tries("`./icebox restore … /etc/resolv.conf /etc/hosts /etc/nsswitch.conf`")
@breaks("names@xenuinode", "ui", "echo 192.168.1.99 xencenode.sytes.net >> /etc/hosts")
def test_a_stale_name(broken: Broken) -> None:
    assert "192.168.1.99" in broken.finding.what
    broken.follow(broken.restoring)


@pytest.mark.tries("…, then `…` there")
@breaks("settings@xencenode", "ce", "echo nothing > /etc/lcmaps/lcmaps.db")
def test_a_setting_that_was_changed(broken: Broken) -> None:
    assert "/etc/lcmaps/lcmaps.db" in broken.finding.what
    assert broken.finding.since > 0
    broken.follow(0, 1)


@breaks(
    "settings@xensenode",
    "se",
    f"mkdir -p {DROP_IN} && printf '[Service]\\nReadOnlyPaths=/storage\\n' > {DROP_IN}/x.conf && "
    f"systemctl daemon-reload && {GRIDFTP}",
    f"rm -rf {DROP_IN}; systemctl daemon-reload && {GRIDFTP}",
)
def test_a_drop_in_until_the_next_boot(broken: Broken) -> None:
    broken.follow(0, 1)


@pytest.mark.tries("`…` on …")
@breaks("barrier@xenwnnode", "wn", f"ip rule add {RULE}", f"ip rule del {RULE} 2>/dev/null || true")
def test_a_rule_that_keeps_a_node_in(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("its settings have it listen there: `systemctl restart …` on … once they are as they were")
@breaks("reach@xensenode", "se", f"echo control_interface 127.0.0.1 >> /etc/gridftp.conf && {GRIDFTP}")
def test_a_service_that_listens_for_its_own_node(broken: Broken) -> None:
    broken.follow(broken.restoring, -1)


@pytest.mark.tries(
    "`sed '…' /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts` on the laptop, whose own /etc/hosts has …"
)
@breaks("dns", "outside", f"sh -c 'echo 192.0.2.1 {SITE.ui.fqdn} >> /etc/hosts'")
def test_a_laptop_that_has_a_name_elsewhere(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`./icebox restore … /etc/gridinfo.toml`, then `systemctl restart bdii` there")
@breaks(
    "published@xensenode",
    "se",
    "sed -i 's/^interval.*/interval = 600/' /etc/gridinfo.toml && systemctl restart bdii",
    until="grep -q ^600 /run/bdii/round",
)
def test_records_that_are_looked_at_seldom(broken: Broken) -> None:
    broken.follow(broken.restoring, -1)


@pytest.mark.tries("`./icebox restore … /home` puts back what students were handed")
@breaks("credentials@xenuinode", "ui", "chmod 644 /home/student02/.globus/userkey.pem")
def test_a_students_key_for_all_to_read(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`./icebox restore … /etc/grid-security/vomsdir`")
@breaks("lsc@xensenode", "se", f"sed -i s/xenrbnode/other/ {GRID}/vomsdir/gilda/*.lsc")
def test_another_voms_server(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`./icebox restore … /etc/vomses`")
@breaks("lsc@xenuinode", "ui", "sed -i s/15001/15002/ /etc/vomses")
def test_a_voms_server_at_another_port(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`chmod 400 …` on …, and start its services again")
@breaks("hostcert@xensenode", "se", f"chmod 644 {GRID}/hostkey.pem")
def test_a_host_key_for_all_to_read(broken: Broken) -> None:
    broken.mend(f"{broken.commands[0]} && {GRIDFTP}")


@pytest.mark.tries("`sysctl -w net.ipv4.ip_forward=1` on the dom0")
@breaks("forwarding", "dom0", "echo 0 > /proc/sys/net/ipv4/ip_forward")
def test_packets_that_are_not_led_on(broken: Broken) -> None:
    broken.follow()
