"""Functions that an expression may call: those of HTCondor 23's ClassAd library, and gang matching.

The library has a table of its own, and a second one that HTCondor's other module adds once it is loaded.
Whatever stands in neither table is an error there, and makes no CE fit.
"""

from __future__ import annotations

from gridware.pattern import pattern

_OF_LIBRARY = """
    unparse unresolved ifthenelse isundefined iserror isstring isinteger isreal islist
    isclassad isboolean isabstime isreltime debug int real string bool floor ceil ceiling pow
    quantize round random strcat join substr strcmp stricmp toupper tolower size time formattime
    interval abstime reltime getyear getmonth getdayofyear getdayofmonth getdayofweek gethours
    getminutes getseconds daytime timezoneoffset currenttime stringlistsintersect member
    identicalmember sum avg min max anycompare allcompare regexp regexps regexpmember replace
    replaceall versioncmp versiongt versionge versionlt versionle versioneq version_in_range
"""
LIBRARY = frozenset(_OF_LIBRARY.split())
"""The library's own."""
_OF_MODULE = """
    stringlistmember stringlistimember stringlistsize stringlistsum stringlistavg stringlistmin
    stringlistmax stringlistsubsetmatch stringlistisubsetmatch stringlist_regexpmember split
    splitusername splitslotname evalineachcontext countmatches envv1tov2 mergeenvironment listtoargs
    argstolist
"""
MODULE = frozenset(_OF_MODULE.split())
"""Those of the other module."""
_GANGS = frozenset(["anymatch", "allmatch", "whichmatch"])
_OPERATORS = frozenset(["is", "isnt"])
_NOT_CODE = pattern(r'(?s)"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|(?P<name>\'(?:[^\'\\]|\\.)*\')')
"""Texts and comments; and names in quotes, which may hold the signs of both."""
_CALL = pattern(r"([A-Za-z_]\w*)'?\s*\(")


def known(name: str) -> bool:
    """Functions know no case."""
    return name.lower() in LIBRARY | MODULE | _GANGS


def stranger(text: str) -> str:
    """The first function that an ad's text calls and that is none of these; empty if there is none."""
    calls = _CALL.findall(_NOT_CODE.sub(lambda found: found["name"] or " ", text))
    return next((name for name in calls if name.lower() not in _OPERATORS and not known(name)), "")


def load(text: str) -> None:
    """Make the functions work that an expression calls: without the other module some are errors.

    To load it takes longer than a whole match does, so that is left out where nothing is called of it.
    """
    called = pattern(rf"(?i)\b(?:{'|'.join(sorted(MODULE))})\s*\(")
    if called.search(text):
        import htcondor2  # noqa: F401  (its table is what counts)
