"""How broad a text is about to be, where nothing can be measured before it is shown."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljtfrI.,:;'|!()[]-/ ")
_BROAD = frozenset("mwMW@%")


def elided(text: str, pixels: float) -> str:
    """A text of about so many pixels at most, cut in the middle where it is longer."""
    if width(text) <= pixels:
        return text
    half = (pixels - width("…")) / 2
    return f"{_beginning(text, half).rstrip()}…{_beginning(text[::-1], half)[::-1].lstrip()}"


def _beginning(text: str, pixels: float) -> str:
    return next((text[: at - 1] for at in range(1, len(text) + 1) if width(text[:at]) > pixels), text)


def width(text: str) -> float:
    """About how many pixels a text of 13 pixels takes."""
    return sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    """About as wide as in the broader of the fonts that systems have for their menus."""
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 14.0
    if letter in _BROAD:
        return 11.0
    return 4.3 if letter in _NARROW else 8.3 if letter.isupper() else 7.0
