"""Patterns looked up and filled; texts, numbers and dates written so that two that differ never look the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from gettext import NullTranslations

from segkit.definitions.wording import patterns as p

#: From this power of ten on a double is written with an exponent: its digits would pretend to be exact.
_MOST_PLACES_BEFORE, _MOST_PLACES_AFTER = 16, 12
#: Marks that turn the direction of what follows them; a value must not rearrange the sentence that it stands in.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: What separates the parts of a sentence; a name that holds one of them is put in quotes.
_SEPARATING = frozenset({
    "is", "are", "was", "were", "has", "have", "had", "do", "does", "did", "not", "no", "never", "ever",
    "contain", "contains", "include", "includes", "start", "starts", "end", "ends", "who", "whose", "and", "or",
    "where", "over", "among", "then", "none", "any", "all", "more", "less", "fewer", "least", "most", "than", "exactly",
    "times", "days",
})  # fmt: skip
_PLAIN = re.compile(r"[^\W\d_](?:[^\W\d_]|[ /&'+.-](?=[^\W\d_]))*\Z")


class Filler:
    """Fills patterns in one language."""

    def __init__(self, translations: NullTranslations | None = None) -> None:
        self._translations = translations or NullTranslations()

    def fill(self, pattern: p.Pattern, number: object = None, /, **parts: str) -> str:
        """The pattern's translation with its places filled; `number` decides between one and many."""
        if isinstance(pattern, p.Plural):
            counted = number if isinstance(number, int) else 2
            return self._translations.ngettext(pattern.one, pattern.many, counted).format(**parts)
        return self._translations.gettext(pattern).format(**parts)

    def joined(self, pattern: str, texts: Sequence[str], last: str | None = None) -> str:
        """Texts in a row: the pattern joins `start` and `next`, `last` joins `start` and `last`."""
        found = texts[0]
        for text in texts[1:-1]:
            found = self.fill(pattern, start=found, next=text)
        if len(texts) > 1:
            found = self.fill(last or pattern, start=found, last=texts[-1], next=texts[-1])
        return found

    def alternatives(self, texts: Sequence[str]) -> str:
        """Texts of which one holds or more."""
        return self._series(p.EITHER, p.OR_LAST, texts)

    def together(self, texts: Sequence[str]) -> str:
        """Texts that hold together."""
        return self._series(p.BOTH, p.AND_LAST, texts)

    def _series(self, two: str, last: str, texts: Sequence[str]) -> str:
        if len(texts) == 2:
            return self.fill(two, first=texts[0], second=texts[1])
        return self.joined(p.NEXT, texts, last)

    def day(self, day: date) -> str:
        """`31 Jan 2026`."""
        return self.fill(p.DAYS_OF_THE_YEAR[day.month - 1], day=str(day.day), year=str(day.year))

    def quoted(self, text: str) -> str:
        """A text as it stands in the data: `“DE”`."""
        return self.fill(p.QUOTED_TEXT, text=_escaped(text, "“”"))

    def quoted_name(self, name: str) -> str:
        """A name that might be misread without quotes: `‘Paid an order’`."""
        return self.fill(p.QUOTED_NAME, name=_escaped(name, "‘’"))

    def name(self, name: str) -> str:
        """A name, in quotes only if it might be misread: `Germany`, `‘5 or more people’`."""
        return name if is_plain(name) else self.quoted_name(name)


def is_plain(name: str) -> bool:
    """Whether a name stands out in a sentence without quotes: words only, and none that separates its parts."""
    return bool(_PLAIN.match(name)) and not _SEPARATING & set(name.casefold().split())


def lowered(name: str) -> str:
    """A name inside a sentence: `Marketing consent` begins small, `OS version` does not."""
    begins_a_word = len(name) > 1 and (name[1].islower() or name[1] == "-")
    return name[0].lower() + name[1:] if begins_a_word else name


def raised(text: str) -> str:
    """A text at the beginning of a row."""
    return text[:1].upper() + text[1:]


def number(value: int | float) -> str:
    """`12,408`, `0.5`; numbers that differ never look the same, also where they are too long for that."""
    if isinstance(value, int):
        return f"{value:,}"
    exact = Decimal(repr(value))
    if exact and not -_MOST_PLACES_AFTER <= exact.adjusted() < _MOST_PLACES_BEFORE:
        return repr(value)
    text = f"{exact:,f}"
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if whole == "-0" else whole


def _escaped(text: str, quotes: str) -> str:
    return "".join(_escape(character, quotes) for character in text)


def _escape(character: str, quotes: str) -> str:
    if character in quotes or character == "\\":
        return "\\" + character
    if character in _TURNING or unicodedata.category(character) in _UNSEEN:
        return {"\n": "\\n", "\t": "\\t"}.get(character, f"\\u{{{ord(character):x}}}")
    return character


#: Looks up a segment's name by how a rule refers to it.
SegmentName = Callable[[str], str]
