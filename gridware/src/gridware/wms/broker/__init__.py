"""The broker on RB: a door that speaks to users and jobs, books, and the engine that moves jobs on.

HTCondor, behind it, keeps and recovers what has been sent to a CE.
"""
