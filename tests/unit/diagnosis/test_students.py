"""Every student's account lets him in, or it is said why not, and what to type."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import student
from harness.site import Role, Site
from tests.unit.diagnosis.judging import Answers, judged

DAY = 20000


def books(site: Site, passwd: str = "", shadow: str = "") -> Answers:
    """What the UI has of its students; of the second one these lines, if there are any."""
    logins = [student.login for student in site.students]
    people = {login: f"{login}:x:1001:1001:S:/home/{login}:/bin/bash" for login in logins}
    secrets = {login: f"{login}:*::0:99999:7:::" for login in logins}
    second = logins[1]
    people[second], secrets[second] = passwd or people[second], shadow or secrets[second]
    parts = ("\n".join(people.values()), "\n".join(secrets.values()), "/bin/sh\n/bin/bash", str(DAY))
    return lambda _place, _words: {"code": 0, "said": "\n=\n".join(parts)}


def test_students_as_they_were_handed_out_are_well(site: Site) -> None:
    assert judged(site, "accounts", Role.UI, books(site)) == []
    ends = "student02:$y$x:19000:0:99999:7::20001:"
    assert judged(site, "accounts", Role.UI, books(site, shadow=ends)) == [], "it ends tomorrow"


@pytest.mark.parametrize(
    ("passwd", "shadow", "says", "does"),
    [
        ("student02:x:1:1:S:/home/student02:/bin/false", "", "the shell is /bin/false", "usermod -s"),
        ("", "student02:*::0:99999:7::0:", "the account has ended", "chage -E -1 student02"),
        ("", "student02:*::0:99999:7::20000:", "the account has ended", "chage -E -1 student02"),
        ("", "student02:!*::0:99999:7:::", "the account is locked", "usermod -p '*' student02"),
        ("", "student02:*:0:0:99999:7:::", "has to be changed first", "chage -d -1 student02"),
        ("", "student02:*:19000:0:90:7:::", "has to be changed first", "chage -d -1 student02"),
        ("other:x:1:1:S:/home/x:/bin/bash", "", "there is no such account", ""),
        ("", "other:*::0:99999:7:::", "has no line in /etc/shadow", ""),
    ],
)
def test_one_who_is_shut_out_is_named(site: Site, passwd: str, shadow: str, says: str, does: str) -> None:
    [seen] = judged(site, "accounts", Role.UI, books(site, passwd, shadow))
    assert seen.why.startswith("lets student02 in no more: ")
    assert says in seen.why
    assert [does in step.line for step in seen.steps] == [True] * bool(does)


def test_what_a_student_lays_in_tmp_is_nothing_that_root_types(site: Site) -> None:
    """Everyone may write there, and remedies are typed by a program."""
    names = ["$(reboot)_u1001", ";reboot;_u1001", "1001 -o _u1001", "1001;", "1001\n"]
    box = cast(Box, SimpleNamespace(site=site))
    account, proxies = student._proxy_wants(site, site.ui)
    passwd = "student01:x:1001:1001:S:/home/student01:/bin/bash\n=\nstudent01:*::0:99999:7:::\n=\n"
    found = {f"/tmp/x509up_u{name}": {"owner": "student02", "changed": 3.0} for name in names}
    answers = {
        json.dumps(account.words): {"got": {"said": passwd}},
        json.dumps(proxies.words): {"got": found},
    }
    assert list(student._taken(Case(box, site.ui, View({site.ui.name: answers})))) == []


def test_a_certificate_or_key_that_is_no_file_is_told_of_that_student(site: Site) -> None:
    login = site.students[0].login
    made = [f"/home/{login}/.globus{name}" for name in ("", "/usercert.pem", "/userkey.pem")]
    for strange in made[1:]:
        files = {
            path: {"owner": login, "mode": 0o600, "plain": path not in (made[0], strange)} for path in made
        }
        certs, keys = ({path: files[path] for path in paths} for paths in (made[1:2], [made[0], made[2]]))
        case = Case(cast(Box, SimpleNamespace(site=site)), site.ui, View())
        assert list(student._faults(case, site.students[0], certs, keys, {})) == [
            (f"{strange} is no file", strange)
        ]


def test_keys_that_are_pipes_are_not_waited_for(tmp_path: Path) -> None:
    for name in ("ann", "ben"):
        (tmp_path / "home" / name / ".globus").mkdir(parents=True)
    os.mkfifo(tmp_path / "home/ann/.globus/userkey.pem")
    key = tmp_path / "home/ben/.globus/userkey.pem"
    key.write_text("no key")
    line = student.PUBLIC.replace("/home/", f"{tmp_path}/home/")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
    assert [path for path, _ in student._blocks(done.stdout)] == [str(key)]


def test_a_key_with_a_passphrase_is_told_from_one_that_is_none(tmp_path: Path) -> None:
    keys = {name: tmp_path / "home" / name / ".globus/userkey.pem" for name in ("ann", "ben", "cyd")}
    for key in keys.values():
        key.parent.mkdir(parents=True)
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    locks = ["openssl", "rsa", "-in", keys["ben"], "-aes256", "-passout", "pass:x", "-out", keys["ben"]]
    subprocess.run(locks, check=True, capture_output=True)
    keys["cyd"].write_text(keys["cyd"].read_text()[:300])
    line = student.PUBLIC.replace("/home/", f"{tmp_path}/home/")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
    said = {Path(path).parts[-3]: text for path, text in student._blocks(done.stdout)}
    assert {name: (student.LOCKED in text, "BEGIN" in text) for name, text in said.items()} == {
        "ann": (False, True),
        "ben": (True, False),
        "cyd": (False, False),
    }


def test_a_proxy_that_root_left_in_a_students_place_is_told_with_what_takes_it_away(site: Site) -> None:
    def seen(owner: str, number: int = 1001) -> list[Seen]:
        box = cast(Box, SimpleNamespace(site=site))
        account, proxies = student._proxy_wants(site, site.ui)
        passwd = "student01:x:1001:1001:S:/home/student01:/bin/bash\n=\nstudent01:*::0:99999:7:::\n=\n"
        found = {
            f"/tmp/x509up_u{number}": {"owner": owner, "changed": 3.0},
            "/tmp/x509up_u77.old": {"owner": "x"},
        }
        answers = {
            json.dumps(account.words): {"got": {"said": passwd}},
            json.dumps(proxies.words): {"got": found},
        }
        return list(student._taken(Case(box, site.ui, View({site.ui.name: answers}))))

    assert seen("student01") == []
    assert seen("root", 0) == [], "root's own"
    [taken] = seen("root")
    assert taken.why == "of student01 don't become a proxy: /tmp/x509up_u1001 is root's"
    assert taken.steps[0].line == "rm -rf /tmp/x509up_u1001"
