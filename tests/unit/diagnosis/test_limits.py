"""A service that is held to too little is named, with what frees it; usual limits are none."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.diagnosis.facts import limits, settings
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged

UNIT = "globus-gridftp-server.service"
GROUP = f"/sys/fs/cgroup/system.slice/{UNIT}"
LINE = "{name:<26}{most:<21}{most:<21}unit\n"


def said(files: int = 9, drops: str = "", **what: str) -> str:
    """What a node says of its GridFTP server; limits and files of its control group by their names."""
    lines = "".join(
        LINE.format(name=f"Max {name.replace('_', ' ')}", most=most)
        for name, most in ({"open_files": "1024", "cpu_time": "unlimited"} | what).items()
        if not name.startswith(("cpu_max", "memory_", "pids_"))
    )
    held = "".join(
        f"{GROUP}/{name.replace('_', '.', 1)}={value}\n"
        for name, value in what.items()
        if name.startswith(("cpu_max", "memory_", "pids_"))
    )
    return f"MainPID=77\nfiles={files}\n{lines}Id={UNIT}\nControlGroup=/x\n{held}DropInPaths={drops}\n"


def node(text: str, ports: str = "32768\t60999\n") -> Answers:
    """A node that says this of its services, and has these ports."""

    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        return {limits.PORTS: {"text": ports}} if words[0] == "files" else {"code": 0, "said": text}

    return answer


@pytest.mark.parametrize(("ports", "few"), [("32768\t60999\n", False), ("60000\t60003\n", True)])
def test_a_node_has_ports_for_its_own_connections(site: Site, ports: str, few: bool) -> None:
    seen = judged(site, "limits", Role.UI, node("", ports))
    assert [each.why for each in seen] == ["has no more than 4 ports for connections of its own"] * few
    assert all(each.steps[0].line.endswith("ip_local_port_range='32768 60999'") for each in seen)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (said(), ""),
        (said(open_files="12"), f"lets {UNIT} have no more than 12 (open files, and it has 9)"),
        (said(files=1020), "have no more than 1024 (open files, and it has 1020)"),
        (said(processes="3"), "have no more than 3 (processes)"),
        (said(address_space="1000000"), "no more than 1000000 (address space)"),
        (said(core_file_size="0"), ""),
        (said(file_size="2097152"), "no more than 2097152 (file size)"),
        (said(cpu_max="1000 100000"), "have 1% of a processor"),
        (said(cpu_max="max 100000"), ""),
        (said(cpu_max="400000 100000"), ""),
        (said(memory_max="8000000", memory_current="7990000"), "have 8.0 MB of memory, of which it uses all"),
        (said(memory_max="8000000", memory_current="2000000"), ""),
        (said(pids_max="5", pids_current="5"), "have no more than 5 processes"),
        (said(pids_max="4915", pids_current="5"), ""),
    ],
)
def test_what_a_service_is_held_to(site: Site, monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    monkeypatch.setattr(settings, "changed", lambda _box, _node: {})
    other = "Id=bdii.service\nMainPID=0\n"
    seen = judged(site, "limits", Role.SE, node(f"{text}\n{other}"))
    assert [says in each.why for each in seen] == [True] * bool(says)
    assert all(each.degraded and each.steps[0].line == f"systemctl restart {UNIT}" for each in seen)


def test_what_somebody_laid_over_its_unit_goes_and_what_came_with_it_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, strange, passing = (
        "/etc/systemd/system/u.d/icebox.conf",
        "/etc/systemd/system/u.d/x.conf",
        "/run/u.d/y",
    )
    monkeypatch.setattr(settings, "changed", lambda _box, _node: {strange: "added", "/etc/other": "added"})

    held = said(open_files="12", drops=f"{own} {strange} {passing}")
    [seen] = judged(site, "limits", Role.SE, node(held))
    assert seen.steps[0].line == f"rm {strange} {passing}; systemctl daemon-reload; systemctl restart {UNIT}"


def test_the_line_tells_of_a_process_and_of_the_groups_that_hold_it(tmp_path: Path) -> None:
    """Typed with a systemctl of our own, which names this test's shell, and control groups that are files."""
    group = tmp_path / "groups/a/b.service"
    group.mkdir(parents=True)
    (group / "pids.max").write_text("7\n")
    (group.parent / "cpu.max").write_text("1000 100000\n")
    told = "printf 'Id=b.service\\nMainPID=%s\\nControlGroup=/a/b.service\\n\\nId=c\\nMainPID=0\\n' $$"
    line = limits.ASK.format(units="b").replace("/sys/fs/cgroup", str(tmp_path / "groups"))
    line = told + line[line.index(" |") :]
    lines = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout.splitlines()
    assert any(each.startswith("Max open files") for each in lines)
    assert any(each.startswith("files=") and int(each[6:]) >= 3 for each in lines)
    assert {f"{group}/pids.max=7", f"{group.parent}/cpu.max=1000 100000"} <= set(lines)
    assert lines[-2:] == ["Id=c", "MainPID=0"]
