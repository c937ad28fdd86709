"""Who entered and left from point to point, and which of them are new users or gone ones."""

from __future__ import annotations

from datetime import date

from segkit.analysis.development import Members, points_of
from segkit.engine.bitmap import Bitmap


def users(*numbers: int) -> Bitmap:
    return Bitmap.from_user_nos(10, numbers)


def test_the_new_are_of_those_who_entered_and_the_gone_of_those_who_left() -> None:
    first = Members(date(2026, 6, 1), users(0, 1, 2, 3), users(0, 1, 2, 3, 4), "published")
    # 0 is no user any more, 1 is one and left; 4 was one and entered, 5 and 6 were none.
    second = Members(date(2026, 6, 2), users(2, 3, 4, 5, 6), users(1, 2, 3, 4, 5, 6, 7), "evaluated")
    before, point = points_of([first, second])
    assert (before.count, before.entered, before.left, before.new, before.gone) == (4, None, None, None, None)
    assert (point.entered, point.new, point.left, point.gone) == (3, 2, 2, 1)
    assert (point.count, point.base) == (5, 7)
    assert before.count + 3 - 2 == point.count
