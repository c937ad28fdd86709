"""How a source's CSV files are written, as `csv = {…}` in segkit.toml has it: encoding, delimiter, decimals, dates.

What is not said is detected where that is certain (a byte order mark; the delimiter by the header), and otherwise
usual: UTF-8, a decimal point, ISO dates. Nothing is guessed.
"""

from __future__ import annotations

import codecs
import itertools
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DELIMITERS = (",", ";", "\t", "|")
#: Parts of a date's format: what they look like, and what DuckDB's strptime calls them. Longer ones come first.
TOKENS = {
    "YYYY": ("[0-9]{4}", "%Y"),
    "MMM": ("[A-Za-z]{3}", "%b"),
    "MM": ("[0-9]{2}", "%m"),
    "DD": ("[0-9]{2}", "%d"),
    "HH": ("[0-9]{2}", "%H"),
    "hh": ("[0-9]{2}", "%I"),
    "mm": ("[0-9]{2}", "%M"),
    "ss": ("[0-9]{2}", "%S"),
    "M": ("[0-9]{1,2}", "%m"),
    "D": ("[0-9]{1,2}", "%d"),
    "H": ("[0-9]{1,2}", "%H"),
    "h": ("[0-9]{1,2}", "%I"),
    "A": ("[AaPp][Mm]", "%p"),
}
_TOKEN = re.compile("|".join(TOKENS))
_BETWEEN = re.compile(r"[-/., :T]*\Z")


class CsvFormat(BaseModel):
    """How CSV files are written. Missing: detected where that is certain, otherwise usual."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    encoding: Annotated[
        str | None,
        Field(description="Such as 'windows-1252' or 'utf-16-le'; a byte order mark in a file goes before it."),
    ] = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    decimal: Annotated[Literal[".", ","], Field(description="',' reads 1.234,56.")] = "."
    dates: Annotated[tuple[str, ...], Field(description="Formats such as 'DD.MM.YYYY' or 'M/D/YYYY h:mm A'.")] = ()

    @field_validator("encoding")
    @classmethod
    def _a_known_encoding(cls, name: str | None) -> str | None:
        if name is None:
            return None
        try:
            "x".encode(name)  # not every codec that Python knows is one of text
            codecs.getincrementaldecoder(name)
        except LookupError:
            expected = "expected an encoding such as 'utf-8', 'windows-1252' or 'utf-16'"
            raise ValueError(f"found '{name}'; {expected}") from None
        return name

    @field_validator("dates", mode="before")
    @classmethod
    def _one_or_several(cls, found: object) -> object:
        return (found,) if isinstance(found, str) else tuple(found) if isinstance(found, list) else found

    @field_validator("dates")
    @classmethod
    def _known_formats(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for text in formats:
            wrong = problem_of_format(text)
            if wrong:
                raise ValueError(f"found '{text}'; {wrong}")
        return formats


def parts_of_format(text: str) -> list[str]:
    """`D.MM.YYYY` as `D`, `.`, `MM`, `.`, `YYYY`."""
    return [part for part in re.split(f"({_TOKEN.pattern})", text) if part]


def problem_of_format(text: str) -> str | None:
    """What is wrong with a date's format, in words; None if nothing is."""
    parts = parts_of_format(text)
    tokens = [part for part in parts if part in TOKENS]
    between = [part for part in parts if part not in TOKENS]
    kinds = ["M" if token == "MMM" else token[0] for token in tokens]
    if any(not _BETWEEN.match(part) for part in between) or len(set(kinds)) < len(kinds):
        return "expected YYYY, MM, DD, HH, mm, ss (M, D, H without a leading zero, MMM for Jan, h and A for am and pm)"
    if not {"Y", "M", "D"} <= set(kinds):
        return "expected a year of four digits (YYYY), a month (MM) and a day (DD)"
    if ("h" in kinds) != ("A" in kinds) or {"h", "H"} <= set(kinds):
        return "expected HH, or both h and A"
    if ("m" in kinds and not {"H", "h"} & set(kinds)) or ("s" in kinds and "m" not in kinds):
        return "expected hours before minutes, and minutes before seconds"
    if any(a in TOKENS and b in TOKENS and len(a) == 1 for a, b in itertools.pairwise(parts)):
        return "expected a mark after M, D or H, which may have one digit or two"
    return None


def has_time(text: str) -> bool:
    """Whether a format says the time of day too."""
    return any(part in ("HH", "H", "hh", "h") for part in parts_of_format(text))


def shape_of(text: str) -> str:
    """A regular expression of the texts that look like a format; the same to Python and to DuckDB."""
    return "".join(TOKENS[part][0] if part in TOKENS else _literally(part) for part in parts_of_format(text))


def _literally(text: str) -> str:
    return "".join(f"[{character}]" for character in text)


def strptime_of(text: str) -> str:
    """A format in the words of strptime."""
    return "".join(TOKENS[part][1] if part in TOKENS else part for part in parts_of_format(text))


#: What is not said of any file.
AS_USUAL = CsvFormat()
