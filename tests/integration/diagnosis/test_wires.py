"""What lies in the way of packets, at the dom0 and on nodes' cables, is found there and mended as told."""

import pytest

from harness.virt.domain import mac
from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking, typed


@pytest.mark.tries("`…` on the dom0")
def test_a_neighbour_that_the_dom0_was_told_of(breaking: Breaking, told: Told) -> None:
    bridge, se = breaking.box.site.bridge.name, breaking.box.site.se.address
    breaking.put("dom0", f"ip neigh replace {se} lladdr 02:00:00:00:00:99 dev {bridge} nud permanent")
    breaking.type("dom0", typed(told(breaking.one("barrier").remedy)))
    breaking.mended()


@pytest.mark.tries("`ip link set eth0 address …; systemctl restart icebox-network` on …")
def test_a_node_with_the_card_of_another(breaking: Breaking, told: Told) -> None:
    breaking.put("wn", f"ip link set eth0 address {mac(breaking.box.site.se)}")
    finding = breaking.one("address@xenwnnode")
    assert "has the hardware address of xensenode" in finding.what
    breaking.type("wn", typed(told(finding.remedy)))
    breaking.mended()


@pytest.mark.tries("`ip address del … dev eth0` on …")
def test_a_node_that_has_taken_the_address_of_another(breaking: Breaking, told: Told) -> None:
    breaking.put("ui", f"ip address add {breaking.box.site.se.address}/24 dev eth0")
    finding = breaking.one("address@xenuinode")
    assert "which is that of xensenode" in finding.what
    breaking.type("ui", typed(told(finding.remedy)))
    breaking.mended()


@pytest.mark.tries("`sysctl -w net.ipv4.conf.….forwarding=1` on the dom0")
def test_a_bridge_from_which_nothing_is_forwarded(breaking: Breaking, told: Told) -> None:
    bridge = breaking.box.site.bridge.name
    breaking.put("dom0", f"sysctl -w net.ipv4.conf.{bridge}.forwarding=0")
    breaking.type("dom0", typed(told(breaking.one("forwarding").remedy)))
    breaking.mended()
