"""Nobody outside harness/dom0 knows how a dom0 is made, or enters a process of this machine by its number."""

import ast
import re
from collections.abc import Iterator

import pytest

from harness.state import checkout

ROOMS = ("harness", "fixtures", "bench", "tests/acceptance", "docs/examples")
INSIDE = "harness/dom0/"
OPEN = {
    f"harness.dom0.{name}"
    for name in (
        *("disk", "dom0", "driveset", "forgotten", "identities", "kinds", "lvm", "pace", "place"),
        *("protocols", "shelf", "standalone", "standing", "talk", "walls"),
    )
}
"""What everybody may use of harness/dom0."""
FOR_MACHINES = OPEN | {"harness.dom0.containers", "harness.dom0.xen"}
"""What machines may use beside it: containers run at a place, and domains at one under Xen."""
NUMBERS = re.compile(r"pids?|inits?|in_network_of|setns|nsenter")
"""Names that stand for a process, or for going into one."""
TEXTS = re.compile(r"nsenter|/proc/(\{|self/ns)|NSpid")
MEASURED = {"bench/usage.py": "harness.dom0.cgroup"}
"""What the processor time of this machine's boxes is counted by, whoever started them."""
OWN = {
    "harness/process.py": "finds processes of this machine by their marks, for journals and clean-up",
    "harness/box/teardown.py": "says which process of the harness owns a box",
    "harness/setup/shell.py": "ends what it started itself",
    "harness/setup/holders.py": "says who holds a lock of apt's",
    "harness/image/bytecode.py": "has a chroot without chroot(8)",
    **dict.fromkeys(
        (f"harness/diagnosis/looks/{name}.py" for name in ("lines", "names", "processes")),
        "runs at a node, and tells of that one's",
    ),
    "harness/diagnosis/facts/limits.py": "shows what to type on the node, by the number that it has there",
    "bench/processes.py": "runs at the dom0, and counts there",
}
"""Files that name processes, and why that is none of a box's."""


def files() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((checkout() / room).rglob("*.py")):
            name = str(path.relative_to(checkout()))
            if not name.startswith(INSIDE):
                yield name


def imports(tree: ast.AST) -> Iterator[str]:
    """Modules that a file imports, in functions and for types, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            is_package = (checkout() / node.module.replace(".", "/")).is_dir()
            yield from parts if is_package else [node.module]


def mentions(tree: ast.AST) -> Iterator[str]:
    """Names and texts of a file that mean a process; docstrings may."""
    for node in ast.walk(tree):
        name = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.keyword: "arg"}.get(type(node), "")
        word = getattr(node, name, None) if name else None
        if isinstance(word, str) and NUMBERS.fullmatch(word):
            yield f"line {node.lineno}: {word}"  # type: ignore[attr-defined]
        if isinstance(node, ast.JoinedStr) and TEXTS.search(ast.unparse(node)):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TEXTS.search(node.value):
            yield f"line {node.lineno}: {node.value[:60]!r}"


@pytest.mark.parametrize("name", list(files()))
def test_nobody_reaches_behind_the_dom0(name: str) -> None:
    tree = ast.parse((checkout() / name).read_text())
    allowed = FOR_MACHINES if name.startswith("harness/virt/") else OPEN
    used = {module for module in imports(tree) if module.startswith("harness.dom0.")}
    # What stands in the kinds' package itself is open, a kind is not.
    used = {re.sub(r"\.(KINDS|USUAL)$", "", module) for module in used}
    assert used <= allowed | {MEASURED.get(name, "")}
    if name not in OWN:
        assert list(mentions(tree)) == []


def test_every_exception_is_one() -> None:
    for name in OWN:
        assert list(mentions(ast.parse((checkout() / name).read_text()))), f"{name} needs no exception"


@pytest.mark.parametrize(
    "text",
    [
        "from harness.dom0.kinds.embedded import EmbeddedDom0",
        "from harness.dom0.kinds import embedded",
        "import harness.dom0.namespace",
        "def f():\n    from harness.dom0 import cgroup",
    ],
)
def test_an_import_from_behind_is_seen(text: str) -> None:
    found = {module for module in imports(ast.parse(text)) if module.startswith("harness.dom0.")}
    assert found
    assert not found <= FOR_MACHINES | {"harness.dom0.kinds.KINDS"}


@pytest.mark.parametrize("text", ["place.pid", "f'/proc/{n}/ns/net'", "['nsenter', '-t', n]", "run(pid=1)"])
def test_a_mention_is_seen(text: str) -> None:
    assert list(mentions(ast.parse(text)))


@pytest.mark.parametrize(
    ("room", "closed"),
    [
        ("harness/site", "(?!site)"),
        ("harness/grid", "(?!grid)"),
        ("harness/image", "(box|dom0|virt|dns|checks|services|report)"),
        ("harness/dom0", "(box|virt|checks|services|report|commands)"),
        ("harness/virt", "(box|checks|services|report|commands)"),
        ("harness/dns", "(box|virt|checks|services|report|commands)"),
    ],
)
def test_a_room_imports_nothing_above_it(room: str, closed: str) -> None:
    """The site is data, and readers know only what is printed: they import no other room at all."""
    rooms = {path.name for path in (checkout() / "harness").iterdir() if path.is_dir()}
    found = {
        module
        for path in (checkout() / room).rglob("*.py")
        for module in imports(ast.parse(path.read_text()))
        if module.startswith("harness.") and module.split(".")[1] in rooms
    }
    assert not {module for module in found if re.match(rf"harness\.{closed}(\.|\b)", module)}
