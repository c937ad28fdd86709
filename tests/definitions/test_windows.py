"""Windows: which whole local days each form covers, and what none of them takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from segkit.definitions.strict_yaml import problems_of
from segkit.definitions.windows import WHOLE_HISTORY, Days, Window, last

AS_OF = date(2026, 6, 1)

COVERED: list[tuple[dict[str, Any], Days]] = [
    ({"last": 1}, Days(date(2026, 5, 31), AS_OF)),
    ({"last": 30}, Days(date(2026, 5, 2), AS_OF)),
    ({"ago": [14, 7]}, Days(date(2026, 5, 18), date(2026, 5, 25))),
    ({"ago": [30, 0]}, Days(date(2026, 5, 2), AS_OF)),
    ({"all": True}, Days(None, AS_OF)),
    ({"from": date(2026, 1, 1), "to": date(2026, 3, 31)}, Days(date(2026, 1, 1), date(2026, 4, 1))),
    ({"from": date(2026, 5, 31), "to": date(2026, 5, 31)}, Days(date(2026, 5, 31), AS_OF)),
    ({"from": "2026-01-01", "to": "2026-03-31"}, Days(date(2026, 1, 1), date(2026, 4, 1))),
    ({"last": 400_000}, Days(date(931, 4, 3), AS_OF)),
]


@pytest.mark.parametrize(("data", "days"), COVERED, ids=[str(data) for data, _ in COVERED])
def test_a_window_covers_whole_days_before_as_of(data: dict[str, Any], days: Days) -> None:
    assert Window.model_validate(data).days(AS_OF) == days


@pytest.mark.parametrize("to", [date(2026, 5, 31), AS_OF, date(2026, 6, 2), date.max])
def test_a_range_never_reaches_past_the_start_of_as_of(to: date) -> None:
    window = Window.model_validate({"from": date(2026, 5, 1), "to": to})
    assert window.days(AS_OF) == Days(date(2026, 5, 1), AS_OF)


def test_a_range_that_begins_with_as_of_holds_no_day() -> None:
    days = Window.model_validate({"from": AS_OF, "to": date(2026, 6, 30)}).days(AS_OF)
    assert AS_OF not in days
    assert date(2026, 5, 31) not in days


def test_the_first_day_is_inside_and_the_last_bound_is_not() -> None:
    days = last(7).days(AS_OF)
    assert date(2026, 5, 25) in days
    assert date(2026, 5, 31) in days
    assert AS_OF not in days
    assert date(2026, 5, 24) not in days


def test_a_window_that_reaches_before_the_calendar_begins_with_it() -> None:
    assert last(400_000).days(date(100, 1, 1)) == Days(date.min, date(100, 1, 1))
    assert Window(ago=(14, 7)).days(date(1, 1, 5)) == Days(date.min, date.min)


def test_two_windows_ago_and_last_lie_side_by_side() -> None:
    assert Window.model_validate({"ago": [14, 7]}).days(AS_OF).end == last(7).days(AS_OF).start


@pytest.mark.parametrize(("data", "days"), COVERED, ids=[str(data) for data, _ in COVERED])
def test_a_window_is_written_as_it_was_read(data: dict[str, Any], days: Days) -> None:
    window = Window.model_validate(data)
    assert Window.model_validate(window.document()) == window
    assert list(window.document()) == list(data)


def test_the_whole_history_is_all() -> None:
    assert WHOLE_HISTORY.document() == {"all": True}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "expected exactly one of `last: N`"),
    ({"last": 3, "all": True}, "expected exactly one of `last: N`"),
    ({"all": False}, "expected exactly one of `last: N`"),
    ({"from": date(2026, 1, 1)}, "a range needs both `from` and `to`"),
    ({"to": date(2026, 1, 1)}, "a range needs both `from` and `to`"),
    ({"from": date(2026, 1, 2), "to": date(2026, 1, 1)}, "`from` 2026-01-02 lies after `to` 2026-01-01"),
    ({"ago": [7, 14]}, "expected the larger number first"),
    ({"ago": [7, 7]}, "expected the larger number first"),
    ({"last": 0}, "last: found 0; expected: greater than or equal to 1"),
    ({"last": 7.5}, "last: found 7.5; expected: "),
    ({"last": True}, "last: found True; expected: "),
    ({"last": "7"}, "last: found '7'; expected: "),
    ({"last": 400_001}, "last: found 400001"),
    ({"lats": 7}, "unknown key 'lats'. Did you mean 'last'?"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[str(data) for data, _ in REFUSED])
def test_what_is_no_window_is_refused_with_what_was_expected(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Window.model_validate(data)
    assert message in "; ".join(str(problem) for problem in problems_of(refused.value, Window))
