"""Whether the rules of a host let a box's packets through: tried by the kernel itself.  Typed, not imported.

As ``unshare --net python3 -c THIS``, with a JSON object on standard input that ``harness/dom0/foreign.py``
makes: it lays the host's interfaces and rules, and the box's, into the network namespace that it is in,
connects others for laptops, nodes and the outside, and opens connections as they will be opened.  Prints a
JSON object: what was ``stopped`` and the ``rule`` that did it, what the kernel ``lacks``, why it was left
``untried``, or nothing at all.  Needs Python, ip(8) and nft(8).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

CLONE_NEWNET = 0x40000000
CONNECTING = 3.0
"""Seconds for a connection; it takes a millisecond on an idle machine."""
LISTENING = 20.0
"""Seconds for the kernel's trace of one that fails, which is tried anew every so many seconds (PAUSE)."""
PAUSE = 0.1
DNS, NAMES = 53, "to the box's names"
TRACE = """\
table ip icebox_trace {
    chain prerouting { type filter hook prerouting priority -450; policy accept; meta nftrace set 1; }
}
"""
STOPS = re.compile(r"trace id \w+ (\w+) (\S+) (\S+) (?:rule )?(.*)")
DROPS = re.compile(r"\(verdict drop\)|policy drop")
libc = ctypes.CDLL(None, use_errno=True)


def in_thread(action: Callable[[], Any]) -> Any:
    """What ``action`` gives in a thread of its own, which may enter another network."""
    told: list[Any] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            told.append(action())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return told[0]


class Network:
    """A network namespace of a machine beside the host, on a cable of its own."""

    def __init__(self, device: str, address: str, gateway: str, *, master: str = "") -> None:
        def make() -> int:
            if libc.unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "a network namespace can't be made")
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY)

        self.handle: int = in_thread(make)
        self.path = f"/proc/{os.getpid()}/fd/{self.handle}"
        run("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", self.path)
        run("ip", "link", "set", device, "up", *(["master", master] if master else []))
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "eth0", "up")
        self.ip("address", "add", address, "dev", "eth0")
        self.ip("route", "add", "default", "via", gateway, "dev", "eth0", "onlink")

    def ip(self, *words: str) -> None:
        run("nsenter", f"--net={self.path}", "ip", *words)

    def inside(self, action: Callable[[], Any]) -> Any:
        def enter() -> Any:
            if libc.setns(self.handle, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "a network namespace can't be entered")
            return action()

        return in_thread(enter)

    def listen(self, address: str, port: int) -> socket.socket:
        made: socket.socket = self.inside(lambda: socket.create_server((address, port)))
        return made

    def reaches(self, address: str, port: int) -> bool:
        def connect() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((address, port), CONNECTING):
                return True
            return False

        return bool(self.inside(connect))


def run(*words: str, stdin: str = "") -> None:
    done = subprocess.run(words, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()[:500]}")


def setting(path: str, value: str) -> None:
    with contextlib.suppress(FileNotFoundError), open(path, "w", encoding="ascii") as file:
        file.write(value)


def lay(host: dict[str, Any]) -> dict[str, Network]:
    """The copy of the host, and the machines around it."""
    run("ip", "link", "set", "lo", "up")
    machines: dict[str, Network] = {}
    for name in host["interfaces"]:
        run("ip", "link", "add", "name", name, "type", "bridge")
    bridge, gateway = host["bridge"], host["gateway"]
    run("ip", "link", "add", "name", bridge, "type", "bridge")
    for name in ("node", "neighbour"):
        if host[name]:
            machines[name] = Network(f"trial-{name}", host[name], gateway.partition("/")[0], master=bridge)
    for each in host["entrances"]:
        own = each["address"].partition("/")[0]
        machines[f"a laptop at {each['device']}"] = Network(each["device"], each["laptop"], own)
        run("ip", "address", "add", each["address"], "dev", each["device"])
        run("ip", "route", "replace", each["laptop"].partition("/")[0], "dev", each["device"])
    if host["aside"]:
        machines["outside"] = Network(host["aside"], f"{host['outside']}/32", host["beside"])
        run("ip", "address", "add", f"{host['beside']}/32", "dev", host["aside"])
        for address in {host["outside"], host["name_server"], host["names"] or host["name_server"]}:
            if address != host["outside"]:
                machines["outside"].ip("address", "add", f"{address}/32", "dev", "eth0")
            run("ip", "route", "add", address, "dev", host["aside"])
    run("ip", "address", "add", gateway, "dev", bridge)
    run("ip", "link", "set", bridge, "up")
    setting("/proc/sys/net/ipv4/conf/all/forwarding", "1")
    setting("/proc/sys/net/bridge/bridge-nf-call-iptables", host["bridged"])
    words, text = host["ours"]
    run(*words, stdin=text)
    return machines


def ways(host: dict[str, Any], machines: dict[str, Network]) -> Iterator[tuple[str, Network, str, int]]:
    """Each way that packets of a box take: in words, from where, and to which address and port."""
    if host["names"]:
        server = machines.get("outside", machines["node"])
        kept = [server.listen(host["names"], DNS)]
        for each in host["entrances"]:
            laptop, address = machines[f"a laptop at {each['device']}"], each["address"].partition("/")[0]
            yield f"a student's laptop at {each['device']}, {NAMES}", laptop, address, DNS
        kept.pop().close()
    port, target = host["row"]
    node = machines["node"]
    kept = [node.listen("", target)]
    for each in host["entrances"]:
        laptop = machines[f"a laptop at {each['device']}"]
        yield (
            f"a student's laptop at {each['device']}, to the box",
            laptop,
            each["address"].partition("/")[0],
            port,
        )
        kept.append(laptop.listen("", port))
        yield f"a node, to the network of {each['device']}", node, each["laptop"].partition("/")[0], port
    if "outside" not in machines:
        return
    own = host["entrances"][0]["address"].partition("/")[0]
    yield "the outside, to the box", machines["outside"], own, port
    kept.append(machines["outside"].listen(host["name_server"], DNS))
    yield "a node, to the box's name service", node, host["gateway"].partition("/")[0], DNS
    yield "a node, to another one", machines["neighbour"], host["node"].partition("/")[0], target


def trace(again: Callable[[], bool]) -> str:
    """The rule that stops a connection, in nft's words: family, table, chain, and the rule or the policy."""
    run("nft", "-f", "-", stdin=TRACE)
    with subprocess.Popen(["nft", "monitor", "trace"], stdout=subprocess.PIPE, text=True) as monitor:
        assert monitor.stdout is not None
        over = threading.Timer(LISTENING, monitor.kill)
        over.daemon = True  # else this process would end no sooner
        over.start()

        def go_on() -> None:
            # What is rejected fails at once, and the monitor may not listen yet.
            while monitor.poll() is None:
                again()
                time.sleep(PAUSE)

        threading.Thread(target=go_on, daemon=True).start()
        for line in monitor.stdout:
            found = STOPS.match(line)
            if found and found[2] != "icebox_trace" and DROPS.search(line):
                monitor.kill()
                return " ".join(found.groups())
    return ""


def counted() -> str:
    """The same of a table of legacy iptables, by its counters, which began at naught."""
    for table in ("raw", "mangle", "filter", "security"):
        words = ["iptables-legacy", "-t", table, "-vnxL"]
        with contextlib.suppress(FileNotFoundError):
            chain = ""
            for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines():
                fields = line.split()
                if fields[:1] == ["Chain"]:
                    chain = fields[1]
                    if "(policy DROP" in line and fields[4] != "0":
                        return f"legacy {table} {chain} policy drop"
                elif len(fields) > 2 and fields[0] not in ("0", "pkts") and fields[2] in ("DROP", "REJECT"):
                    return f"legacy {table} {chain} {' '.join(fields[2:])}"
    return ""


def main() -> dict[str, str]:
    host = json.load(sys.stdin)
    try:
        machines = lay(host)
    except (OSError, RuntimeError) as error:
        return {"lacks": str(error)}
    try:
        # Ours once more, since of chains with the same priority the later one is asked first.
        for words, text in [*host["rules"], host["ours"]]:
            run(*words, stdin=text)
    except (OSError, RuntimeError) as error:
        return {"untried": str(error)}
    for what, start, address, port in ways(host, machines):
        if not start.reaches(address, port):
            rule = counted() or trace(lambda: start.reaches(address, port))  # noqa: B023
            # What laptops ask goes past the bridge, where the outside is beside the host.
            past = host["aside"] if what.endswith(NAMES) else ""
            return {"stopped": what, "rule": rule, "device": past or host["bridge"]}
    return {}


if __name__ == "__main__":
    print(json.dumps(main()))
