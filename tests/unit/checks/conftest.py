"""A CA with a host certificate, as the checks meet them."""

from pathlib import Path

import pytest

from harness.checks.trust import Trust, TrustFile
from harness.pki import trust
from harness.pki.authority import Authority

FQDN = "xencenode.sytes.net"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory: Path = tmp_path_factory.mktemp("pki")
    made = Authority.open(directory, days=7)
    made.issue_all([FQDN], [])
    return made


@pytest.fixture
def files(authority: Authority) -> dict[str, TrustFile]:
    """A trust directory without fault, to be spoilt."""
    made = trust.files(authority)
    made |= {name: made[target] for name, target in trust.links(authority).items()}
    return {name: TrustFile(name, 0o644, content.decode()) for name, content in made.items()}


@pytest.fixture
def trusted(files: dict[str, TrustFile]) -> Trust:
    return Trust(files)
