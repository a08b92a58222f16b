"""What a node keeps running, and starts when it comes up, is what it was made with."""

import os
from pathlib import Path

import pytest

from harness.diagnosis.facts import settings
from harness.diagnosis.looks import processes
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged


@pytest.fixture(autouse=True)
def changed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is not as it was laid on every node, each path with how it differs."""
    found: dict[str, str] = {}
    monkeypatch.setattr(settings, "changed", lambda _box, _node: found)
    monkeypatch.setattr(
        settings,
        "came",
        lambda _box, _node, path: [f"{path}/ssh.service" if path.endswith("wants") else path],
    )
    monkeypatch.setattr(settings, "leads_to", lambda _box, _node, _path: "/dev/null")
    return found


def units(*states: str) -> Answers:
    told = [dict(line.split("=", 1) for line in state.splitlines()) for state in states]
    return lambda _place, _words: told


RUNS = "Id=ssh.service\nActiveState=active\nSubState=running"
DIES = "Id=mine.service\nActiveState=failed\nTransient=yes"


def test_what_is_enabled_and_does_not_run_is_a_warning_and_services_are_told_by_themselves(
    site: Site,
) -> None:
    said = units(
        "Id=icebox-limits.service\nActiveState=inactive\nSubState=dead",
        "Id=slurmctld.service\nActiveState=failed\nSubState=failed",
        RUNS,
        DIES,
    )
    [seen] = judged(site, "units", Role.CE, said)
    assert "icebox-limits.service inactive" in seen.why
    assert seen.degraded


def test_the_sweeper_is_its_own_link(site: Site, changed: dict[str, str]) -> None:
    said = units("Id=icebox-sweeper.timer\nActiveState=inactive\nSubState=dead")
    assert judged(site, "units", Role.SE, said) == []
    [seen] = judged(site, "sweeper", Role.SE, said)
    assert "icebox-sweeper.timer" in seen.why
    # One that is tried again in a moment is neither sound nor failed for good.
    trying = "Id=icebox-sweeper.service\nActiveState=activating\nSubState={}"
    [seen] = judged(site, "sweeper", Role.SE, units(trying.format("auto-restart")))
    assert "icebox-sweeper.service activating (auto-restart)" in seen.why
    assert judged(site, "sweeper", Role.SE, units(trying.format("start"))) == []
    changed["/etc/systemd/system/timers.target.wants/icebox-sweeper.timer"] = "removed"
    assert judged(site, "units", Role.SE, units(RUNS)) == []
    [seen] = judged(site, "sweeper", Role.SE, units(RUNS))
    assert "somebody has disabled it" in seen.why


def test_what_somebody_disabled_or_masked_is_a_warning_with_what_undoes_it(
    site: Site, changed: dict[str, str]
) -> None:
    changed["/etc/systemd/system/multi-user.target.wants"] = "removed"
    changed["/etc/systemd/system/bdii.service"] = "added"
    masked, disabled = sorted(judged(site, "units", Role.CE, units(RUNS)), key=lambda seen: seen.why)
    assert masked.degraded
    assert disabled.degraded
    assert masked.steps[0].line == "systemctl unmask bdii.service; systemctl start bdii.service"
    assert disabled.steps[0].line == "systemctl enable ssh.service; systemctl start ssh.service"


def test_units_for_a_path_keep_their_backslashes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In what is asked, and in what is typed: systemd names a mount of /home/a-b so (systemd.unit(5))."""
    name = r"home-a\x2db.mount"
    (tmp_path / "local-fs.target.wants").mkdir()
    (tmp_path / "local-fs.target.wants" / name).touch()
    told = tmp_path / "systemctl"
    told.write_text("#!/bin/sh\necho 'home-z.mount loaded failed failed /home/z'\n")
    told.chmod(0o755)
    (tmp_path / "local-fs.target.wants" / "one@.service").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(processes, "ENABLED", f"{tmp_path}/*.wants/*")
    asked: list[str] = []
    monkeypatch.setattr(processes, "_shown", lambda _properties, names: asked.extend(names) or [])
    assert processes.meant() == []
    assert asked == [name, "home-z.mount"]
    [seen] = judged(site, "units", Role.CE, units(f"Id={name}\nActiveState=failed\nSubState=failed"))
    [step] = seen.steps
    assert step.line == f"systemctl reset-failed '{name}' 2>/dev/null; systemctl start '{name}'"


def test_other_files_and_units_of_somebodys_own_are_none_of_it(
    site: Site, changed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed["/etc/gridftp.conf"] = "removed"
    changed["/etc/systemd/system/ssh.service.d/own.conf"] = "added"
    changed["/etc/systemd/system/mine.service"] = "added"
    monkeypatch.setattr(settings, "leads_to", lambda _box, _node, _path: "")
    assert judged(site, "units", Role.CE, units(RUNS, DIES)) == []
