"""The ways in which things are broken: each makes a step, with what undoes it.

The vocabulary is that of those who break machines for a living: processes are stopped, paused, made to crash
or slow (chaosd, Jepsen's nemeses); packets are dropped or limited; disks are filled or read-only;
files and settings are changed, hidden or lose their modes.
"""

from __future__ import annotations

from harness.faults.fault import DOM0, Content, Step


def stopped(place: str, *units: str) -> Step:
    """Services that are not running, as somebody left them."""
    named = " ".join(units)
    return Step(place, f"systemctl stop {named}", f"systemctl start {named}")


def paused(place: str, *units: str) -> Step:
    """Services that run and answer nobody: ports are open, for the kernel opens them."""
    return Step(
        place,
        "\n".join(f"systemctl kill --signal=STOP {unit}" for unit in units),
        "\n".join(
            f"systemctl kill --signal=CONT {unit} || true; systemctl start {unit}" for unit in reversed(units)
        ),
    )


def crashing(place: str, unit: str) -> Step:
    """A service that ends as soon as it is started, again and again."""
    return run_otherwise(
        place,
        unit,
        r"[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStartPre=/bin/false\nRestart=always\nRestartSec=1\n",
        "--no-block ",
    )


def run_otherwise(place: str, unit: str, setting: str, how: str = "") -> Step:
    """A service that systemd starts with a further setting: a drop-in that somebody left, for printf(1)."""
    directory = f"/run/systemd/system/{unit}.service.d"
    return Step(
        place,
        f'mkdir -p {directory}; printf "{setting}" > {directory}/zz-fault.conf\n'
        f"systemctl daemon-reload; systemctl restart {how}{unit}",
        f"if [ -e {directory}/zz-fault.conf ]; then\n"
        f"rm {directory}/zz-fault.conf; rmdir --ignore-fail-on-non-empty {directory}\n"
        f"systemctl daemon-reload; systemctl reset-failed {unit} || true; systemctl restart {unit}; fi",
    )


def slowed(place: str, unit: str) -> Step:
    """A service that gets a moment now and then: whoever asks waits for seconds."""
    loop = (
        f"while :; do systemctl kill --signal=STOP {unit}; sleep 4; "
        f"systemctl kill --signal=CONT {unit}; sleep 0.05; done"
    )
    return Step(
        place,
        f'run sh -c "{loop}"',
        f"ended; systemctl kill --signal=CONT {unit} || true; systemctl start {unit}",
    )


def kept(*paths: str) -> str:
    """Shell that keeps files as they are, for ``put_back``; an interrupted copy does not count."""
    lines = []
    for path in paths:
        copy = f'"$keep"{path}'
        lines.append(
            f"if [ ! -e {copy} ] && [ ! -h {copy} ]; then mkdir -p $(dirname {copy}); rm -rf {copy}.part\n"
            f"cp -a {path} {copy}.part; mv -T {copy}.part {copy}; fi"
        )
    return "\n".join(lines)


def put_back(*paths: str, after: str = "") -> str:
    """Shell that puts kept files back, in the place of whatever stands there, and then does ``after``."""
    lines = []
    for path in paths:
        copy = f'"$keep"{path}'
        new = f"{path}.back"
        lines.append(
            f"if [ -e {copy} ] || [ -h {copy} ]; then rm -rf {new}; cp -a {copy} {new}; rm -rf {path}\n"
            f"mv -T {new} {path}; back=yes; fi"
        )
    return "\n".join([*lines, _after_all(after)])


def _after_all(after: str) -> str:
    """What is typed once something was put back; systemd may have given up a service meanwhile."""
    forgiven = "systemctl reset-failed || true\n" if "systemctl" in after else ""
    return f'if [ "${{back-}}" ]; then :\n{forgiven}{after}\nfi' if after else ""


def changed(
    place: str, path: str, change: str, after: str = "", brings: tuple[tuple[str, Content], ...] = ()
) -> Step:
    """A file, or directory, that ``change`` alters; ``after`` is typed then, and after it was put back."""
    paths = path.split()
    return Step(place, f"{kept(*paths)}\n{change}\n{_even_so(after)}", put_back(*paths, after=after), brings)


def _even_so(after: str) -> str:
    """A service that does not come back with what was changed is part of the fault."""
    return f"{{ {after}; }} || true" if after else ""


def gone(place: str, path: str, after: str = "") -> Step:
    """A file, or directory, that is not there."""
    return changed(place, path, f"rm -rf {path}", after)


def settings(place: str, path: str, words: str, after: str = "") -> Step:
    """A file that is edited in place by sed; the fault is none if nothing in it changed."""
    return changed(
        place, path, f'sed -i {words} {path}\nif cmp -s "$keep"{path} {path}; then exit 1; fi', after
    )


def modes(place: str, path: str, mode: str, owner: str = "", after: str = "") -> Step:
    """A file or directory with other rights, or another owner."""
    key = '"$keep"/rights'
    put = f"[ -e {key} ] || stat -c '%a %u:%g' {path} > {key}\nchmod {mode} {path}"
    put += f"; chown {owner} {path}" if owner else ""
    back = f'chown "$whose" {path}; chmod "$was" {path}; back=yes'
    take = f"if [ -s {key} ]; then read was whose < {key}; {back}; fi\n{_after_all(after)}"
    return Step(place, f"{put}\n{_even_so(after)}", take)


def filled(place: str, path: str, unit: str = "") -> Step:
    """A directory on a disk without room: what was in it is there, and not a byte more fits.

    Whose directory it is begins anew there.  It has ended before: what takes room only while it runs, as a
    log of SQLite's, would be given back later.
    """
    fill = (
        f"{f'systemctl stop {unit}; ' if unit else ''}"
        f"size=$(($(du -skx {path} | cut -f1) * 5 / 4 + 256))\n"
        f"mount -t tmpfs -o size=${{size}}k,mode=$(stat -c %a {path}) full $keep/disk\n"
        f"cp -a {path}/. $keep/disk"
    )
    filler = f"! cat /dev/zero 2>/dev/null > {path}/.filler"
    return _covered(place, path, fill, f"systemctl restart {unit}" if unit else "", filler)


def without_inodes(place: str, path: str) -> Step:
    """A directory on a disk with room, and no inode: no new file can be made."""
    fill = (
        f"some=$(($(find {path} -xdev | wc -l) + 3))\n"
        f"mount -t tmpfs -o nr_inodes=$some,mode=$(stat -c %a {path}) full $keep/disk\n"
        f"cp -a {path}/. $keep/disk; i=0; while touch $keep/disk/.filler$i 2>/dev/null; do i=$((i+1)); done"
    )
    return _covered(place, path, fill)


def _covered(place: str, path: str, fill: str, after: str = "", then: str = ":") -> Step:
    return Step(
        place,
        f"mkdir -p $keep/disk; {fill}\nchown --reference={path} $keep/disk\n"
        f"mount --bind $keep/disk {path}; umount $keep/disk\n{then}\n{_even_so(after)}",
        f'uncover "$keep/disk" SOURCE full; uncover {path} SOURCE full\n{_after_all(after)}',
    )


def read_only(place: str, path: str, after: str = "") -> Step:
    """A file system that the kernel lets nobody write to, as after an error of the disk."""
    return Step(
        place,
        f"mount --bind {path} {path}; mount -o remount,bind,ro {path}\n{_even_so(after)}",
        f"uncover {path} OPTIONS 'ro,.*'\nif [ \"${{back-}}\" ]; then :; {after}\nfi",
    )


def wire(*rules: str) -> Step:
    """What happens to packets at the bridge, whoever sends them: rules of nftables for family ``bridge``."""
    lines = ["add table $table"]
    for name in ("prerouting", "output"):  # what nodes send, and what the dom0 sends to them
        lines.append(f"add chain $table {name} {{ type filter hook {name} priority -250; }}")
        lines += [f"add rule $table {name} {rule}" for rule in rules]
    text = "\n".join(lines)
    named = 'table="bridge fault_$mark"'
    return Step(
        DOM0,
        f"{named}\nnft -f - <<RULES\n{text}\nRULES",
        f"{named}\nnft delete table $table 2>/dev/null || true",
    )


def filter_changed(*lines: str) -> Step:
    """The dom0's own rules, changed by commands of nft; ``$table`` is theirs."""
    find = (
        "table=$(nft list tables ip | "
        """awk -v own="icebox_${box}_" '$3 == "icebox" || index($3, own) == 1 {print $3; exit}')"""
    )
    text = "\n".join(lines)
    return Step(
        DOM0,
        f"{find}\n[ -s $keep/rules ] || nft list table ip $table > $keep/rules\n"
        f"nft -f - <<RULES\n{text}\nRULES",
        'if [ -s "$keep"/rules ]; then read -r _ _ table _ < "$keep"/rules\n'
        'nft add table ip $table; { echo delete table ip $table; cat "$keep"/rules; } | nft -f -; fi',
    )


def setting(path: str, value: str) -> Step:
    """A setting of the dom0's kernel."""
    return Step(
        DOM0,
        f"[ -s $keep/setting ] || cat {path} > $keep/setting\necho {value} > {path}",
        f'[ ! -s "$keep"/setting ] || cat "$keep"/setting > {path}',
    )
