"""Numbers and instants in SQL, held against Python's own decimals and dates over many values."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from segkit.data.columns import Column
from segkit.data.instants import Zones
from segkit.data.numbers import register
from segkit.data.settings import Limits
from segkit.data.sql import filled, listed
from segkit.data.values import typed
from segkit.data.work import Work

ZONE = "America/St_Johns"  # whose clock changed a minute after midnight, until 2011
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    with Work(tmp_path, Limits(), []) as opened:
        yield opened


def converted(work: Work, kind: str, values: list[Any], type_: pa.DataType, sql_type: str) -> list[tuple[Any, ...]]:
    """Value, whether it cannot be read, whether it was rounded; in the order of the values."""
    register(work)
    zone = Zones(work, ZONE).of(ZONE)
    work.register("given", pa.table({"n": range(len(values)), "c0": pa.array(values, type_)}))
    found = typed(kind, Column("c0", sql_type, zone))
    flags = listed(filled(flag or "FALSE", value="value") for flag in (found.unreadable, found.rounded))
    query = "SELECT value, {flags} FROM (SELECT n, c0, {value} AS value FROM given) ORDER BY n"
    return work.rows(filled(query, flags=flags, value=found.value))


def expected(text: str, scale: int) -> tuple[Decimal | None, bool, bool]:
    exact = Decimal(text)
    rounded = exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN)
    if abs(rounded) >= Decimal(10) ** (18 - scale):
        return None, True, False
    return rounded, False, rounded != exact


def some_doubles(made: random.Random, count: int) -> list[float]:
    makers = [
        lambda: made.uniform(-1000, 1000),
        lambda: made.randint(-(10**9), 10**9) / 100,
        lambda: made.randint(-(10**6), 10**6) / 1000 + 0.0005,
        lambda: made.randint(-99, 99) * 10.0 ** made.randint(-12, 6),
        lambda: made.randint(-(2**53), 2**53) / made.choice([1, 2, 4, 8, 1000]),
        lambda: 0.1 * made.randint(0, 100),
    ]
    return [made.choice(makers)() for _ in range(count)]


@pytest.mark.parametrize("scale", [0, 2, 6, 9])
def test_doubles_become_the_decimals_that_their_shortest_text_says(work: Work, scale: int) -> None:
    values = [x for x in some_doubles(random.Random(scale), 20_000) if abs(x) < 10.0 ** (18 - scale) - 1]
    found = converted(work, f"decimal(18,{scale})", values, pa.float64(), "DOUBLE")
    wrong = [(x, got) for x, got in zip(values, found, strict=True) if got != expected(repr(x), scale)]
    assert wrong == []


@pytest.mark.parametrize("scale", [0, 2, 6, 9])
def test_texts_become_decimals_rounded_half_to_even_however_long_they_are(work: Work, scale: int) -> None:
    made = random.Random(scale)
    texts = [str(Decimal(made.randint(-(10**8), 10**8)).scaleb(-made.randint(0, 12))) for _ in range(10_000)]
    texts += [f"{made.randint(-99, 99)}.{'0' * made.randint(0, scale)}5{'0' * made.randint(0, 30)}{made.choice('01')}"
              for _ in range(3_000)]  # fmt: skip
    texts += [f"{made.randint(1, 9)}e{made.randint(-30, 17 - scale)}" for _ in range(2_000)]
    found = converted(work, f"decimal(18,{scale})", texts, pa.string(), "VARCHAR")
    wrong = [(text, got) for text, got in zip(texts, found, strict=True) if got != expected(text, scale)]
    assert wrong == []


def test_texts_of_instants_read_as_python_reads_them(work: Work) -> None:
    made = random.Random(1)
    texts = [_a_text(made) for _ in range(5_000)]
    found = converted(work, "instant", texts, pa.string(), "VARCHAR")
    wrong = [(text, got[0]) for text, got in zip(texts, found, strict=True) if got[0] != _instant(text)]
    assert wrong == []


def _a_text(made: random.Random) -> str:
    moment = datetime(2005, 1, 1) + timedelta(microseconds=made.randrange(20 * 365 * 86_400 * 10**6))  # noqa: DTZ001
    if made.random() < 0.3:  # near a change of St John's clock
        moment = datetime(2010, made.choice([3, 11]), made.choice([14, 7]), made.choice([0, 23]), made.randrange(60))  # noqa: DTZ001
    text = moment.isoformat(
        made.choice("T "), made.choice(["auto", "minutes", "seconds", "milliseconds", "microseconds"])
    )
    return text + made.choice(["", "", "Z", "+02:00", "-03:30", "+0530", "+14"])


def _instant(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(ZONE))
    return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
