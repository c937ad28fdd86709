"""The part of an app that says why: each group of questions stands in a module of its own beside this one."""

from __future__ import annotations

from segkit.api.analysing.live_counts import LiveCounts
from segkit.api.analysing.showing import Showing


class Analysing(LiveCounts, Showing):
    """What an app is asked about why a user is in, how segments relate, and what is odd about a rule."""
