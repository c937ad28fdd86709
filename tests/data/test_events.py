"""Events on their local days: late ones, orphans, what is refused or left out, naive clocks, types of parameters."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segkit.errors import DataProblem

from .made import Made, event, user, utc


def test_a_late_event_rewrites_only_its_day(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", *[event("ana", "seen", f"2026-05-0{n} 10:00", f"a{n}") for n in (1, 2, 3)])
    shop.load()
    before = {str(file.day): file for file in shop.manifest.days}
    shop.events("b", event("ana", "seen", "2026-05-02 23:59", "b1"))
    report = shop.load()
    after = {str(file.day): file for file in shop.manifest.days}
    assert {day for day in after if after[day] != before[day]} == {"2026-05-02"}
    assert (after["2026-05-02"].rows, after["2026-05-02"].load, report.role("events").late) == (2, 2, 1)
    assert (shop.data / before["2026-05-02"].path).exists()  # for readers of the generation before


def test_days_are_sorted_by_event_user_and_instant(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"), user("bo"))
    shop.events(
        "a",
        event("bo", "seen", "2026-05-01 01:00", "1"),
        event("ana", "seen", "2026-05-01 03:00", "2"),
        event("ana", "seen", "2026-05-01 02:00", "3"),
        event("bo", "bought", "2026-05-01 04:00", "4"),
    )
    shop.load()
    (file,) = shop.manifest.days
    table = pq.read_table(shop.data / file.path)
    assert table.column("event").to_pylist() == ["bought", "seen", "seen", "seen"]
    assert table.column("user_no").to_pylist() == [1, 0, 0, 1]
    assert table.column("key").to_pylist() == ["4", "3", "2", "1"]
    assert table.schema.field("at").type == pa.timestamp("us")
    assert table.schema.field("p_amount").type == pa.decimal128(18, 2)


def test_events_of_users_not_known_yet_are_set_aside_and_joined_once_they_are(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("bo", "seen", "2026-05-01 10:00", "1"), event("ana", "seen", "2026-05-01 11:00", "2"))
    first = shop.load()
    assert (first.role("events").orphan, len(shop.stored_events())) == (1, 1)
    shop.users("2026-05-03", user("ana"), user("bo"))
    second = shop.load()
    assert second.role("events").joined == 1
    assert [row[0] for row in shop.stored_events()] == ["ana", "bo"]
    assert (shop.manifest.orphans, shop.manifest.days[0].load) == ((), 1)


def test_undeclared_events_are_left_out_and_counted_by_name(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "debug", "2026-05-01 10:00", "1"), event("ana", "paid", "2026-05-01 10:00", "2"))
    shop.events("b", event("ana", "order.paid", "2026-05-01 10:00", "3"))
    report = shop.load().role("events")
    assert [row[1] for row in shop.stored_events()] == ["paid"]  # by its name in the source, not by its code
    assert [(found.what, found.count) for found in report.left_out] == [
        ("the event 'debug', which is not declared", 1),
        ("the event 'paid', which is not declared", 1),
    ]


def test_an_event_that_is_declared_later_is_said_to_need_a_rebuild(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "debug", "2026-05-01 10:00", "1"))
    shop.load()
    shop.events_declared = [*shop.events_declared, {"code": "debug"}]
    report = shop.load()
    assert not report.is_new
    assert report.notes == (
        "the event 'debug' is new; `segkit load --rebuild` brings in those of files that were read before",
    )
    shop.load(rebuild=True)
    assert [row[1] for row in shop.stored_events()] == ["debug"]


def test_an_undeclared_event_does_not_take_the_key_of_a_declared_one(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "debug", "2026-05-01 10:00", "k"), event("ana", "seen", "2026-05-01 11:00", "k"))
    shop.load()
    assert [row[1] for row in shop.stored_events()] == ["seen"]


def test_rows_that_cannot_be_read_are_refused_with_their_places(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events(
        "a",
        event(None, "seen", "2026-05-01 10:00", "1"),
        event("  ", "seen", "2026-05-01 10:00", "2"),
        event("ana", "seen", None, "3"),
        event("ana", None, "2026-05-01 10:00", "4"),
        event("ana", "seen", "2026-05-01 10:00", "5"),
    )
    report = shop.load().role("events")
    assert [(found.what, found.count, found.examples) for found in report.refused] == [
        ("no uid", 2, ("sources/events/a.parquet row 1", "sources/events/a.parquet row 2")),
        ("no instant", 1, ("sources/events/a.parquet row 3",)),
        ("no event name", 1, ("sources/events/a.parquet row 4",)),
    ]
    assert (report.read, report.kept) == (5, 1)


def test_days_without_any_event_are_said(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"), event("ana", "seen", "2026-05-04 10:00", "2"))
    report = shop.load()
    assert [str(day) for day in report.missing_days] == ["2026-05-02", "2026-05-03"]
    assert "days without any event: 2 (2026-05-02, 2026-05-03)" in report.words()


# --- clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "instant", "day"),
    [
        ("2026-03-29 01:59:59", "2026-03-29 00:59:59", "2026-03-29"),
        ("2026-03-29 02:30:00", "2026-03-29 01:30:00", "2026-03-29"),  # never shown; read by the offset before the gap
        ("2026-03-29 03:00:00", "2026-03-29 01:00:00", "2026-03-29"),
        ("2026-10-25 02:30:00", "2026-10-25 00:30:00", "2026-10-25"),  # shown twice; the first is meant
        ("2026-10-25 03:00:00", "2026-10-25 02:00:00", "2026-10-25"),
        ("2026-10-25 23:59:59", "2026-10-25 22:59:59", "2026-10-25"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_naive_clocks_are_those_of_the_sources_zone(
    shop: Made, wall: str, instant: str, day: str, as_text: bool
) -> None:
    shop.zone = "Europe/Berlin"
    shop.users("2026-01-01", user("ana"))
    at = wall if as_text else datetime.fromisoformat(wall)
    row = {"uid": "ana", "event": "seen", "at": at, "id": "1"}
    shop.events("a.csv" if as_text else "a", row, types={"at": pa.timestamp("us")})
    shop.load()
    assert shop.stored_events() == [("ana", "seen", instant, day)]


def test_an_events_source_may_have_a_zone_of_its_own(shop: Made) -> None:
    shop.zone, shop.events_mapping = "Europe/Berlin", {"zone": "America/New_York"}
    shop.users("2026-01-01", user("ana"))
    row = {"uid": "ana", "event": "seen", "at": datetime(2026, 7, 1, 20, 0), "id": "1"}  # noqa: DTZ001 - a wall clock
    shop.events("a", row, types={"at": pa.timestamp("us")})
    shop.load()
    assert shop.stored_events() == [("ana", "seen", "2026-07-02 00:00:00", "2026-07-02")]


def test_a_local_day_begins_at_its_first_instant_where_midnight_is_left_out(shop: Made) -> None:
    shop.zone = "America/Havana"  # 2024-03-10 began at 01:00, which was 05:00 UTC
    shop.users("2024-01-01", user("ana"))
    shop.events("a", event("ana", "seen", "2024-03-10 04:59:59", "1"), event("ana", "seen", "2024-03-10 05:00:00", "2"))
    shop.load()
    assert [row[3] for row in shop.stored_events()] == ["2024-03-09", "2024-03-10"]


def test_a_skipped_day_has_no_events(shop: Made) -> None:
    shop.zone = "Pacific/Apia"  # had no 2011-12-30
    shop.users("2011-01-01", user("ana"))
    shop.events("a", event("ana", "seen", "2011-12-30 09:59:59", "1"), event("ana", "seen", "2011-12-30 10:00:00", "2"))
    shop.load()
    assert [row[3] for row in shop.stored_events()] == ["2011-12-29", "2011-12-31"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T10:00:00Z", "2026-05-01 10:00:00"),
        ("2026-05-01 10:00:00.123456+02:00", "2026-05-01 08:00:00"),
        ("2026-05-01T10:00:00.1234567Z", "2026-05-01 10:00:00"),
        ("20260501T100000-0330", "2026-05-01 13:30:00"),
        ("2026-05-01T10:00", "2026-05-01 08:00:00"),
        ("2026-05-01", "2026-04-30 22:00:00"),
        (" 2026-05-01 10:00:00 ", "2026-05-01 08:00:00"),
    ],
)
def test_text_instants_are_iso_8601_with_or_without_an_offset(shop: Made, text: str, instant: str) -> None:
    shop.zone = "Europe/Berlin"
    shop.users("2026-01-01", user("ana"))
    shop.events("a.csv", {"uid": "ana", "event": "seen", "at": text, "id": "1"})
    shop.load()
    assert [row[2] for row in shop.stored_events()] == [instant]


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30 10:00:00", "2026-05-01 25:00:00", "infinity", "12:00", "1714557600"]
)
def test_other_texts_are_no_instants(shop: Made, text: str) -> None:
    shop.users("2026-01-01", user("ana"))
    shop.events("a.csv", {"uid": "ana", "event": "seen", "at": text, "id": "1"})
    (refused,) = shop.load().role("events").refused
    assert (refused.what, refused.count) == ("an instant that cannot be read", 1)


def test_nanoseconds_are_cut_off_also_before_1970(shop: Made) -> None:
    shop.users("2026-01-01", user("ana"))
    ns = pa.timestamp("ns", "UTC")
    rows = [{"uid": "ana", "event": "seen", "at": at, "id": str(at)} for at in (-1, 1_999)]
    shop.events("a", *rows, types={"at": ns})
    shop.load()
    tables = [pq.read_table(shop.data / file.path, columns=["at"]) for file in shop.manifest.days]
    assert [at for table in tables for at in table.column("at").cast(pa.int64()).to_pylist()] == [-1, 1]


# --- parameters ------------------------------------------------------------------------------------------------------


def test_number_parameters_are_exact_decimals_rounded_half_to_even_and_reported(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    amounts = [0.1, 0.125, 0.135, 2.675, 1e15, float("nan"), float("inf"), None]
    shop.events("a", *[event("ana", "bought", f"2026-05-01 0{n}:00", str(n), x) for n, x in enumerate(amounts)])
    (rounded,) = shop.load().role("events").values
    assert [row[4] for row in shop.stored_events("amount")] == [
        Decimal("0.10"), Decimal("0.12"), Decimal("0.14"), Decimal("2.68"), Decimal("1e15"), None, None, None,
    ]  # fmt: skip
    assert (rounded.what, rounded.count) == (
        "parameter 'amount', values with more than 2 decimals, rounded half to even", 3,
    )  # fmt: skip


def test_a_value_that_cannot_be_read_is_missing_and_reported_and_its_row_counts(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    rows = [{"uid": "ana", "event": "bought", "at": f"2026-05-0{n + 1}", "id": str(n), "amount": text, "kind": "x"}
            for n, text in enumerate(["12.5", "a lot", "1e30", "", "nan"])]  # fmt: skip
    shop.events("a.csv", *rows)
    (unreadable,) = shop.load().role("events").values
    assert [row[4] for row in shop.stored_events("amount")] == [Decimal("12.50"), None, None, None, None]
    assert (unreadable.count, unreadable.examples) == (2, ("sources/events/a.csv row 2", "sources/events/a.csv row 3"))
    assert "a lot" not in str(shop.manifest)


def test_an_event_name_may_be_a_constant_and_columns_may_be_mapped(shop: Made) -> None:
    shop.events_mapping = {"name": "=bought", "columns": {"amount": 'Amount "EUR"'}}
    shop.users("2026-05-01", user("ana"))
    shop.events("a.csv", {"uid": "ana", "at": "2026-05-01", "id": "1", 'Amount "EUR"': "3.5", "kind": "é"})
    shop.load()
    assert shop.stored_events("amount", "kind") == [
        ("ana", "bought", "2026-05-01 00:00:00", "2026-05-01", Decimal("3.50"), "é")
    ]


def test_a_new_parameter_is_in_new_days_only(shop: Made) -> None:
    shop.parameters = shop.parameters[1:]
    shop.events_declared = [{"code": "bought", "parameters": ["kind"]}]
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "bought", "2026-05-01 10:00", "1", 5, "x"))
    shop.load()
    shop.parameters = [{"code": "amount", "type": "number", "scale": 2}, *shop.parameters]
    shop.events("b", event("ana", "bought", "2026-05-02 10:00", "2", 7, "y"))
    shop.load()
    assert [file.columns for file in shop.manifest.days] == [("kind",), ("kind", "amount")]
    assert [row[4:] for row in shop.stored_events("amount", "kind")] == [(None, "x"), (Decimal(7), "y")]


def test_a_parameter_that_is_gone_keeps_its_values_when_its_day_is_written_again(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "bought", "2026-05-01 10:00", "1", 5, "x"))
    shop.load()
    shop.parameters = shop.parameters[1:]
    shop.events_declared = [{"code": "bought", "parameters": ["kind"]}]
    shop.events("b", event("ana", "bought", "2026-05-01 11:00", "2", 7, "y"))
    shop.load()
    assert [row[4:] for row in shop.stored_events("amount", "kind")] == [(Decimal(5), "x"), (None, "y")]


# --- files that cannot be taken in -----------------------------------------------------------------------------------


def test_a_changed_file_without_keys_is_refused_with_what_to_do(shop: Made) -> None:
    shop.events_mapping = {"key": None}
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00"))
    shop.load()
    before = shop.content()
    shop.events("a", event("ana", "seen", "2026-05-01 10:00"), event("ana", "seen", "2026-05-02 10:00"))
    with pytest.raises(DataProblem, match=r"events/a\.parquet: changed since it was read.*declare `key`.*--rebuild"):
        shop.load()
    assert shop.content() == before
    shop.load(rebuild=True)
    assert len(shop.stored_events()) == 2


def test_a_file_read_with_another_mapping_is_refused(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    shop.load()
    shop.events_mapping = {"zone": "Asia/Tokyo"}
    with pytest.raises(DataProblem, match=r"was read with another mapping"):
        shop.load()


def test_a_column_that_the_mapping_names_and_a_file_lacks_is_refused_with_the_nearest_name(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events_mapping = {"time": "att"}
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    with pytest.raises(DataProblem, match=r"events/a\.parquet: no column 'att' for the time\. Did you mean 'at'\?"):
        shop.load()


def test_two_events_of_the_same_name_in_the_source_are_refused(shop: Made) -> None:
    shop.events_declared = [{"code": "a", "source_name": "x"}, {"code": "b", "source_name": "x"}]
    shop.users("2026-05-01", user("ana"))
    with pytest.raises(Exception, match="events 'a' and 'b' are both called 'x'"):
        shop.load()


def test_an_instant_is_utc_in_the_store(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", utc("2026-05-01 10:00"), "1"))
    shop.load()
    assert shop.stored_events()[0][2] == "2026-05-01 10:00:00"
