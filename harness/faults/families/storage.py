"""Files on their way: data that is corrupted, ports that do not fit, a catalogue that is damaged or held."""

from __future__ import annotations

from harness.faults.fault import Fault, Step
from harness.faults.steps import changed, gone, modes, settings, stopped, wire

GRIDFTP, XROOTD = "systemctl restart globus-gridftp-server", "systemctl restart xrootd@icebox"
CATALOGUE = "systemctl restart icebox-catalogue"
STORE = "/var/lib/icebox-catalogue"
LOCK = (
    "import sqlite3, time; "
    f'db = sqlite3.connect("{STORE}/catalogue.db", isolation_level=None); '
    'db.execute("begin exclusive"); time.sleep(3600)'
)

FAULTS = (
    Fault(
        "sweeper-se-stopped",
        "what clears away what broken-off transfers leave on the SE is stopped",
        "sweeper@se",
        (stopped("se", "icebox-sweeper.timer"),),
    ),
    Fault(
        "gridftp-se-ports-wrong",
        "the GridFTP server takes ports for data that no row of the port table leads to it",
        "settings@se",
        (settings("se", "/etc/gridftp.conf", "'s/20000,20099/40000,40099/'", GRIDFTP),),
    ),
    Fault(
        "gridftp-se-for-itself",
        "by its settings the GridFTP server listens for the SE itself alone",
        "reach@se",
        (
            changed(
                "se", "/etc/gridftp.conf", "echo control_interface 127.0.0.1 >> /etc/gridftp.conf", GRIDFTP
            ),
        ),
    ),
    Fault(
        "gridftp-se-restricted",
        "the GridFTP server hands out another directory than the storage area",
        "settings@se",
        (settings("se", "/etc/gridftp.conf", "'s:RW/storage:RW/nosuch:'", GRIDFTP),),
    ),
    Fault(
        "xrootd-se-nobody",
        "remote I/O at the SE lets no member in",
        "settings@se",
        (changed("se", "/etc/xrootd/authdb", "echo '# nobody' > /etc/xrootd/authdb", XROOTD),),
    ),
    Fault(
        "transfers-se-corrupted",
        "the SE's disk changes bytes: what is read is not what was written",
        "transfer@se",
        (
            Step(
                "se",
                "mkdir -p $keep/bin\ncat > $keep/bin/flip <<'EOF'\n"
                "import glob, os, time\n"
                "while True:\n"
                "    for name in glob.glob('/storage/**', recursive=True):\n"
                "        try:\n"
                "            if os.path.isfile(name) and os.path.getsize(name):\n"
                "                times = os.stat(name)\n"
                "                with open(name, 'r+b') as file:\n"
                "                    first = file.read(1)\n"
                "                    if first != b'\\xff':\n"
                "                        file.seek(0); file.write(b'\\xff')\n"
                "                os.utime(name, (times.st_atime, times.st_mtime))\n"
                "        except OSError:\n"
                "            pass\n"
                "    time.sleep(0.05)\n"
                "EOF\n"
                "run python3 $keep/bin/flip",
                "ended",
            ),
        ),
    ),
    Fault(
        "catalogue-rb-owner",
        "the catalogue's database belongs to root: it can be read, and not written",
        "books@rb",
        (
            Step(
                "rb",
                f"cd {STORE}; chown root catalogue.db*; chmod 644 catalogue.db*; {CATALOGUE}",
                f"cd {STORE}; chown www-data: catalogue.db*; {CATALOGUE}",
            ),
        ),
    ),
    Fault(
        "catalogue-rb-damaged",
        "the catalogue's database is no database any more",
        "books@rb",
        (
            Step(
                "rb",
                "systemctl stop icebox-catalogue\n"
                f"[ -e $keep/db ] || {{ cp -a {STORE} $keep/part; mv $keep/part $keep/db; }}\n"
                f"cd {STORE}; rm -f catalogue.db*; yes broken | head -c 9000 > catalogue.db\n"
                "chown www-data: catalogue.db\n"
                "systemctl start icebox-catalogue",
                f'if [ -e "$keep"/db ]; then systemctl stop icebox-catalogue; rm -f {STORE}/catalogue.db*\n'
                f'cp -a "$keep"/db/. {STORE}; systemctl start icebox-catalogue; fi',
            ),
        ),
    ),
    Fault(
        "catalogue-rb-locked",
        "a program on RB holds the catalogue's database: nobody can write",
        "books@rb",
        (Step("rb", f"run python3 -c '{LOCK}'", "ended"),),
    ),
    Fault(
        "myproxy-rb-nobody",
        "MyProxy's settings let nobody take a proxy out",
        "settings@rb",
        (settings("rb", "/etc/myproxy-server.config", "/retrievers/d", "systemctl restart myproxy-server"),),
    ),
    Fault(
        "broker-rb-settings-broken",
        "the broker's settings can not be read",
        "broker@rb",
        (
            settings(
                "rb",
                "/etc/icebox/wms.toml",
                "'1s/^/not a setting /;t;1i not a setting'",
                "systemctl restart --no-block icebox-wms",
            ),
        ),
    ),
    Fault(
        "broker-rb-no-bdii",
        "RB does not reach its own top BDII: the broker sees no CE",
        "rules@dom0",
        (wire("ip saddr $rb ip daddr $public tcp dport 2171 drop"),),
    ),
    Fault(
        "gridmap-se-missing",
        "the SE does not know which account members get",
        "settings@se",
        (gone("se", "/etc/grid-security/groupmapfile"),),
    ),
    Fault(
        "staging-ce-globus-shut",
        "pool accounts can not write where the CE keeps the states of jobs",
        "staging@ce",
        (modes("ce", "/var/lib/globus/gram_job_state", "755"),),
    ),
)
