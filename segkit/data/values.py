"""A source's column as a value of the vocabulary's types, in SQL: whatever type the source gives it.

What is missing in the source, NaN, an infinity or, where it cannot be a value, an empty text becomes a missing value.
What is there and cannot be read becomes a missing value too, and a condition says where.
"""

from __future__ import annotations

from collections.abc import Callable

from segkit.data.columns import Column, Typed, scale_of, stored_type
from segkit.data.numbers import decimal_of, double_of
from segkit.data.sql import filled
from segkit.data.times import date_of, instant_of

#: What Python's str.strip() takes off, as DuckDB's trim() wants it.
_SPACES = "' ' || " + " || ".join(
    f"chr({code})"
    for code in (*range(9, 14), *range(28, 32), 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288)
)
_SAFE_WHOLE = 2**53
#: What people write for true and false, in small letters.
YES = ("true", "t", "1", "yes", "y", "ja", "j", "oui", "sí", "si", "sì")
NO = ("false", "f", "0", "no", "n", "nein", "non")
_YES, _NO = (", ".join(f"'{word}'" for word in words) for words in (YES, NO))


def typed(kind: str, column: Column) -> Typed:
    """A column as values of a kind."""
    if column.of == "nothing":
        return Typed(filled("CAST(NULL AS {type})", type=stored_type(kind)))
    if kind.startswith("decimal"):
        return decimal_of(column, scale_of(kind))
    found = _KINDS[kind](column)
    if found is None:
        never = filled("CAST(NULL AS {type})", type=stored_type(kind))
        return Typed(never, filled("{x} IS NOT NULL", x=column.sql))
    return found


def _string(column: Column) -> Typed | None:
    text = _text(column)
    return None if text is None else Typed(text)


def _text(column: Column) -> str | None:
    if column.of in ("list", "other"):
        return None
    if column.of == "text":
        return filled("nfc_normalize(CAST({x} AS VARCHAR))", x=column.sql)
    if column.of == "float":
        # A whole number that stands among missing ones is a double in many files: '7', not '7.0'.
        return filled(
            "CASE WHEN NOT isfinite({x}) THEN NULL WHEN {x} = trunc({x}) AND abs({x}) < {most} "
            "THEN CAST(TRY_CAST({x} AS BIGINT) AS VARCHAR) ELSE CAST({x} AS VARCHAR) END",
            x=column.sql, most=_SAFE_WHOLE,
        )  # fmt: skip
    return filled("CAST({x} AS VARCHAR)", x=column.sql)


def _uid(column: Column) -> Typed | None:
    """What names a user or an event: NFC, trimmed; whole numbers in plain digits."""
    if column.of == "text":
        # Looking at both ends is ten times faster than trimming all that there is to trim.
        text = _text(column) or ""
        if column.form is not None:
            return _uid_without_type(column, text)
        return Typed(filled(
            "CASE WHEN ord({x}) BETWEEN 33 AND 126 AND ord(substring({x}, -1, 1)) BETWEEN 33 AND 126 THEN {text} "
            "ELSE nullif(trim({text}, {spaces}), '') END",
            x=column.text, text=text, spaces=_SPACES,
        ))  # fmt: skip
    if column.of == "integer":
        return Typed(filled("CAST({x} AS VARCHAR)", x=column.sql))
    if column.of == "float":
        whole = filled("isfinite({x}) AND {x} = trunc({x}) AND abs({x}) < {most}", x=column.sql, most=_SAFE_WHOLE)
        unreadable = filled("{x} IS NOT NULL AND NOT isnan({x}) AND {{value}} IS NULL", x=column.sql)
    elif column.of == "decimal":
        whole = filled("{x} = trunc({x})", x=column.sql)
        unreadable = filled("{x} IS NOT NULL AND {{value}} IS NULL", x=column.sql)
    else:
        return None
    text = filled("CASE WHEN {whole} THEN CAST(TRY_CAST({x} AS HUGEINT) AS VARCHAR) END", whole=whole, x=column.sql)
    return Typed(text, unreadable)


def _uid_without_type(column: Column, text: str) -> Typed:
    """A uid of a CSV file, whose numbers may have been decimals on their way: '7.0' is 7, and '1.2e+17' lost digits."""
    mark = "[.]" if column.form is None or column.form.decimal == "." else "[,]"
    trimmed = filled("nullif(trim({text}, {spaces}), '')", text=text, spaces=_SPACES)
    parts = {"x": trimmed, "whole": f"'-?[0-9]+{mark}0+'", "end": f"'{mark}0+$'"}
    lossy = filled("regexp_full_match({x}, '-?[0-9]([.,][0-9]+)?[eE][+][0-9]+')", x=trimmed)
    value = (
        "CASE WHEN {lossy} THEN NULL WHEN regexp_full_match({x}, {whole}) THEN regexp_replace({x}, {end}, '') "
        "ELSE {x} END"
    )
    return Typed(filled(value, lossy=lossy, **parts), filled("coalesce({lossy}, FALSE)", lossy=lossy))


def _bool(column: Column) -> Typed | None:
    if column.of == "bool":
        return Typed(column.sql)
    unreadable = filled("{x} IS NOT NULL AND {{value}} IS NULL", x=column.sql)
    if column.of in ("integer", "float", "decimal"):
        nan = filled(" AND NOT isnan({x})", x=column.sql) if column.of == "float" else ""
        return Typed(filled("CASE {x} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END", x=column.sql), unreadable + nan)
    if column.of != "text":
        return None
    value = filled(
        "CASE WHEN lower(trim({x})) IN ({yes}) THEN TRUE WHEN lower(trim({x})) IN ({no}) THEN FALSE END",
        x=column.text, yes=_YES, no=_NO,
    )  # fmt: skip
    return Typed(value, unreadable + filled(" AND trim({x}) <> ''", x=column.text))


def _list(column: Column) -> Typed | None:
    if column.of == "list":
        element = _text(Column("e", column.type.removesuffix("[]"), column.zone))
        if element is None:
            return None
        filtered = "list_filter({x}, lambda e: e IS NOT NULL)"
        return Typed(filled("list_transform(" + filtered + ", lambda e: {element})", x=column.sql, element=element))
    if column.of != "text":
        return None
    split = "list_filter(list_transform(string_split({x}, ';'), lambda e: trim(e)), lambda e: e <> '')"
    array = "list_filter(from_json({x}, '[\"VARCHAR\"]'), lambda e: e IS NOT NULL)"
    value = filled(
        "list_transform(CASE WHEN trim({x}) = '' THEN NULL WHEN NOT starts_with(trim({x}), '[') THEN " + split
        + " WHEN json_valid({x}) AND json_type({x}) = 'ARRAY' THEN " + array + " END, lambda e: nfc_normalize(e))",
        x=column.text,
    )  # fmt: skip
    return Typed(value, filled("trim({x}) <> '' AND {{value}} IS NULL", x=column.text))


_KINDS: dict[str, Callable[[Column], Typed | None]] = {
    "string": _string,
    "uid": _uid,
    "double": double_of,
    "instant": instant_of,
    "date": date_of,
    "bool": _bool,
    "list": _list,
}
