"""How a CSV file seems to be written, by a bounded sample: encoding, delimiter, decimals, dates, and what tells.

A proposal for people: what the sample leaves open is a question, and the load itself guesses nothing. Names columns and
counts values, and never shows one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from segkit.data.csv_text import encoding_by_mark, header_of, is_utf8, opened_bytes, possible_delimiters, rows_of
from segkit.data.date_columns import DateColumn, date_column, has_zeros
from segkit.data.number_columns import NumberColumn, number_column
from segkit.errors import DataProblem

SAMPLE = 1 << 20  # bytes from the beginning
_MOST_ROWS = 2_000
_PIECE = 1 << 16  # bytes of the middle and of the end, which tell encodings


@dataclass(frozen=True, slots=True)
class Question:
    """What a sample leaves open: a key of `csv`, the choices (the likeliest first), why, and for which columns."""

    setting: str
    choices: tuple[str, ...]
    why: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.setting}: {' or '.join(map(repr, self.choices))}? {self.why}"


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How a file seems to be written. `evidence` and `questions` are sentences without any value of a row."""

    encoding: str
    delimiter: str
    decimal: str
    dates: tuple[str, ...]  # formats that are certain; beside them ISO dates are always read
    header: tuple[str, ...]
    evidence: tuple[str, ...]
    questions: tuple[Question, ...]
    has_mark: bool = False  # the file says its encoding itself

    @property
    def is_certain(self) -> bool:
        """Whether the sample leaves nothing open."""
        return not self.questions

    def settings(self) -> dict[str, Any]:
        """What `csv` of the source's settings must say; empty if nothing."""
        found: dict[str, Any] = {}
        if not self.has_mark and not is_utf8(self.encoding):
            found["encoding"] = self.encoding
        if any(question.setting == "delimiter" for question in self.questions):
            found["delimiter"] = self.delimiter
        if self.decimal != ".":
            found["decimal"] = self.decimal
        if self.dates:
            found["dates"] = list(self.dates)
        return found


def sniff(path: Path, shown: str | None = None) -> CsvDialect:
    """How the CSV file at `path` (packed if its name ends in .gz) seems to be written, by its first megabyte.

    Raises DataProblem if it has no header that can be read. `shown` is what messages call it.
    """
    shown = shown or path.name
    try:
        head, is_whole = _head(path)
        marked = encoding_by_mark(path)
    except (OSError, EOFError):
        raise DataProblem(
            f"{shown}: cannot be read; it may be cut off, or packed in another way than its name says"
        ) from None
    encoding = _Encoding.of(path, head, marked)
    text = codecs.getincrementaldecoder(encoding.name)(errors="replace").decode(head, final=is_whole)
    delimiters = possible_delimiters(text)
    delimiter = delimiters[0]
    header = header_of(path, shown, encoding.name, delimiter).names
    columns = _columns(text, delimiter, header, is_whole)
    dates = _Dates.of(columns)
    decimal = _Decimal.of({name: values for name, values in columns.items() if name not in dates.columns})
    questions = [*encoding.questions]
    if len(delimiters) > 1:
        why = "the header and the rows fit each of them"
        questions.append(Question("delimiter", tuple(delimiters), why))
    return CsvDialect(
        encoding=encoding.name,
        delimiter=delimiter,
        decimal=decimal.mark,
        dates=dates.formats,
        header=header,
        evidence=(encoding.evidence, _of_delimiter(delimiter, header), *decimal.evidence, *dates.evidence),
        questions=(*questions, *decimal.questions, *dates.questions),
        has_mark=marked is not None,
    )


def _head(path: Path) -> tuple[bytes, bool]:
    with opened_bytes(path) as stream:
        head = stream.read(SAMPLE)
        return head, not stream.read(1)


def _of_delimiter(delimiter: str, header: Sequence[str]) -> str:
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return f"delimiter: {names[delimiter]} make {len(header)} columns of the header"


def _columns(text: str, delimiter: str, header: Sequence[str], is_whole: bool) -> dict[str, list[str]]:
    """The values that are there, by column; those of rows as long as the header."""
    rows = list(islice(rows_of(text, delimiter), 1, _MOST_ROWS + 1))
    if not is_whole and len(rows) < _MOST_ROWS:
        rows = rows[:-1]  # it may be cut
    full = [row for row in rows if len(row) == len(header)]
    return {
        name: [row[place].strip() for row in full if row[place].strip()] for place, name in enumerate(header) if name
    }


# --- encoding ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Encoding:
    name: str
    evidence: str
    questions: tuple[Question, ...] = ()

    @classmethod
    def of(cls, path: Path, head: bytes, marked: str | None) -> _Encoding:
        if marked is not None:
            return cls(marked, f"encoding: the file's byte order mark says {marked.removesuffix('-sig')}")
        if b"\0" in head:
            return cls._without_mark(head)
        pieces = [head, *_later_pieces(path, len(head))]
        if all(_is_utf8(piece) for piece in pieces):
            only = "ASCII alone" if all(piece.isascii() for piece in pieces) else "UTF-8 with characters beyond ASCII"
            return cls("utf-8", f"encoding: the sample is {only}")
        choices = ("windows-1252", "iso-8859-15", "windows-1250")
        if any(_undefined(piece) for piece in pieces):
            choices = ("latin-1", "mac-roman", "cp437")
        why = "the sample is not UTF-8, and the bytes do not say which encoding it is; see how names and cities read"
        return cls(choices[0], f"encoding: not UTF-8; {choices[0]} is likeliest", (Question("encoding", choices, why),))

    @classmethod
    def _without_mark(cls, head: bytes) -> _Encoding:
        """Text with a NUL in every other place is UTF-16."""
        even, odd = head[0::2].count(0), head[1::2].count(0)
        likely, other = ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le")
        why = "the sample holds NUL bytes as UTF-16 does, and no byte order mark"
        return cls(likely, f"encoding: {likely}, by its NUL bytes", (Question("encoding", (likely, other), why),))


def _later_pieces(path: Path, read: int) -> Iterator[bytes]:
    """A piece of the middle and the end of a file that is not packed, for what its beginning does not have."""
    size = path.stat().st_size
    if path.name.endswith(".gz") or size <= read:
        return
    with path.open("rb") as stream:
        for start in (size // 2, max(read, size - _PIECE)):
            stream.seek(start)
            yield stream.read(_PIECE).lstrip(bytes(range(0x80, 0xC0)))  # may begin within a character


def _is_utf8(piece: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _undefined(piece: bytes) -> bool:
    """Whether a piece has bytes that windows-1252 gives no meaning to."""
    return any(byte in piece for byte in b"\x81\x8d\x8f\x90\x9d")


# --- numbers and dates ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Decimal:
    mark: str
    evidence: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[str]]) -> _Decimal:
        found = {name: column for name, values in columns.items() if (column := number_column(values))}
        comma = [name for name, column in found.items() if column.comma]
        point = [name for name, column in found.items() if column.point]
        mark = "," if comma and len(comma) >= len(point) else "."
        said = tuple(_of_number(name, found[name]) for name in [*comma, *point])
        if comma and point:
            why = f"a decimal comma in {_names(comma)}, a decimal point in {_names(point)}"
            return cls(mark, said, (Question("decimal", (mark, "." if mark == "," else ","), why, (*comma, *point)),))
        open_ = [name for name, column in found.items() if column.either]
        if open_ and not comma and not point:
            why = f"each number of {_names(open_)} with a mark has three digits after it: thousands or decimals"
            return cls(mark, said, (Question("decimal", (".", ","), why, tuple(open_)),))
        return cls(mark, said)


def _of_number(name: str, column: NumberColumn) -> str:
    counts = ((column.comma, "comma"), (column.point, "point"))
    said = " and ".join(f"{count:,} values with a decimal {word}" for count, word in counts if count)
    return f"decimal: '{name}' has {said}"


@dataclass(frozen=True, slots=True)
class _Dates:
    formats: tuple[str, ...]
    columns: tuple[str, ...]  # that hold dates
    evidence: tuple[str, ...]
    questions: tuple[Question, ...]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[str]]) -> _Dates:
        zeros = any(map(has_zeros, columns.values()))
        found = {name: one for name, values in columns.items() if (one := date_column(values, with_zeros=zeros))}
        formats = tuple(dict.fromkeys(text for column in found.values() for text in column.certain))
        said, questions = [], []
        for name, column in found.items():
            if column.certain:
                said.append(f"dates: '{name}' is written {' and '.join(column.certain)}")
            elif not column.open:
                said.append(f"dates: '{name}' has ISO dates")
            question = _question(name, column, formats)
            if question is not None:
                questions.append(question)
        return cls(formats, tuple(found), tuple(said), tuple(questions))


def _question(name: str, column: DateColumn, formats: Sequence[str]) -> Question | None:
    """What a column's dates leave open, those put first that other columns have."""
    for choices, count in column.open.items():
        among = [text for text in choices if text in formats]
        if len(among) == 1 and not column.certain:
            continue  # another column of this file says how days and months stand
        ordered = (*among, *(text for text in choices if text not in among))
        why = f"{count:,} of {column.count:,} sampled values of '{name}' fit each of them, and mean different days"
        return Question("dates", ordered, why, (name,))
    return None


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in columns)
