"""Who is not let in: a server by its database, or root by a node; what a look says mends it."""

from __future__ import annotations

import pytest

from tests.drill.tried import Told
from tests.integration.diagnosis.breaking import Breaking, restored


@pytest.mark.tries(
    "`./icebox restore … /etc/voms`, "
    "`systemctl restart mariadb; mariadb -e 'alter user if exists voms@localhost account unlock'; "
    "mariadb … < /etc/icebox/vo.sql` on …, then `systemctl restart voms@…` there"
)
@pytest.mark.parametrize(
    "line",
    [
        "drop user voms@localhost",
        "alter user voms@localhost account lock",
    ],
)
def test_a_voms_server_that_its_database_refuses(breaking: Breaking, told: Told, line: str) -> None:
    breaking.put("rb", f"mariadb -e '{line}'; systemctl restart voms@gilda")
    remedy = told(breaking.one("members@xenrbnode").remedy)
    restored(breaking, remedy)
    breaking.type("rb", remedy.split("`")[3])
    breaking.type("rb", remedy.split("`")[5])
    breaking.mended()


@pytest.mark.tries("`systemctl restart mariadb voms@…` on … ends who holds it")
def test_a_table_that_somebody_holds(breaking: Breaking, told: Told) -> None:
    held = 'mariadb voms_gilda -e "lock tables usr write, m write; select sleep(3600)"'
    breaking.put("rb", f"systemd-run -q --unit=holder {held}", "systemctl stop holder 2>/dev/null || true")
    breaking.type("rb", told(breaking.one("members@xenrbnode").remedy).split("`")[1])
    breaking.mended()


@pytest.mark.tries("`./icebox restore … /etc/ssh /root`, then `systemctl reload ssh` there")
def test_a_node_that_lets_nobody_in_who_looks_after_it(breaking: Breaking, told: Told) -> None:
    breaking.put("se", "rm /root/.ssh/authorized_keys")
    restored(breaking, told(breaking.one("rootlogin@xensenode").remedy))
    breaking.mended()
