"""The catalogue's database, and who asks for what."""

from harness.faults.registry import named
from tests.drill.drill import FAULT, Drill, service

BDII = "systemctl restart bdii-slapd bdii"
DATABASE = "/var/lib/icebox-catalogue"
COPY = f"/var/lib/icebox/kept/{named('catalogue-rb-damaged').mark}0/db"
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
        ((FAULT, "catalogue-rb-owner"),),
        "readonly database",
        f"`chown -R www-data: {DATABASE}` on RB, and room there (`df -h {DATABASE}`)",
        (("rb", f"chown -R www-data: {DATABASE}"),),
    ),
    Drill(
        "a catalogue's database that is damaged",
        "CAT-1",
        "test_store_and_fetch and not outside",
        ((FAULT, "catalogue-rb-damaged"),),
        "not a database|malformed",
        "`systemctl stop icebox-catalogue` on RB, put a copy back in the place of "
        f"{DATABASE}/catalogue.db* or remove them (it begins empty then), `systemctl start icebox-catalogue`",
        (("rb", f"{STOP} && rm {DATABASE}/catalogue.db* && cp -a {COPY}/. {DATABASE} && {START}"),),
    ),
    Drill(
        "a catalogue's database that somebody holds",
        "CAT-1",
        "test_store_and_fetch and not outside",
        ((FAULT, "catalogue-rb-locked"),),
        "database is locked",
        "a program on RB holds the catalogue's database: end it; `lslocks` there names it",
        (("rb", f"systemctl stop extra-{named('catalogue-rb-locked').mark}0"),),
    ),
)
