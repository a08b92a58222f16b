"""Remedies that checks and icebox itself print, as their source has them: nothing is run for it.

Read is what is given to an argument called ``remedy``, by name or by its place, and what is assigned to that
name.  A remedy is cut at its semicolons: each part says one thing.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from harness.state import checkout

SOURCES = ("tests/acceptance", "fixtures", "harness")
NAME = "remedy"
GAP = "…"
"""Stands in a text for what is known only as it is printed."""
DEEPEST = 5
"""How often a name may stand for another."""
PART = re.compile(r"(?:`[^`]*`|[^`;])+")
READS = (
    r"(?:systemctl (?:status|--failed)|journalctl|df|ls|qstat|pbsnodes -a|nft list|hostname -f|du|condor_q"
    r"|date|lcg-info|lcg-infosites|gfal-ls|findmnt|\./icebox (?:status|console))\b"
)
"""Commands that change nothing."""
LOOKS = re.compile(
    rf"\b(?:tells|tell more|says|look|see(?! that)|read|compare|shows|is in|are in)\b|\b[A-Z]+-\d\b|`{READS}|"
    r"docs/\w|/var/log|\./icebox (?:status|console)|journal"
)
"""Words of a part that says where to look."""
LEADS = re.compile(r"(?:[^:`]*: )?(?:look (?:at|for)|see (?!that)|read|compare|check) ")
REFERS = re.compile(r"\([A-Z]+-\d[^)]*\)|\bchecks? [A-Z]+-\d|mend [A-Z]+-\d first")
"""It leads to another check, whose remedy counts."""
CHANGES = re.compile(r"\b(?:(?:re)?starts?|chmod|chown|set|remove|put back|./icebox st(?:op|art))\b")
DEED = re.compile(r"`([^`]*)`|(\./icebox (?:stop|start|ssh \S+ systemctl [\w ]+))")
AT_A_NODE = re.compile(r"^\./icebox ssh \S+ ")
CHANGING = re.compile(r" --(?:box|address) \S+")
"""Which box is meant, and where it is: known as it is printed."""
DOES = re.compile(
    r"\b(?:(?:re)?starts?|set|remove|run|must|chmod|make|put|lays?|lead|bring|give|mend|install|choose|use|free|"
    r"wait|write|delete|move|stop|copy|have|bind|pass secrets|take|let|needs?|correct|add|upgrade|unset|"
    r"mount|ends|end it|try|again|apt-get|sysctl|mkdir|ask|see that|systemctl|scontrol|pbsnodes)\b"
)
"""Words of a part that says what to do."""


@dataclass(frozen=True)
class Part:
    """One thing that a remedy says."""

    text: str
    """With ``GAP`` for what differs."""
    error: str
    """The function or error that it is given to."""
    place: str
    """File and line of the first that prints it."""

    @property
    def looks(self) -> bool:
        """It says where to look, or which check tells more, and nothing that would have to be done."""
        if LEADS.match(self.text) or (REFERS.search(self.text) and "`" not in self.text):
            return CHANGES.search(self.text) is None
        words = re.sub(rf"`{READS}[^`]*`|\([^)]*\)", "", self.text)
        return LOOKS.search(self.text) is not None and DOES.search(words) is None

    def of(self, printed: str) -> bool:
        """Whether ``printed``, or one of its parts, is this one."""
        return any(self._pattern.fullmatch(piece) for piece in parts(printed))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(".+".join(map(re.escape, self.text.split(GAP))))

    def same_as(self, others: Iterable[str]) -> bool:
        """Whether what it has typed is all typed by one of ``others``, in whatever words."""
        own = deeds(self.text)
        return bool(own) and any(own <= deeds(other) for other in others)


def deeds(text: str) -> frozenset[str]:
    """The commands in a part of a remedy that change something."""
    typed = (quoted or bare for quoted, bare in DEED.findall(text))
    told = (AT_A_NODE.sub("", CHANGING.sub("", line)) for line in typed if not re.match(READS, line))
    return frozenset(told)


def parts(text: str) -> list[str]:
    return [piece.strip() for piece in PART.findall(text) if piece.strip(f" .{GAP}")]


@cache
def printed() -> tuple[Part, ...]:
    """All of them, each once."""
    modules = [_Module(path) for top in SOURCES for path in sorted((checkout() / top).rglob("*.py"))]
    known = _Known(modules)
    found: dict[str, Part] = {}
    for module in modules:
        for node, error, expression in module.given(known.places):
            for text in known.texts(expression, module, node):
                for piece in parts(text):
                    found.setdefault(piece, Part(piece, error, f"{module.name}:{node.lineno}"))
    return tuple(found.values())


class _Module:
    """The syntax of a file."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.relative_to(checkout()))
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.nodes = list(ast.walk(self.tree))
        self.functions = [
            node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        return dict(_assigned(self.tree.body))

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Names from other modules: the module, as a path below the checkout, and the name there."""
        return {
            alias.asname or alias.name: (node.module.replace(".", "/"), alias.name)
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def signatures(self) -> Iterator[tuple[str, list[str]]]:
        """Functions and classes, with the names of their arguments by place; of records, their fields."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef) and node.name != "__init__":
                yield node.name, _arguments(node)
            if isinstance(node, ast.ClassDef):
                yield (
                    node.name,
                    [
                        each.target.id
                        for each in node.body
                        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                    ],
                )
                for each in node.body:
                    if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                        yield node.name, _arguments(each)

    def around(self, line: int) -> dict[str, list[ast.expr]]:
        """What is assigned in the functions around a line, by name."""
        found: dict[str, list[ast.expr]] = {}
        for function in self.functions:
            if function.lineno <= line <= (function.end_lineno or 0):
                for name, value in _assigned(ast.walk(function)):
                    found.setdefault(name, []).append(value)
        return found

    def given(self, places: Mapping[str, int]) -> Iterator[tuple[ast.expr | ast.stmt, str, ast.expr]]:
        """Each expression that is a remedy, with the function that it is given to."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if ast.unparse(node.func).startswith("pytest.mark."):
                    continue
                yield from ((node, called, each.value) for each in node.keywords if each.arg == NAME)
                place = places.get(called)
                if place is not None and place < len(node.args):
                    yield node, called, node.args[place]
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for name, value in _assigned([node]):
                    if name.lower().strip("_") == NAME or name.lower().endswith("remedies"):
                        yield node, "", value


class _Known:
    """What names in the modules mean."""

    def __init__(self, modules: Iterable[_Module]) -> None:
        self.modules = {module.name: module for module in modules}
        self.places = self._places()

    def _places(self) -> dict[str, int]:
        """By names of functions and classes, which of their arguments is the remedy, if it has a place."""
        found: dict[str, int] = {}
        for module in self.modules.values():
            for name, arguments in module.signatures():
                if NAME in arguments:
                    found[name] = arguments.index(NAME)
        return found

    def texts(self, expression: ast.expr, module: _Module, node: ast.AST, deep: int = 0) -> list[str]:
        """All that an expression may be, with gaps for what the source does not say."""
        if isinstance(expression, ast.Constant):
            # What a service says has gaps, as `{node}`, that are filled in as it is printed.
            text = expression.value
            return [re.sub(r"\{\w+\}", GAP, text)] if isinstance(text, str) else []
        if isinstance(expression, ast.Call):
            # A record that has a remedy of its own, as a service has.
            own = (each.value for each in expression.keywords if each.arg == NAME)
            return [text for each in own for text in self.texts(each, module, node, deep)]
        if isinstance(expression, ast.Attribute) and expression.attr == NAME:
            return self.texts(expression.value, module, node, deep)
        if isinstance(expression, ast.IfExp):
            both = (expression.body, expression.orelse)
            return [text for each in both for text in self.texts(each, module, node, deep)]
        if isinstance(expression, ast.BoolOp):
            return [text for each in expression.values for text in self.texts(each, module, node, deep)]
        if isinstance(expression, ast.Dict | ast.Tuple | ast.List):
            return [text for each in _inner(expression) for text in self.texts(each, module, node, deep)]
        if isinstance(expression, ast.JoinedStr):
            return [self._joined(expression, module, node, deep)]
        if isinstance(expression, ast.Name) and deep < DEEPEST:
            return self._named(expression.id, module, node, deep)
        if isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
            other = self.modules.get("{}/{}.py".format(*module.imports.get(expression.value.id, ("", ""))))
            return self._named(expression.attr, other, ast.Module([], []), deep) if other else []
        return []

    def _joined(self, expression: ast.JoinedStr, module: _Module, node: ast.AST, deep: int) -> str:
        text = ""
        for value in expression.values:
            if isinstance(value, ast.FormattedValue):
                known = self.texts(value.value, module, node, deep)
                text += known[0] if len(known) == 1 else GAP
            else:
                text += "".join(self.texts(value, module, node, deep))
        return text

    def _named(self, name: str, module: _Module, node: ast.AST, deep: int) -> list[str]:
        values = module.around(getattr(node, "lineno", 0)).get(name, [])
        if not values and name in module.constants:
            values = [module.constants[name]]
        if values:
            return [text for each in values for text in self.texts(each, module, node, deep + 1)]
        source, there = module.imports.get(name, ("", ""))
        other = self.modules.get(f"{source}.py") or self.modules.get(f"{source}/__init__.py")
        return self._named(there, other, ast.Module([], []), deep + 1) if other else []


def _arguments(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in function.args.args if each.arg not in ("self", "cls")]


def _inner(expression: ast.Dict | ast.Tuple | ast.List) -> list[ast.expr]:
    """Values of a mapping, lines of a table, and the last word of a line."""
    if isinstance(expression, ast.Dict):
        return expression.values
    lines = all(isinstance(each, ast.Tuple) for each in expression.elts)
    return expression.elts if lines else expression.elts[-1:]


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Names and what is assigned to them, also several at once."""
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            yield node.target.id, node.value
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for one, value in pairs:
                    name = getattr(one, "id", getattr(one, "attr", ""))
                    if name:
                        yield name, value
