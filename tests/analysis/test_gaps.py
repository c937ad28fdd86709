"""How far values are from turning a comparison."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from segkit.analysis.chains import Way, best_way
from segkit.analysis.gaps import Gap, Scale, date_gap, list_gap, number_gap

COUNT = Scale(Fraction(1), Fraction(0))
CENTS = Scale(Fraction(1, 100))
ANY = Scale()


@pytest.mark.parametrize(
    ("op", "value", "seen", "to", "by"),
    [
        ("ge", 3, 1, 3, 2),
        ("ge", 3, 5, 2, -3),
        ("gt", 3, 3, 4, 1),
        ("gt", 3, 4, 3, -1),
        ("le", 2, 5, 2, -3),
        ("le", 2, 0, 3, 3),
        ("lt", 2, 2, 1, -1),
        ("eq", 4, 1, 4, 3),
        ("eq", 4, 4, 3, -1),
        ("eq", 0, 0, 1, 1),
        ("ne", 4, 4, 3, -1),
        ("ne", 4, 9, 4, -5),
        ("between", (2, 5), 8, 5, -3),
        ("between", (2, 5), 1, 2, 1),
        ("between", (2, 5), 4, 6, 2),
        ("between", (2, 5), 3, 1, -2),
        ("ge", 2.5, 1, 3, 2),
        ("ge", 2.5, 4, 2, -2),
    ],
)
def test_a_count_turns_at_the_nearest_whole_number(op: str, value: Any, seen: int, to: int, by: int) -> None:
    assert number_gap(op, value, seen, COUNT, False) == Gap(to, by)


@pytest.mark.parametrize(("op", "value", "seen"), [("ge", 0, 4), ("eq", 2.5, 4), ("lt", 0, 3)])
def test_what_no_count_can_do_has_no_distance(op: str, value: Any, seen: int) -> None:
    assert number_gap(op, value, seen, COUNT, False).to is None


def test_amounts_turn_at_the_nearest_cent() -> None:
    assert number_gap("ge", 100, Fraction(9950, 100), CENTS, False) == Gap(100, Fraction(1, 2))
    assert number_gap("ge", 100, 100, CENTS, False) == Gap(Fraction(9999, 100), Fraction(-1, 100))
    assert number_gap("gt", 0.1, Decimal("0.10"), CENTS, False) == Gap(Fraction(11, 100), Fraction(1, 100))


def test_where_any_number_may_be_the_end_itself_may_not_be_enough() -> None:
    assert number_gap("ge", 2, 3.5, ANY, True) == Gap(2, Fraction(-3, 2), beyond=-1)
    assert number_gap("gt", 2, 1.5, ANY, True) == Gap(2, Fraction(1, 2), beyond=1)
    assert number_gap("gt", 2, 2.0, ANY, True) == Gap(2, 0, beyond=1)
    assert number_gap("ge", 2, 1.5, ANY, True) == Gap(2, Fraction(1, 2))
    assert number_gap("lt", 2, 2.25, ANY, True) == Gap(2, Fraction(-1, 4), beyond=-1)


def test_a_missing_value_has_a_place_to_go_to_and_no_distance() -> None:
    assert number_gap("ge", 2, None, ANY, True) == Gap(2)
    assert date_gap("after", date(2026, 1, 1), None, date(2026, 6, 1)) == Gap(date(2026, 1, 2))


@pytest.mark.parametrize(
    ("op", "value", "seen", "to", "by"),
    [
        ("in_last", 30, "2026-04-20", "2026-05-02", 12),
        ("in_last", 30, "2026-05-31", "2026-06-01", 1),
        ("not_in_last", 30, "2026-05-02", "2026-05-01", -1),
        ("days_ago_gt", 7, "2026-05-30", "2026-05-24", -6),
        ("on", date(2026, 1, 1), "2026-01-03", "2026-01-01", -2),
        ("before", date(2026, 1, 1), "2026-01-01", "2025-12-31", -1),
        ("between", (date(2026, 1, 1), date(2026, 1, 31)), "2026-02-02", "2026-01-31", -2),
    ],
)
def test_dates_turn_at_the_nearest_day(op: str, value: Any, seen: str, to: str, by: int) -> None:
    found = date_gap(op, value, date.fromisoformat(seen), date(2026, 6, 1))
    assert found == Gap(date.fromisoformat(to), by)


def test_a_list_lacks_what_it_must_contain() -> None:
    assert list_gap("contains_all", ("a", "b", "c"), ["b"]) == Gap(by=2, missing=("a", "c"))
    assert list_gap("contains", "a", None) == Gap(missing=("a",))


def test_the_fastest_of_the_longest_ways_is_told() -> None:
    assert best_way([[1, 50], [9, 52], [60]]) == Way(3, (50, 52, 60))
    assert best_way([[1, 50], [9, 52], [8]]) == Way(2, (50, 52))
    assert best_way([[5], [5]]) == Way(1, (5,))  # strictly later
    assert best_way([[], [5]]) == Way(0, ())
