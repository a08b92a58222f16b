"""Functions that an expression may call: those of the ClassAd library (HTCondor 23 manual), and gLite's gang matching."""

from __future__ import annotations

_KNOWN = frozenset(
    """eval unparse unresolved ifthenelse isundefined iserror isstring isinteger isreal islist isclassad isboolean
    isabstime isreltime debug envv1tov2 mergeenvironment listtoargs argstolist int real string floor ceiling pow
    quantize round random strcat join split substr strcmp stricmp toupper tolower size length time formattime
    interval abstime reltime gettime absunixtime getfield daytime splittime timezoneoffset currenttime
    stringlistsize stringlistsum stringlistavg stringlistmin stringlistmax stringlistmember stringlistimember
    stringlistsubsetmatch stringlistisubsetmatch stringlist_regexpmember stringlistsintersect member identicalmember
    sum avg min max sumfrom avgfrom minfrom maxfrom anycompare allcompare countmatches evalineachcontext
    regexp regexps regexpmember regexpslist replace replaceall regex anymatch allmatch whichmatch
    usermap userhome splitusername splitslotname versioncmp versiongt versionge versionlt versionle versioneq
    version_in_range""".split()
)


def known(name: str) -> bool:
    """Functions know no case."""
    return name.lower() in _KNOWN
