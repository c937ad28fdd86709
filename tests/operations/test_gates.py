"""The pure judgement of gates: literal facts and settings, literal findings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from segkit.data.gate_settings import Gates
from segkit.operations.gates import DataFacts, SizeFacts, judge_data, judge_sizes

AS_OF = date(2026, 6, 10)  # a Wednesday
AS_USUAL = Gates()


def june(*days: int) -> tuple[date, ...]:
    return tuple(date(2026, 6, day) for day in days)


def gates_of(facts: DataFacts, gates: Gates = AS_USUAL) -> list[tuple[str, str, str]]:
    return [(f.gate, f.found, f.limit) for f in judge_data("shop", AS_OF, facts, gates)]


def test_events_up_to_yesterday_without_a_gap_hold_nothing() -> None:
    assert gates_of(DataFacts(newest_day=date(2026, 6, 9), orphans=20, events=100)) == []


def test_an_app_without_events_is_not_judged() -> None:
    assert gates_of(DataFacts()) == []


def test_sources_that_end_before_yesterday_are_not_fresh() -> None:
    (found,) = judge_data("shop", AS_OF, DataFacts(newest_day=date(2026, 6, 7), empty_days=june(8, 9)), AS_USUAL)
    assert (found.gate, found.holds, found.found, found.limit) == ("fresh", "", "2026-06-07", "2026-06-09")
    assert found.sentence == "the newest events are of 2026-06-07; expected some of 2026-06-09 or later"
    assert found.subject == "fresh"


@pytest.mark.parametrize(("fresh_days", "held"), [(0, True), (1, True), (2, False), (3, False)])
def test_so_many_days_up_to_yesterday_may_be_without_events(fresh_days: int, held: bool) -> None:
    facts = DataFacts(newest_day=date(2026, 6, 7), empty_days=june(8, 9))
    assert bool(gates_of(facts, Gates(fresh_days=fresh_days))) is held


def test_each_missing_day_of_the_last_seven_holds_and_older_ones_do_not() -> None:
    facts = DataFacts(newest_day=date(2026, 6, 9), empty_days=june(2, 3, 5))
    assert gates_of(facts) == [
        ("missing_days", "2026-06-03", "none in 7 days"),
        ("missing_days", "2026-06-05", "none in 7 days"),
    ]
    assert len(gates_of(facts, Gates(missing_days=8))) == 3
    assert gates_of(facts, Gates(missing_days=0)) == []


def test_a_missing_day_is_the_same_finding_the_next_night_and_a_stale_source_is_not() -> None:
    facts = DataFacts(newest_day=date(2026, 6, 8), empty_days=june(5, 9))
    keys = {f.gate: f.key for f in judge_data("shop", AS_OF, facts, AS_USUAL)}
    later = DataFacts(newest_day=date(2026, 6, 8), empty_days=june(5, 9, 10))
    keys_later = {f.gate: f.key for f in judge_data("shop", AS_OF + timedelta(days=1), later, AS_USUAL)}
    assert keys["missing_days"] == keys_later["missing_days"]
    assert keys["fresh"] != keys_later["fresh"]


@pytest.mark.parametrize("quiet", ["sun", "06-07", "2026-06-07"])
def test_a_quiet_day_may_be_without_events(quiet: str) -> None:
    facts = DataFacts(newest_day=date(2026, 6, 9), empty_days=june(7))  # a Sunday
    assert gates_of(facts, Gates(quiet=(quiet,))) == []
    assert gates_of(facts, Gates(quiet=("mon", "06-08", "2025-06-07"))) != []


def test_a_quiet_yesterday_is_fresh() -> None:
    facts = DataFacts(newest_day=date(2026, 6, 8), empty_days=june(9))
    assert gates_of(facts, Gates(quiet=("tue",))) == []


def test_orphans_hold_above_their_share_and_their_floor() -> None:
    newest = date(2026, 6, 9)
    assert gates_of(DataFacts(newest, orphans=50, events=1_000)) == []  # 5 % is not more than 5 %
    assert gates_of(DataFacts(newest, orphans=51, events=1_000)) == [("orphans", "5.1 %", "5 %")]
    assert gates_of(DataFacts(newest, orphans=20, events=20)) == []
    assert gates_of(DataFacts(newest, orphans=21, events=21)) == [("orphans", "100.0 %", "5 %")]
    assert gates_of(DataFacts(newest, orphans=51, events=1_000), Gates(orphan_percent=10)) == []


def test_drift_names_what_differs() -> None:
    (found,) = judge_data("shop", AS_OF, DataFacts(drift=("one.", "two.", "three.", "four.")), AS_USUAL)
    assert (found.gate, found.found) == ("drift", "4 differences")
    assert found.sentence.endswith("nothing new was loaded: one. two. three. And 1 more.")


def test_a_gate_that_is_off_is_not_asked() -> None:
    facts = DataFacts(newest_day=date(2026, 6, 7), empty_days=june(6, 8, 9), drift=("x.",), orphans=99, events=100)
    assert [gate for gate, _, _ in gates_of(facts)] == ["fresh", "missing_days", "drift", "orphans"]
    assert gates_of(facts, Gates(off=("fresh", "missing_days", "drift", "orphans"))) == []


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        (1_000, 1_100, False),  # +10 %
        (1_000, 900, False),  # −10 %
        (1_000, 1_500, False),  # +50 % is not more than 50 %
        (1_000, 500, False),
        (1_000, 1_501, True),
        (1_000, 499, True),
        (1_000, 0, True),
        (0, 1_000, True),
        (21, 0, True),  # more than the floor
        (20, 0, False),
        (30, 10, False),  # 20 users are never too many
        (5, 26, True),
        (1_000, 1_000, False),
    ],
)
def test_a_segment_may_change_by_half_and_by_twenty_users(before: int, now: int, held: bool) -> None:
    size = SizeFacts("sg_1", "Germans", before, date(2026, 6, 9), now)
    assert bool(judge_sizes("shop", AS_OF, [size], AS_USUAL)) is held


def test_to_nobody_is_held_whatever_the_limit() -> None:
    sizes = [SizeFacts("sg_1", "Germans", 1_000, date(2026, 6, 9), now) for now in (0, 1)]
    assert [f.found for f in judge_sizes("shop", AS_OF, sizes, Gates(size_percent=100))] == ["1,000 → 0 (−100.0 %)"]


def test_a_segment_may_have_a_limit_of_its_own_by_name_or_id() -> None:
    sizes = [
        SizeFacts("sg_1", "Germans", 1_000, date(2026, 6, 9), 800),
        SizeFacts("sg_2", "Austrians", 1_000, date(2026, 6, 9), 800),
        SizeFacts("sg_3", "Others", 1_000, date(2026, 6, 9), 800),
    ]
    found = judge_sizes("shop", AS_OF, sizes, Gates(segments={"germans": 10, "sg_2": 15.5}))
    assert [(f.holds, f.segment_id, f.limit) for f in found] == [
        ("Germans", "sg_1", "±10 %"),
        ("Austrians", "sg_2", "±15.5 %"),
    ]
    assert found[0].sentence == (
        "it had 1,000 users as of 2026-06-09 and would have 800 (−20.0 %); expected at most 10 % more or fewer"
    )


def test_an_app_overrides_what_it_sets_and_nothing_else() -> None:
    merged = Gates(size_percent=20, fresh_days=1).overridden_by(Gates(fresh_days=3))
    assert (merged.size_percent, merged.fresh_days, merged.orphan_percent) == (20, 3, 5)


def test_a_word_that_is_no_day_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected a weekday such as 'sun'"):
        Gates(quiet=("sunday",))
