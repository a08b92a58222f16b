"""Every place a test can work in; each fixture is one name in the argument list."""

from harness.access.shell import Shell
from harness.box.box import Box
from harness.dom0.place import Place


def test_nodes_know_their_names(box: Box, ce: Shell, wn: Shell, se: Shell, ui: Shell) -> None:
    for shell in (ce, wn, se, ui):
        assert shell.host.check_output("hostname") == f"{shell.name}.{box.site.domain}"
        assert shell.host.socket("tcp://0.0.0.0:22").is_listening


def test_the_bridge_is_the_gateway(box: Box, dom0: Place) -> None:
    shown = dom0.run(["ip", "-brief", "address", "show", box.site.bridge.name]).check()
    assert str(box.site.bridge.interface) in shown.stdout


def test_the_world_sees_one_address(box: Box, outside: Shell) -> None:
    found = outside.run(f"getent ahostsv4 {box.site.ui.fqdn}").expect_success("look at the DNS provider")
    assert found.stdout.split()[0] == str(box.public_address)
