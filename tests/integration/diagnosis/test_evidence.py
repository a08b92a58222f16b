"""Evidence of a box whose nodes hang, are cut off, or have written too much: what can be read is there."""

from pathlib import Path

from harness.box import evidence
from harness.dom0.namespace import Inside
from tests.integration.diagnosis.breaking import Breaking

HUGE = "/var/log/huge.log"


def test_a_frozen_node_a_dead_sshd_and_a_huge_log(breaking: Breaking, tmp_path: Path) -> None:
    box = breaking.box
    first = box.inside(box.site.wn)
    assert isinstance(first, Inside)
    # From above, so that its first process stops, too.
    breaking.put("wn", "kill -STOP -1", "kill -CONT -1")
    breaking.put("dom0", f"kill -STOP {first.pid}", f"kill -CONT {first.pid}")
    breaking.put("ce", "systemctl stop ssh; ip link set eth0 down", "systemctl restart icebox-network ssh")
    breaking.put("se", f"truncate -s 20G {HUGE}; echo its last words >> {HUGE}", f"rm -f {HUGE}")
    evidence.collect(box, tmp_path / "evidence", 3600.0)
    found = {path.name: path.read_text() for path in (tmp_path / "evidence").iterdir()}
    for node in box.site.nodes:
        assert "systemd" in found[f"{node.name}-journal.txt"], node
        assert f"CN={node.fqdn}" in found[f"{node.name}-certificates.txt"], node
        assert "nextUpdate=" in found[f"{node.name}-certificates.txt"], node
        assert "Use%" in found[f"{node.name}-disk.txt"], node
        assert "<domain" in found[f"{node.name}.xml"], node
    # systemd of the frozen node answers nobody, and that is said.
    assert "ended after" in found["xenwnnode-units.txt"]
    assert "state DOWN" in found["xencenode-network.txt"]
    assert "its last words" in found["xensenode-logs.txt"]
    assert len(found["xensenode-logs.txt"]) <= evidence.LONGEST
    assert "table ip icebox" in found["dom0-rules.txt"]
    for secret in box.secrets.known():
        assert not [name for name, text in found.items() if secret in text]
