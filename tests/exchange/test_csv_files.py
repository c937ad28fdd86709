"""CSV, byte by byte: for programs as it is, for people disarmed."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segkit.errors import SegkitError
from segkit.exchange.csv_files import CsvLines
from segkit.exchange.disarming import RowRanges


def test_every_type_as_a_program_reads_it(exporter: Any, label: Any) -> None:
    shop = exporter()
    shop.labels = [
        label("country", "string"),
        label("days", "number"),
        label("spent", "number", scale=2),
        label("born", "date"),
        label("consent", "bool"),
        label("devices", "list"),
    ]
    export = shop.rows(
        [
            ("007", "DE", 3.0, Decimal("12.30"), date(2026, 1, 31), True, ["gateway", "lamp"]),
            ("+4917", None, 0.1, Decimal("-0.05"), date(1899, 12, 31), False, []),
            ("12345678901234567890", "", None, Decimal("9999999999999999.99"), None, None, None),
        ]
    )
    assert export.only == (
        b"uid,country,days,spent,born,consent,devices\r\n"
        b'007,DE,3,12.30,2026-01-31,true,"[""gateway"",""lamp""]"\r\n'
        b"+4917,,0.1,-0.05,1899-12-31,false,[]\r\n"
        b'12345678901234567890,"",,9999999999999999.99,,,\r\n'
    )


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("plain", "plain"),
        (" edges ", " edges "),
        ("a,b", '"a,b"'),
        ('say "hi"', '"say ""hi"""'),
        ("two\nlines", '"two\nlines"'),
        ("two\r\nlines", '"two\r\nlines"'),
        ("\r", '"\r"'),
        ("=1+1", "=1+1"),
        ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ("null\x00byte", "null\x00byte"),
        ("", '""'),
        (None, ""),
    ],
)
def test_text_is_quoted_where_rfc_4180_needs_it_and_nowhere_else(exporter: Any, value: str | None, field: str) -> None:
    export = exporter(city="string").rows([("ana", value)])
    assert export.only == f"uid,city\r\nana,{field}\r\n".encode()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-7.0, "-7"),
        (0.1 + 0.2, "0.30000000000000004"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e22, "1e+22"),
        (5e-324, "5e-324"),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_a_double_has_its_shortest_exact_text_and_nan_is_missing(exporter: Any, number: float, text: str) -> None:
    assert exporter(days="number").rows([("ana", number)]).only == f"uid,days\r\nana,{text}\r\n".encode()


def test_a_small_decimal_has_no_exponent(exporter: Any, label: Any) -> None:
    shop = exporter()
    shop.labels = [label("rate", "number", scale=9)]
    assert shop.rows([("ana", Decimal("0.000000001"))]).only == b"uid,rate\r\nana,0.000000001\r\n"


def test_a_segment_of_nobody_has_the_heading_only(exporter: Any) -> None:
    assert exporter(city="string").rows([]).only == b"uid,city\r\n"


def test_dictionaries_and_large_text_are_text_too() -> None:
    columns = [pa.array(["ana", "bo"], pa.large_string()), pa.array(["DE", None]).dictionary_encode()]
    batch = pa.RecordBatch.from_arrays(columns, names=["uid", "country"])
    assert CsvLines(["uid", "country"]).lines(batch) == b"ana,DE\r\nbo,\r\n"


def test_a_column_of_another_type_is_refused() -> None:
    batch = pa.record_batch({"uid": pa.array([b"ana"], pa.binary())})
    with pytest.raises(SegkitError, match="binary; expected text, numbers, dates, booleans or lists of text"):
        CsvLines(["uid"]).lines(batch)


def test_for_people_text_that_could_run_has_an_apostrophe_and_the_manifest_says_where(exporter: Any) -> None:
    export = exporter(city="string", days="number", tags="list").rows(
        [
            ("ana", "=1+1", -5.0, ["a;=1"]),
            ("+4917", "-", None, None),
            ("bo", "@x", 1.0, None),
            ("cy", "1-1", None, ["=x"]),
            ("di", "\tx", None, None),
        ],
        profile="spreadsheet",
    )
    assert export.only.decode() == (
        "\ufeffuid,city,days,tags\r\n"
        'ana,\'=1+1,-5,"[""a;\'=1""]"\r\n'
        "'+4917,'-,,\r\n"
        "bo,'@x,1,\r\n"
        'cy,1-1,,"[""=x""]"\r\n'
        "di,'\tx,,\r\n"
    )
    (segment,) = export.manifest["segments"]
    assert segment["disarmed"] == {
        "uid": {"cells": 1, "rows": "3"},
        "city": {"cells": 4, "rows": "2-4, 6"},
        "tags": {"cells": 1, "rows": "2"},
    }


def test_rows_of_later_batches_are_counted_on(exporter: Any, batch: Any, part: Any) -> None:
    shop = exporter(city="string")
    batches = [batch(shop.labels, [("ana", "x"), ("bo", "=x")]), batch(shop.labels, [("cy", "=x"), ("di", "x")])]
    export = shop.parts([part(batches, 4)], profile="spreadsheet")
    assert export.manifest["segments"][0]["disarmed"] == {"city": {"cells": 2, "rows": "3-4"}}


def test_profile_machine_changes_nothing(exporter: Any) -> None:
    export = exporter(city="string").rows([("=ana", "+x")], profile="machine")
    assert export.only == b"uid,city\r\n=ana,+x\r\n"
    assert export.manifest["segments"][0]["disarmed"] == {}


hostile = st.text(st.sampled_from("=+-@＝＋－＠;,\t\r\n\"' \u00a0\u200b\ufeffa1"), max_size=12)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(hostile.map(lambda t: f"{t}x"), hostile), min_size=1, max_size=4))
def test_for_people_no_cell_begins_a_formula_whatever_the_list_separator(rows: list[tuple[str, str]]) -> None:
    users, cities = zip(*rows, strict=True)
    batch = pa.record_batch({"uid": users, "city": cities})
    lines = CsvLines(["uid", "city"], for_people=True)
    text = (lines.heading() + lines.lines(batch)).decode("utf-8-sig")
    for separator in ",;\t":
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for cell in cells:
                assert cell.lstrip(' "\t\r\n\u00a0\u200b\ufeff')[:1] not in set("=+-@＝＋－＠"), (separator, cell)


def test_row_ranges_read_like_pages_to_print() -> None:
    ranges = RowRanges()
    ranges.extend([2, 3, 4])
    ranges.extend([5, 9])
    assert str(ranges) == "2-5, 9"
    assert ranges.count == 5
