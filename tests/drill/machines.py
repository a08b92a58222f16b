"""What an ordinary account finds on a node, and what the node says of itself to others."""

from tests.drill.drill import RESTART, Drill, restored

ANYBODY = (
    "sed -i '/update-policy {$/,/^\\t};$/c allow-update { any; };' /run/named/named.conf && "
    "kill -HUP $(cat /run/named/named.pid)"
)
DRILLS = (
    Drill(
        "a password on a command line",
        "SEC-2",
        "test_command_lines",
        (("rb", "systemd-run --unit told sh -c 'sleep 600; true' \"$(cat /etc/voms/voms.pass)\""),),
        "ps shows voms_password",
        "`ps axww` there shows whose: end it, and have it read the secret from a file of its own",
        (("rb", "systemctl stop told"),),
        (("rb", "ps axww", "sleep 600"),),
    ),
    restored(
        "SEC-2",
        "test_information_system",
        "ce",
        "sed -i 's/by \\* read/by * write/; s/bind_v2/bind_v2 update_anon/' /etc/bdii/icebox-slapd.conf && "
        "systemctl restart bdii-slapd bdii",
        "a student may change what xencenode publishes|ldapmodify",
        "`./icebox restore xencenode /etc/bdii`, then `systemctl restart bdii-slapd bdii` there",
        "/etc/bdii",
        "systemctl restart bdii-slapd bdii",
    ),
    restored(
        "SEC-2",
        "test_number_of_processes",
        "wn",
        "sed -i /LimitNPROC/d /etc/systemd/system/slurmd.service.d/icebox.conf && "
        "systemctl daemon-reload && systemctl restart slurmd",
        "a WN",
        "`./icebox restore NODE /etc/systemd/system`, then `systemctl daemon-reload` there and "
        "`systemctl restart` of ssh, globus-gatekeeper or slurmd",
        "/etc/systemd/system",
        "systemctl daemon-reload && systemctl restart ssh slurmd",
    ),
    Drill(
        "names that anybody may change",
        "SEC-2",
        "test_names and not dns",
        (("outside", ANYBODY),),
        "a student can change the names of the box",
        "./icebox stop and start lays the name service's settings anew, which ask for the key",
        (RESTART,),
    ),
    Drill(
        "a program that runs as root for all",
        "SEC-2",
        "test_ways_to_root",
        (("wn", "cp /bin/true /usr/local/bin/door && chmod 4755 /usr/local/bin/door"),),
        "program /usr/local/bin/door",
        "`chmod` or `chown` it there",
        (("wn", "chmod 755 /usr/local/bin/door"),),
    ),
    Drill(
        "a listener that is no service",
        "SEC-2",
        "test_listeners",
        (("wn", "systemd-run --unit door --service-type exec python3 -m http.server 8099"),),
        "xenwnnode: port 8099",
        "`ss -tlnp` there names it: end it, or bind it to 127.0.0.1",
        (("wn", "systemctl stop door"),),
        (("wn", "ss -tlnp", "python3"),),
    ),
    Drill(
        "a way to change what is published",
        "SEC-2",
        "test_information_system",
        (("ce", "chmod 755 /run/bdii"),),
        "may change what xencenode publishes",
        "`chmod 700 /run/bdii` there",
        (("ce", "chmod 700 /run/bdii"),),
    ),
    Drill(
        "room in memory without limit",
        "SEC-2",
        "test_room_in_memory",
        (("wn", "mount -o remount,size=900M tmpfs /dev/shm && systemctl stop icebox-limits"),),
        "xenwnnode: .* MB in /dev/shm",
        "`systemctl restart icebox-limits` there",
        (("wn", "systemctl restart icebox-limits"),),
    ),
    restored(
        "SEC-2",
        "test_hogs_on_the_ui",
        "ui",
        "rm /usr/lib/icebox/behind.so; systemctl restart ssh",
        "niceness is",
        "`./icebox restore ui /usr/lib/icebox /etc/systemd/system`, then `systemctl daemon-reload` and "
        "`systemctl restart ssh` there",
        "/usr/lib/icebox /etc/systemd/system",
        "systemctl daemon-reload && systemctl restart ssh",
    ),
    restored(
        "SEC-3",
        "test_ssh",
        "wn",
        "rm /etc/ssh/sshd_config.d/algorithms.conf && systemctl restart ssh",
        "xenwnnode: ",
        "on each: `./icebox restore NODE /etc/ssh/sshd_config.d`, then `systemctl restart ssh` there",
        "/etc/ssh/sshd_config.d",
        "systemctl restart ssh",
    ),
)
