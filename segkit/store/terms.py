"""The words by which one person is known, found in texts and taken out of them.

An e-mail and a mobile number are found wherever they stand whole, a number also when it is written with spaces. A uid
is found as a whole word; one of fewer than five characters only where it is a persona: in a text it could not
be told from any other `7`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

ERASED = "(erased)"
_SHORTEST_UID = 5
_SHORTEST_NUMBER = 7
#: Between the digits of a number as people write it.
_GAP = r"[\s().\-/]{0,3}"


@dataclass(frozen=True)
class Terms:
    """One person's uids, e-mails and mobile numbers, as they are stored."""

    uids: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    mobiles: frozenset[str] = frozenset()

    def __or__(self, other: Terms) -> Terms:
        return Terms(self.uids | other.uids, self.emails | other.emails, self.mobiles | other.mobiles)

    def __repr__(self) -> str:
        return f"{len(self.uids)} uids, {len(self.emails)} e-mails, {len(self.mobiles)} mobile numbers"

    @property
    def short_uids(self) -> frozenset[str]:
        """Those that are not looked for in texts."""
        return frozenset(uid for uid in self.uids if len(uid) < _SHORTEST_UID)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [*map(_word, self.uids - self.short_uids), *map(_word, map(str.strip, self.emails))]
        parts += [_number(mobile) for mobile in self.mobiles if len(_digits(mobile)) >= _SHORTEST_NUMBER]
        # The longest first: one may begin as another does.
        return re.compile("|".join(sorted(parts, key=len, reverse=True)), re.IGNORECASE) if parts else None

    def stand_in(self, text: str) -> bool:
        """Whether the person is named in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def masked(self, text: str) -> str:
        """The text without the person; never longer than it was, since names have a length."""
        return text if self._pattern is None else self._pattern.sub(_mask, text)

    def masked_in(self, value: Any, place: str = "", tell: Callable[[str], object] | None = None) -> Any:
        """Plain data without the person; `tell` is told every place. Texts that are JSON stay such."""
        if isinstance(value, str):
            new = self.masked(value)
            if new != value and tell is not None:
                tell(place)
            return new
        if isinstance(value, dict):
            return {self.masked(key) if isinstance(key, str) else key:
                    self.masked_in(item, f"{place}.{key}" if place else str(key), tell)
                    for key, item in value.items()}  # fmt: skip
        if isinstance(value, list | tuple):
            return [self.masked_in(item, f"{place}[{number}]", tell) for number, item in enumerate(value)]
        return value


def _mask(found: re.Match[str]) -> str:
    return ERASED if len(found[0]) >= len(ERASED) else "•" * len(found[0])


def _word(text: str) -> str:
    """What stands whole: no letter or digit of a longer word beside it, nor more of an address before or behind."""
    before = r"(?<![\w.+\-@])" if text[:1].isalnum() else r"(?<!\w)"
    return rf"{before}{re.escape(text)}(?![\w@]|[.\-+]\w)"


def _number(text: str) -> str:
    digits = _digits(text)
    return rf"(?<![\w+])\+?{_GAP.join(digits)}(?!\d)"


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def terms_of(uids: Iterable[str], addresses: Iterable[tuple[str, str]]) -> Terms:
    """The terms of a person's uids, and of their addresses with the kind of each."""
    some = list(addresses)
    return Terms(
        frozenset(uids),
        frozenset(value for kind, value in some if kind == "email"),
        frozenset(value for kind, value in some if kind == "mobile"),
    )
