"""`make bench`: how fast mail comes in and leaves, each figure beside that of its rival.

All figures of a run are taken on one machine, one after another; everything stays on loopback.
docs/performance.md says how each is measured.
"""
