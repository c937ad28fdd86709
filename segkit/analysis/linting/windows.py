"""Windows that look where there is no data: before the first day, on forgotten days, after the newest day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from segkit.analysis.linting.constants import Text
from segkit.analysis.linting.remark import Remark
from segkit.analysis.linting.tree import live
from segkit.data.day_ranges import DayRanges
from segkit.data.manifest import Manifest
from segkit.definitions.conditions import Condition, Event, Sequence
from segkit.definitions.windows import Days

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DaysHeld:
    """The days whose events an app has. No first day: it has none."""

    first: date | None
    last: date | None
    are_dropped: bool  # earlier ones were there, and are no longer kept
    forgotten: DayRanges

    @classmethod
    def of(cls, manifest: Manifest) -> DaysHeld:
        first, last = (manifest.days[0].day, manifest.days[-1].day) if manifest.days else (None, None)
        kept = manifest.kept_from
        return cls(kept or first, last, kept is not None, DayRanges.of(manifest.forgotten))


def window_remarks(rule: Condition, as_of: date, held: DaysHeld, text: Text) -> list[Remark]:
    """Remarks on the windows of conditions that are not muted. One over the whole history has no first day to miss."""
    return [
        remark
        for path, node in live(rule)
        if isinstance(node, Event | Sequence)
        for remark in _of_window(node, path, as_of, held, text)
    ]


def _of_window(node: Event | Sequence, path: str, as_of: date, held: DaysHeld, text: Text) -> Iterator[Remark]:
    days = node.window.days(as_of)
    if days.start is not None and days.start >= days.end:
        return  # said to be never true, or always
    if held.first is None or held.last is None:
        words = f"{text(node)} looks at events, and none are loaded."
        yield Remark("window-before-data", path, words, "Load events with `segkit load`.", {"without": None})
        return
    yield from _too_early(node, path, days, held, text)
    forgotten = held.forgotten.within([days])
    if forgotten:
        count = sum((last - first).days + 1 for first, last in forgotten.ranges)
        words = f"{text(node)} covers {forgotten}, whose events were forgotten."
        yield Remark("window-forgotten", path, words, "Choose a window that begins after these days.", {"days": count})
    if days.end - _DAY > held.last:
        start = max(held.last + _DAY, days.start or date.min)
        count = (days.end - start).days
        words = f"The newest events are of {held.last}: {_days(count)} of {text(node)} {_have(count)} none."
        advice = "Load the days since, or lint as of a date that the data reaches."
        yield Remark("window-after-data", path, words, advice, _numbers(days, count))


def _too_early(node: Event | Sequence, path: str, days: Days, held: DaysHeld, text: Text) -> Iterator[Remark]:
    assert held.first is not None
    if days.start is None:
        if held.are_dropped and isinstance(node, Event) and node.measure == "first":
            words = f"{text(node)} asks for the first time ever, and events before {held.first} are not kept."
            yield Remark("window-before-data", path, words, "Keep more days, or ask for a window.", {"without": None})
        return
    if days.start >= held.first:
        return
    count = (min(held.first, days.end) - days.start).days
    why = "are not kept" if held.are_dropped else "were never loaded"
    words = (
        f"{text(node)} begins on {days.start}; events before {held.first} {why}, so that {_days(count)} of it "
        f"{_have(count)} none."
    )
    advice = f"Begin it on {held.first} or later, or load earlier days."
    yield Remark("window-before-data", path, words, advice, _numbers(days, count))


def _numbers(days: Days, without: int) -> dict[str, int]:
    length = {} if days.start is None else {"days": (days.end - days.start).days}
    return length | {"without": without}


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
