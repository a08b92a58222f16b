"""The resource list of ``-l`` (pbs_resources(7B)) and what it asks of Slurm."""

from __future__ import annotations

from gridware.pbs import errors, numbers, times
from gridware.pbs.errors import PbsError, UsageError

TIMES = ("walltime", "cput", "pcput")
SIZES = ("mem", "pmem", "vmem", "pvmem", "file")
COUNTS = ("ncpus", "procs")
WORDS = ("nodes", "host", "nodect", "neednodes")
PLACES = ("nodes", "host", "ncpus", "procs")
"""What decides on slots and nodes."""
_NOTHING_DONE = """
    advres arch cpapartitionid cpuclock cpupercent ddisk deadline depend dmem epilogue feature flags
    gattr geometry gmetric gpus gres hostlist image jgroup jobflags latency loglevel maxmem mics
    minpreempttime minprocspeed minwclimit mppdepth mppe mpphost mpplabels mppmem mppnodes mppnppn
    mppt mpptime mppwidth mta mtb mtc mtd mte mtf mtg mth naccesspolicy nallocpolicy nice nodemask
    nodeset opsys os other partition pf pmppt ppf pref procs_bitmap prologue psds qos queuejob
    reqattr retrycc retrycount rmtype sds select sid signal size software spriority srfs_assist
    srfs_big srfs_fast srfs_tmp stagein subnode subnode_list taskdistpolicy taskspn template termsig
    termtime tid tpn trig trl var vcores wcrequeue
"""
IGNORED = frozenset(_NOTHING_DONE.split())
"""What Torque takes (its resource definitions) and its own scheduler, like ours, does nothing with."""
WHY_IGNORED = "the scheduler does nothing with it"
PER_NODE_IGNORED = ("gpus", "mics", "reqattr")
"""What may stand beside ppn in ``nodes=`` and is ignored."""
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
WORD_BYTES = 8
PREFIX = "Resource_List."
"""Of a resource among a job's notes and attributes."""
USED = "used."
"""Of one that was used, among the notes."""


def noted(known: dict[str, str]) -> dict[str, str]:
    """The resources among a job's notes, by their plain names."""
    return {key.removeprefix(PREFIX): value for key, value in known.items() if key.startswith(PREFIX)}


def parse(text: str) -> dict[str, str]:
    """``nodes=2:ppn=2,walltime=10:00`` as a dict, checked.

    Raises PbsError (187) for an unknown name, UsageError for a bad value.
    """
    found: dict[str, str] = {}
    for item in text.split(","):
        name, equals, value = item.strip().partition("=")
        if not name or ((not equals or not value) and name not in IGNORED):
            raise UsageError("illegal -l value")
        _check(name, value)
        found[name] = value
    return found


def ignored(found: dict[str, str]) -> list[str]:
    """What of it nothing is done with."""
    terms = found.get("nodes", "").split("+")
    inside = {item.partition("=")[0] for term in terms for item in term.split(":")[1:]} & set(
        PER_NODE_IGNORED
    )
    return sorted(name for name in found if name in IGNORED) + [f"nodes=…:{name}" for name in sorted(inside)]


def _check(name: str, value: str) -> None:
    try:
        if name in TIMES:
            times.seconds(value)
        elif name in SIZES:
            size(value)
        elif name in COUNTS:
            int(value)
        elif name == "nodes":
            chunks(value)
        elif name not in WORDS and name not in IGNORED:
            raise PbsError(f"Unknown resource type  Resource_List.{name}", errors.UNKNOWN_RESOURCE)
    except ValueError:
        raise UsageError("illegal -l value") from None


def size(text: str) -> int:
    """Bytes of ``512mb``, ``2gw`` or ``1000``. ValueError if it is no size."""
    digits = text.rstrip("kmgtbwKMGTBW")
    unit = text[len(digits) :].lower()
    scale, kind = (unit[:-1], unit[-1]) if unit[-1:] in ("b", "w") else (unit, "b")
    if not numbers.is_whole(digits) or scale not in _UNITS:
        raise ValueError(text)
    return int(digits) * _UNITS[scale] * (WORD_BYTES if kind == "w" else 1)


class Chunk:
    """One term of ``nodes=``: so many times so many slots of a node, with a name or features asked for."""

    def __init__(self, text: str) -> None:
        head, *rest = text.split(":")
        counted = numbers.is_whole(head)
        self.count = int(head) if counted else 1
        self.host = "" if counted else head
        self.ppn = 1
        self.features: list[str] = []
        for item in rest:
            name, equals, value = item.partition("=")
            if name == "ppn":
                self.ppn = int(value)
            elif name in PER_NODE_IGNORED:
                continue
            elif not equals and item:
                self.features.append(item)
            else:
                raise ValueError(text)
        if not head or self.count < 1 or self.ppn < 1:
            raise ValueError(text)


def chunks(text: str) -> list[Chunk]:
    """``2:ppn=2+wn3:fast`` and so on. Of ``nodes=2#shared`` only the part before the ``#`` matters."""
    return [Chunk(term) for term in text.partition("#")[0].split("+")]


class Placement:
    """Slots asked for: ``tasks`` groups of ``width`` slots, each group on one node.

    As Torque's schedulers did by default, two "nodes" may be slots of one machine.
    """

    def __init__(self, resources: dict[str, str]) -> None:
        self.hosts: list[str] = []
        self.features: list[str] = []
        self.tasks, self.width = 1, 1
        if "nodes" in resources:
            self._nodes(chunks(resources["nodes"]))
        elif "procs" in resources:
            self.tasks = max(1, int(resources["procs"]))
        elif "ncpus" in resources:
            self.width = max(1, int(resources["ncpus"]))
        if "host" in resources:
            self.hosts.append(resources["host"])

    def _nodes(self, terms: list[Chunk]) -> None:
        widths = {term.ppn for term in terms}
        self.tasks = sum(term.count for term in terms)
        self.width = widths.pop()
        if widths:  # unlike terms: as many single slots as they have in all
            self.tasks, self.width = sum(term.count * term.ppn for term in terms), 1
        self.hosts = [term.host for term in terms if term.host]
        self.features = sorted({feature for term in terms for feature in term.features})

    @property
    def slots(self) -> int:
        return self.tasks * self.width

    def arguments(self) -> list[str]:
        """For sbatch and srun."""
        found = [f"--ntasks={self.tasks}", f"--cpus-per-task={self.width}"]
        if self.hosts:
            names = sorted({host.partition(".")[0] for host in self.hosts})
            found += [f"--nodelist={','.join(names)}", f"--nodes={len(names)}"]
        if self.features:
            found.append(f"--constraint={'&'.join(self.features)}")
        return found
