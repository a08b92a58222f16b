"""A proxy that shows certificates of its own for package registries: the set-up says so, and what mends it.

It is a server on this machine with a CA that nothing here trusts; apt-get, pip and npm are the real ones, as
the set-up runs them.
"""

import http.server
import io
import json
import ssl
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from harness.pki.authority import Authority
from harness.setup.machine import Machine
from tests import servers
from tests.drill.tried import Told
from tests.integration.hosts.test_remedies import CHECKOUT, typed

TOLD_ELSEWHERE = "NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT "
TOLD_ELSEWHERE += "PIP_FIND_LINKS http_proxy https_proxy HTTP_PROXY HTTPS_PROXY"
"""Variables of a person who got round it in another way."""
ALONE = "PIP_CONFIG_FILE=/dev/null NPM_CONFIG_USERCONFIG=/dev/null NPM_CONFIG_GLOBALCONFIG=/none"
"""Nor do settings of this machine count."""
ONCE = "npm_config_fetch_retries=0"
"""npm tries for a minute what no second try can mend."""
FRESH = "npm_config_cache={top}/npm"
"""What npm has from an address of an earlier run it takes once more where that can't be asked now."""
WHEEL = {
    "METADATA": "Metadata-Version: 2.1\nName: trial\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}
CHANGED = ("/etc/ssl", "/usr/local/share/ca-certificates")
INSTALL = """
import sys
from pathlib import Path
from harness.errors import IceboxError
from harness.setup import allure, pip
from harness.setup.machine import Machine
from harness.setup.shell import Shell

top, url, installer = Path(sys.argv[1]), *sys.argv[2:]
machine, shell = Machine(home=top / "home", checkout=top), Shell(top / "log")
(top / "lists/partial").mkdir(parents=True, exist_ok=True)
(top / "cache").mkdir(exist_ok=True)
(top / "sources.list").write_text(f"deb [trusted=yes] {url}/ ./\\n")
OWN = {
    "Dir::Etc::SourceList": top / "sources.list", "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": top / "lists", "Dir::Cache": top / "cache", "APT::Sandbox::User": "root",
}
apt = ["apt-get", *(word for key, value in OWN.items() for word in ("-o", f"{key}={value}"))]
try:
    if installer == "apt-get":
        shell.run("trial", [*apt, "update"])
        shell.run("trial", [*apt, "install", "--simulate", "trial"])
    elif installer == "pip":
        words = ["install", "--no-deps", "--no-cache-dir", "--target", str(top / "python")]
        pip.run(machine, shell, "trial", sys.executable, [*words, "--index-url", f"{url}/simple", "trial"])
    else:
        allure.step(machine).install(shell)
    print("installed")
except IceboxError as error:
    print(error.remedy or error)
"""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Serves a package of each kind over TLS; its address.  The CA is ``ca.pem``."""
    authority = Authority.open(tmp_path / "ca", days=2)
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem)
    (tmp_path / "host.pem").write_bytes(authority.host("localhost").pem)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "host.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"https://localhost:{server.server_address[1]}"
    _lay_out(tmp_path, url)
    with servers.running(server):
        yield url


def _lay_out(top: Path, url: str) -> None:
    """A wheel, a package of Debian's, and one of npm's with the lock file that names it."""
    wheels = top / "web/simple/trial"
    wheels.mkdir(parents=True)
    with zipfile.ZipFile(wheels / "trial-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in WHEEL.items():
            wheel.writestr(f"trial-1.0.dist-info/{name}", text)
    debian = ["Package: trial", "Version: 1", "Architecture: all", "Filename: ./trial.deb", "Size: 1"]
    (top / "web/Packages").write_text("\n".join([*debian, f"SHA256: {'0' * 64}", "Description: trial", ""]))
    package = {"name": "allure", "version": "1.0.0"}
    with tarfile.open(top / "web/allure.tgz", "w:gz") as archive:
        for name, text in (("package.json", json.dumps(package)), ("cli.js", "")):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    wanted = {"name": "trial", "version": "1.0.0", "dependencies": {"allure": "1.0.0"}}
    locked = {"version": "1.0.0", "resolved": f"{url}/allure.tgz"}
    lock = {**wanted, "lockfileVersion": 3, "packages": {"": wanted, "node_modules/allure": locked}}
    (top / "package.json").write_text(json.dumps(wanted))
    (top / "package-lock.json").write_text(json.dumps(lock))
    (top / "home").mkdir()
    # Where the set-up has installed Node.js itself; elsewhere this leads nowhere.
    (top / "home/node").symlink_to(Machine().home / "node")
    (top / "constraints.txt").write_text((CHECKOUT / "constraints.txt").read_text())


@pytest.mark.tries("behind a proxy of your own, add its CA (update-ca-certificates(8))")
@pytest.mark.parametrize("installer", ["apt-get", "pip", "npm"])
def test_a_proxy_with_a_ca_of_its_own(tmp_path: Path, registry: str, installer: str, told: Told) -> None:
    own = [f"cp -a {path} {tmp_path}/{number}" for number, path in enumerate(CHANGED)]
    own += [f"mount --bind {tmp_path}/{number} {path}" for number, path in enumerate(CHANGED)]
    fresh = FRESH.format(top=tmp_path)
    install = f'{ALONE} {ONCE} {fresh} "{sys.executable}" -c "$INSTALL" {tmp_path} {registry} {installer}'
    add = f"cp {tmp_path}/ca.pem /usr/local/share/ca-certificates/proxy.crt && update-ca-certificates >&2"
    remedy, mended = typed(*own, f"unset {TOLD_ELSEWHERE}", install, add, install, INSTALL=INSTALL)
    told(remedy)
    assert mended == "installed"
