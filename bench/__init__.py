"""Benchmarks: ratios within one run on this machine, with the limits they have to keep.

``python -m bench`` measures; ``python -m bench.show`` draws the published figures (docs/benchmarks.md).
"""
