"""The catalogue's database, and who asks for what."""

from __future__ import annotations

from tests.drill.drill import Drill, service

BDII = "systemctl restart bdii-slapd bdii"
DATABASE = "/var/lib/icebox-catalogue"
LOCKER = (
    "systemd-run --unit locker python3 -c 'import sqlite3, time; "
    'db = sqlite3.connect("/var/lib/icebox-catalogue/catalogue.db", isolation_level=None); '
    'db.execute("begin exclusive"); time.sleep(600)\''
)
STOP, START = "systemctl stop icebox-catalogue", "systemctl start icebox-catalogue"
DRILLS = (
    service(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "rb",
        "bdii bdii-slapd",
        "BDII",
        f"the information system lacks the SE (BDII-1): `{BDII}` on SE and RB",
        BDII,
    ),
    service(
        "CAT-1",
        "test_store_and_fetch and not outside",
        "rb",
        "icebox-catalogue",
        "catalogue on xenrbnode does not answer",
        "`systemctl restart icebox-catalogue` there",
        "systemctl restart icebox-catalogue",
        "systemctl status icebox-catalogue",
    ),
    Drill(
        "a catalogue whose database is another's",
        "CAT-1",
        "test_store_and_fetch and not outside",
        (("rb", f"chown root {DATABASE}/catalogue.db* && systemctl restart icebox-catalogue"),),
        "readonly database",
        f"`chown -R www-data: {DATABASE}` on RB, and room there (`df -h {DATABASE}`)",
        (("rb", f"chown -R www-data: {DATABASE}"),),
    ),
    Drill(
        "a catalogue's database that is damaged",
        "CAT-1",
        "test_store_and_fetch and not outside",
        (
            ("rb", f"{STOP} && mkdir /root/kept && mv {DATABASE}/catalogue.db* /root/kept"),
            ("rb", f"yes broken | head -c 9000 > {DATABASE}/catalogue.db && {START}"),
        ),
        "not a database|malformed",
        "`systemctl stop icebox-catalogue` on RB, put a copy back in the place of "
        f"{DATABASE}/catalogue.db* or remove them (it begins empty then), `systemctl start icebox-catalogue`",
        (
            ("rb", f"{STOP} && rm {DATABASE}/catalogue.db* && mv /root/kept/* {DATABASE}"),
            ("rb", f"rmdir /root/kept && {START}"),
        ),
    ),
    Drill(
        "a catalogue's database that somebody holds",
        "CAT-1",
        "test_store_and_fetch and not outside",
        (("rb", LOCKER),),
        "database is locked",
        "a program on RB holds the catalogue's database: end it; `lslocks` there names it",
        (("rb", "systemctl stop locker"),),
    ),
)
