"""The VO's tables come with the image, and are there again where somebody has dropped them."""

from harness.box.box import Box
from harness.image import build, tables

COUNTED = "mariadb -N {db} -e 'select count(*) from usr; check table usr, m, acl2'"


def made_by_rb(box: Box) -> list[str]:
    """What RB has made of tables itself: to use one changes its rows, not its description."""
    data = box.files.scratch(box.site.rb.name) / "upper" / tables.DATA / box.site.vo_database
    return sorted(path.name for path in data.glob("*.frm"))


def counted(box: Box) -> list[str]:
    return box.shell(box.site.rb).run(COUNTED.format(db=box.site.vo_database)).check().stdout.split()


def test_tables_come_with_the_image(box: Box) -> None:
    image = [path.name for path in tables.of(build.wanted().roles.of("rb"))]
    assert {"usr.frm", "usr.MAI", "usr.MAD", "db.opt"} <= {*image}
    assert made_by_rb(box) == []
    count, *checked = counted(box)
    assert int(count) == len(box.site.students)
    assert checked.count("OK") == 3


def test_dropped_tables_are_made_again(box: Box) -> None:
    rb = box.shell(box.site.rb)
    rb.run(f"mariadb -e 'drop database {box.site.vo_database}' && systemctl restart icebox-vo").check()
    assert "usr.frm" in made_by_rb(box)
    count, *checked = counted(box)
    assert int(count) == len(box.site.students)
    assert checked.count("OK") == 3
