"""What a look at a broken box says is done: then nothing is broken any more."""

from __future__ import annotations

import pytest

from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking, restored

GRID = "/etc/grid-security"


@pytest.mark.tries(
    "`./icebox restore … /etc/munge`, then `systemctl reset-failed munge; "
    "systemctl restart munge slurmd` there"
)
def test_another_munge_key(breaking: Breaking, told: Told) -> None:
    key = "/etc/munge/munge.key"
    other = f"chmod u+w {key} && head -c 129 /dev/urandom > {key} && chmod 400 {key}"
    breaking.put("wn", f"{other} && systemctl restart munge slurmd")
    remedy = told(breaking.one("mungekey@xenwnnode").remedy)
    restored(breaking, remedy)
    breaking.type("wn", remedy.split("`")[3])
    breaking.mended()


@pytest.mark.tries(
    "`./icebox restore … /etc/munge`, then `systemctl reset-failed munge; "
    "systemctl restart munge slurmctld` there"
)
def test_a_munge_key_that_everyone_reads(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "chmod 644 /etc/munge/munge.key; systemctl restart munge || true")
    remedy = told(breaking.one("mungekey@xencenode").remedy)
    restored(breaking, remedy)
    breaking.type("ce", remedy.split("`")[3])
    breaking.mended()


@pytest.mark.tries("`scontrol update partitionname=… state=UP allowgroups=ALL nodes=ALL` on …")
@pytest.mark.tries("`scontrol reconfigure` there has what else its settings say")
def test_a_closed_queue(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "scontrol update partitionname=long state=DOWN")
    told(breaking.one("queues@xencenode").remedy)
    breaking.type("ce", "scontrol update partitionname=long state=UP")
    breaking.mended()


@pytest.mark.tries("`scontrol update nodename=… availablefeatures=… activefeatures=…` on …")
def test_a_wn_without_its_properties(breaking: Breaking, told: Told) -> None:
    wn = breaking.box.site.wn.name
    breaking.put("ce", f"scontrol update nodename={wn} availablefeatures=old activefeatures=old")
    breaking.type("ce", told(breaking.one(f"properties@{wn}").remedy).split("`")[1])
    breaking.mended()


@pytest.mark.tries("`scontrol delete reservationname=…` on the CE")
def test_a_wn_that_is_kept_for_others(breaking: Breaking, told: Told) -> None:
    wn, end = breaking.box.site.wn.name, "scontrol delete reservationname=course 2>/dev/null || true"
    line = "scontrol create reservation reservationname=course starttime=now duration=1-0 users=root"
    breaking.put("ce", f"{line} nodes={wn} flags=ignore_jobs", end)
    remedy = told(breaking.one("reserved@xenwnnode").remedy)
    breaking.type("ce", remedy.split("`")[1])
    breaking.mended()


@pytest.mark.tries(
    "a link in /etc/grid-security/gridmapdir on … that stands for a student who is gone can be removed"
)
def test_pool_accounts_used_up(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", f"cd {GRID}/gridmapdir && for each in gilda*; do ln $each gone-$each; done")
    told(breaking.one("pool@xencenode").remedy)
    breaking.type("ce", f"rm {GRID}/gridmapdir/gone-*")
    breaking.mended()


@pytest.mark.tries("`install -d -o … -g $(id -g …) -m 700 /home/…` on …")
def test_an_account_without_home(breaking: Breaking, told: Told) -> None:
    breaking.put("se", "rmdir /home/gilda050 || rm -r /home/gilda050")
    remedy = told(breaking.one("pool@xensenode").remedy)
    breaking.type("se", remedy.split("`")[1])
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/passwd /etc/group /etc/shadow`")
def test_an_account_that_is_gone(breaking: Breaking, told: Told) -> None:
    breaking.put("se", "sed -i /^gilda050:/d /etc/passwd")
    finding = breaking.one("accounts@xensenode")
    restored(breaking, told(finding.remedy))
    breaking.mended()


@pytest.mark.tries("`mariadb … < /etc/icebox/vo.sql` on … writes it anew")
def test_a_student_who_is_no_member(breaking: Breaking, told: Told) -> None:
    vo = breaking.box.site.vo_database
    breaking.put("rb", f"mariadb -e \"delete from {vo}.usr where dn like '%Student 01'\"")
    remedy = told(breaking.one("members@xenrbnode").remedy)
    breaking.type("rb", remedy.split("`")[1])
    breaking.mended()


@pytest.mark.tries("make room on …: `du -xa … | sort -n | tail` shows what takes it")
def test_a_full_storage_area(breaking: Breaking, told: Told) -> None:
    area = breaking.box.site.storage
    breaking.put("se", f"mount -t tmpfs -o size=2m none {area} && chmod 3775 {area}", f"umount {area}")
    breaking.type("se", f"head -c 4m /dev/zero > {area}/fill || true")
    finding = breaking.one("disk@xensenode")
    assert "full" in finding.what
    assert f"{area}/fill" in breaking.type("se", told(finding.remedy).split("`")[1])
    breaking.type("se", f"rm {area}/fill && chgrp gilda {area}")
    breaking.mended()


@pytest.mark.tries("remove files on …: `du --inodes -x … | sort -n | tail` shows where they are")
def test_a_storage_area_without_room_for_files(breaking: Breaking, told: Told) -> None:
    area = breaking.box.site.storage
    breaking.put("se", f"mount -t tmpfs -o nr_inodes=9 none {area} && chmod 3775 {area}", f"umount {area}")
    breaking.type("se", f"chgrp gilda {area}; mkdir {area}/d; touch {area}/d/1 {area}/d/2")
    breaking.type("se", f"i=0; while touch {area}/d/x$i 2>/dev/null; do i=$((i+1)); done")
    finding = breaking.one("disk@xensenode")
    assert "no more files" in finding.what
    assert f"{area}/d" in breaking.type("se", told(finding.remedy).split("`")[1])
    breaking.type("se", f"rm -r {area}/d")
    breaking.mended()


@pytest.mark.tries("`mount -o remount,rw … || mount -o remount,bind,rw …` on …")
def test_a_disk_for_reading_only(breaking: Breaking, told: Told) -> None:
    area = breaking.box.site.storage
    breaking.put("se", f"mount --bind {area} {area} && mount -o remount,bind,ro {area}", f"umount {area}")
    breaking.type("se", told(breaking.one("disk@xensenode").remedy).split("`")[1])
    breaking.mended()


@pytest.mark.tries("`chmod 1777 …` on …")
def test_a_place_for_everyone_that_is_shut(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "chmod 755 /tmp", "chmod 1777 /tmp")
    remedy = told(breaking.one("disk@xenuinode").remedy)
    breaking.type("ui", remedy.split("`")[1])
    breaking.mended()


@pytest.mark.tries("`…` on … ends that program, and `systemctl start …` there starts the service again")
def test_another_program_at_a_port(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "systemctl stop globus-gatekeeper", "systemctl restart globus-gatekeeper")
    breaking.put("ce", "systemd-run -q --unit=other python3 -m http.server 2119", "systemctl stop other")
    breaking.until("ce", "ss -tln | grep -q :2119", "the other program to listen")
    finding = breaking.one("port@xencenode")
    assert "python3" in finding.what
    _, ends, _, starts, _ = told(finding.remedy).split("`")
    breaking.type("ce", ends)
    breaking.type("ce", starts)
    breaking.mended()


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
def test_a_stale_name(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "echo 192.168.1.99 xencenode.sytes.net >> /etc/hosts")
    finding = breaking.one("names@xenuinode")
    assert "192.168.1.99" in finding.what
    restored(breaking, told(finding.remedy).replace("`cat /etc/resolv.conf /etc/hosts`", ""))
    breaking.mended()


@pytest.mark.tries("…, then `…` there")
def test_a_setting_that_was_changed(breaking: Breaking, told: Told) -> None:
    breaking.put("ce", "echo nothing > /etc/lcmaps/lcmaps.db")
    finding = breaking.one("settings@xencenode")
    assert "/etc/lcmaps/lcmaps.db" in finding.what
    assert finding.since > 0
    remedy = told(finding.remedy)
    restored(breaking, remedy)
    breaking.type("ce", remedy.split("`")[3])
    breaking.mended()


def test_a_drop_in_until_the_next_boot(breaking: Breaking) -> None:
    directory = "/run/systemd/system/globus-gridftp-server.service.d"
    again = "systemctl daemon-reload && systemctl restart globus-gridftp-server"
    lines = f"mkdir -p {directory} && printf '[Service]\\nReadOnlyPaths=/storage\\n' > {directory}/x.conf"
    breaking.put("se", f"{lines} && {again}", f"rm -rf {directory}; {again}")
    _, rm, _, restart, *_ = breaking.one("settings@xensenode").remedy.split("`")
    breaking.type("se", f"{rm} && {restart}")
    breaking.mended()


@pytest.mark.tries("`…` on …")
def test_a_rule_that_keeps_a_node_in(breaking: Breaking, told: Told) -> None:
    line = f"to {breaking.box.public_address} ipproto tcp dport 2811 prohibit"
    breaking.put("wn", f"ip rule add {line}", f"ip rule del {line} 2>/dev/null || true")
    breaking.type("wn", told(breaking.one("barrier@xenwnnode").remedy).split("`")[1])
    breaking.mended()


@pytest.mark.tries("its settings have it listen there: `systemctl restart …` on … once they are as they were")
def test_a_service_that_listens_for_its_own_node(breaking: Breaking, told: Told) -> None:
    again = "systemctl restart globus-gridftp-server"
    breaking.put("se", f"echo control_interface 127.0.0.1 >> /etc/gridftp.conf && {again}")
    remedy = told(breaking.one("reach@xensenode").remedy)
    restored(breaking, remedy)
    breaking.type("se", remedy.split("`")[-2])
    breaking.mended()


@pytest.mark.tries(
    "`sed '…' /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts` on the laptop, whose own /etc/hosts has …"
)
def test_a_laptop_that_has_a_name_elsewhere(breaking: Breaking, told: Told) -> None:
    outside = breaking.box.dom0.outside
    outside.run(f"sh -c 'echo 192.0.2.1 {breaking.box.site.ui.fqdn} >> /etc/hosts'").check()
    typed = told(breaking.one("dns").remedy).split("`")[1]
    outside.run(["sh", "-c", typed]).check()
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/gridinfo.toml`, then `systemctl restart bdii` there")
def test_records_that_are_looked_at_seldom(breaking: Breaking, told: Told) -> None:
    breaking.put("se", "sed -i 's/^interval.*/interval = 600/' /etc/gridinfo.toml && systemctl restart bdii")
    breaking.until("se", "grep -q ^600 /run/bdii/round", "a round of it")
    remedy = told(breaking.one("published@xensenode").remedy)
    restored(breaking, remedy)
    breaking.type("se", remedy.split("`")[-2])
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /home` puts back what students were handed")
def test_a_students_key_for_all_to_read(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "chmod 644 /home/student02/.globus/userkey.pem")
    finding = breaking.one("credentials@xenuinode")
    restored(breaking, told(finding.remedy))
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/grid-security/vomsdir`")
def test_another_voms_server(breaking: Breaking, told: Told) -> None:
    breaking.put("se", f"sed -i s/xenrbnode/other/ {GRID}/vomsdir/gilda/*.lsc")
    restored(breaking, told(breaking.one("lsc@xensenode").remedy))
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/vomses`")
def test_a_voms_server_at_another_port(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", "sed -i s/15001/15002/ /etc/vomses")
    restored(breaking, told(breaking.one("lsc@xenuinode").remedy))
    breaking.mended()


@pytest.mark.tries("`chmod 400 …` on …, and start its services again")
def test_a_host_key_for_all_to_read(breaking: Breaking, told: Told) -> None:
    breaking.put("se", f"chmod 644 {GRID}/hostkey.pem")
    remedy = told(breaking.one("hostcert@xensenode").remedy)
    breaking.type("se", f"{remedy.split('`')[1]} && systemctl restart globus-gridftp-server")
    breaking.mended()


@pytest.mark.tries("`sysctl -w net.ipv4.ip_forward=1` on the dom0")
def test_packets_that_are_not_led_on(breaking: Breaking, told: Told) -> None:
    breaking.put("dom0", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    remedy = told(breaking.one("forwarding").remedy)
    breaking.type("dom0", remedy.split("`")[1])
    breaking.mended()
