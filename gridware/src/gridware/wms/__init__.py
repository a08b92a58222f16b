"""Workload management: the broker on RB, and the commands that talk to it."""
