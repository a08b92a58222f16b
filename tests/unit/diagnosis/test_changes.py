"""What is broken on a node whose files were changed: its finding says how to put them back."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Seen
from harness.diagnosis.facts import settings
from harness.diagnosis.looked import Looked, laid, roots_of
from harness.services.graph import Graph, Placed
from tests.unit.accesslist import keeps_out
from tests.unit.sites import SITE

GRAPH = Graph(SITE, "mine", ALL)
RESTORE = "`./icebox restore xenrbnode /etc/icebox/wms.toml`, and start its services again"


def placed(name: str, role: str) -> Placed:
    [found] = [each for each in GRAPH.all if each.link.name == name and each.node and each.node.role == role]
    return found


BROKER, CHANGED = placed("broker", "rb"), Seen("are not as they were laid", remedy=RESTORE)


def test_the_remedy_begins_with_what_puts_the_files_back() -> None:
    looked = Looked({BROKER: Seen("does not answer")}, suspects={placed("settings", "rb"): CHANGED})
    found = roots_of(GRAPH, looked)
    assert list(found) == [BROKER]
    assert found[BROKER].remedy == f"{RESTORE}; {BROKER.link.remedy}"


def test_files_of_another_node_are_not_in_it() -> None:
    looked = Looked({BROKER: Seen("does not answer")}, suspects={placed("settings", "ce"): CHANGED})
    assert roots_of(GRAPH, looked) == {BROKER: Seen("does not answer")}


def test_records_that_lie_may_do_so_by_changed_settings() -> None:
    lying = placed("published", "ce")
    looked = Looked({lying: Seen("tells forty slots")}, suspects={placed("settings", "ce"): CHANGED})
    assert roots_of(GRAPH, looked)[lying].remedy == f"{RESTORE}; {lying.link.remedy}"


def test_they_are_not_why_a_disk_is_full() -> None:
    disk = placed("disk", "ce")
    looked = Looked({disk: Seen("is full")}, suspects={placed("settings", "ce"): CHANGED})
    assert roots_of(GRAPH, looked)[disk] == Seen("is full")


def test_what_says_itself_what_to_put_back_is_not_told_more() -> None:
    key = placed("mungekey", "ce")
    looked = Looked({key: Seen("is another one")}, suspects={placed("settings", "ce"): CHANGED})
    assert roots_of(GRAPH, looked)[key] == Seen("is another one")


def test_what_was_added_is_taken_away_what_was_changed_put_back_and_what_is_hidden_uncovered() -> None:
    found = {
        "/etc/gridftp.conf": "changed",
        "/etc/ld.so.preload": "added",
        "/run/systemd/system/x.service.d/y.conf": "until the next boot",
        "/etc/hosts.allow": "removed",
        "/etc/passwd": "covered by a mount",
        "/etc/my notes;": "added",
    }
    assert settings._undone(GRAPH.site.se, found, ["LD_PRELOAD=/x"]) == (
        "`./icebox restore xensenode /etc/gridftp.conf /etc/hosts.allow`, "
        "`rm /etc/ld.so.preload /run/systemd/system/x.service.d/y.conf '/etc/my notes;'` on xensenode, "
        "`umount -l /etc/passwd` on xensenode, `systemctl unset-environment LD_PRELOAD` on xensenode"
    )


def test_what_a_student_waits_for_in_vain_is_laid_at_the_service_that_is_slow() -> None:
    slow = Seen("is slow: VOMS server took 2.0 s")
    looked = Looked({placed("proxy", "ui"): Seen("fails")}, suspects={placed("pace", "rb"): slow})
    assert list(roots_of(GRAPH, looked)) == [placed("pace", "rb")]
    stopped = Looked({placed("voms", "rb"): Seen("is stopped")}, suspects={placed("pace", "rb"): slow})
    assert list(roots_of(GRAPH, stopped)) == [placed("voms", "rb")]


def test_a_name_that_the_ui_gives_itself_is_found_and_not_the_file_it_stands_in() -> None:
    broken = {placed("hostname", "ui"): Seen("calls itself wrong"), placed("job", "ce"): Seen("fails")}
    looked = Looked(broken, suspects={placed("settings", "ui"): CHANGED})
    assert list(roots_of(GRAPH, looked)) == [placed("hostname", "ui")]


def test_a_wn_whose_ce_hangs_has_no_trouble_of_its_own() -> None:
    broken = {placed("node", "ce"): Seen("hangs"), placed("tunnelled", "wn"): Seen("does not get through")}
    assert list(roots_of(GRAPH, Looked(broken))) == [placed("node", "ce")]


def test_services_that_run_and_all_do_not_answer_have_the_changed_files_for_one_cause() -> None:
    silent = Seen("does not answer", output="does not answer")
    stopped = Seen("does not answer (bdii is inactive)", output="does not answer")
    ssh, bdii, settings_of_se = (placed(name, "se") for name in ("ssh", "bdii", "settings"))
    changed = {settings_of_se: CHANGED}
    assert list(roots_of(GRAPH, Looked({ssh: silent, bdii: silent}, suspects=changed))) == [settings_of_se]
    assert list(roots_of(GRAPH, Looked({ssh: silent, bdii: stopped}, suspects=changed))) == [ssh, bdii]


def test_a_service_that_is_stopped_is_told_beside_what_keeps_packets_of_others() -> None:
    stopped = Seen("does not answer (icebox-catalogue.service is inactive)", output="does not answer")
    catalogue, rules, barrier = placed("catalogue", "rb"), _dom0("rules"), placed("barrier", "ui")
    ways = placed("ways", "ui")
    shut = {rules: Seen("has a rule more"), barrier: Seen("has a rule of routing")}
    broken = {catalogue: stopped, ways: Seen("does not get there")}
    found = roots_of(GRAPH, Looked(broken, suspects={barrier: shut[barrier]}))
    assert set(found) == {catalogue, barrier}
    assert set(roots_of(GRAPH, Looked(broken, suspects=shut))) == {catalogue, rules, barrier}


def test_a_queue_that_is_closed_is_told_beside_a_rule_that_keeps_packets_of_another_node() -> None:
    barrier, queue, out = _dom0("barrier"), placed("queues", "ce"), placed("outbound", "se")
    closed, lost = Seen("has its queue short closed"), Seen("gets no connection")
    looked = Looked({queue: closed, out: lost}, suspects={barrier: Seen("has a rule of routing")})
    found = roots_of(GRAPH, looked)
    assert {*found} == {barrier, queue}
    assert found[queue] == closed


def test_a_service_that_answers_nobody_is_not_laid_at_another_nodes_network() -> None:
    catalogue, barrier = placed("catalogue", "rb"), placed("barrier", "ui")
    silent = Looked(
        {catalogue: Seen("is silent", output="is silent")}, suspects={barrier: Seen("has a rule")}
    )
    assert list(roots_of(GRAPH, silent)) == [catalogue]


def test_a_way_that_is_closed_at_its_other_end_is_told_there() -> None:
    ways, barrier = placed("ways", "se"), placed("barrier", "rb")
    looked = Looked({ways: Seen("does not get there")}, suspects={barrier: Seen("has a route")})
    assert list(roots_of(GRAPH, looked)) == [barrier]


def _dom0(name: str) -> Placed:
    return next(each for each in GRAPH.all if each.link.name == name and each.node is None)


def test_a_directory_that_was_shut_is_a_change_and_one_that_was_added_is_told_by_what_is_in_it(
    tmp_path: Path,
) -> None:
    upper, layer = tmp_path / "upper", tmp_path / "layer"
    for top in (upper, layer):
        (top / "etc/grid-security").mkdir(parents=True)
    (upper / "etc/grid-security").chmod(0o700)
    (layer / "etc/grid-security").chmod(0o755)
    (upper / "etc/new").mkdir()
    (upper / "etc/new/file").write_text("x")
    names = {str(each.relative_to(upper)): each for each in settings._written(upper)}
    found = {name: settings._difference(path, name, [layer]) for name, path in names.items()}
    assert {name: how for name, how in found.items() if how} == {
        "etc/grid-security": "mode 700, was 755",
        "etc/new/file": "added",
    }


def test_another_owner_another_end_of_a_link_and_a_large_file_of_the_same_size_are_changes(
    tmp_path: Path,
) -> None:
    upper, layer = tmp_path / "upper", tmp_path / "layer"
    for top, end, byte in ((upper, "a", b"x"), (layer, "b", b"y")):
        (top / "etc").mkdir(parents=True)
        (top / "etc/link").symlink_to(end)
        (top / "etc/large").write_bytes(b"z" * (2 << 20) + byte)
        (top / "etc/same").write_bytes(b"z" * (2 << 20))
    names = ("etc/link", "etc/large", "etc/same")
    found = {name: settings._difference(upper / name, name, [layer]) for name in names}
    assert found == {"etc/link": "leads elsewhere", "etc/large": "changed", "etc/same": ""}
    own = (layer / "etc/same").lstat()
    strange = SimpleNamespace(
        st_mode=own.st_mode, st_rdev=0, st_uid=own.st_uid + 1, st_gid=own.st_gid, st_size=own.st_size
    )
    path = cast(Path, SimpleNamespace(lstat=lambda: strange))
    how = settings._difference(path, "etc/same", [layer])
    assert how == f"of {own.st_uid + 1}:{own.st_gid}, was of {own.st_uid}:{own.st_gid}"


def test_an_access_list_is_a_change(tmp_path: Path) -> None:
    """By acl(5): one account is kept out; the directory has the mode that it had."""
    upper, layer = tmp_path / "upper", tmp_path / "layer"
    for top in (upper, layer):
        (top / "etc/grid-security").mkdir(parents=True)
    keeps_out(upper / "etc/grid-security")
    (layer / "etc/grid-security").chmod((upper / "etc/grid-security").stat().st_mode)
    how = settings._difference(upper / "etc/grid-security", "etc/grid-security", [layer])
    assert how == "another access list"


def test_a_directory_that_was_made_anew_hides_what_lay_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upper, layer = tmp_path / "upper", tmp_path / "layer"
    for name in ("etc/lcmaps", "etc/other"):
        (upper / name).mkdir(parents=True)
        (layer / name).mkdir(parents=True)
        (layer / name / "lcmaps.db").write_text("path = /usr/lib/lcmaps")
    monkeypatch.setattr(settings, "layers_of", lambda _box, _node: [layer])
    monkeypatch.setattr(settings, "_is_opaque", lambda path: path.name == "lcmaps")
    box = cast(Box, SimpleNamespace(files=SimpleNamespace(scratch=lambda _name: tmp_path)))
    assert settings.changed(box, SITE.ce) == {"/etc/lcmaps": "made anew, without 1 files"}
    assert settings.came(box, SITE.ce, "/etc/lcmaps") == ["/etc/lcmaps/lcmaps.db"]
    (upper / "etc/lcmaps/lcmaps.db").write_text("path = /usr/lib/lcmaps")
    assert settings.changed(box, SITE.ce) == {}


def test_links_that_systemctl_turns_round_for_the_old_init_are_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`systemctl disable` makes S01 to K01, and `enable` turns the one it finds first."""
    for name in ("rc2.d", "rcS.d", "rc.local.d"):
        (tmp_path / "upper/etc" / name).mkdir(parents=True)
        (tmp_path / "upper/etc" / name / "S01myproxy-server").symlink_to("../init.d/myproxy-server")
    monkeypatch.setattr(settings, "layers_of", lambda _box, _node: [tmp_path / "layer"])
    box = cast(Box, SimpleNamespace(files=SimpleNamespace(scratch=lambda _name: tmp_path)))
    found = [path for path in settings.changed(box, SITE.rb) if Path(path).name.startswith("S01")]
    assert found == ["/etc/rc.local.d/S01myproxy-server"]


def test_a_job_that_no_wn_starts_may_be_kept_back_by_its_ce() -> None:
    runs, of_ce, of_wn = placed("runs", "wn"), placed("settings", "ce"), placed("settings", "wn")
    fails = {runs: Seen("runs no job")}
    assert list(roots_of(GRAPH, Looked(fails, suspects={of_ce: CHANGED}))) == [of_ce]
    assert list(roots_of(GRAPH, Looked(fails, suspects={of_ce: CHANGED, of_wn: CHANGED}))) == [of_wn]
    assert list(roots_of(GRAPH, Looked(fails, suspects={placed("settings", "se"): CHANGED}))) == [runs]


def test_what_is_slow_for_what_lies_in_its_network_is_none_of_the_causes() -> None:
    transfer, queue = placed("transfer", "se"), placed("barrier", "se")
    slow = {placed(name, "se"): Seen("is slow") for name in ("path", "pace")}
    looked = Looked({transfer: Seen("no answer in time")}, suspects={**slow, queue: Seen("has a queue")})
    assert list(roots_of(GRAPH, looked)) == [queue]
    assert list(roots_of(GRAPH, replace(looked, suspects=slow))) == [placed("path", "se")]


def test_what_is_only_degraded_is_laid_at_what_lies_in_that_network() -> None:
    path, queue = placed("path", "se"), placed("barrier", "se")
    slow = {path: Seen("is slow: a packet takes 0.40 s", degraded=True)}
    laid_at = laid(GRAPH, slow, Looked({}, suspects={queue: Seen("has a queue netem on eth0")}))
    assert {each: (seen.degraded, seen.why) for each, seen in laid_at.items()} == {
        queue: (True, "has a queue netem on eth0")
    }
    elsewhere = {placed("barrier", "wn"): Seen("has a queue"), placed("settings", "se"): CHANGED}
    assert laid(GRAPH, slow, Looked({}, suspects=elsewhere)) == slow
    off = {placed("sweeper", "se"): Seen("will come up without its timer", degraded=True)}
    assert laid(GRAPH, off, Looked({}, suspects=elsewhere)) == off, "it says itself what mends it"


def test_files_that_a_broken_link_puts_back_are_not_told_twice() -> None:
    authority, job, changes = placed("authority", "wn"), placed("job", "ce"), placed("settings", "wn")
    crl = "/etc/grid-security/certificates/d68d73c2.r0: changed"
    broken = {authority: Seen("do not hold"), job: Seen("fails")}
    one = Looked(broken, suspects={changes: Seen("are changed", output=crl)})
    assert list(roots_of(GRAPH, one)) == [authority]
    two = Looked(broken, suspects={changes: Seen("are changed", output=f"{crl}\n/usr/bin/qsub: changed")})
    assert list(roots_of(GRAPH, two)) == [authority, changes]


def test_what_is_mounted_over_a_file_that_is_no_good_is_taken_away_first() -> None:
    key = "/etc/grid-security/hostkey.pem"
    hostcert = Seen(
        f"has no file for its key ({key})", remedy="`./icebox restore xenrbnode /etc/grid-security`"
    )
    over = Seen("are changed", output=f"{key}: covered by a mount", remedy=f"`umount -l {key}` on xenrbnode")
    looked = Looked({placed("hostcert", "rb"): hostcert}, suspects={placed("settings", "rb"): over})
    [found] = roots_of(GRAPH, looked).values()
    assert found.remedy == f"{over.remedy}; {hostcert.remedy}"


def test_a_drop_in_that_holds_a_service_is_told_by_what_it_does() -> None:
    drop = "/run/systemd/system/icebox-wms.service.d/x.conf"
    held = Seen(
        "lets it have 4 files", remedy=f"`rm {drop}; systemctl restart icebox-wms.service` on xenrbnode"
    )
    limits, changes = placed("limits", "rb"), placed("settings", "rb")
    laid = Seen("are changed", output=f"{drop}: until the next boot", remedy=f"`rm {drop}` on xenrbnode")
    broken = {placed("match", "rb"): Seen("fails")}
    one = Looked(broken, suspects={limits: held, changes: laid})
    assert list(roots_of(GRAPH, one)) == [limits]
    more = Looked(
        broken, suspects={limits: held, changes: Seen("are changed", output=f"{drop}: x\n/etc/y: x")}
    )
    assert set(roots_of(GRAPH, more)) == {limits, changes}


def test_a_command_that_says_itself_what_to_put_back_is_told() -> None:
    programs, path = placed("programs", "ui"), "/usr/bin/lfc-ls"
    wants = Seen("has a lfc-ls that wants python9", remedy=f"`./icebox restore xenuinode {path}`")
    laid = Seen("are changed", output=f"{path}: changed", remedy=f"`./icebox restore xenuinode {path}`")
    looked = Looked({programs: wants}, suspects={placed("settings", "ui"): laid})
    assert roots_of(GRAPH, looked) == {programs: wants}
