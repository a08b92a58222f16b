"""pbsnodes: show worker nodes, take them out of service and back."""

from __future__ import annotations

import sys
import time

from gridware.pace import longer
from gridware.pbs import errors, getopt, jobs, records, server, slurm
from gridware.pbs.errors import PbsError, UsageError, guarded
from gridware.pbs.job import Job
from gridware.program import program

FLAGS = "aclorqxnd"
VALUED = "sN"
USAGE = """usage:\tpbsnodes [-{c|d|l|o|r}] [-s server] [-n] [-N "note"] [-q] [node ...]
\tpbsnodes -{a|l|x} [-s server] [-q] [node ...]
"""
NOTE = "offlined by pbsnodes"
ANSWER_SECONDS = 3.0
BAD = ("down", "offline", "state-unknown")


class Node:
    """One record of ``scontrol show node -o``, with the jobs on it."""

    def __init__(self, fields: dict[str, str], everything: list[Job]) -> None:
        self.fields = fields
        self.name = fields["NodeName"]
        self.np = int(fields["CPUTot"])
        own = [(slot, job) for job in everything if job.state in "RES" for slot in job.slots]
        self.jobs = [
            f"{slot.partition('/')[2]}/{job.ident}"
            for slot, job in own
            if slot.partition("/")[0] == self.name
        ]

    @property
    def states(self) -> list[str]:
        """Torque's words. A silent WN is down, also while Slurm still waits for it (SlurmdTimeout)."""
        slurm_states = self.fields["State"].replace("*", "+NOT_RESPONDING").split("+")
        found = []
        if {"DOWN", "NOT_RESPONDING", "ERROR", "FAIL", "POWERED_DOWN"} & set(slurm_states):
            found.append("down")
        elif "UNKNOWN" in slurm_states:
            found.append("state-unknown")
        if {"DRAIN", "MAINT", "RESERVED"} & set(slurm_states):
            found.append("offline")
        if not found and int(self.fields["CPUAlloc"]) >= self.np:
            found.append("job-exclusive")
        return found or ["free"]

    @property
    def note(self) -> str:
        if self.states[0] not in BAD:  # Slurm keeps the reason of an outage that is over
            return ""
        reason = self.fields.get("Reason", "")
        return reason.rpartition(" [")[0] or reason

    def text(self) -> str:
        lines = self.attributes()
        return f"{self.name}\n" + "".join(f"     {key} = {value}\n" for key, value in lines.items())

    def xml(self) -> str:
        """One element of ``pbsnodes -x``."""
        inner = "".join(f"<{key}>{value}</{key}>" for key, value in self.attributes().items())
        return f"<Node><name>{self.name}</name>{inner}</Node>"

    def attributes(self) -> dict[str, str]:
        """In Torque's order; those without a value are left out."""
        found = {
            "state": ",".join(self.states),
            "np": str(self.np),
            "properties": self.fields.get("ActiveFeatures", "").replace("(null)", ""),
            "ntype": "cluster",
            "jobs": ", ".join(self.jobs),
            "status": self.status(),
            "note": self.note,
        }
        return {key: value for key, value in found.items() if value}

    def status(self) -> str:
        """What pbs_mom would report, as far as slurmd does; nothing for a node that never answered."""
        load = self.fields.get("CPULoad", "N/A")
        if load == "N/A":
            return ""
        parts = {
            "rectime": str(int(time.time())),
            "availmem": f"{self.fields.get('FreeMem', '0')}mb",
            "ncpus": str(self.np),
            "loadave": load,
            "state": self.states[0],
            "jobs": " ".join(job.partition("/")[2] for job in self.jobs),
            "opsys": "linux",
        }
        return ",".join(f"{key}={value}" for key, value in parts.items())


@program
def main(arguments: list[str]) -> int:
    return guarded("pbsnodes", USAGE, lambda: _do(arguments))


def _do(arguments: list[str]) -> int:
    pairs, words = getopt.parse(arguments, FLAGS, VALUED)
    options = dict(pairs)
    host = server.name()
    server.check(host, options.get("s", ""))
    if options.keys() & {"o", "c", "r"}:
        return _change(host, options, words)
    # `pbsnodes -l free`: the operand of -l is a state, if it is one.
    states = (
        [words.pop(0)]
        if "l" in options and words and words[0] in (*BAD, "free", "job-exclusive", "up", "all")
        else []
    )
    chosen = nodes(host, words)
    if "x" in options:
        sys.stdout.write(f"<Data>{''.join(node.xml() for node in chosen)}</Data>\n")
    elif "l" in options:
        listed = [node for node in chosen if _listed(node, states)]
        sys.stdout.write(
            "".join(f"{node.name:<20} {','.join(node.states)}{_note(node, options)}\n" for node in listed)
        )
    else:
        sys.stdout.write("".join(f"{node.text()}\n" for node in chosen))
    return 0


def _listed(node: Node, states: list[str]) -> bool:
    """``-l``: those not in order, or those of a state."""
    bad = any(state in BAD for state in node.states)
    state = states[0] if states else ""
    return {"": bad, "all": True, "up": not bad}.get(state, state in node.states)


def _note(node: Node, options: dict[str, str]) -> str:
    return f"   {node.note}" if "n" in options and node.note else ""


def _nodes(host: str) -> list[Node]:
    result = slurm.run(host, "scontrol", "show", "node", "-o")
    if result.code:
        raise slurm.refusal(result.err)
    everything = jobs.all_jobs(host)
    return [
        Node(records.parse(line), everything)
        for line in result.out.splitlines()
        if line.startswith("NodeName=")
    ]


def nodes(host: str, words: list[str]) -> list[Node]:
    """The nodes named, all if none is. PbsError for one that is unknown."""
    return _pick(_nodes(host), words)


def _pick(nodes: list[Node], words: list[str]) -> list[Node]:
    """The nodes named, by short name or FQDN; all if none is."""
    known = {node.name: node for node in nodes}
    for word in words:
        if server.short(word) not in known:
            raise PbsError(f"Unknown node  MSG=cannot locate specified node {word}", errors.UNKNOWN_NODE)
    return [known[server.short(word)] for word in words] if words else nodes


def _change(host: str, options: dict[str, str], words: list[str]) -> int:
    """``-o``: no new jobs for these nodes; ``-c``, ``-r``: back into service. For root only."""
    if not words:
        raise UsageError("no nodes given")
    offline = "o" in options
    state = ["State=DRAIN", f"Reason={options.get('N') or NOTE}"] if offline else ["State=RESUME"]
    for node in _pick(_nodes(host), words):
        if not offline and node.states[0] not in BAD:
            continue
        result = slurm.run(host, "scontrol", "update", f"NodeName={node.name}", *state)
        if result.code:
            _refuse(node, result.err)
        if not offline and "down" not in node.states:
            _await_answer(host, node.name)
    return 0


def _refuse(node: Node, text: str) -> None:
    """Slurm says "Invalid user id" to whoever may not change nodes."""
    error = slurm.refusal(text)
    if error.number == errors.BAD_USER:
        error = PbsError("Unauthorized Request", errors.UNAUTHORIZED)
    raise PbsError(f"Error marking node {node.name} - {error}", error.number)


def _await_answer(host: str, name: str) -> None:
    """After a resume Slurm pings the node, which counts as silent until it answers: milliseconds."""
    deadline = time.monotonic() + longer(ANSWER_SECONDS)
    while "down" in _pick(_nodes(host), [name])[0].states and time.monotonic() < deadline:
        time.sleep(0.05)
