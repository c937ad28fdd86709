"""Windows that look where an app has no events: what is remarked on, and with how many days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from segkit.analysis.linting.windows import DaysHeld, window_remarks
from segkit.data.day_ranges import DayRanges
from segkit.definitions.documents import parse_rule

AS_OF = date(2024, 11, 7)
FIRST, LAST = date(2024, 10, 1), date(2024, 11, 6)
NO_DAYS = DayRanges()
FORGOTTEN = DayRanges.of([(date(2024, 10, 20), date(2024, 10, 22))])


def found(window: dict[str, Any], held: DaysHeld, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    rule = parse_rule({"event": "app_used", "window": window, **more})
    return [(remark.code, remark.numbers) for remark in window_remarks(rule, AS_OF, held, str)]


def held(
    first: date | None = FIRST, last: date | None = LAST, *, dropped: bool = False, forgotten: DayRanges = NO_DAYS
) -> DaysHeld:
    return DaysHeld(first, last, dropped, forgotten)


@pytest.mark.parametrize("window", [{"last": 37}, {"all": True}, {"ago": [30, 7]}, {"from": FIRST, "to": LAST}])
def test_nothing_is_said_of_a_window_within_the_data(window: dict[str, Any]) -> None:
    assert found(window, held()) == []


def test_a_window_that_begins_a_day_before_the_data_misses_a_day() -> None:
    assert found({"last": 38}, held()) == [("window-before-data", {"days": 38, "without": 1})]


def test_a_window_that_ends_before_the_data_misses_all_its_days() -> None:
    assert found({"ago": [60, 50]}, held()) == [("window-before-data", {"days": 10, "without": 10})]


def test_forgotten_days_inside_a_window_are_counted() -> None:
    assert found({"last": 16}, held(forgotten=FORGOTTEN)) == [("window-forgotten", {"days": 1})]
    assert found({"last": 15}, held(forgotten=FORGOTTEN)) == []
    assert found({"all": True}, held(forgotten=FORGOTTEN)) == [("window-forgotten", {"days": 3})]


def test_a_window_that_ends_after_the_newest_events_misses_the_days_since() -> None:
    late = held(last=date(2024, 11, 4))
    assert found({"last": 30}, late) == [("window-after-data", {"days": 30, "without": 2})]
    assert found({"ago": [30, 2]}, late) == []


def test_the_first_time_ever_is_not_known_where_early_days_are_not_kept() -> None:
    first = {"measure": "first", "op": "in_last", "value": 7}
    assert [code for code, _ in found({"all": True}, held(dropped=True), **first)] == ["window-before-data"]
    assert found({"all": True}, held(), **first) == []
    assert found({"all": True}, held(dropped=True), measure="last", op="in_last", value=7) == []


def test_no_events_at_all_are_said_once_for_each_condition() -> None:
    assert [code for code, _ in found({"last": 3}, held(None, None))] == ["window-before-data"]


def test_a_muted_condition_may_look_anywhere() -> None:
    assert found({"last": 400}, held(), mute=True) == []
