"""Where a box runs: places, and the dom0, which is one with more to it."""
