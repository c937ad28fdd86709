"""The form of a source's column: the class of its type; of dates, instants and uids in texts how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from segkit.data.columns import Column, scale_of
from segkit.data.reading import Opened, reading
from segkit.data.sql import filled, listed
from segkit.data.watching.uses import Use
from segkit.data.work import Work

#: So many rows of a file show how its texts are written, and so many files of one shape are looked into.
SAMPLE, FILES = 5_000, 20
#: A type that says nothing of what a column holds.
NO_TYPE = '"NULL"'
#: A uid's look is not judged by fewer values.
FEW = 20
_FAMILY = {"integer": "number", "float": "number", "decimal": "number", "nothing": ""}
WORDS = {
    "text": "text",
    "number": "numbers",
    "bool": "true or false",
    "date": "dates",
    "naive": "times without a zone",
    "instant": "instants, times with a zone",
    "list": "lists",
    "other": "structures",
    "text:day": "dates as text, such as 2026-01-31",
    "text:zoned": "times as text with an offset, such as 2026-01-31T12:00:00Z",
    "text:naive": "times as text without an offset, such as 2026-01-31 12:00:00",
    "text:unlike": "text of another form than 2026-01-31 or 2026-01-31T12:00:00Z",
    "text:digits": "whole numbers as text",
    "text:words": "text that is no whole number",
    "text:mixed": "text, some of it whole numbers",
}
_DAY = "regexp_full_match({x}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
_CLOCK = "regexp_matches({x}, '^[0-9]{{4}}-?[0-9]{{2}}-?[0-9]{{2}}[T ][0-9]{{2}}')"
_OFFSET = "regexp_matches({x}, '([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"
_DIGITS = "regexp_full_match({x}, '[0-9]+([.]0+)?')"


def form_of_type(type_: str) -> str:
    """The form that a DuckDB type gives; empty if it says nothing, because all is missing."""
    of = Column("", type_, 0).of
    return _FAMILY.get(of, of)


def scale_of_type(type_: str) -> int:
    """The decimal places of a decimal type; 0 for any other."""
    return scale_of(type_) if type_.startswith("DECIMAL") and not type_.endswith("]") else 0


def forms_in(work: Work, source: Opened, uses: Sequence[Use]) -> Iterator[tuple[int, dict[str, str]]]:
    """For files of an open source, by their place in it, the forms of the columns whose texts are looked into."""
    asked = {use.column: use.kind for use in uses if use.kind in ("instant", "date", "uid") and _is_text(source, use)}
    if not asked:
        return
    counts = listed(f"{part}" for place, kind in enumerate(asked.values()) for part in _counts(f"x{place}", kind))
    columns = listed(filled("trim(CAST({c} AS VARCHAR)) AS x{n}", c=source.columns[column], n=place)
                     for place, column in enumerate(asked))  # fmt: skip
    query = filled("SELECT {counts} FROM (SELECT {columns} FROM {relation} LIMIT {most})",
                   counts=counts, columns=columns, relation=source.relation, most=SAMPLE)  # fmt: skip
    for place, values in _file_by_file(source):
        with reading(work, source):
            (found,) = work.rows(query, **values)
        yield (
            place,
            {
                column: _form(kind, *found[4 * number : 4 * number + 4])
                for number, (column, kind) in enumerate(asked.items())
            },
        )


def _is_text(source: Opened, use: Use) -> bool:
    return use.column in source.types and Column("", source.types[use.column], 0).of == "text"


def _file_by_file(source: Opened) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The values to bind, for each of a few files alone."""
    paths = source.values.get("files")
    if not isinstance(paths, list) or len(paths) < 2:
        yield from ((place, source.values) for place in range(min(1, len(source.files))))
        return
    places = range(len(paths))
    for place in [p for p in places if p < FILES // 2 or p >= len(paths) - FILES // 2]:
        yield place, {**source.values, "files": [paths[place]]}


def _counts(x: str, kind: str) -> list[str]:
    present = filled("count(nullif({x}, ''))", x=x)
    if kind == "uid":
        return [present, _count(_DIGITS, x), "0", "0"]
    clock, zoned = filled(_CLOCK, x=x), filled(_OFFSET, x=x)
    return [
        present,
        _count(_DAY, x),
        f"count(*) FILTER (WHERE {clock} AND {zoned})",
        f"count(*) FILTER (WHERE {clock} AND NOT {zoned})",
    ]


def _count(condition: str, x: str) -> str:
    return f"count(*) FILTER (WHERE {filled(condition, x=x)})"


def _form(kind: str, present: int, first: int, zoned: int, naive: int) -> str:
    if not present:
        return ""
    if kind == "uid":
        if first in (0, present):
            # A few numbers among texts, or the other way round, say nothing.
            return ("text:digits" if first else "text:words") if present >= FEW else ""
        return "text:mixed"
    shares = {"text:day": first, "text:zoned": zoned, "text:naive": naive}
    most = max(shares, key=lambda form: shares[form])
    return most if 2 * shares[most] > present else "text:unlike"


def is_another(form: str, forms: Sequence[str]) -> bool:
    """Whether a form is none of those that were accepted. What says nothing is never another."""
    if not form or not forms:
        return False
    of, _, written = form.partition(":")
    if of not in {known.partition(":")[0] for known in forms}:
        return True
    as_written = {known.partition(":")[2] for known in forms if known.startswith(f"{of}:")}
    return bool(written and as_written) and written != "mixed" and not as_written & {written, "mixed"}


def in_words(forms: Sequence[str]) -> str:
    """Forms as people call them; the class alone where how it is written is known too."""
    said = [form for form in forms if not any(other.startswith(f"{form}:") for other in forms)]
    return " or ".join(WORDS.get(form, form) for form in said) or "nothing"
