"""Workers of pytest-xdist do these tests side by side: a file is one worker's, or a room that shares a box.

Whoever starts a box removes what was killed in the same state directory, be it by another worker's test.
Tests that could not do with that have sandboxes of their own.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("diagnosis", "install")
"""Rooms whose files share what takes seconds to make."""
FIRST = (
    "diagnosis",
    "local/test_class_room.py",
    "leaks/test_killed.py",
    "install",
    "leaks",
    "faults",
    "sites/test_more_than_one.py",
    "dom0/test_remote.py",
    "local",
    "state",
    "volume",
)
"""Rooms or files of a minute or more begin before all else: nobody is left alone with one in the end."""
WITHOUT_ROOT = "sessions"
"""The room that needs none."""
LONG = "long"
INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH = 512
"""Inotify instances for three workers with four boxes each, of 25 to a box; Linux gives root 128."""
ENDING = 60.0
"""Seconds that workers get after Ctrl-C, for their boxes go with them."""

# Programs that tests start, pytest among them, are no workers of this run.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
    del os.environ[name]


class Lanes(LoadScopeScheduling):
    """What belongs together is done by one worker in its order; whoever is through takes the next.

    xdist's own groups (``--dist=loadgroup``) are no groups with pytest 9.2: findings/xdist-groups.sh.
    """

    def _split_scope(self, nodeid: str) -> str:
        room = _here(nodeid).partition("/")[0]
        return room if room in TOGETHER else nodeid.partition("::")[0]


def _here(nodeid: str) -> str:
    return nodeid.removeprefix("tests/integration/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    # What has most tests is not what takes longest.
    config.option.loadscopereorder = False
    return Lanes(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """While workers have boxes side by side, this host allows as many as they come to."""
    allowed = int(INSTANCES.read_text())
    if hasattr(session.config, "workerinput") or allowed >= ENOUGH or not os.access(INSTANCES, os.W_OK):
        return (yield)
    INSTANCES.write_text(str(ENOUGH))
    try:
        return (yield)
    finally:
        INSTANCES.write_text(str(allowed))


class AtOnce:
    """Says what failed when it does; pytest's own account of it comes when all are through."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", "").partition("\n")[0]
            self.terminal.write(f"\n{report.nodeid}, {report.when}: {why}\n")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(AtOnce(terminal))


def pytest_configure_node(node: Any) -> None:
    node.nodemanager.EXIT_TIMEOUT = ENDING


def pytest_itemcollected(item: pytest.Item) -> None:
    if not _here(item.nodeid).startswith(WITHOUT_ROOT):
        item.add_marker("root")


def pytest_report_header(config: pytest.Config) -> str:
    return "" if config.option.markexpr else f"tests marked {LONG!r} are left out, unless they are named"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, if it was not asked for, and begin with the longest of the rest."""
    if not config.option.markexpr and (left_out := _left_out(config, items)):
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: _turn(_here(item.nodeid)))


def _left_out(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    """Long tests; not those that are named, and none if nothing else was chosen."""
    named = tuple(arg.partition("::")[2] for arg in config.args if "::" in arg)
    long = [item for item in items if item.get_closest_marker(LONG) and not _is_named(item, named)]
    return long if len(long) < len(items) else []


def _is_named(item: pytest.Item, named: tuple[str, ...]) -> bool:
    own = item.nodeid.partition("::")[2]
    return any(own == name or own.startswith(f"{name}[") for name in named)


def _turn(test: str) -> int:
    return next((turn for turn, place in enumerate(FIRST) if test.startswith(place)), len(FIRST))
