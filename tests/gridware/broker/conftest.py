"""Of HTCondor the broker's tests need the ClassAd library alone."""

from __future__ import annotations

import os

# The queue is never touched here; without a configuration its library would look for one, and warn.
os.environ["CONDOR_CONFIG"] = "/dev/null"
