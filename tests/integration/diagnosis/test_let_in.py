"""Who is not let in: a server by its database, or root by a node; what a look says mends it."""

import pytest

from tests.integration.diagnosis.rounds import Broken, breaks, breaks_each

HELD = 'mariadb voms_gilda -e "lock tables usr write, m write; select sleep(3600)"'


@pytest.mark.tries(
    "`./icebox restore … /etc/voms`, "
    "`systemctl restart mariadb; mariadb -e 'alter user if exists voms@localhost account unlock'; "
    "mariadb … < /etc/icebox/vo.sql` on …, then `systemctl restart voms@…` there"
)
@breaks_each(
    "members@xenrbnode",
    "rb",
    [
        "mariadb -e 'drop user voms@localhost'; systemctl restart voms@gilda",
        "mariadb -e 'alter user voms@localhost account lock'; systemctl restart voms@gilda",
    ],
)
def test_a_voms_server_that_its_database_refuses(broken: Broken) -> None:
    broken.follow(0, 1, 2)


@pytest.mark.tries("`systemctl restart mariadb voms@…` on … ends who holds it")
@breaks(
    "members@xenrbnode",
    "rb",
    f"systemd-run -q --unit=holder {HELD}",
    "systemctl stop holder 2>/dev/null || true",
)
def test_a_table_that_somebody_holds(broken: Broken) -> None:
    broken.follow()


@pytest.mark.tries("`./icebox restore … /etc/ssh /root`, then `systemctl reload ssh` there")
@breaks("rootlogin@xensenode", "se", "rm /root/.ssh/authorized_keys")
def test_a_node_that_lets_nobody_in_who_looks_after_it(broken: Broken) -> None:
    broken.follow()
