"""Site layers that are made side by side."""

import signal
import threading

import pytest

from harness.box.content import Content
from harness.pki.authority import Issued
from harness.site import Node
from tests.unit.sites import SITE


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> Content:
    """Without a box: what a layer holds is no matter here."""
    made = Content.__new__(Content)
    made.site, made._pace = SITE, lambda: 1.0
    monkeypatch.setattr(Content, "_trusted", lambda _self: iter(()))
    return made


def test_a_layer_of_each_node_and_of_the_outside(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Node | None] = []
    monkeypatch.setattr(Content, "_build_one", lambda _self, node, *_: built.append(node))
    content.build(Issued({}, {}))
    assert sorted(map(str, built)) == sorted(map(str, [*SITE.nodes, None]))


def test_what_one_lacks_is_told(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def build_one(_self: Content, node: Node | None, *_: object) -> None:
        if node is None:
            raise OSError("no room")

    monkeypatch.setattr(Content, "_build_one", build_one)
    with pytest.raises(OSError, match="no room"):
        content.build(Issued({}, {}))


def test_nothing_is_made_any_more_after_an_interruption(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is removed then, and would be there again, with keys in it."""
    main, came = threading.main_thread(), threading.Event()
    under_way: list[Node | None] = []

    def build_one(_self: Content, node: Node | None, *_: object) -> None:
        under_way.append(node)
        if not came.is_set():
            came.set()
            signal.pthread_kill(main.ident or 0, signal.SIGINT)
        under_way.remove(node)

    monkeypatch.setattr(Content, "_build_one", build_one)
    with pytest.raises(KeyboardInterrupt):
        content.build(Issued({}, {}))
    assert came.is_set()
    assert under_way == []
    assert not [each.name for each in threading.enumerate() if each.name.startswith("layers")]
