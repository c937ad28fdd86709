"""What labels, parameters, events and their values are called: by the vocabulary, so that no two sound the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

from segkit.definitions.operators import Type
from segkit.definitions.vocabulary import Personal, Vocabulary
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.filling import Filler, is_plain, lowered, number
from segkit.definitions.wording.participles import done
from segkit.masking import masked

#: What separates an event's name in a row from the rest of it.
_ROW_MARKS = frozenset(":()‘’")


class Declared(Protocol):
    """What a label and a parameter say about their values."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Type: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def personal(self) -> Personal | None: ...


class _Named(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


class Names:
    """The names of one vocabulary in one language; codes where there is none."""

    def __init__(self, filler: Filler, vocabulary: Vocabulary | None) -> None:
        self._filler = filler
        known = vocabulary or Vocabulary()
        self.labels: dict[str, Declared] = {d.code: d for d in known.labels}
        self.parameters: dict[str, Declared] = {d.code: d for d in known.parameters}
        self._derived = {d.code: d.derived for d in known.labels}
        self._events = {d.code: d.name for d in known.events}
        self._shared = {
            sort: _shared(declared)
            for sort, declared in (("label", known.labels), ("parameter", known.parameters), ("event", known.events))
        }

    def is_never_missing(self, code: str) -> bool:
        """Whether every user has a value of that label: it counts or adds up, or says whether there is anything."""
        derived = self._derived.get(code)
        return derived is not None and derived.is_never_missing

    def label(self, code: str, at_the_beginning: bool = False) -> str:
        """A label's name inside a sentence, or at the beginning of a row."""
        return self._subject("label", code, self.labels.get(code), at_the_beginning)

    def parameter(self, code: str, at_the_beginning: bool = False) -> str:
        """A parameter's name inside a sentence, or at the beginning of a row."""
        return self._subject("parameter", code, self.parameters.get(code), at_the_beginning)

    def _subject(self, sort: str, code: str, declared: Declared | None, at_the_beginning: bool) -> str:
        if declared is None:
            return code
        plain = declared.name if at_the_beginning else lowered(declared.name)
        found = plain if is_plain(declared.name) else self._filler.quoted_name(declared.name)
        return self._with_code(sort, found, declared.name, code)

    def _with_code(self, sort: str, found: str, name: str, code: str) -> str:
        if name.casefold() not in self._shared[sort]:
            return found
        return self._filler.fill(p.NAME_AND_CODE, name=found, code=code)

    def event(self, code: str) -> str:
        """An event's name in quotes."""
        name = self._events.get(code)
        return code if name is None else self._with_code("event", self._filler.quoted_name(name), name, code)

    def event_row(self, code: str) -> str:
        """An event's name at the beginning of a row."""
        name = self._events.get(code)
        if name is None:
            return code
        found = self._filler.quoted_name(name) if set(name) & _ROW_MARKS else name
        return self._with_code("event", found, name, code)

    def done(self, code: str) -> str | None:
        """What somebody has done, if the event's name says that: `paid an order`."""
        name = self._events.get(code, "")
        return None if not is_plain(name) or name.casefold() in self._shared["event"] else done(name)

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: object, declared: Declared | None, *, named: bool = True) -> str:
        """A value by its name where it has one, else a text in quotes, a number with its unit, a day, yes or no.

        Personal data is masked.
        """
        if declared is not None and declared.personal is not None and value is not None:
            return self._filler.quoted(masked(value, declared.personal) or "")
        name = self._value_name(value, declared) if named and declared is not None else None
        if name is not None:
            return name
        if isinstance(value, bool):
            return self._filler.fill(p.YES if value else p.NO)
        if isinstance(value, int | float):
            return self._with_unit(number(value), declared)
        if isinstance(value, date):
            return self._filler.day(value)
        return self._filler.quoted(value) if isinstance(value, str) else self._filler.fill(p.OPEN)

    def _value_name(self, value: object, declared: Declared) -> str | None:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        name = declared.values.get(key)
        if name is None:
            return None
        alike = sum(other.casefold() == name.casefold() for other in declared.values.values()) > 1
        found = self._filler.name(name)
        return self._filler.fill(p.NAME_AND_CODE, name=found, code=self._filler.quoted(key)) if alike else found

    def _with_unit(self, text: str, declared: Declared | None) -> str:
        """Without the unit where the name says it already, as "Number of bound devices" does."""
        if declared is None or not declared.unit or declared.unit.casefold() in declared.name.casefold().split():
            return text
        unit = declared.unit if not set(declared.unit) & set("(),.‘’“”") else self._filler.quoted_name(declared.unit)
        return self._filler.fill(p.NUMBER_AND_UNIT, number=text, unit=unit)


def _shared(declared: Iterable[_Named]) -> frozenset[str]:
    """Names that more than one of them has, also if only what they have done is the same."""
    names = [d.name.casefold() for d in declared]
    counts = Counter(names) + Counter(said for name in names if (said := done(name)) not in (None, name))
    return frozenset(name for name in names if counts[name] > 1 or counts[done(name) or name] > 1)
