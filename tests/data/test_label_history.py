"""Labels: how a source's values become the vocabulary's, and how their changes are kept by data date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from segkit.errors import DataProblem, DefinitionError

from .made import LABELS, Made, day, event, user


def test_only_changed_values_are_stored_and_missing_at_first_is_no_change(shop: Made) -> None:
    for name, country in {"01": None, "02": "DE", "03": "DE", "04": None, "05": None, "06": "AT"}.items():
        shop.users(f"2026-05-{name}", user("ana", country=country))
        shop.load()
    assert shop.history("country") == {"ana": [("2026-05-02", "DE"), ("2026-05-04", None), ("2026-05-06", "AT")]}
    assert shop.history("score") == {}


def test_labels_before_the_first_load_read_as_of_it(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.users("2026-05-05", user("ana", country="AT"))
    shop.load()
    assert [shop.label("country", day) for day in ("2026-04-01", "2026-05-04", "2026-05-05")] == [
        {"ana": "DE"}, {"ana": "DE"}, {"ana": "AT"},
    ]  # fmt: skip


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_nan_and_infinities_are_missing(shop: Made, value: float | None) -> None:
    shop.users("2026-05-01", user("ana", score=1.5, spent=2.5))
    shop.users("2026-05-02", user("ana", score=value, spent=value))
    report = shop.load()
    assert shop.history("score") == {"ana": [("2026-05-01", 1.5), ("2026-05-02", None)]}
    assert shop.history("spent") == {"ana": [("2026-05-01", Decimal("2.50")), ("2026-05-02", None)]}
    assert report.role("users").values == ()


@pytest.mark.parametrize(
    ("label", "raw", "kind", "value"),
    [
        ("country", "O\u0308", pa.string(), "\u00d6"),
        ("country", " DE ", pa.string(), " DE "),
        ("country", "", pa.string(), ""),
        ("country", 7, pa.int64(), "7"),
        ("country", 7.0, pa.float64(), "7"),
        ("country", 0.1, pa.float64(), "0.1"),
        ("country", True, pa.bool_(), "true"),
        ("country", date(2026, 5, 1), pa.date32(), "2026-05-01"),
        ("score", 7, pa.int64(), 7.0),
        ("score", Decimal("0.1"), pa.decimal128(9, 4), 0.1),
        ("score", " +.5e1 ", pa.string(), 5.0),
        ("score", "1_000", pa.string(), None),
        ("score", "1e999", pa.string(), None),
        ("spent", "2.675", pa.string(), Decimal("2.68")),
        ("spent", "2.665", pa.string(), Decimal("2.66")),
        ("spent", "-2.665", pa.string(), Decimal("-2.66")),
        ("spent", "0.00500000000000000000000000001", pa.string(), Decimal("0.01")),
        ("spent", "5e-3", pa.string(), Decimal("0.00")),
        ("spent", 1.005, pa.float64(), Decimal("1.00")),
        ("spent", 1.015, pa.float64(), Decimal("1.02")),
        ("spent", 0.1 + 0.2, pa.float64(), Decimal("0.30")),
        ("spent", 123456789012345.67, pa.float64(), Decimal("123456789012345.67")),
        ("spent", 0.1, pa.float32(), Decimal("0.10")),
        ("spent", 7, pa.uint64(), Decimal("7.00")),
        ("spent", 10**17, pa.int64(), None),
        ("spent", Decimal("2.6650"), pa.decimal128(18, 4), Decimal("2.66")),
        ("born", "2026-05-01", pa.string(), date(2026, 5, 1)),
        ("born", "2026-05-01T23:30:00Z", pa.string(), date(2026, 5, 2)),
        ("born", "2026-05-01T23:30:00", pa.string(), date(2026, 5, 1)),
        ("born", datetime(2026, 5, 1, 22, 0, tzinfo=UTC), pa.timestamp("us", "UTC"), date(2026, 5, 2)),
        ("born", datetime(2026, 5, 1, 23, 59), pa.timestamp("ns"), date(2026, 5, 1)),  # noqa: DTZ001
        ("born", "2026-02-30", pa.string(), None),
        ("born", "0000-01-01", pa.string(), None),
        ("vip", "True", pa.string(), True),
        ("vip", " 0 ", pa.string(), False),
        ("vip", 1, pa.int8(), True),
        ("vip", 0.0, pa.float64(), False),
        ("vip", "perhaps", pa.string(), None),
        ("vip", "Yes", pa.string(), True),
        ("vip", "nein", pa.string(), False),
        ("vip", 2, pa.int64(), None),
        ("likes", ["a", None, "e\u0301"], pa.list_(pa.string()), ["a", "\u00e9"]),
        ("likes", [1, 2], pa.list_(pa.int64()), ["1", "2"]),
        ("likes", [], pa.list_(pa.string()), []),
        ("likes", "a; b;;e\u0301", pa.string(), ["a", "b", "\u00e9"]),
        ("likes", '["a", "b;c", 1, null, "e\\u0301"]', pa.string(), ["a", "b;c", "1", "\u00e9"]),
        ("likes", "[]", pa.string(), []),
        ("likes", "", pa.string(), None),
        ("likes", "[1, 2", pa.string(), None),
    ],
)  # fmt: skip
def test_a_sources_value_as_the_vocabularys(shop: Made, label: str, raw: Any, kind: pa.DataType, value: Any) -> None:
    shop.zone = "Europe/Berlin"
    shop.users("2026-05-01", {"uid": "ana", label: raw}, types={label: kind})
    shop.load()
    found = shop.label(label, "2026-05-01")
    assert set(map(repr, found.values())) == ({repr(value)} if value is not None else set())


def test_a_type_that_can_never_be_the_labels_is_reported_as_unreadable(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": "ana", "score": day("2026-05-01")}, {"uid": "bo", "score": None},
               types={"score": pa.date32()})  # fmt: skip
    (found,) = shop.load().role("users").values
    assert (found.what, found.count) == ("label 'score', values that are not a number and count as missing", 1)


def test_more_digits_than_the_scale_are_reported(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", spent=1.005), user("bo", spent=1.25), user("cem", spent=float("nan")))
    (found,) = shop.load().role("users").values
    assert (found.what, found.count) == ("label 'spent', values with more than 2 decimals, rounded half to even", 1)


def test_a_column_without_any_value_has_no_type_and_is_all_missing(shop: Made) -> None:
    shop.users(
        "2026-05-01", {"uid": "ana", "country": None, "score": None}, types={"country": pa.null(), "score": pa.null()}
    )
    report = shop.load()
    assert (shop.history("country"), shop.history("score"), report.role("users").values) == ({}, {}, ())


def test_a_label_whose_column_a_snapshot_lacks_stays_as_it_was(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.users("2026-05-02", {"uid": "ana", "score": 1.0})
    shop.load()
    assert shop.label("country", "2026-05-02") == {"ana": "DE"}


def test_a_label_may_be_another_column(shop: Made) -> None:
    shop.labels = [{"code": "country", "type": "string", "column": "Country Code"}]
    shop.users("2026-05-01.csv", {"uid": "ana", "Country Code": "DE"})
    shop.load()
    assert shop.label("country", "2026-05-01") == {"ana": "DE"}


# --- data dates ------------------------------------------------------------------------------------------------------


def test_without_a_date_the_data_date_is_the_day_after_the_newest_event_at_most_today(shop: Made) -> None:
    shop.users_mapping = {"data_date": None}
    shop.users("users", user("ana", country="DE"))
    shop.events("a", event("ana", "seen", "2026-05-06 10:00", "1"))
    assert [str(day) for day in shop.load().data_dates] == ["2026-05-07"]
    shop.users("users", user("ana", country="AT"))
    shop.events("b", event("ana", "seen", "2026-05-20 10:00", "2"))
    assert [str(day) for day in shop.load(today="2026-05-15").data_dates] == ["2026-05-15"]
    assert shop.history("country") == {"ana": [("2026-05-07", "DE"), ("2026-05-15", "AT")]}


def test_a_data_date_may_be_given(shop: Made) -> None:
    shop.users_mapping = {"data_date": day("2026-04-30")}
    shop.users("users", user("ana", country="DE"))
    assert [str(day) for day in shop.load().data_dates] == ["2026-04-30"]


def test_a_name_without_a_date_is_refused(shop: Made) -> None:
    shop.users("users", user("ana"))
    with pytest.raises(DataProblem, match=r"users\.parquet: found no date in the name"):
        shop.load()


def test_a_changed_snapshot_is_read_again_as_a_new_load_of_its_date(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE", score=1.0))
    shop.load()
    shop.users("2026-05-01", user("ana", country="AT", score=1.0), user("bo", country="FR"))
    shop.load()
    assert [(load.number, str(load.data_date)) for load in shop.manifest.loads] == [
        (1, "2026-05-01"),
        (2, "2026-05-01"),
    ]
    assert shop.label("country", "2026-05-01") == {"ana": "AT", "bo": "FR"}
    assert shop.history("score") == {"ana": [("2026-05-01", 1.0)]}


def test_a_snapshot_that_comes_late_takes_its_place_in_the_history(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.users("2026-05-05", user("ana", country="DE"), user("bo", country="FR"))
    shop.load()
    shop.users("2026-05-03", user("ana", country="AT"), user("bo", country="FR"))
    shop.load()
    assert shop.history("country") == {
        "ana": [("2026-05-01", "DE"), ("2026-05-03", "AT"), ("2026-05-05", "DE")],
        "bo": [("2026-05-03", "FR")],
    }
    assert shop.presence() == {"ana": [(None, None)], "bo": [("2026-05-03", None)]}


def test_a_late_snapshot_is_refused_where_the_earlier_ones_are_gone(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE")).rename(shop.users("2026-05-02", user("ana", country="DE")))
    shop.load()
    shop.users("2026-05-05", user("ana", country="DE"))
    shop.load()
    (shop.folder / "sources/users/2026-05-02.parquet").unlink()
    before = shop.content()
    shop.users("2026-05-03", user("ana", country="AT"))
    with pytest.raises(
        DataProblem, match=r"2026-05-03\.parquet: of 2026-05-03, while 2026-05-05 is loaded.*2026-05-02"
    ):
        shop.load()
    assert shop.content() == before


def test_a_year_of_nights_does_not_leave_a_file_a_night(shop: Made) -> None:
    for night in range(1, 21):
        shop.users(f"2026-05-{night:02}", user("ana", country=f"C{night}"))
        shop.load()
    assert len(shop.manifest.labels["country"]) <= 16
    assert [value for _, value in shop.history("country")["ana"]] == [f"C{night}" for night in range(1, 21)]
    assert shop.stored.label_paths("country", day("2026-05-01")) == [
        shop.data / shop.manifest.labels["country"][0].path
    ]


# --- the contract ----------------------------------------------------------------------------------------------------


def test_a_type_that_changed_is_refused_by_name(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", score=1.0))
    shop.load()
    shop.labels = [{"code": "score", "type": "string"}, {"code": "spent", "type": "number", "scale": 3}]
    shop.users("2026-05-02", user("ana", score=1.0))
    with pytest.raises(DefinitionError) as refused:
        shop.load()
    assert [problem.place for problem in refused.value.problems] == ["label 'score'", "label 'spent'"]
    assert "stored as double, now declared as string" in str(refused.value)
    assert "segkit load --rebuild" in str(refused.value)
    shop.load(rebuild=True)
    assert shop.label("score", "2026-05-02") == {"ana": "1"}


def test_a_new_label_is_taken_in_with_its_whole_history(shop: Made) -> None:
    shop.labels = [label for label in LABELS if label["code"] != "country"]
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.users("2026-05-02", user("ana", country="AT"))
    shop.load()
    shop.labels = list(LABELS)
    report = shop.load()
    assert report.is_new
    assert shop.history("country") == {"ana": [("2026-05-01", "DE"), ("2026-05-02", "AT")]}
    assert not shop.load().is_new


def test_a_new_label_of_a_table_that_is_written_over_begins_with_what_is_there(shop: Made) -> None:
    shop.users_mapping, shop.labels = {"data_date": None}, [label for label in LABELS if label["code"] != "country"]
    for n, country in ((1, "DE"), (2, "AT")):
        shop.users("users", user("ana", country=country, score=float(n)))
        shop.events(str(n), event("ana", "seen", f"2026-05-0{n} 10:00", str(n)))
        shop.load()
    shop.labels = list(LABELS)
    report = shop.load()
    assert shop.label("country", "2026-05-03") == {"ana": "AT"}
    assert shop.history("score") == {"ana": [("2026-05-02", 1.0), ("2026-05-03", 2.0)]}
    assert "so new labels have no values before the newest data date" in report.notes[0]


def test_a_label_that_is_gone_keeps_its_files_and_catches_up_when_it_comes_back(shop: Made) -> None:
    shop.users("2026-05-01", user("ana", country="DE"))
    shop.load()
    shop.labels = shop.labels[1:]
    shop.users("2026-05-02", user("ana", country="AT"))
    shop.load()
    assert shop.history("country") == {"ana": [("2026-05-01", "DE")]}
    shop.labels = list(LABELS)
    shop.load()
    assert shop.history("country") == {"ana": [("2026-05-01", "DE"), ("2026-05-02", "AT")]}


def test_a_label_that_reads_another_column_now_is_read_again(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": "ana", "country": "DE", "kind": "FR"})
    shop.load()
    shop.labels = [{"code": "country", "type": "string", "column": "kind"}]
    shop.load()
    assert shop.history("country") == {"ana": [("2026-05-01", "FR")]}
