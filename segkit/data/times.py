"""Instants and dates in SQL, from whatever a source gives; `instants` registers the functions that are called here."""

from __future__ import annotations

from collections.abc import Callable

from segkit.data.columns import Column, Typed
from segkit.data.dialect_settings import has_time, shape_of, strptime_of
from segkit.data.instants import EARLIEST, LATEST
from segkit.data.sql import filled, listed

_WALL_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"


def instant_of(column: Column) -> Typed | None:
    value = _microseconds(column)
    if value is None:
        return None
    checked = _once(value, _within_years("t")) if column.of == "text" else _within_years(value)
    empty = " AND trim({x}) <> ''" if column.of == "text" else ""
    return Typed(checked, filled("{x} IS NOT NULL" + empty + " AND {{value}} IS NULL", x=column.sql))


def _microseconds(column: Column) -> str | None:
    """The instant, perhaps outside the years that have one."""
    if column.of == "instant":
        return filled("CASE WHEN isfinite({x}) THEN {us} END", x=_finite(column), us=_epoch(column))
    if column.of in ("naive", "date"):
        wall = filled("CASE WHEN isfinite({x}) THEN {us} END", x=_finite(column), us=_epoch(column))
        return _of_naive(wall, column.zone)
    if column.of != "text":
        return None
    wall = filled("epoch_us(TRY_CAST({x} AS TIMESTAMP))", x=column.text)
    return _by_formats(column, lambda declared: _of_parsed(filled("epoch_us({x})", x=declared), column.zone), filled(
        "CASE WHEN regexp_full_match({x}, '{clock}') THEN {naive} "
        "WHEN regexp_full_match({x}, '{clock}(Z|[+-][0-9][0-9]:[0-9][0-9])') "
        "THEN epoch_us(TRY_CAST({x} AS TIMESTAMPTZ)) ELSE instant_of_text_{zone}({x}) END",
        x=column.text, clock=_WALL_CLOCK, naive=_of_parsed(wall, column.zone), zone=column.zone,
    ))  # fmt: skip


def _by_formats(column: Column, value: Callable[[str], str], otherwise: str, *, but_times: bool = False) -> str:
    """SQL of a text that looks like one of its file's own formats, else of what it is `otherwise`.

    What two formats read as different times is missing: nothing says which is meant.
    """
    formats = [text for text in (column.form.dates if column.form else ()) if not (but_times and has_time(text))]
    if not formats:
        return otherwise
    shapes = [filled("regexp_full_match(trim({x}), '{shape}')", x=column.text, shape=shape_of(f)) for f in formats]
    parsed = [
        filled("CASE WHEN {is_one} THEN TRY_STRPTIME(trim({x}), '{form}') END",
               is_one=is_one, x=column.text, form=strptime_of(f))
        for f, is_one in zip(formats, shapes, strict=True)
    ]  # fmt: skip
    one = parsed[0]
    if len(parsed) > 1:
        ends = {"first": f"least({listed(parsed)})", "last": f"greatest({listed(parsed)})"}
        one = _once(filled("[{first}, {last}]", **ends), "CASE WHEN t[1] = t[2] THEN t[1] END")
    return filled(
        "CASE WHEN {any} THEN {value} ELSE {otherwise} END",
        any=" OR ".join(shapes), value=value(one), otherwise=otherwise,
    )  # fmt: skip


def _of_naive(wall: str, zone: int) -> str:
    return filled("instant_of_naive_{zone}({wall})", wall=_within_years(wall), zone=zone)


def _of_parsed(wall: str, zone: int) -> str:
    """The same of a time that is read from a text, which stands in the query once."""
    return _once(_once(wall, _within_years("t")), filled("instant_of_naive_{zone}(t)", zone=zone))


def _within_years(microseconds: str) -> str:
    within = "CASE WHEN {value} BETWEEN {low} AND {high} THEN {value} END"
    return filled(within, value=microseconds, low=EARLIEST, high=LATEST)


def _once(value: str, then: str) -> str:
    """SQL of what `then` makes of a value that it calls `t`, as often as it likes.

    What it names is put into a query's plan as often as it is named; a long value takes seconds to be planned.
    """
    return filled("list_transform([{value}], lambda t: {then})[1]", value=value, then=then)


def _finite(column: Column) -> str:
    return filled("CAST({x} AS TIMESTAMPTZ)", x=column.sql) if column.type == "TIMESTAMPTZ_NS" else column.sql


def _epoch(column: Column) -> str:
    """Whole microseconds since the epoch, or since 1970-01-01 on the wall; nanoseconds are cut off."""
    if column.type in ("TIMESTAMP_NS", "TIMESTAMPTZ_NS"):
        nanos = filled("epoch_ns(CAST({x} AS TIMESTAMP_NS))", x=column.sql)
        return filled("(({ns} - (({ns} % 1000) + 1000) % 1000) // 1000)", ns=nanos)
    return filled("epoch_us({x})", x=column.sql)


def date_of(column: Column) -> Typed | None:
    if column.of == "date":
        value = _within_calendar(column.sql)
    else:
        instant = instant_of(column)
        if instant is None:
            return None
        value = filled("DATE '1970-01-01' + local_day({instant})", instant=instant.value)
    if column.of == "text":
        day = _within_calendar(filled("TRY_CAST(trim({x}) AS DATE)", x=column.text))
        value = filled(
            "CASE WHEN regexp_full_match({x}, ' *[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} *') THEN {day} ELSE {value} END",
            x=column.text, day=day, value=value,
        )  # fmt: skip
        value = _by_formats(
            column, lambda declared: _within_calendar(f"CAST({declared} AS DATE)"), value, but_times=True
        )
    empty = " AND trim({x}) <> ''" if column.of == "text" else ""
    return Typed(value, filled("{x} IS NOT NULL" + empty + " AND {{value}} IS NULL", x=column.sql))


def _within_calendar(day: str) -> str:
    return filled("CASE WHEN {day} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {day} END", day=day)
