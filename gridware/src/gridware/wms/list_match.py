"""glite-job-list-match, edg-job-list-match, glite-wms-job-list-match."""

from __future__ import annotations

from gridware.jdl import normal
from gridware.wms import idfile, jsonout, layouts, request
from gridware.wms.errors import UsageError
from gridware.wms.jobid import JobId
from gridware.wms.session import Session
from gridware.wms.submit import check_delegation


def run(session: Session) -> int:
    check_delegation(session)
    as_json = jsonout.wanted(session)
    asked = request.build(session)
    # As joblistmatch.cpp of org.glite.wms: the jobs of a parametric one are alike, the first stands for all.
    if asked.kind in ("collection", "dag"):
        raise UsageError("CEs are matched for single jobs: list-match each node's JDL by itself")
    session.introduce()
    jdl = normal.with_id(asked.jobs[0].ad, str(JobId.new(session.rb)))
    if session.call.has("verbose"):
        session.say(jdl)
    # The match itself is made here: without this a broker that is away would not be noticed.
    session.reach()
    answer = session.broker().match(jdl)
    found = answer.ces
    if as_json:
        jsonout.show(session, jsonout.matches(found, session.call.has("rank")))
        return 0
    old = session.command.old
    if not found:
        session.say(layouts.no_match(session.command.name, old))
        if answer.why:
            session.say(f"{answer.why}\n")
        return 0
    listed = layouts.matches(found, session.call.has("rank"), old)
    session.say(listed)
    if session.call.has("output"):
        # The C++ command saved what it would have printed: scripts take the second word of a line.
        kept = "".join(f"{ce}\n" for ce, _ in found) if old else listed
        place = idfile.write(session.call.get("output"), kept)
        session.say(f"The CE ids have been saved in the following file:\n{place}\n")
    return 0
