"""The part of an app that says why: each group of questions stands in a module of its own beside this one."""

from __future__ import annotations

from segkit.api.analysing.changes import Changes
from segkit.api.analysing.explaining import Explaining
from segkit.api.analysing.linting import Linting
from segkit.api.analysing.live_counts import LiveCounts
from segkit.api.analysing.profiling import Profiling
from segkit.api.analysing.sets import SetQuestions
from segkit.api.analysing.showing import Showing


class Analysing(Changes, Explaining, Linting, LiveCounts, Profiling, SetQuestions, Showing):
    """What an app is asked about why a user is in, how segments relate, and what is odd about a rule."""
