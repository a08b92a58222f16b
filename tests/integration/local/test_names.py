"""A box in its host's network whose names are kept by a name server of the room, a real BIND."""

from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.dns.connection import NameServerConnection, Server
from harness.dns.tsig import TsigKey
from harness.sitefile import load
from tests.integration.local.classroom import BOX, HOST, ROUTER, WAY_OUT, class_room
from tests.integration.local.roomserver import SERVER, served, updated

OF_THE_ROOM = f"echo nameserver {SERVER} > /run/resolv; mount --bind /run/resolv /etc/resolv.conf"


DYNDNS2 = """\
provider = "dyndns2"
server = "{router}"
port = {port}
tls = false
user = "trainer@school.example"
password_file = "{file}"
authority = "{server}"
resolver = "{server}"
"""


@pytest.mark.parametrize("provider", ["rfc2136", "dyndns2"])
def test_nodes_hear_of_it_by_the_name_servers_of_the_host(tmp_path: Path, provider: str) -> None:
    with ExitStack() as stack:
        room = stack.enter_context(class_room(tmp_path, f"{WAY_OUT}; {OF_THE_ROOM}"))
        key, site = TsigKey.generate(), load(room.site)
        place = stack.enter_context(served(room, site, key))
        file = tmp_path / "room.key"
        file.touch(mode=0o600)
        if provider == "dyndns2":
            file.write_text("secret words\n")
            port = stack.enter_context(updated(room, site, place, key)).port
            options = DYNDNS2.format(router=ROUTER, port=port, file=file, server=SERVER)
        else:
            file.write_text(key.stanza)
            options = f'provider = "rfc2136"\nserver = "{SERVER}"\nkey_file = "{file}"'
        room.change('provider = "rfc2136"', options)
        started = room.start()
        assert started.code == 0, started.output

        def held() -> tuple[IPv4Address, ...]:
            with NameServerConnection(Server(str(SERVER), "the room's"), place.open_socket) as asked:
                return asked.addresses(site.ce.fqdn)

        assert held() == (IPv4Address(HOST),)
        heard = room.icebox("ssh", "--box", BOX, "wn", "getent", "ahostsv4", site.ce.fqdn).output
        assert heard.partition(" ")[0] == HOST
        said = room.ssh("student01", "voms-proxy-init -voms gilda > /dev/null && echo a proxy")
        assert said == "a proxy\n"
        stopped = room.icebox("stop", "--destroy", "--box", BOX)
        assert stopped.code == 0, stopped.output
        assert held() == ()
