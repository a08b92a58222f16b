"""The machines' file systems, laid over their layers.  Typed at the dom0, whose mounts they become.

As ``python3 -c THIS lay NOTE MAPPED ROWS DISK...``: lays each DISK (``disk``), and writes into the file NOTE
the map ROWS, or in words why nodes have none, so that their root is this machine's.

As ``python3 -c THIS able DIRECTORY``: prints why file systems in it can't be laid with other numbers; nothing
if they can.  Needs nothing but Python, and loads little of it, since each start of a box waits for it.

Nodes with other numbers are in a user namespace: their root is nobody on this machine.  What they write lies
on this machine's disks with the nodes' own numbers all the same, and layers are shared by all boxes, since
the map between both is a mount's (mount_setattr(2), MOUNT_ATTR_IDMAP; below an overlay since Linux 5.19).
The overlay does its own part as whoever mounted it: that has to be the nodes' root by its number, with this
machine's rights (capabilities(7), SECBIT_NO_SETUID_FIXUP).  All but one: an overlay writes as who mounted it,
and with CAP_SYS_RESOURCE neither a quota nor what a file system keeps for its own root would stop a student.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself takes longer to load than all else
    from collections.abc import Callable, Iterable, Sequence

    Rows = Sequence[tuple[int, int, int]]
    """A map: first number in a node, first number here, how many."""
    Laid = tuple[Sequence[str], str, str]
    """Layers, the uppermost first; where it writes; where it is mounted."""

NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
BIND, PRIVATE = 0x1000, 0x40000 | 0x4000
SET_SECUREBITS, NO_SETUID_FIXUP = 28, 1 << 2
CAPABILITIES, SYS_RESOURCE = 0x20080522, 1 << 24
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
HERE, CLONE, FROM_EMPTY, AT_EMPTY, MAPPED = -100, 1, 4, 0x1000, 0x00100000
UNASKED = "this kind of machines has none"
TRIED = ((0, 0x7FFE0000, 1),)

_libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """A machine's file system, as a word: lines with where it is mounted, where it writes, the directory that
    is its /home, whether it has other numbers, and its layers, the uppermost first."""

    def __init__(self, word: str) -> None:
        self.target, self.written, self.homes, mapped, *self.layers = word.split("\n")
        self.mapped = bool(mapped)


def lay(note: str, mapped: str, map_: str, *words: str) -> None:
    _give_up(SYS_RESOURCE)
    disks = [Disk(word) for word in words]
    rows: Rows = [tuple(map(int, row.split())) for row in map_.split(",")] if map_ else ()  # type: ignore[misc]
    why = (able(disks[0].written) or _unmappable(disks, rows)) if rows else UNASKED
    for disk in disks:
        os.makedirs(disk.target, exist_ok=True)
        if why or not disk.mapped:
            _overlay(disk.layers, disk.written, disk.target)
            if disk.homes:
                _mount(disk.homes, f"{disk.target}/home", "", BIND)
    if not why:
        _lay_mapped([disk for disk in disks if disk.mapped], rows, mapped)
    with open(f"{note}.new", "w") as file:
        file.write(f"{why or map_}\n")
    os.rename(f"{note}.new", note)


def able(directory: str) -> str:
    """Why a file system with layers in ``directory`` can't be laid with other numbers; empty if it can."""
    made = f"{directory}/try-{os.getpid()}"
    try:
        for name in ("layer", "disk/upper", "disk/work", "mapped", "target"):
            os.makedirs(f"{made}/{name}")
        _in_child(lambda: _try(made))
    except OSError as error:
        return str(error)
    finally:
        for top, _, files in os.walk(made, topdown=False):
            for name in files:
                os.unlink(f"{top}/{name}")
            os.rmdir(top)
    return ""


def _unmappable(disks: Sequence[Disk], rows: Rows) -> str:
    """Why one of the directories can't show with other numbers; empty if all can."""
    space = _user_namespace(rows)
    try:
        for path in {path for disk in disks if disk.mapped for path in (*disk.layers, disk.homes) if path}:
            os.close(_mapped_tree(path, space))
    except OSError as error:
        return f"{path}: {error}"
    finally:
        os.close(space)
    return ""


def _try(made: str) -> None:
    _check(_libc.unshare(NEW_MOUNTS))
    _mount("none", "/", "", PRIVATE)
    disk = Disk("\n".join((f"{made}/target", f"{made}/disk", "", "yes", f"{made}/layer")))
    _lay_mapped([disk], TRIED, f"{made}/mapped", lambda: os.mkdir(f"{made}/target/new"))
    if os.stat(f"{made}/disk/upper/new").st_uid != 0:
        raise OSError("what is written there has wrong numbers")


def _lay_mapped(
    disks: Sequence[Disk], rows: Rows, mapped: str, then: Callable[[], object] = lambda: None
) -> None:
    """Mount ``disks`` with other numbers, their layers below ``mapped``; ``then`` as the nodes' root."""
    space = _user_namespace(rows)
    places: dict[str, str] = {}

    def under(path: str) -> str:
        if path not in places:
            places[path] = f"{mapped}/{len(places)}"
            os.makedirs(places[path], exist_ok=True)
            _mount_mapped(path, places[path], space)
        return places[path]

    laid = [([*map(under, disk.layers)], under(disk.written), disk.target) for disk in disks]
    _in_child(lambda: _as_root_of_nodes(rows[0][1], laid, then))
    for disk in disks:
        if disk.homes:
            _mount_mapped(disk.homes, f"{disk.target}/home", space)
    os.close(space)


def _as_root_of_nodes(root: int, laid: Iterable[Laid], then: Callable[[], object]) -> None:
    _check(_libc.prctl(SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0))
    os.setresgid(root, root, root)
    os.setresuid(root, root, root)
    for each in laid:
        _overlay(*each)
    then()


def _user_namespace(rows: Rows) -> int:
    """A file descriptor of a new user namespace with these numbers."""
    text = "".join(f"{inside} {outside} {count}\n" for inside, outside, count in rows)
    made, kept = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(kept[1])
        _answering(made[1], lambda: _check(_libc.unshare(NEW_USER)))
        os.close(made[1])
        os.read(kept[0], 1)
        os._exit(0)
    os.close(kept[0])
    try:
        _expect_nothing(made)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write(text)
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(kept[1])
        os.waitpid(child, 0)


def _give_up(bit: int) -> None:
    """Be without one of the first 32 capabilities, and all children with it (capget(2), version 3)."""
    header = struct.pack("Ii", CAPABILITIES, 0)
    sets = ctypes.create_string_buffer(24)
    _check(_libc.capget(header, sets))
    effective, permitted, inheritable, *more = struct.unpack("6I", sets.raw)
    left = struct.pack("6I", effective & ~bit, permitted & ~bit, inheritable & ~bit, *more)
    _check(_libc.capset(header, left))


def _in_child(action: Callable[[], object]) -> None:
    """Do it in a process of its own; raises OSError with its words."""
    pipe = os.pipe()
    child = os.fork()
    if child == 0:
        _answering(pipe[1], action)
        os._exit(0)
    try:
        _expect_nothing(pipe)
    finally:
        os.waitpid(child, 0)


def _answering(pipe: int, action: Callable[[], object]) -> None:
    try:
        action()
    except BaseException as error:
        os.write(pipe, (str(error) or type(error).__name__).encode())


def _expect_nothing(pipe: tuple[int, int]) -> None:
    """Wait until the other end is closed; raises OSError with what was written there."""
    os.close(pipe[1])
    with open(pipe[0]) as file:
        if why := file.read():
            raise OSError(why)


def _mapped_tree(source: str, space: int) -> int:
    tree = _check(_libc.syscall(OPEN_TREE, HERE, source.encode(), CLONE | os.O_CLOEXEC))
    wish = struct.pack("QQQQ", MAPPED, 0, 0, space)  # struct mount_attr of mount_setattr(2)
    _check(_libc.syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY, wish, len(wish)))
    return tree


def _mount_mapped(source: str, target: str, space: int) -> None:
    tree = _mapped_tree(source, space)
    _check(_libc.syscall(MOVE_MOUNT, tree, b"", HERE, target.encode(), FROM_EMPTY))
    os.close(tree)


def _overlay(layers: Sequence[str], written: str, target: str) -> None:
    options = f"lowerdir={':'.join(layers)},upperdir={written}/upper,workdir={written}/work"
    _mount("overlay", target, "overlay", 0, options)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    words = (each.encode() for each in (source, target, kind))
    _check(_libc.mount(*words, ctypes.c_ulong(flags), options.encode()))


def _check(result: int) -> int:
    """What a call of the kernel returned; raises OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def main(what: str, *words: str) -> None:
    if what == "lay":
        lay(*words)
    else:
        print(able(*words))


if __name__ == "__main__":
    main(*sys.argv[1:])
