"""A thousand site files that are the default one with a few lines changed by chance."""

import random
from pathlib import Path

from harness.errors import InputError
from harness.network import nftables
from harness.site import Site, addresses
from harness.sitefile import load
from tests.unit.core.test_odd_sites import SCREEN
from tests.unit.sites import DEFAULT, PORTS

RUBBISH = (
    *('""', '"\\u0000"', '"' + "a" * 300 + '"', "-1", "0", "1e999", "nan", "true", "[]", "{}", "1979-05-27"),
    *(
        '"0.0.0.0"',
        '"10.0.0.1/8"',
        '"lo"',
        '"ce"',
        '"a b"',
        '"a;b"',
        '"$(id)"',
        "'\\'",
        '"\\n"',
        '"é"',
        '"*"',
    ),
    *(
        "99999999999999999999",
        "0xffffffffffffffffffff",
        '"192.168.1.2"',
        '"xenwnnode2"',
        '"-"',
        '"../../etc/passwd"',
    ),
)


def odd(dice: random.Random) -> tuple[str, str]:
    """The default site and port table with a few lines changed."""
    lines, rows = DEFAULT.splitlines(), PORTS.splitlines()
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        key, equals, _ = lines[at].partition("=")
        match dice.randrange(4):
            case 0:
                lines[at] = f"{key}= {dice.choice(RUBBISH)}" if equals else dice.choice(lines)
            case 1:
                del lines[at]
            case 2:
                lines.insert(at, dice.choice(lines))
            case _:
                row = dice.randrange(len(rows))
                cut = dice.randrange(len(rows[row]) + 1)
                rows[row] = (
                    rows[row][:cut]
                    + dice.choice(("", "0", "-", ">", "99999", ".", ":", " "))
                    + rows[row][cut:]
                )
    return "\n".join(lines), "\n".join(rows)


def test_a_thousand_odd_sites(tmp_path: Path) -> None:
    """Each is refused in one InputError, or is a site that holds what every other stage relies on."""
    dice = random.Random(8)
    taken, refused = 0, list[InputError]()
    for _ in range(1000):
        text, rows = odd(dice)
        (tmp_path / "gridbox-ports.cfg").write_text(rows)
        (tmp_path / "icebox.toml").write_text(text)
        try:
            site = load(tmp_path / "icebox.toml")
        except InputError as error:
            refused.append(error)
        else:
            taken += 1
            sound(site)
    assert all(error.remedy and len(str(error)) < SCREEN for error in refused)
    assert 50 < taken < 950, "the changes are too mild, or too rough, to try anything"


def sound(site: Site) -> None:
    assert (
        len({node.name for node in site.nodes})
        == len({node.address for node in site.nodes})
        == len(site.nodes)
    )
    assert all(node.address in site.bridge.network and len(node.fqdn) <= 64 for node in site.nodes)
    assert all(site.node(node.name) is node for node in site.nodes)
    assert addresses.unfit_network(site.bridge.network) == addresses.unfit_host(site.public_address) == ""
    assert all(1 <= row.first <= row.last <= 65535 for row in site.ports)
    assert '"' not in site.bridge.name
    assert nftables.render(site, uplink="uplink0", resolver=None).isascii()
