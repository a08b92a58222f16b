"""What a student has: certificate, key, home; and whether the VO knows him."""

from __future__ import annotations

from harness.faults import papers
from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, filled, gone, modes, read_only, settings

GLOBUS = "/home/$student/.globus"
CERT, KEY = f"{GLOBUS}/usercert.pem", f"{GLOBUS}/userkey.pem"


FAULTS = (
    Fault(
        "student-key-open",
        "others can read the first student's key: grid commands refuse it",
        "credentials@ui",
        (modes("ui", KEY, "644"),),
    ),
    Fault(
        "student-key-owner",
        "the first student's key belongs to root: he can not read it",
        "credentials@ui",
        (modes("ui", KEY, "400", "root:root"),),
    ),
    Fault(
        "student-key-missing",
        "the first student's key is gone",
        "credentials@ui",
        (gone("ui", KEY),),
    ),
    Fault(
        "student-cert-of-another",
        "the first student has another student's certificate beside his own key",
        "credentials@ui",
        (changed("ui", CERT, f"cat /home/$other/.globus/usercert.pem > {CERT}"),),
    ),
    Fault(
        "student-cert-expired",
        "the first student's certificate ended yesterday",
        "credentials@ui",
        (changed("ui", CERT, f'cat "$keep"/new > {CERT}', brings=(("new", papers.expired_student),)),),
    ),
    Fault(
        "student-cert-revoked",
        "the first student has a certificate that the CRL names",
        "credentials@ui",
        (
            changed(
                "ui",
                f"{CERT} {KEY}",
                f'cat "$keep"/cert > {CERT}; chmod 600 {KEY}; cat "$keep"/key > {KEY}; chmod 400 {KEY}',
                brings=(
                    ("cert", lambda box: papers.revoked_student(box).cert_pem),
                    ("key", lambda box: papers.revoked_student(box).key_pem),
                ),
            ),
        ),
    ),
    Fault(
        "student-not-a-member",
        "the VO does not know the first student",
        "members@rb",
        (Step("rb", 'mysql "$database" -e "delete from m where userid = 1"', "systemctl restart icebox-vo"),),
    ),
    Fault(
        "student-home-full",
        "the first student's home is full",
        "disk@ui",
        (filled("ui", "/home/$student"),),
    ),
    Fault(
        "student-home-owner",
        "the first student's home belongs to root",
        "homes@ui",
        (modes("ui", "/home/$student", "700", "root:root"),),
    ),
    Fault(
        "student-login-denied",
        "sshd on the UI is told to let the first student not in",
        "settings@ui",
        (
            Step(
                "ui",
                'echo "DenyUsers $student" > /etc/ssh/sshd_config.d/fault.conf; systemctl reload ssh',
                "rm -f /etc/ssh/sshd_config.d/fault.conf; systemctl reload-or-restart ssh",
            ),
        ),
    ),
    Fault(
        "root-se-no-ssh-key",
        "sshd on the SE knows no key of who looks after it",
        "rootlogin@se",
        (gone("se", "/root/.ssh/authorized_keys"),),
    ),
    Fault(
        "student-no-ssh-key",
        "sshd on the UI knows no key of the first student",
        "homes@ui",
        (gone("ui", "/home/$student/.ssh/authorized_keys"),),
    ),
    Fault(
        "student-account-ended",
        "the account of the last student has ended: sshd lets him in no more",
        "accounts@ui",
        (Step("ui", "chage -E 0 $other", "chage -E -1 $other"),),
    ),
    Fault(
        "student-wrong-bdii",
        "what is typed over ssh at the UI asks a BDII at a port where there is none",
        "login@ui",
        (settings("ui", "/etc/ssh/sshd_config.d/grid-env.conf", "s/:2171/:2172/", "systemctl reload ssh"),),
    ),
    Fault(
        "ui-home-read-only",
        "/home on the UI can only be read",
        "disk@ui",
        (read_only("ui", "/home"),),
    ),
)
