"""qmgr: what ``print`` and ``list`` show of server, queues and nodes. Nothing can be changed with it."""

from __future__ import annotations

import sys

from gridware.pbs import attributes, errors, getopt, jobs, operate, pbsnodes, queues, server
from gridware.pbs.errors import guarded
from gridware.pbs.queues import Queue
from gridware.program import program

USAGE = "usage: qmgr [-a] [-c command] [-e] [-n] [-z] [server...]\n"
VERBS = ("print", "list", "set", "unset", "create", "delete", "active", "help", "quit", "exit")
OBJECTS = ("server", "queue", "node")
NO_CHANGE = "queues and nodes of a box are those of its site file"


@program
def main(arguments: list[str]) -> int:
    return guarded("qmgr", USAGE, lambda: _do_all(arguments))


def _do_all(arguments: list[str]) -> int:
    options, operands = getopt.parse(arguments, "aenz", "c")
    host = server.name()
    for word in operands:
        server.check(host, word)
    code = 0
    for command in [value for letter, value in options if letter == "c"] or sys.stdin:
        for line in command.split(";"):
            verb = _whole(line.split()[0], VERBS) if line.split() else ""
            if verb in ("quit", "exit"):
                return code
            code = max(code, _do(host, line))
    return code


def _do(host: str, line: str) -> int:
    """One command; an error's exit code."""
    words = line.split()
    if not words or words[0].startswith("#"):
        return 0
    verb, kind = _whole(words[0], VERBS), _whole(words[1], OBJECTS) if len(words) > 1 else "server"
    if verb == "help" or not verb or not kind:
        print("qmgr: it shows: print server, print queue NAME, list server, list queue NAME, list node NAME")
        return 0 if verb == "help" else 3
    names = [name for name in (words[2].split(",") if len(words) > 2 else []) if not name.startswith("@")]
    if verb not in ("print", "list"):
        why = NO_CHANGE if operate.is_root() else "Unauthorized Request"
        print(f"qmgr obj={','.join(names)} svr=default: {why}", file=sys.stderr)
        return errors.UNAUTHORIZED & 0xFF
    sys.stdout.write((_print if verb == "print" else _list)(host, kind, names))
    return 0


def _whole(word: str, known: tuple[str, ...]) -> str:
    """``p`` → print; ``qu`` → queue. Empty if it is the start of nothing."""
    word = word.lower().removesuffix("s") if len(word) > 2 else word.lower()
    return next((name for name in known if name.startswith(word)), "")


def _print(host: str, kind: str, names: list[str]) -> str:
    """As commands that would make it so."""
    every = queues.all_queues(host, [])
    if kind == "node":
        return "".join(f"create node {node.name} np={node.np}\n" for node in pbsnodes.nodes(host, names))
    text = "".join(_created(queue) for queue in queues.pick(every, names if kind == "queue" else []))
    if kind == "queue":
        return text
    return (
        f"#\n# Create queues and set their attributes.\n#\n{text}#\n# Set server attributes.\n#\n"
        "set server scheduling = True\n"
        f"set server acl_hosts = {server.short(host)}\n"
        f"set server default_queue = {next((queue.name for queue in every if queue.default), '')}\n"
        "set server query_other_jobs = True\n"
        "set server keep_completed = 300\n"
    )


def _created(queue: Queue) -> str:
    known = attributes.queue_attributes(queue)
    kept = ("queue_type", "resources_max.walltime", "enabled", "started")
    lines = "".join(f"set queue {queue.name} {key} = {known[key]}\n" for key in kept if key in known)
    return f"#\n# Create and define queue {queue.name}\n#\ncreate queue {queue.name}\n{lines}"


def _list(host: str, kind: str, names: list[str]) -> str:
    if kind == "node":
        return "".join(f"Node {node.text()}\n" for node in pbsnodes.nodes(host, names))
    everything = jobs.all_jobs(host)
    if kind == "server":
        return _listed("Server", host, attributes.server_attributes(host, everything))
    chosen = queues.pick(queues.all_queues(host, everything), names)
    return "".join(_listed("Queue", queue.name, attributes.queue_attributes(queue)) for queue in chosen)


def _listed(kind: str, name: str, known: dict[str, str]) -> str:
    return f"{kind} {name}\n" + "".join(f"\t{key} = {value}\n" for key, value in known.items()) + "\n"
