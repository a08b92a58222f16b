"""Kinds are modules of a folder: whoever adds one touches one file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.dns import kinds as providers
from harness.dns import validators
from harness.dns.kind import Options, ProviderKind
from harness.errors import InputError
from harness.kinds import Kinds
from harness.sitefile import load
from harness.virt import kinds as machines
from tests.unit.sites import site_file


def test_a_module_in_the_folder_is_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "toykinds"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "abacus.py").write_text("KIND = 'counts'\n")
    (package / "broken.py").write_text("raise ImportError('a program that is not installed')\n")
    monkeypatch.syspath_prepend(tmp_path)
    kinds: Kinds[str] = Kinds("toykinds", str(package / "__init__.py"))
    assert kinds.names() == ("abacus", "broken"), "names are known without loading anything"
    assert kinds.of("abacus") == "counts"
    kinds.register("sundial", "shines")
    assert kinds.of("sundial") == "shines"
    with pytest.raises(KeyError):
        kinds.of("hourglass")


class Pigeon(ProviderKind):
    """Carries names."""

    options = {"loft": validators.text}  # noqa: RUF012

    def problems(self, options: Mapping[str, object], domain: str) -> Iterator[tuple[str, str]]:
        if "loft" not in options:
            yield "", f"who feeds the pigeon of {domain}?"

    def make(self, options: Options) -> Any:
        return options.text("loft")


@pytest.fixture
def _toys() -> Iterator[None]:
    before = dict(providers.KINDS._loaded), dict(machines.KINDS._loaded)
    providers.KINDS.register("pigeon", Pigeon())
    machines.KINDS.register("toy", object)  # type: ignore[arg-type]
    yield
    providers.KINDS._loaded, machines.KINDS._loaded = before


def toys_in(directory: Path, text: str) -> Path:
    return site_file(directory, ('provider = "rfc2136"', text), ("[dom0]", '[dom0]\nhypervisor = "toy"'))


@pytest.mark.usefixtures("_toys")
def test_a_site_file_names_kinds(tmp_path: Path) -> None:
    site = load(toys_in(tmp_path, 'provider = "pigeon"\nloft = "attic"'))
    assert (site.ce.hypervisor, site.dns.provider, site.dns.option("loft")) == ("toy", "pigeon", "attic")
    with pytest.raises(InputError, match=r"who feeds the pigeon of sytes\.net"):
        load(toys_in(tmp_path, 'provider = "pigeon"'))


def test_a_kind_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dom0\.hypervisor: 'toy' is none of: lxc"):
        load(toys_in(tmp_path, 'provider = "rfc2136"'))
