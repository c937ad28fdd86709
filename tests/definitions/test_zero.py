"""Whether a user without events fulfils a comparison: the boundary is 0 itself."""

from __future__ import annotations

import pytest

from segkit import event
from segkit.definitions.zero import zero_holds
from tests.small_workspace import SmallWorkspace


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("gt", True, False, False),
        ("ge", True, True, False),
        ("lt", False, False, True),
        ("le", False, True, True),
        ("eq", False, True, False),
        ("ne", True, False, True),
    ],
)
def test_zero_against_a_number_below_it_at_it_and_above_it(op: str, below: bool, at: bool, above: bool) -> None:
    assert [zero_holds(op, number) for number in (-0.5, 0, 0.5)] == [below, at, above]


def test_between_includes_both_ends() -> None:
    pairs = [(-1, 0), (0, 1), (-2, -1), (1, 2), (-1, 1)]
    assert [zero_holds("between", pair) for pair in pairs] == [True, True, False, False, True]


def test_users_without_events_follow_it(small: SmallWorkspace) -> None:
    small.user("none")
    small.event("one", "app_used", "2024-11-01 09:00")
    uses = event("app_used").count().last(30)
    assert small.members(uses < 0) == set()
    assert small.members(uses <= 0) == {"none"}
    assert small.members(uses < 1) == {"none"}
    assert small.members(uses >= 0) == {"none", "one"}
