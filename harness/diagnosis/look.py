"""Look at a machine from within: files, disks, names, ways to others, units and what commands say.

As ``python3 -c THIS``, with JSON on standard input: ``each``, the seconds that one look gets, and ``wants``,
a list of looks, each a list of a kind (``KINDS``) and its words.  All are done side by side, and for each a
line of JSON is printed, in their order: ``{"got": …}``, or ``{"late": true}`` for one that was not done in
its time, or ``{"error": "…"}``.  Needs nothing but Python; nothing is changed but what a look says.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import math
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

MOST = 1 << 19
"""Characters of a file or an output that are told."""
CONNECTING = 1.0
"""Seconds for a connection within a box: a millisecond on an idle machine; a SYN is sent again after one."""
EACH, PATIENCE = 2.0, 4.0
TRIES = 2
"""How often a name server is asked: a packet may get lost."""
QUESTION = b"\x1c\xeb\1\0\0\1\0\0\0\0\0\0\tlocalhost\0\0\1\0\1"
"""For the address of ``localhost`` (RFC 1035, 4.1), which every server knows itself, or refuses at once."""
USUAL = 7.0
"""Seconds for all looks at a machine that is not known to be busy."""


def now() -> float:
    """Seconds since 1970, as the machine has it."""
    return time.time()


def files(patterns: list[str], content: bool) -> dict[str, dict[str, Any]]:
    """What is at these places (``glob``); contents only if asked for, and never of what is no plain file."""
    found = {}
    for path in sorted({path for pattern in patterns for path in glob.glob(pattern)}):
        with contextlib.suppress(FileNotFoundError):
            seen = os.stat(path)
            told: dict[str, Any] = {
                "mode": stat.S_IMODE(seen.st_mode),
                "owner": _account(seen.st_uid),
                "group": seen.st_gid,
                "place": f"{seen.st_dev}:{seen.st_ino}",
                "size": seen.st_size,
                "plain": stat.S_ISREG(seen.st_mode),
                "links": seen.st_nlink,
                "changed": seen.st_ctime,
            }
            if content and stat.S_ISREG(seen.st_mode):
                with open(path, encoding="utf-8", errors="replace") as file:
                    told["text"] = file.read(MOST)
            found[path] = told
    return found


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def disks(paths: list[str]) -> dict[str, dict[str, Any]]:
    """Room at each place and wherever something is mounted, and whether something can be written there."""
    found: dict[str, dict[str, Any]] = {}
    for path in dict.fromkeys([*paths, *filter(os.path.isdir, _mounts())]):
        if not os.path.isdir(path):
            found[path] = {"error": "there is no such directory"}
            continue
        room = os.statvfs(path)
        found[path] = {
            "bytes": room.f_blocks * room.f_frsize,
            "free": room.f_bavail * room.f_frsize,
            "files": room.f_files,
            "files_free": room.f_favail,
            "error": _unwritable(path),
        }
    return found


def _mounts() -> list[str]:
    """Where file systems are mounted that programs write to."""
    lines = [line.split() for line in _read("/proc/mounts").splitlines()]
    kinds = {"overlay", "ext4", "xfs", "btrfs", "tmpfs"}
    return [
        words[1]
        for words in lines
        if words[2] in kinds and not words[1].startswith(("/dev/", "/proc", "/sys"))
    ]


def _unwritable(path: str) -> str:
    """Why a file can't be made and filled there; empty if it can.  It is gone again."""
    try:
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        return os.strerror(error.errno or errno.EIO)
    return ""


def names(hosts: list[str]) -> dict[str, list[str]]:
    """Addresses that each name leads to, as programs of this machine see it; the error's words if none."""
    found: dict[str, list[str]] = {}

    def ask(host: str) -> None:
        try:
            answers = socket.getaddrinfo(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
            found[host] = sorted({str(answer[4][0]) for answer in answers})
        except OSError as error:
            found[host] = [f"!{error.strerror or error}"]

    _side_by_side([lambda host=host: ask(host) for host in hosts], EACH * SLOWER[0])  # type: ignore[misc]
    return {host: found.get(host, ["!no answer in time"]) for host in hosts}


def reach(places: list[tuple[str, int]], user: str = "") -> dict[str, str]:
    """Why no connection comes about to each host and port; empty if one does.

    With a user, packets are his: rules of routing (``uidrange``) and packet filters may go by that.
    """
    found: dict[str, str] = {}
    number = pwd.getpwnam(user).pw_uid if user else 0

    def connect(host: str, port: int) -> None:
        try:
            if user:
                _become(number)
            socket.create_connection((host, port), CONNECTING * SLOWER[0]).close()
            found[f"{host}:{port}"] = ""
        except TimeoutError:
            found[f"{host}:{port}"] = "no answer"
        except OSError as error:
            found[f"{host}:{port}"] = (error.strerror or str(error)).lower()

    _side_by_side([lambda place=place: connect(*place) for place in places], EACH * SLOWER[0])  # type: ignore[misc]
    return {f"{host}:{port}": found.get(f"{host}:{port}", "no answer") for host, port in places}


def _become(number: int) -> None:
    """Sockets that this thread makes, and no other one, are an account's (setfsuid(2), by its number)."""
    import ctypes

    ctypes.CDLL(None).setfsuid(number)


def servers(path: str) -> dict[str, str]:
    """Why each name server of a file of resolv.conf(5) gives no answer; empty for one that does."""
    words = [line.split() for line in _read(path).splitlines()]
    listed = [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"]
    found: dict[str, str] = {}

    def ask(server: str) -> None:
        with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(CONNECTING * SLOWER[0])
            for _ in range(TRIES):
                try:
                    wire.connect((server, 53))
                    wire.send(QUESTION)
                    wire.recv(512)
                    found[server] = ""
                    return
                except TimeoutError:
                    found[server] = "no answer"
                except OSError as error:
                    found[server] = (error.strerror or str(error)).lower()

    _side_by_side([lambda server=server: ask(server) for server in listed], EACH * SLOWER[0])  # type: ignore[misc]
    return {server: found.get(server, "no answer") for server in listed}


def run(line: str, user: str) -> dict[str, Any]:
    """What a line of the shell says, typed by root or by another account as it logs in.

    ``$PATIENCE`` are the seconds that one command of it may take, ``$SECOND`` those for what takes a
    millisecond on an idle machine.
    """
    words = ["sh", "-c", line] if not user else [*_as(user), "-lc", line]
    times = {"PATIENCE": f"{PATIENCE * SLOWER[0]:g}", "SECOND": f"{math.ceil(CONNECTING * SLOWER[0])}"}
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **times}
    if user:
        environment |= {"HOME": pwd.getpwnam(user).pw_dir, "USER": user, "LOGNAME": user}
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    CHILDREN.append(child.pid)
    said = child.communicate()[0].decode(errors="replace")
    CHILDREN.remove(child.pid)
    return {"code": child.returncode, "said": said[-MOST:]}


def _as(user: str) -> list[str]:
    account = pwd.getpwnam(user)
    # What nobody logs in with has the system's shell.
    shell = "sh" if account.pw_shell.endswith(("/nologin", "/false")) else account.pw_shell
    who = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups"]
    return ["setpriv", *who, "env", "-C", "/tmp", shell]


def units(names: list[str]) -> dict[str, dict[str, str]]:
    """What systemd says of its units, and which of their processes are stopped (signal STOP)."""
    properties = "Id,ActiveState,SubState,FreezerState,NRestarts,StateChangeTimestamp,ControlGroup"
    asked = ["systemctl", "show", "--timestamp=unix", f"--property={properties}", "--", *names]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    groups, found = _stopped(), {}
    for name, block in zip(names, said.strip().split("\n\n"), strict=False):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        group = told.get("ControlGroup") or "none"
        stopped = [process for process, path in groups if path.endswith(group) or f"{group}/" in path]
        found[name] = told | {"stopped": " ".join(stopped)}
    return found


def _stopped() -> list[tuple[str, str]]:
    """Processes that a signal has stopped, with their control groups."""
    found = []
    for number, name, rest in _processes():
        with contextlib.suppress(OSError):
            if rest[0] == "T":
                found.append((f"{name}[{number}]", _read(f"/proc/{number}/cgroup").strip()))
    return found


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def listeners() -> dict[str, list[dict[str, Any]]]:
    """Who listens at each TCP port: the address, the process, its unit, and how full its queue is."""
    said = subprocess.run(["ss", "-tlnpH"], capture_output=True, text=True, check=False).stdout
    found: dict[str, list[dict[str, Any]]] = {}
    for line in said.splitlines():
        _, waiting, room, place, _, *users = line.split(maxsplit=5)
        host, _, port = place.rpartition(":")
        who = re.search(r'"([^"]+)",pid=(\d+)', users[0] if users else "")
        unit = ""
        if who:
            with contextlib.suppress(OSError):
                unit = _read(f"/proc/{who[2]}/cgroup").strip()
        named, full = f"{who[1]}[{who[2]}]" if who else "", int(waiting) > int(room)
        found.setdefault(port, []).append({"at": host, "who": named, "group": unit, "full": full})
    return found


def busy(times: int, apart: float) -> list[list[str]]:
    """Programs that want a processor, at so many moments, some seconds apart; a batch job's do not count."""
    found = []
    for moment in range(times):
        time.sleep(apart if moment else 0)
        seen = {number: (name, *rest) for number, name, rest in _processes()}
        running = [each for each in seen if seen[each][1] == "R" and not _of_others(each, seen)]
        found.append([seen[each][0] for each in running])
    return found


def _of_others(number: str, seen: dict[str, tuple[str, ...]]) -> bool:
    """Whether a batch job has started it, or this look."""
    while number in seen:
        name, _, parent, *_ = seen[number]
        if name == "slurmstepd" or number == str(os.getpid()):
            return True
        number = parent
    return False


def _processes() -> Iterator[tuple[str, str, list[str]]]:
    """Number, name, and what else proc_pid_stat(5) has of each process."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            name, _, rest = _read(f"/proc/{number}/stat").partition("(")[2].rpartition(")")
            yield number, name, rest.split()


KINDS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (now, files, disks, names, servers, reach, run, units, listeners, busy)
}
CHILDREN: list[int] = []
"""Commands that go on."""
SLOWER = [1.0]
"""By which factor whatever is asked gets more time than usual."""


def _side_by_side(works: list[Callable[[], None]], seconds: float) -> None:
    """Do all of them, and wait no longer than that."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def look(wants: list[list[Any]], each: float) -> list[dict[str, Any]]:
    """All that is wanted, in its order."""
    found: list[dict[str, Any]] = [{"late": True} for _ in wants]

    def one(number: int) -> None:
        kind, *words = wants[number]
        try:
            found[number] = {"got": KINDS[kind](*words)}
        except Exception as error:
            found[number] = {"error": f"{type(error).__name__}: {error}"}

    _side_by_side([lambda number=number: one(number) for number in range(len(wants))], each)  # type: ignore[misc]
    return list(found)


def main() -> None:
    asked = json.load(sys.stdin)
    SLOWER[0] = max(1.0, asked["each"] / USUAL)
    for answer in look(asked["wants"], asked["each"]):
        print(json.dumps(answer))
    sys.stdout.flush()
    for number in list(CHILDREN):
        with contextlib.suppress(OSError):
            os.killpg(number, signal.SIGKILL)
    os._exit(0)  # whatever hangs is not waited for


if __name__ == "__main__":
    main()
