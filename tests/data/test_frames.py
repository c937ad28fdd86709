"""Tables at hand in Python become files that the next load reads, whole, private, and each once."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segkit.data.frames import add_frame
from segkit.data.settings import read_settings
from segkit.errors import NotFound, SegkitError

from .made import APP, DERIVED, LABELS, Made, day, event


def add(shop: Made, role: str, frame: Any, data_date: str | None = None, files: str | None = None) -> Path:
    shop.write_settings()
    settings = read_settings(shop.folder).app(APP)
    return add_frame(shop.folder, settings, role, frame, data_date=day(data_date) if data_date else None, files=files)


def test_a_frame_whose_uid_became_decimal_for_a_missing_value_meets_its_events(shop: Made) -> None:
    frame = pd.DataFrame({"uid": [7, None, 2**53 + 2], "country": ["DE", np.nan, None], "vip": [True, None, False]})
    assert str(frame["uid"].dtype) == "float64"
    add(shop, "users", frame, "2026-05-01")
    add(shop, "events", pd.DataFrame({
        "uid": [7, 7], "event": ["seen", "bought"], "at": pd.to_datetime(["2026-05-01 10:00", ""]).tz_localize("UTC"),
        "id": ["k1", "k2"], "amount": [1.5, np.nan], "kind": pd.Series(["x", pd.NA], dtype="string"),
    }))  # fmt: skip
    report = shop.load()
    assert shop.stored.uids().to_pylist() == ["7"]
    assert [(c.what, c.count) for c in report.role("users").refused] == [
        ("no uid", 1),
        ("a uid that is no whole number and no text", 1),  # beyond 2^53 a double has lost digits
    ]
    assert shop.label("country", "2026-05-01") == {"7": "DE"}
    assert shop.label("vip", "2026-05-01") == {"7": True}
    assert [row[:3] for row in shop.stored_events()] == [("7", "seen", "2026-05-01 10:00:00")]


def test_missing_values_of_every_kind_of_pandas_are_missing(shop: Made) -> None:
    frame = pd.DataFrame({
        "uid": ["a", "b"],
        "country": pd.Categorical(["DE", None]),
        "score": [np.nan, 0.5],
        "spent": pd.Series([1, pd.NA], dtype="Int64"),
        "born": pd.to_datetime(["1999-12-25", ""]),
        "vip": pd.Series([pd.NA, True], dtype="boolean"),
        "likes": [["x", "y"], None],
    })  # fmt: skip
    add(shop, "users", frame, "2026-05-01")
    shop.load()
    found = {code: shop.label(code, "2026-05-01") for code in ("country", "score", "spent", "born", "vip", "likes")}
    assert {code: {uid: str(value) for uid, value in values.items()} for code, values in found.items()} == {
        "country": {"a": "DE"}, "score": {"b": "0.5"}, "spent": {"a": "1.00"}, "born": {"a": "1999-12-25"},
        "vip": {"b": "True"}, "likes": {"a": "['x', 'y']"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: pa.table({"uid": ["ana"], "country": ["DE"]}),
        lambda: pa.RecordBatch.from_pydict({"uid": ["ana"], "country": ["DE"]}),
        lambda: duckdb.sql("SELECT 'ana' AS uid, 'DE' AS country"),
        lambda: pd.DataFrame({"country": ["DE"]}, index=pd.Index(["ana"], name="uid")),
        lambda: {"uid": ["ana"], "country": ["DE"]},
    ],
    ids=["Arrow table", "Arrow batch", "DuckDB relation", "pandas index", "columns"],
)
def test_whatever_gives_a_table_is_taken(shop: Made, make: Any) -> None:
    path = add(shop, "users", make(), "2026-05-01")
    assert path == shop.folder / "sources/users/added-2026-05-01.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shop.load()
    assert shop.label("country", "2026-05-01") == {"ana": "DE"}


def test_the_same_table_twice_is_one_file_and_other_events_are_another(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": "ana"})
    shop.events_mapping = {"key": None}
    rows = pa.table({"uid": ["ana"], "event": ["seen"], "at": ["2026-05-01T10:00:00Z"]})
    first = add(shop, "events", rows)
    shop.load()
    assert add(shop, "events", rows) == first
    assert not shop.load().is_new
    assert add(shop, "events", rows.set_column(2, "at", [["2026-05-02T10:00:00Z"]])) != first
    shop.load()
    assert len(shop.stored_events()) == 2


def test_users_of_a_day_are_one_table_which_a_later_one_replaces(shop: Made) -> None:
    add(shop, "users", {"uid": ["ana"], "country": ["DE"]}, "2026-05-01")
    shop.load()
    add(shop, "users", {"uid": ["ana"], "country": ["AT"]}, "2026-05-01")
    add(shop, "users", {"uid": ["ana"], "country": ["CH"]}, "2026-05-03")
    shop.load()
    assert shop.label("country", "2026-05-02") == {"ana": "AT"}
    assert shop.label("country", "2026-05-03") == {"ana": "CH"}


def test_a_linked_table_is_added_by_its_name(shop: Made) -> None:
    shop.labels, shop.link_mapping = [*LABELS, *DERIVED], {}
    add(shop, "users", {"uid": ["ana"]}, "2026-05-01")
    add(shop, "devices", {"uid": ["ana", "ana"], "kind": ["hub", "lamp"], "is_hub": [True, False]}, "2026-05-01")
    shop.load()
    assert shop.label("devices", "2026-05-01") == {"ana": 2.0}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("sources/users/*", "sources/users/added.parquet"), ("sources/**/*.parquet", "sources/added.parquet"),
     ("sources/*/people_*.parquet", "sources/added/people_added.parquet"), ("people.parquet", "people.parquet")],
)  # fmt: skip
def test_a_file_lies_where_the_pattern_finds_it(shop: Made, pattern: str, name: str) -> None:
    shop.users_mapping = {"files": pattern, "data_date": None}
    assert add(shop, "users", {"uid": ["ana"]}) == shop.folder / name
    shop.load()
    assert shop.stored.uids().to_pylist() == ["ana"]


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("a pattern of CSV files", {"files": "sources/*.csv", "data_date": None}, {}, "no Parquet file could have a name"),
    ("a pattern with one letter open", {"files": "sources/?.parquet", "data_date": None}, {}, "no Parquet file could"),
    ("a file of somebody else's", {"files": "own.parquet", "data_date": None}, {}, "was not made here"),
    ("a table of a database", {"files": None, "duckdb": "x.duckdb", "table": "t", "data_date": None}, {},
     "has no source with `files`"),
    ("no date where one is asked for", {}, {"data_date": None}, "expected data_date, the day that the table shows"),
    ("a date where none is", {"data_date": None}, {"data_date": "2026-05-01"}, "expected none here"),
    ("no uid", {}, {"frame": {"uuid": ["ana"]}}, "no column 'uid' for the uid. Did you mean 'uuid'?"),
    ("a column of several types", {}, {"frame": pd.DataFrame({"uid": ["secret", 1.5]})}, "column 'uid': values of"),
    ("a column twice", {}, {"frame": pd.DataFrame([["a", "b"]], columns=["uid", "uid"])}, "the column 'uid' twice"),
    ("no table", {}, {"frame": 7}, "found int; expected a pandas frame"),
    ("no such role", {}, {"role": "user"}, "no source 'user'. Did you mean 'users'?"),
    ("no such pattern", {}, {"files": "sources/user/*"}, "no source with files = 'sources/user/*'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "mapping", "call", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    shop: Made, what: str, mapping: dict[str, Any], call: dict[str, Any], words: str
) -> None:
    shop.users_mapping = mapping
    shop.folder.mkdir(parents=True)
    (shop.folder / "own.parquet").write_bytes(b"whose?")
    dated = mapping.get("data_date", "file") == "file"
    asked = {"role": "users", "frame": {"uid": ["ana"]}, "data_date": "2026-05-01" if dated else None} | call
    with pytest.raises((SegkitError, NotFound)) as refused:
        add(shop, **asked)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)
    assert [path.name for path in shop.folder.rglob("*.parquet")] == ["own.parquet"]


def test_one_of_several_sources_is_named_by_its_pattern(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": "ana"})
    shop.write_settings()
    more = f'\n[[apps.{APP}.events]]\nfiles = "other/*"\nuid = "uid"\ntime = "at"\nname = "=seen"\n'
    path = shop.folder / "segkit.toml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    app = read_settings(shop.folder).app(APP)
    frame = {"uid": ["ana"], "at": ["2026-05-01T10:00:00Z"]}
    with pytest.raises(SegkitError, match=r"name one: files='sources/events/\*' or 'other/\*'"):
        add_frame(shop.folder, app, "events", frame)
    assert add_frame(shop.folder, app, "events", frame, files="other/*").parent == shop.folder / "other"


def test_the_app_of_a_workspace_takes_tables(shop: Made) -> None:
    import segkit

    shop.write_settings()
    app = segkit.open(shop.folder).app(APP)
    app.add("users", pd.DataFrame({"uid": ["ana"], "country": ["DE"]}), data_date=date(2026, 5, 1))
    app.add("events", pd.DataFrame([event("ana", "seen", "2026-05-01T10:00:00Z", "k")]))
    app.workspace.load()
    assert app.base("2026-05-02").count == 1
