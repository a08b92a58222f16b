"""kill -9 of what a box consists of, and of what merely looks like it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.deadline import wait_for
from tests.integration.leaks.conftest import LIVING, Scene
from tests.integration.leaks.sandbox import PATIENCE, PREFIX, Sandbox, below

BOX = f"{PREFIX}proc"
BESIDE = f"{PREFIX}beside"
FOREIGN = f"{PREFIX}foreign"


NOTES_ITS_END = (
    "-p RemainAfterExit=yes -p ExecStop='/bin/sh -c \"echo in order > /var/tmp/ended; sync\"' /bin/true"
)
"""A unit that leaves a file when it is stopped, as it is when its node powers off."""


def kill(pids: list[int]) -> None:
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def on_ui(sandbox: Sandbox, line: str) -> str:
    return sandbox.icebox("ssh", "--box", BOX, "--as", "student01", "ui", line).output.strip()


def test_libvirtd_and_holder(scene: Scene) -> None:
    sandbox = scene.sandbox
    assert sandbox.icebox("start", "--box", BOX).code == 0
    on_ui(sandbox, "echo mine > memo")
    assert sandbox.icebox("ssh", "--box", BOX, "ui", f"systemd-run {NOTES_ITS_END}").code == 0

    kill(sandbox.libvirtd(BOX))
    stopped = sandbox.icebox("stop", "--box", BOX)
    assert stopped.code == 0, stopped.output

    assert sandbox.icebox("start", "--box", BOX).code == 0
    assert on_ui(sandbox, "cat /var/tmp/ended") == "in order", "the node was unplugged, not powered off"
    kill(sandbox.processes(lambda words: words[:1] == ["/bin/sh"] and BOX in words))
    status = sandbox.icebox("status", "--box", BOX)
    assert (status.code, "dead" in status.output) == (1, True), status.output
    # A box that is dead in the ledger is no obstacle to its own next start.
    again = sandbox.icebox("start", "--box", BOX)
    assert again.code == 0, again.output
    assert on_ui(sandbox, "cat memo") == "mine"
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


def test_a_libvirtd_that_hangs(scene: Scene) -> None:
    """It takes connections and never answers; whoever asks it is told so, and a stop replaces it."""
    sandbox = scene.sandbox
    assert sandbox.icebox("start", "--box", BOX).code == 0
    assert sandbox.icebox("ssh", "--box", BOX, "ui", f"systemd-run {NOTES_ITS_END}").code == 0
    for pid in sandbox.libvirtd(BOX):
        os.kill(pid, signal.SIGSTOP)
    status = sandbox.icebox("status", "--box", BOX)
    assert status.code == 1, status.output
    assert "the hypervisor of the dom0 does not answer" in status.output
    assert f"do:  ./icebox stop --box {BOX}" in status.output
    stopped = sandbox.icebox("stop", "--box", BOX)
    assert stopped.code == 0, stopped.output
    assert sandbox.icebox("start", "--box", BOX).code == 0
    assert on_ui(sandbox, "cat /var/tmp/ended") == "in order", "the node was unplugged, not powered off"
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


def test_a_stop_after_the_holder_died(scene: Scene) -> None:
    sandbox = scene.sandbox
    assert sandbox.icebox("start", "--box", BOX).code == 0
    kill(sandbox.processes(lambda words: words[:1] == ["unshare"] and BOX in words))
    stopped = sandbox.icebox("stop", "--box", BOX)
    assert stopped.code == 0, stopped.output
    assert sandbox.icebox("status", "--box", BOX).output.startswith(f"The box '{BOX}' is down.")
    assert sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


def test_what_merely_looks_alike_survives(scene: Scene) -> None:
    """A process, a control group and directories that were never in the ledger."""
    sandbox = scene.sandbox
    assert sandbox.dying("end:dom0", "SIGKILL", "start", "--box", BOX).code < 0
    journal = (sandbox.home / "ledger" / f"{BOX}.jsonl").read_text()
    token = journal.partition(f"icebox-{BOX}.")[2][:16]
    alike = [
        ["sh", "-c", "sleep 60; :", "holder.sh", BOX, f"icebox-{BOX}.0123456789abcdef"],
        ["sh", "-c", "sleep 60; :", "looking-for", f"icebox-{BOX}.{token}"],
        ["sh", "-c", "sleep 60; :", "holder.sh", LIVING, f"icebox-{BOX}.{token}"],
    ]
    strangers = [sandbox.popen(words) for words in alike]
    group = Path("/sys/fs/cgroup/unified") / f"icebox-{BOX}.0123456789abcdef"
    group.mkdir()
    directory = sandbox.home / "boxes" / FOREIGN
    directory.mkdir()
    try:
        cleaned = sandbox.icebox("ledger", "clean")
        assert BOX in cleaned.output
        assert [stranger.poll() for stranger in strangers] == [None] * len(strangers)
        assert group.is_dir()
        refused = sandbox.icebox("start", "--box", FOREIGN)
        assert refused.code == 2, refused.output
        assert str(directory) in refused.output
        assert directory.is_dir()
    finally:
        for stranger in strangers:
            _end(stranger)
        group.rmdir()
        directory.rmdir()


def test_two_starts_of_one_name_at_once(scene: Scene) -> None:
    both = [scene.sandbox.popen(_cli("start", "--box", BOX)) for _ in range(2)]
    outputs = [child.communicate(timeout=PATIENCE)[0] for child in both]
    codes = sorted(child.returncode for child in both)
    assert codes == [0, 2], outputs
    refused = next(out for child, out in zip(both, outputs, strict=True) if child.returncode == 2)
    assert "already up" in refused
    assert scene.sandbox.icebox("stop", "--destroy", "--box", BOX).code == 0


def test_cleaning_leaves_a_box_that_is_coming_up_alone(scene: Scene) -> None:
    """Its owner pauses in the middle, and goes on after everything dead was removed."""
    sandbox = scene.sandbox
    words = [
        *_cli()[:1],
        str(Path(__file__).with_name("dying.py")),
        "end:dom0",
        "PAUSE",
        "start",
        "--box",
        BOX,
    ]
    coming, paused = sandbox.popen(words), sandbox.scratch / "paused"
    wait_for("the box to be coming up", paused.exists, PATIENCE)
    cleaned = sandbox.icebox("ledger", "clean")
    assert cleaned.code == 0, cleaned.output
    assert BOX not in cleaned.output
    beside = sandbox.icebox("start", "--box", BESIDE)
    assert beside.code == 0, beside.output
    paused.unlink()
    output, _ = coming.communicate(timeout=PATIENCE)
    assert coming.returncode == 0, output
    for name in (BOX, BESIDE):
        assert sandbox.icebox("stop", "--destroy", "--box", name).code == 0


def _cli(*words: str) -> list[str]:
    return [sys.executable, "-m", "harness.cli", *words]


def _end(child: subprocess.Popen[str]) -> None:
    for pid in below(child.pid):
        os.kill(pid, signal.SIGKILL)
    child.communicate()
