"""The dom0's memory of connections: full, nearly so, or short."""

from dataclasses import replace
from typing import Any

import pytest

from harness.diagnosis.fact import Seen
from harness.site import Site
from tests.unit.diagnosis.judging import judged

PLACE = "/proc/sys/net/netfilter/nf_conntrack_"


def seen(site: Site, **has: int) -> list[Seen]:
    said = "".join(f"{PLACE}{name}:{value}\n" for name, value in has.items())

    def answer(_place: str, _words: tuple[Any, ...]) -> Any:
        return {"code": 0, "said": said}

    return judged(site, "tracking", None, answer)


@pytest.mark.parametrize(("count", "degraded"), [(900, True), (1000, False)])
def test_one_that_is_full_is_told_with_what_makes_room(site: Site, count: int, degraded: bool) -> None:
    [found] = seen(site, max=1000, count=count)
    assert found.why == f"has {count} connections of at most 1000"
    assert found.degraded is degraded
    assert "nf_conntrack_max=4000" in found.remedy


def test_a_short_one_is_told_with_the_usual_time(site: Site) -> None:
    [found] = seen(site, udp_timeout=2, tcp_timeout_established=7440)
    assert found.why == "forgets a udp connection after 2 s of silence, where 10 s are the least"
    assert found.steps[0].line == "sysctl -w net.netfilter.nf_conntrack_udp_timeout=30"
    [found] = seen(replace(site, dom0_kind="local"), udp_timeout=2)
    assert found.steps == (), "a host's settings are its owner's"


def test_an_ordinary_one_and_none_at_all_are_well(site: Site) -> None:
    assert seen(site, max=262144, count=55, udp_timeout=30, tcp_timeout_established=432000) == []
    assert seen(site) == []
