"""The examples in the documentation are what they say: TOML, JSON and site files that load."""

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.dns import kinds as providers
from harness.dns import settings
from harness.dom0 import kinds as dom0s
from harness.image.part import KEYS as PART_KEYS
from harness.report.verdict import Verdict
from harness.site.reader import FREE, KEYS, OPTIONAL
from harness.sitefile import load
from harness.virt import kinds as machines
from tests.unit.docs import pages

SITE_FILE = pages.ROOT / "docs" / "site-file.md"
COMMANDS = pages.ROOT / "docs" / "commands.md"
VERDICT = pages.ROOT / "docs" / "verdict.md"
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "list of strings": list,
    "object": dict,
}


def blocks(*languages: str) -> Any:
    return pytest.mark.parametrize("block", pages.blocks(*languages), ids=str)


@blocks("toml")
def test_toml_loads(block: pages.Block, tmp_path: Path) -> None:
    content = tomllib.loads(block.text)
    if "schema" in content:
        shutil.copy(pages.ROOT / "gridbox-ports.cfg", tmp_path)
        (tmp_path / "icebox.toml").write_text(block.text)
        assert load(tmp_path / "icebox.toml").nodes
    elif set(content) == {"dns"}:
        options = content["dns"]
        provider = options.pop("provider")
        judged = settings.Settings(provider, options, "sytes.net", tmp_path)
        assert list(judged.problems(files=False)) == []
    elif set(content) <= set(KEYS) | FREE:
        for table in set(content) - FREE:
            assert set(content[table]) <= set(KEYS[table])
    else:
        assert set(content) <= PART_KEYS


def test_the_whole_site_file_is_the_default_one() -> None:
    default = tomllib.loads((pages.ROOT / "icebox.toml").read_text())
    assert default in [tomllib.loads(block.text) for block in pages.blocks("toml")]


def test_every_key_of_the_site_file_is_documented() -> None:
    rows = [row for row in pages.rows(pages.section(SITE_FILE, "Every key")) if len(row) == 4]
    documented = {key: row for row in rows for key in pages.quoted(row[0])}
    known = {f"{table}.{key}" for table, keys in KEYS.items() for key in keys}
    assert set(documented) == known | {"schema", "dns.provider", "queues.NAME"}
    for (table, key), default in OPTIONAL.items():
        assert documented[f"{table}.{key}"][1] == str(default)
    required = {f"{t}.{k}" for t, keys in KEYS.items() for k in keys if (t, k) not in OPTIONAL}
    assert all(documented[key][1] == "" for key in required)
    assert pages.quoted(documented["dns.provider"][2]) == list(providers.KINDS.names())
    assert pages.quoted(documented["dom0.kind"][2]) == list(dom0s.KINDS.names())
    assert pages.quoted(documented["dom0.hypervisor"][2]) == list(machines.KINDS.names())


@pytest.mark.parametrize("provider", providers.KINDS.names())
def test_every_option_of_a_dns_provider_is_documented(provider: str) -> None:
    rows = pages.rows(pages.section(SITE_FILE, provider))
    assert {pages.quoted(row[0])[0] for row in rows} == set(providers.KINDS.of(provider).options)


@blocks("json")
def test_json_loads(block: pages.Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize(
    ("page", "title"), [(VERDICT, "verdict.json"), (COMMANDS, "status")], ids=["verdict.json", "status"]
)
def test_json_is_as_its_table_says(page: Path, title: str) -> None:
    text = pages.section(page, title)
    example = re.search(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert example is not None
    described = dict(_described(text))
    seen = dict(_seen(json.loads(example[1]), described))
    assert set(seen) <= set(described), "the example has keys that the table lacks"
    for path, value in seen.items():
        assert isinstance(value, TYPES[described[path]]), f"{path} is no {described[path]}"
    absent = set(described) - set(seen)
    empty = {path for path, value in seen.items() if value == []}
    assert not {path for path in absent if path.partition("[]")[0] not in empty}


def test_the_verdict_example_is_a_verdict() -> None:
    [block] = [block for block in pages.blocks("json") if block.page == VERDICT]
    assert Verdict.from_json(block.text).verdict == "no-go"


@blocks("python")
def test_python_is_python(block: pages.Block) -> None:
    compile(block.text, str(block), "exec")


def test_the_example_of_a_test_is_the_one_that_is_run() -> None:
    example = (pages.ROOT / "docs" / "examples" / "test_mine.py").read_text(encoding="utf-8")
    assert example in [block.text for block in pages.blocks("python")]


def test_packages_of_two_runs_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for run, image in (("before", {"bdii": "6.0", "voms": "1"}), ("after", {"bdii": "6.1", "voms": "1"})):
        (tmp_path / run).mkdir()
        (tmp_path / run / "verdict.json").write_text(json.dumps({"image": image}))
    monkeypatch.chdir(tmp_path)
    [block] = [block for block in pages.blocks("python") if block.page.name == "maintainer.md"]
    exec(compile(block.text, str(block), "exec"), {})
    assert capsys.readouterr().out == "bdii 6.0 -> 6.1\n"


def _described(text: str) -> list[tuple[str, str]]:
    """Path and type of each key in a table of keys; further keys of a row have the first one's prefix."""
    found = []
    for row in pages.rows(text):
        first, *others = pages.quoted(row[0]) or [""]
        if len(row) < 3 or row[1] not in TYPES:
            continue
        prefix = first.rpartition(".")[0]
        found += [(first, row[1]), *((f"{prefix}.{other}".lstrip("."), row[1]) for other in others)]
    # A row may leave its type out when it is text.
    return found + [
        (name, "string")
        for row in pages.rows(text)
        for name in pages.quoted(row[0])[:1]
        if len(row) >= 2 and row[1] == "" and "." in name
    ]


def _seen(value: Any, described: dict[str, str], path: str = "") -> list[tuple[str, Any]]:
    """Every path of a JSON value, without looking into what the table calls an object or a plain list."""
    found = [(path, value)] if path else []
    if isinstance(value, dict) and described.get(path, "") != "object":
        for key, part in value.items():
            found += _seen(part, described, f"{path}.{key}".lstrip("."))
    if isinstance(value, list) and described.get(path) == "list":
        for part in value:
            found += [pair for pair in _seen(part, described, f"{path}[]") if pair[0] != f"{path}[]"]
    return found
