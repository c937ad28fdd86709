"""Numbers in SQL: doubles, and exact decimals at a scale, rounded half to even, from whatever a source gives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import pyarrow as pa

from segkit.data.columns import Column, Typed, decimal_kind, scale_of, stored_type
from segkit.data.sql import filled
from segkit.data.work import Work

_NUMBER = r"' *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *'"
_NO_NUMBER = r"'(?i) *([+-]?(nan|inf|infinity))? *'"
#: With a decimal comma: thousands apart by points, spaces (also those that keep a line together) or apostrophes.
_APART = "[. ''\u00a0\u202f]"
_WITH_COMMA = rf"' *[+-]?(([0-9][0-9]?[0-9]?({_APART}[0-9][0-9][0-9])+|[0-9]+)(,[0-9]*)?|,[0-9]+)([eE][+-]?[0-9]+)? *'"
#: Below this many units a double and a decimal of so many units stand for each other.
_SAFE_UNITS = 2**50


def register(work: Work) -> None:
    """The functions that some of the SQL here calls."""
    work.function("rounded_text", _each(_rounded_text), ["VARCHAR", "INTEGER"], "VARCHAR")
    work.function("has_more_digits", _each(_has_more_digits), ["VARCHAR", "INTEGER"], "BOOLEAN")


def double_of(column: Column) -> Typed | None:
    if column.of == "float":
        return Typed(filled("CASE WHEN isfinite({x}) THEN CAST({x} AS DOUBLE) END", x=column.sql))
    if column.of in ("integer", "decimal"):
        return Typed(filled("CAST({x} AS DOUBLE)", x=column.sql))
    if column.of != "text":
        return None
    number = filled(
        "CASE WHEN regexp_full_match({x}, {number}) THEN TRY_CAST({x} AS DOUBLE) END",
        x=_number_text(column),
        number=_NUMBER,
    )
    value = filled("nullif(nullif({number}, 'inf'::DOUBLE), '-inf'::DOUBLE)", number=number)
    return Typed(value, _is_no_number(column))


def _number_text(column: Column) -> str:
    """A column's text with a decimal point, whatever mark its file has."""
    if column.form is None or column.form.decimal == ".":
        return column.text
    return filled(
        "CASE WHEN regexp_full_match({x}, {with_comma}) "
        "THEN replace(regexp_replace({x}, {between}, '', 'g'), ',', '.') "
        "WHEN regexp_full_match({x}, {number}) THEN '?' ELSE {x} END",  # such as 12.5, which may mean 125
        x=column.text, with_comma=_WITH_COMMA, between=f"'{_APART}'", number=_NUMBER,
    )  # fmt: skip


def _is_no_number(column: Column) -> str:
    template = "{x} IS NOT NULL AND {{value}} IS NULL AND NOT regexp_full_match({x}, {nothing})"
    return filled(template, x=_number_text(column), nothing=_NO_NUMBER)


def decimal_of(column: Column, scale: int) -> Typed:
    type_ = stored_type(decimal_kind(scale))
    present = filled("{x} IS NOT NULL AND {{value}} IS NULL", x=column.sql)
    if column.of == "integer":
        return Typed(filled("TRY_CAST({x} AS {type})", x=column.sql, type=type_), present)
    if column.of == "decimal":
        value = filled("TRY_CAST(round_even({x}, {scale}) AS {type})", x=column.sql, scale=scale, type=type_)
        is_cut = scale < scale_of(column.type)
        return Typed(value, present, filled("{{value}} <> {x}", x=column.sql) if is_cut else None)
    if column.of == "float":
        return _decimal_of_double(column, scale, type_)
    if column.of == "text":
        text = filled(
            "CASE WHEN regexp_full_match({x}, {number}) THEN trim({x}) END", x=_number_text(column), number=_NUMBER
        )
        value, rounded = _decimal_of_text(text, scale, type_)
        return Typed(value, _is_no_number(column), rounded)
    return Typed(filled("CAST(NULL AS {type})", type=type_), filled("{x} IS NOT NULL", x=column.sql))


def _decimal_of_double(column: Column, scale: int, type_: str) -> Typed:
    """A double is the decimal that its shortest text says; where the nearest decimal gives it back, it is that one."""
    simple = "FALSE"
    if column.type == "DOUBLE":
        simple = filled(
            "(abs({x}) < {most} AND CAST(TRY_CAST({x} AS {type}) AS DOUBLE) = {x})",
            x=column.sql, type=type_, most=_SAFE_UNITS // 10**scale,
        )  # fmt: skip
    value, rounded = _decimal_of_text(filled("CAST({x} AS VARCHAR)", x=column.sql), scale, type_)
    return Typed(
        filled("CASE WHEN {x} IS NULL OR NOT isfinite({x}) THEN NULL "
            "WHEN {simple} THEN TRY_CAST({x} AS {type}) ELSE {value} END",
               simple=simple, value=value, x=column.sql, type=type_),
        filled("isfinite({x}) AND {{value}} IS NULL", x=column.sql),
        filled("CASE WHEN {x} IS NULL OR NOT isfinite({x}) OR {simple} THEN FALSE ELSE {rounded} END",
               simple=simple, rounded=rounded, x=column.sql),
    )  # fmt: skip


def _decimal_of_text(text: str, scale: int, type_: str) -> tuple[str, str]:
    """The decimal that a number's text says, half to even, and whether it has more digits; Python does long texts."""
    short = filled("length({text}) <= 20 AND NOT contains(lower({text}), 'e')", text=text)
    exact = filled("TRY_CAST({text} AS DECIMAL(38, 20))", text=text)
    value = filled(
        "CASE WHEN {text} IS NULL THEN NULL WHEN {short} THEN TRY_CAST(round_even({exact}, {scale}) AS {type}) "
        "ELSE TRY_CAST(rounded_text({text}, {scale}) AS {type}) END",
        short=short, exact=exact, text=text, scale=scale, type=type_,
    )  # fmt: skip
    rounded = filled(
        "CASE WHEN {text} IS NULL THEN FALSE "
        "WHEN {short} THEN {exact} <> round_even({exact}, {scale}) ELSE has_more_digits({text}, {scale}) END",
        short=short, exact=exact, text=text, scale=scale,
    )  # fmt: skip
    return value, rounded


def _each(call: Callable[[str, int], object]) -> Callable[[pa.Array, pa.Array], pa.Array]:
    def over(texts: pa.Array, scales: pa.Array) -> pa.Array:
        pairs = zip(texts.to_pylist(), scales.to_pylist(), strict=True)
        found = [None if text is None else call(text, scale) for text, scale in pairs]
        return pa.array(found, pa.bool_() if call is _has_more_digits else pa.string())

    return over


def _quantized(text: str, scale: int) -> tuple[Decimal, Decimal] | None:
    # Sizes that no stored decimal has would need digits without end.
    try:
        number = Decimal(text)
        if not number.is_finite() or number.adjusted() > 18:
            return None
        return number, number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN, Context(prec=60))
    except InvalidOperation:
        return None


def _rounded_text(text: str, scale: int) -> str | None:
    found = _quantized(text, scale)
    return None if found is None else f"{found[1]:f}"


def _has_more_digits(text: str, scale: int) -> bool:
    found = _quantized(text, scale)
    return found is not None and found[0] != found[1]
