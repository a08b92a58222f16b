"""fault: a box is broken on purpose, and mended again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from harness.box.box import Box
from harness.commands.options import box_that_is_up, console_for, known_box, option_of
from harness.commands.words import CommandParser, add_box, add_json
from harness.console import Console
from harness.errors import ExitCode, InputError
from harness.faults import exercise, standing
from harness.faults.fault import Fault
from harness.faults.registry import catalogue, named
from harness.faults.standing import Standing
from harness.ledger import Ledger, boxes


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``fault`` on the command line."""
    parser = commands.add_parser(
        "fault",
        help="break a box on purpose, to teach with it",
        description="Lists faults, puts them into a box, and takes them out again. A box keeps a fault until "
        "it is taken out, mended or the box is stopped. put --hidden chooses one and does not say which: "
        "guess says whether it was found.",
    )
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=CommandParser)
    shown = kinds.add_parser("list", help="all faults; those in the box have a *")
    shown.add_argument("words", nargs="*", metavar="WORD", help="only those that have all these words")
    put = kinds.add_parser("put", help="break it: put faults in")
    put.add_argument("words", nargs="*", metavar="FAULT", help="which")
    put.add_argument("--hidden", action="store_true", help="one at random, of those named or all; not told")
    put.add_argument("--seed", type=int, metavar="N", help="with --hidden: the same choice again")
    take = kinds.add_parser("take", help="mend it: take faults out")
    take.add_argument("words", nargs="*", metavar="FAULT", help="which (default: all that are in)")
    guess = kinds.add_parser("guess", help="say what a hidden fault is")
    guess.add_argument("words", nargs="?", metavar="GUESS", help="a fault, or its link: gatekeeper@ce")
    guess.add_argument("--hint", action="store_true", help="a hint, for ten points")
    guess.add_argument("--answer", action="store_true", help="the answer, for all points")
    does = {shown: _list, put: _on_box(_put), take: _on_box(_take), guess: _on_box(_guess)}
    for each, do in does.items():
        add_box(each)
        add_json(each)
        each.set_defaults(run=do)


def _on_box(do: Callable[[argparse.Namespace, Box, Console], int]) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        box = box_that_is_up(options)
        try:
            return do(options, box, console_for(options))
        finally:
            box.close()

    return run


def _list(options: argparse.Namespace) -> int:
    console = console_for(options)
    there = _standing(options)
    hidden = [each for each in there if each.hidden]
    names = {each.fault.name for each in there if not each.hidden}
    shown = [fault for fault in catalogue() if all(word.lower() in _text(fault) for word in options.words)]
    if options.json:
        faults = [_as_json(fault, there=fault.name in names) for fault in shown]
        console.result(json.dumps({"faults": faults, "hidden": len(hidden)}, indent=1))
        return ExitCode.GO
    for fault in shown:
        mark = "*" if fault.name in names else " "
        console.result(f"{mark} {fault.name:<28} {fault.finding:<18} {fault.about}")
    if names or hidden:
        told = f"{len(hidden)} hidden" if hidden else ""
        marked = f"{len(names)} with a *" if names else ""
        console.result(f"In the box {options.box!r}: {', '.join(filter(None, (marked, told)))}.")
    return ExitCode.GO


def _standing(options: argparse.Namespace) -> tuple[Standing, ...]:
    return standing.standing(Ledger(known_box(options))) if options.box in boxes() else ()


def _text(fault: Fault) -> str:
    return f"{fault.name} {fault.finding} {fault.about}".lower()


def _as_json(fault: Fault, *, there: bool) -> dict[str, object]:
    return {"name": fault.name, "about": fault.about, "finding": fault.finding, "there": there}


def _put(options: argparse.Namespace, box: Box, console: Console) -> int:
    faults = [named(word) for word in options.words]
    if options.seed is not None and not options.hidden:
        raise InputError("--seed goes with --hidden", remedy="./icebox fault put --hidden --seed N")
    if options.hidden:
        exercise.hide(box, faults, options.seed)
        _say(options, console, {"hidden": True}, _task(box))
        return ExitCode.GO
    if not faults:
        raise InputError(
            "which fault?", where="FAULT", remedy="./icebox fault list names all; --hidden chooses one"
        )
    for fault in faults:
        standing.put(box, fault)
        take = f"./icebox fault take{option_of(box.name)} {fault.name}"
        _say(options, console, {"put": fault.name}, f"{fault.name}: {fault.about}. {take} takes it out.")
    return ExitCode.GO


def _task(box: Box) -> str:
    option = option_of(box.name)
    return (
        f"A fault is in the box {box.name!r}. What does not work, where is it broken, and how is it mended?\n"
        f"./icebox fault guess{option} LINK@NODE says whether it is that, such as gatekeeper@ce;\n"
        f"./icebox fault guess{option} --hint helps, and --answer tells it."
    )


def _take(options: argparse.Namespace, box: Box, console: Console) -> int:
    there = standing.standing(box.ledger)
    wanted = [named(word) for word in options.words]
    for fault in wanted:
        if not any(each.fault == fault for each in there):
            raise InputError(
                f"the fault {fault.name} is not in the box {box.name!r}",
                where="FAULT",
                remedy=f"./icebox fault list --box {box.name} marks those that are",
            )
    taken = [each for each in reversed(there) if each.fault in wanted or not wanted]
    for each in taken:
        standing.take(box, each)
    names = [each.fault.name for each in taken]
    told = f"Taken out: {', '.join(names)}." if names else f"No fault is in the box {box.name!r}."
    _say(options, console, {"taken": names}, told)
    return ExitCode.GO


def _guess(options: argparse.Namespace, box: Box, console: Console) -> int:
    if options.answer:
        fault = exercise.current(box).fault
        _say(options, console, _answer(fault, 0), _told(box, fault, 0))
        return ExitCode.GO
    if options.hint:
        said = exercise.hint(box)
        _say(options, console, {"hint": said, "points": exercise.current(box).points}, said)
        return ExitCode.GO
    if not options.words:
        raise InputError("what is it?", where="GUESS", remedy="./icebox fault guess gatekeeper@ce")
    right, found = exercise.guess(box, options.words)
    if right:
        _say(options, console, _answer(found.fault, found.points), _told(box, found.fault, found.points))
        return ExitCode.GO
    told = f"No, it is not {options.words}. A right guess is worth {found.points} points now."
    _say(options, console, {"right": False, "points": found.points}, told)
    return ExitCode.NO_GO


def _answer(fault: Fault, points: int) -> dict[str, object]:
    return {"right": True, "points": points, **_as_json(fault, there=True)}


def _told(box: Box, fault: Fault, points: int) -> str:
    how = f"Found, for {points} points: " if points else "It is "
    take = f"./icebox fault take{option_of(box.name)}"
    return (
        f"{how}{fault.name} ({fault.finding}): {fault.about}.\n"
        f"Mend it, and see that ./icebox status{option_of(box.name)} is content; or {take} does it."
    )


def _say(options: argparse.Namespace, console: Console, content: dict[str, object], text: str) -> None:
    console.result(json.dumps(content) if options.json else text)
