"""Drift: what sources look like, held against what they looked like when they were accepted."""
