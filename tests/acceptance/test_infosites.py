"""What lcg-infosites and lcg-info tell students about the site."""

from collections import Counter
from collections.abc import Iterator

import pytest

from harness.access.shell import Shell
from harness.expect import expect
from harness.grid.infosites import BDII, parse_ce, parse_se
from harness.site import Site

NOBODY = "nosuchvo"


@pytest.mark.needs("bdii")
@pytest.mark.check(
    "BDII-3",
    role="rb",
    title="lcg-infosites and lcg-info list every kind of service, and nothing for a strange VO",
    learns="Each option of the two commands finds this site's queues, storage and services by the names that "
    "other commands take.",
    severity="normal",
)
def test_options(student: Shell, site: Site) -> None:
    wrong = [
        fault for line, wanted in _expected(site) if (fault := _fault(_lines(student, line), line, wanted))
    ]
    expect(not wrong, f"{len(wrong)} of the commands list something else", why="\n".join(wrong), remedy=BDII)
    _expect_nothing_for_strangers(student)


def _fault(shown: list[str], line: str, wanted: list[str]) -> str:
    """What is wrong with what a command printed; empty if nothing is."""
    missing, extra = Counter(wanted) - Counter(shown), Counter(shown) - Counter(wanted)
    words = [f"lacks {each.strip()}" for each in missing] + [f"has {each.strip()}" for each in extra]
    return f"`{line}` {', '.join(words)}" if words else ""


def _lines(student: Shell, line: str) -> list[str]:
    """What a command prints, sorted: the order in a BDII means nothing."""
    return sorted(filter(str.strip, student.run(line).expect_success(BDII).stdout.splitlines()))


def _expected(site: Site) -> Iterator[tuple[str, list[str]]]:
    ids = [
        f"{ce.fqdn}:{site.public_port(ce, 2119)}/jobmanager-pbs-{queue.name}"
        for ce in site.ces
        for queue in site.queues
    ]
    hosts = sorted(se.fqdn for se in site.ses)
    command = f"lcg-infosites --vo {site.vo}"
    wmproxy, books = (site.public_port(site.rb, port) for port in (7443, 9000))
    for option, wanted in {
        "ce -v 1": ids,
        "se -v 1": hosts,
        "closeSE": [line for ce in ids for line in (f"Name of the CE: {ce}", *(f"\t{se}" for se in hosts))],
        "wms": [f"https://{site.rb.fqdn}:{wmproxy}/glite_wms_wmproxy_server"],
        "lb": [f"https://{site.rb.fqdn}:{books}/"],
        "rb": [f"{site.rb.fqdn}:{wmproxy}"],
        # Students type LFC_HOST=`lcg-infosites --vo VO lfc`: one host, and nothing else.
        "lfc": [site.rb.fqdn],
        "sitenames": [site.name],
    }.items():
        yield f"{command} {option}", sorted(wanted)
    yield f"lcg-info --list-ce --vo {site.vo}", sorted(f"- CE: {ce}" for ce in ids)
    yield (
        f"lcg-info --list-se --vo {site.vo} --sed --attrs Path",
        [f"{host}%{site.storage}" for host in hosts],
    )


def _expect_nothing_for_strangers(student: Shell) -> None:
    """The heading, and no line below it."""
    rows = [
        *parse_ce(student.run(f"lcg-infosites --vo {NOBODY} ce").expect_success(BDII).stdout),
        *parse_se(student.run(f"lcg-infosites --vo {NOBODY} se").expect_success(BDII).stdout),
    ]
    expect(not rows, "lcg-infosites offers the site to a strange VO", why=str(rows), remedy=BDII)
