"""What the texts of a column say of how its dates are written: formats that are certain, and those that fit alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from segkit.data.dialect_settings import shape_of, strptime_of

_DAYS = (
    "DD.MM.YYYY", "D.M.YYYY", "MM.DD.YYYY",
    "DD/MM/YYYY", "D/M/YYYY", "MM/DD/YYYY", "M/D/YYYY",
    "DD-MM-YYYY", "D-M-YYYY", "MM-DD-YYYY", "M-D-YYYY",
    "YYYY/MM/DD", "YYYY.MM.DD", "D MMM YYYY", "DD-MMM-YYYY", "MMM D, YYYY",
)  # fmt: skip
_TIMES = ("", " HH:mm", " HH:mm:ss", " H:mm", " H:mm:ss", " h:mm A", " h:mm:ss A", "THH:mm:ss", ", HH:mm")
FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?", re.IGNORECASE
)
_ZERO = re.compile(r"\b0\d[./-]|[./-]0\d\b")
_MOST = 500  # values that are looked at
_Reading = dict[str, datetime]  # what each format that fits makes of a text


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates. `certain`: formats beside ISO that some values fit alone; `open`: formats of which several fit
    some values that none of the certain ones tells, and how many those are."""

    count: int
    certain: tuple[str, ...]
    open: dict[tuple[str, ...], int]


def has_zeros(values: Iterable[str]) -> bool:
    """Whether some text has a day or month such as 03, so that two digits may be expected of all."""
    return any(_ZERO.search(text) for text in values)


def date_column(values: Sequence[str], *, with_zeros: bool) -> DateColumn | None:
    """The column of dates that the texts are; None if some text is none. `with_zeros`: DD, where D fits as well."""
    looked_at = values[:_MOST]
    readings = [_readings(text) for text in looked_at if not _ISO.fullmatch(text)]
    if not looked_at or not all(readings):
        return None
    readings = _without_repeats(readings, with_zeros)
    certain = _certain(readings)
    open_: Counter[tuple[str, ...]] = Counter()
    for found in readings:
        if len({found[text] for text in certain if text in found}) != 1:
            open_[tuple(text for text in found if text in certain) or tuple(found)] += 1
    return DateColumn(len(looked_at), certain, _narrowed(open_))


def _without_repeats(readings: Sequence[_Reading], with_zeros: bool) -> list[_Reading]:
    """Without formats that read every text as another one does, such as D.M beside DD.MM."""
    by_form = {form: tuple(found.get(form) for found in readings) for form in FORMATS}
    kept = {moments: form for form, moments in (reversed(by_form.items()) if with_zeros else by_form.items())}
    return [{form: moment for form, moment in found.items() if kept[by_form[form]] == form} for found in readings]


def _certain(readings: Sequence[_Reading]) -> tuple[str, ...]:
    """Of texts that no two orders of day and month fit: the formats that fit most."""
    fits = Counter(form for found in readings for form in found)
    certain: list[str] = []
    for found in readings:
        if len(set(map(_order, found))) == 1 and not any(form in found for form in certain):
            certain.append(max(found, key=lambda form: (fits[form], -FORMATS.index(form))))
    return tuple(certain)


@cache
def _order(form: str) -> str:
    """`YMD`, `DMY` or `MDY`."""
    return "".join(dict.fromkeys(letter for letter in form if letter in "YMD"))


def _narrowed(open_: Counter[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """What is open, without choices that some value rules out: the formats that fit all such values, if any do."""
    if not open_:
        return {}
    common = [form for form in next(iter(open_)) if all(form in choices for choices in open_)]
    return {tuple(common): sum(open_.values())} if len(common) > 1 else dict(open_)


@lru_cache(maxsize=4096)
def _cached(text: str) -> tuple[tuple[str, datetime], ...]:
    return tuple((form, moment) for form in FORMATS if (moment := _read(text, form)) is not None)


def _readings(text: str) -> _Reading:
    return dict(_cached(text))


@cache
def _shape(form: str) -> re.Pattern[str]:
    return re.compile(shape_of(form))


def _read(text: str, form: str) -> datetime | None:
    if not _shape(form).fullmatch(text):
        return None
    try:
        return datetime.strptime(text, strptime_of(form))  # noqa: DTZ007 - how it is written, not when it was
    except ValueError:
        return None
