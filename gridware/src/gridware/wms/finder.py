"""Match-making on the UI, as the broker does it: the same code, the same BDII, the same catalogue."""

from __future__ import annotations

import os
import site
import subprocess
import sys

from gridware.tuples import NamedTuple

if sys.flags.no_site:
    # The commands start without Debian's packages; the ClassAd library is one of them.
    site.main()
# HTCondor's queue is never touched here: nobody's configuration of it is to be read.
os.environ["CONDOR_CONFIG"] = "/dev/null"

from gridware.bdii.server import BdiiError, addresses_of
from gridware.wms import data, matching, replicas, resources


class Found(NamedTuple):
    """CE ids with their ranks; ``why`` tells what data have to do with it if there is none."""

    ces: list[tuple[str, float]]
    why: str = ""


class FinderError(Exception):
    """No answer; ``code`` is one of the gLite commands' error codes."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def match(jdl: str, proxy: str) -> Found:
    """The CEs that fit a JDL, best first; raises FinderError."""
    vo, fqans = _membership(proxy)
    try:
        job = matching.parse(jdl)
        names = data.wanted(job)
        environment = {**os.environ, "X509_USER_PROXY": proxy}
        files = replicas.find(names, vo, environment) if names else None
        known = resources.ask(addresses_of(os.environ.get("LCG_GFAL_INFOSYS", "")))
        found = [(each.ceid, each.rank) for each in matching.match(jdl, known, vo, fqans, files)]
        return Found(found, "" if found or files is None else data.far(files, data.protocols(job)))
    except BdiiError as error:
        raise FinderError("NS_NOT_AVAILABLE", f"the information system does not answer: {error}") from None
    except replicas.CatalogueAwayError as error:
        raise FinderError("NS_NOT_AVAILABLE", f"the file catalogue does not answer: {error}") from None
    except replicas.ReplicaError as error:
        raise FinderError("NS_LIST_JOB_MATCH_FAIL", str(error)) from None
    except matching.MatchError as error:
        raise FinderError("UI_JDL_ERROR", str(error)) from None


def _membership(proxy: str) -> tuple[str, list[str]]:
    """VO and FQANs of a proxy."""
    words = ["voms-proxy-info", "-file", proxy, "-vo", "-fqan"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    lines = done.stdout.split()
    fqans = [line for line in lines if line.startswith("/")]
    return next((line for line in lines if not line.startswith("/")), ""), fqans
