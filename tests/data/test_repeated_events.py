"""Which of the rows with the same event key counts, and what happens to the days that lose or win one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from .made import Made, event, user

#: Rows of one key, the one that counts before all others first: by instant, event, uid, amount, missing last.
BEST_FIRST = [
    event("zoe", "bought", "2026-05-01 10:00", "k", 9),
    event("ana", "seen", "2026-05-01 10:00", "k", 1),
    event("ana", "seen", "2026-05-01 10:00", "k", 3),
    event("ana", "seen", "2026-05-01 10:00", "k", None),
    event("bo", "seen", "2026-05-01 10:00", "k", 2),
    event("ana", "bought", "2026-05-02 10:00", "k", 0),
]


def test_of_rows_with_the_same_key_the_earliest_counts(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "k"), event("ana", "seen", "2026-05-01 09:00", "k"))
    report = shop.load().role("events")
    assert shop.stored_events() == [("ana", "seen", "2026-05-01 09:00:00", "2026-05-01")]
    assert (report.read, report.kept, report.duplicate) == (2, 1, 1)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 0, 4, 1, 3], [4, 3, 5, 2, 0, 1]])
def test_the_winner_does_not_depend_on_what_is_loaded_first(shop: Made, order: list[int]) -> None:
    shop.users("2026-05-01", user("ana"), user("bo"), user("zoe"))
    for place, number in enumerate(order):
        shop.events(f"{place}", BEST_FIRST[number])
        shop.load()
        best = BEST_FIRST[min(order[: place + 1])]
        assert [(row[0], row[1], row[4]) for row in shop.stored_events("amount")] == [
            (best["uid"], best["event"], best["amount"])
        ]


def test_the_winner_is_the_same_when_all_come_in_one_file(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"), user("bo"), user("zoe"))
    shop.events("a", *BEST_FIRST[::-1])
    shop.load()
    assert [row[:2] for row in shop.stored_events()] == [("zoe", "bought")]


def test_a_key_moves_to_another_day_when_an_earlier_instant_arrives(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-05 10:00", "k"), event("ana", "seen", "2026-05-05 11:00", "l"))
    shop.events("b", event("ana", "seen", "2026-05-07 10:00", "m"))
    shop.load()
    shop.events("c", event("ana", "seen", "2026-05-03 10:00", "k"), event("ana", "seen", "2026-05-01 10:00", "m"))
    report = shop.load().role("events")
    assert [row[2] for row in shop.stored_events()] == [
        "2026-05-01 10:00:00",
        "2026-05-03 10:00:00",
        "2026-05-05 11:00:00",
    ]
    assert [str(file.day) for file in shop.manifest.days] == ["2026-05-01", "2026-05-03", "2026-05-05"]
    assert (report.kept, report.replaced) == (2, 2)


def test_a_repeated_key_on_the_same_instant_rewrites_nothing(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-05 10:00", "k"))
    shop.load()
    before = shop.manifest.days
    shop.events("b", event("ana", "seen", "2026-05-05 10:00", "k"))
    report = shop.load()
    assert shop.manifest.days == before
    assert (report.written_days, report.role("events").duplicate) == (0, 1)


def test_keys_are_the_same_across_sources_of_other_types(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-05 10:00", "7"))
    shop.events("b", event("ana", "seen", "2026-05-04 10:00", 7.0), types={"id": pa.float64()})
    shop.load()
    assert [row[2] for row in shop.stored_events()] == ["2026-05-04 10:00:00"]


def test_rows_without_a_key_all_count(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", *[event("ana", "seen", "2026-05-05 10:00", key) for key in (None, None, "k", "k", "")])
    shop.load()
    assert len(shop.stored_events()) == 4


def test_all_rows_of_a_source_without_keys_count(shop: Made) -> None:
    shop.events_mapping = {"key": None}
    shop.users("2026-05-01", user("ana"))
    shop.events("a", *[event("ana", "seen", "2026-05-05 10:00", "k") for _ in range(3)])
    shop.load()
    assert len(shop.stored_events()) == 3


def test_a_changed_file_of_keyed_events_is_read_again_and_its_keys_count_once(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    rows = [event("ana", "seen", f"2026-05-0{n} 10:00", str(n)) for n in (1, 2)]
    shop.events("a", *rows)
    shop.load()
    shop.events("a", *rows, event("ana", "seen", "2026-05-03 10:00", "3"))
    report = shop.load().role("events")
    assert len(shop.stored_events()) == 3
    assert (report.read, report.kept, report.duplicate) == (3, 1, 2)


def test_an_orphan_takes_part_and_can_lose_its_key(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("stranger", "seen", "2026-05-05 10:00", "k"))
    shop.load()
    shop.events("b", event("ana", "seen", "2026-05-04 10:00", "k"))
    shop.load()
    shop.users("2026-05-09", user("ana"), user("stranger"))
    shop.load()
    assert [row[0] for row in shop.stored_events()] == ["ana"]
    assert shop.manifest.orphans == ()


def test_an_orphan_that_comes_first_keeps_its_key(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-05 10:00", "k"))
    shop.load()
    shop.events("b", event("stranger", "seen", "2026-05-04 10:00", "k"))
    shop.load()
    assert shop.stored_events() == []
    assert shop.manifest.days == ()
    shop.users("2026-05-09", user("ana"), user("stranger"))
    report = shop.load()
    assert [row[0] for row in shop.stored_events()] == ["stranger"]
    assert report.role("events").joined == 1
