"""Each user who differs is put down to one step: the last one that turned them."""

from __future__ import annotations

from random import Random

from segkit.analysis.attribution import attributed
from segkit.engine.bitmap import Bitmap

SIZE = 9


def bits(*numbers: int) -> Bitmap:
    return Bitmap.from_user_nos(SIZE, numbers)


def numbers(users: Bitmap) -> list[int]:
    found: list[int] = users.user_nos().tolist()
    return found


def test_who_is_turned_once_belongs_to_the_step_that_did_it() -> None:
    shares = attributed(bits(0, 1), [("rule", bits(1)), ("label", bits(1, 2)), ("events", bits(2, 3))])
    told = [(share.cause, numbers(share.entered), numbers(share.left)) for share in shares]
    assert told == [("rule", [], [0]), ("label", [2], []), ("events", [3], [1])]


def test_who_is_turned_and_turned_back_belongs_to_nobody() -> None:
    shares = attributed(bits(0), [("rule", bits(1)), ("label", bits(0))])
    assert [numbers(share.users) for share in shares] == [[], []]


def test_who_is_turned_three_times_belongs_to_the_last() -> None:
    shares = attributed(bits(), [("rule", bits(4)), ("label", bits()), ("events", bits(4))])
    assert [numbers(share.users) for share in shares] == [[], [], [4]]


def test_no_step_no_share() -> None:
    assert attributed(bits(1), []) == []


def test_shares_are_disjoint_and_together_all_who_differ() -> None:
    random = Random("shares")
    for _ in range(200):
        sets = [set(random.sample(range(SIZE), random.randrange(SIZE))) for _ in range(random.randrange(2, 7))]
        steps = [(number, bits(*each)) for number, each in enumerate(sets[1:])]
        shares = attributed(bits(*sets[0]), steps)
        entered = [number for share in shares for number in numbers(share.entered)]
        left = [number for share in shares for number in numbers(share.left)]
        assert sorted(entered) == sorted(sets[-1] - sets[0])
        assert sorted(left) == sorted(sets[0] - sets[-1])
