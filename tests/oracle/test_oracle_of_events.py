"""The oracle on hand-written rows, events: windows, measures, sequences, `where`; who is in is literal here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise, product
from random import Random
from typing import Any

from .days import DAY, HOUR, Days, instant_of, moment_of
from .handwritten import Written, at, day, people
from .oracle import has_sequence


def count(op: str = "ge", value: Any = 1, event: str = "a", **more: Any) -> dict[str, Any]:
    return {"event": event, "op": op, "value": value, "window": {"all": True}, **more}


def test_last_30_days_begin_with_their_first_midnight_and_end_before_that_of_as_of() -> None:
    app = people("before", "first", "last", "at as_of")
    app.event("before", "a", "2024-10-07T23:59:59.999999")
    app.event("first", "a", "2024-10-08T00:00")
    app.event("last", "a", "2024-11-06T23:59:59.999999")
    app.event("at as_of", "a", "2024-11-07T00:00")
    assert app.members({"event": "a", "window": {"last": 30}}, "2024-11-07") == {"first", "last"}
    assert app.members({"event": "a", "window": {"all": True}}, "2024-11-07") == {"before", "first", "last"}


def test_a_range_includes_both_days_but_never_as_of() -> None:
    app = people("d1", "d2", "d3", "d4")
    for number in (1, 2, 3, 4):
        app.event(f"d{number}", "a", f"2024-02-0{number}T12:00")
    window = {"from": "2024-02-02", "to": day("2024-02-03")}
    assert app.members({"event": "a", "window": window}) == {"d2", "d3"}
    assert app.members({"event": "a", "window": window}, "2024-02-03") == {"d2"}
    assert app.members({"event": "a", "window": window}, "2024-02-02") == set()


def test_ago_includes_its_first_day_and_not_its_last() -> None:
    app = people("14", "8", "7")
    for ago in ("14", "8", "7"):
        app.event(ago, "a", datetime.combine(day("2024-03-01") - DAY * int(ago), at("2024-01-01").timetz()))
    assert app.members({"event": "a", "window": {"ago": [14, 7]}}) == {"14", "8"}


def test_the_last_day_has_23_hours_where_the_clock_goes_forward() -> None:
    app = Written(zone="Europe/Berlin")
    moments = {"24 h": "2024-03-30T22:00", "23 h": "2024-03-30T23:00", "1 µs": "2024-03-31T21:59:59.999999"}
    for uid, moment in moments.items():
        app.user(uid)
        app.event(uid, "a", moment)
    assert app.members({"event": "a", "window": {"last": 1}}, "2024-04-01") == {"23 h", "1 µs"}


def test_shares_and_averages_compare_as_fractions() -> None:
    app = people("third", "tenth", "none")
    for number in range(10):
        app.event("tenth", "a", "2024-02-01", amount=Decimal("0.1"), kind="x" if number == 0 else "y")
    for kind, amount in (("x", "3.34"), ("y", "3.33"), ("z", "3.33")):
        app.event("third", "a", "2024-02-01", amount=Decimal(amount), kind=kind)
    share: dict[str, Any] = {
        "measure": "share",
        "of": {"event": "a"},
        "where": {"param": "kind", "op": "eq", "value": "x"},
    }
    assert app.members(count("eq", 0.1, **share)) == {"tenth"}
    assert app.members(count("eq", 1 / 3, **share)) == set()
    assert app.members(count("lt", 1 / 3, **share)) == {"tenth"}  # 0.3333333333333333 is below a third
    assert app.members(count("gt", 0.3333333333333333, **share)) == {"third"}
    assert app.members(count("eq", 0.1, measure="avg", of="amount")) == {"tenth"}
    assert app.members(count("gt", 3.3333333333333335, measure="avg", of="amount")) == set()
    assert app.members(count("eq", 1, measure="sum", of="amount")) == {"tenth"}
    assert app.members(count("is_empty", None, **share)) == {"none"}


def test_measures_of_users_without_events_are_0_or_missing() -> None:
    app = people("some", "bare", "none")
    app.event("some", "a", "2024-02-01", amount=2, kind="x")
    app.event("bare", "a", "2024-02-01")
    app.event("bare", "b", "2024-02-01")
    for measure in ("sum", "distinct"):
        assert app.members(count("le", 0, measure=measure, of="amount")) == {"bare", "none"}
    for measure in ("avg", "min", "max"):
        assert app.members(count("lt", 99, measure=measure, of="amount")) == {"some"}
        assert app.members(count("ne", 2, measure=measure, of="amount")) == {"bare", "none"}
    for measure in ("count", "days"):
        assert app.members(count("le", 0, measure=measure)) == {"none"}
    assert app.members(count("gt", 0.5, measure="share", of={"event": "b"})) == {"bare"}  # others: none of b
    assert app.members(count("before", "2024-02-02", measure="first")) == {"some", "bare"}
    assert app.members(count("not_in_last", 60, measure="last")) == {"none"}


def test_periods_count_back_from_as_of() -> None:
    app = people("each", "edge", "twice")
    for moment in ("2024-02-29T23:59", "2024-02-23T00:00", "2024-02-22T12:00"):  # weeks 0, 0 and 1
        app.event("each", "a", moment)
    app.event("edge", "a", "2024-02-22T23:59:59.999999")  # week 1
    for _ in range(2):
        app.event("twice", "a", "2024-02-16T00:00")  # week 1
    periods: dict[str, Any] = {"measure": "periods", "every": 7, "window": {"last": 14}}
    assert app.members(count("ge", 2, **periods)) == {"each"}
    assert app.members(count("eq", 1, **periods)) == {"edge", "twice"}
    assert app.members(count("eq", 1, **periods, at_least=2)) == {"each", "twice"}


def test_a_sequence_is_strictly_later_each_and_short_enough_by_any_choice() -> None:
    app = people("tie", "exact", "late", "second start", "backwards")
    app.event("tie", "a", "2024-02-01T10:00")
    app.event("tie", "b", "2024-02-01T10:00")
    app.event("exact", "a", "2024-02-01T10:00")
    app.event("exact", "b", "2024-02-02T10:00")
    app.event("late", "a", "2024-02-01T10:00")
    app.event("late", "b", "2024-02-02T10:00:00.000001")
    for moment in ("2024-02-01T10:00", "2024-02-05T10:00"):
        app.event("second start", "a", moment)
    app.event("second start", "b", "2024-02-05T11:00")
    app.event("backwards", "b", "2024-02-01T10:00")
    app.event("backwards", "a", "2024-02-01T11:00")
    rule = {"sequence": [{"event": "a"}, {"event": "b"}], "within": 1, "window": {"all": True}}
    assert app.members(rule) == {"exact", "second start"}
    assert app.members({**rule, "window": {"from": "2024-02-02", "to": "2024-02-29"}}) == {"second start"}


def test_the_sequence_search_finds_what_trying_every_choice_finds() -> None:
    random = Random(4)
    start = instant_of(at("2024-02-01"), Days("UTC").zone)
    found = 0
    for _ in range(150):
        app = people("u")
        for _ in range(9):
            app.event("u", random.choice("abc"), moment_of(start + random.randrange(14) * 12 * HOUR))
        steps = [random.choice("abc") for _ in range(random.choice((2, 3, 4)))]
        rule = {"sequence": [{"event": name} for name in steps], "within": 2, "window": {"all": True}}
        world = app.world()
        times = [[event.at for event in world.events["u"] if event.name == name] for name in steps]
        tried = any(
            all(one < two for one, two in pairwise(chosen)) and chosen[-1] - chosen[0] <= 48 * HOUR
            for chosen in product(*times)
        )
        assert has_sequence(rule, "u", world, day("2024-03-01")) == tried
        found += tried
    assert 20 < found < 130


def test_of_rows_with_one_key_the_earliest_counts_then_name_uid_and_content() -> None:
    app = people("ana", "bo")
    app.event("ana", "a", "2024-02-02", "k1", amount=1)
    app.event("bo", "a", "2024-02-01", "k1", amount=9)
    app.event("bo", "a", "2024-02-05", "k2", amount=3)
    app.event("bo", "a", "2024-02-05", "k2", amount=2)
    app.event("ana", "a", "2024-02-05", "k3")
    app.event("ana", "b", "2024-02-05", "k3")
    for _ in range(2):
        app.event("ana", "c", "2024-02-05")  # no key: two events
    assert app.members(count("eq", 11, measure="sum", of="amount")) == {"bo"}
    assert app.members(count("eq", 1)) == {"ana"}
    assert app.members(count(event="b")) == set()
    assert app.members(count("eq", 2, event="c")) == {"ana"}


def test_events_wait_for_their_user_and_undeclared_ones_do_not_count() -> None:
    app = people("ana")
    app.user("late", "2024-02-01")
    app.event("late", "a", "2024-01-05")
    app.event("ghost", "a", "2024-01-05")
    app.event("ana", "zzz", "2024-01-05")
    assert app.members(count(), "2024-01-31") == set()
    assert app.members(count(), "2024-02-01") == {"late"}
    assert app.world().left_aside == 1
    assert "ana" not in app.world().events


def test_a_where_is_two_valued_for_each_event() -> None:
    app = people("x", "y", "bare")
    app.event("x", "a", "2024-02-01", kind="x", amount=5, due=at("2024-02-29T12:00"))
    app.event("y", "a", "2024-02-01", kind="y", amount=7)
    app.event("bare", "a", "2024-02-01")
    kind = {"param": "kind", "op": "eq", "value": "x"}
    assert app.members(count(where=kind)) == {"x"}
    assert app.members(count(where={"not": kind})) == {"y", "bare"}
    assert app.members(count(where={"param": "kind", "op": "ne", "value": "x"})) == {"y", "bare"}
    assert app.members(count(where={"any": [kind, {"param": "amount", "op": "gt", "value": 6}]})) == {"x", "y"}
    assert app.members(count(where={"all": [kind, {"param": "due", "op": "in_last", "value": 1}]})) == {"x"}
    assert app.members(count(where={"all": [{**kind, "mute": True}]})) == {"x", "y", "bare"}
