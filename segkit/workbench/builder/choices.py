"""The values to choose from in a condition: what the data holds, most frequent first, a page at a time, searchable."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.engine.people import ValueCount

if TYPE_CHECKING:
    from segkit.api import App
    from segkit.definitions.vocabulary import LabelDeclaration, ParameterDeclaration

PAGE = 100
#: A value that has a name is found by it, so all of them are looked at; no vocabulary names more.
_MOST_NAMED = 10_000


def label_choices(app: App, code: str, as_of: date, search: str, offset: int) -> dict[str, Any]:
    """A page of a label's values, and how many users have none."""
    declared = app.vocabulary.label(code)
    if not declared.values or not search:
        found, without = app.values(code, as_of, search=search, limit=PAGE + 1, offset=offset)
        return {**_page(found, declared), "without": without}
    everything, without = app.values(code, as_of, limit=_MOST_NAMED)
    return {**_page(_named(everything, declared, search)[offset : offset + PAGE + 1], declared), "without": without}


def parameter_choices(app: App, event: str, code: str, as_of: date, search: str, offset: int) -> dict[str, Any]:
    """A page of the values of an event's parameter over the last 90 days."""
    declared = app.vocabulary.parameter(code)
    if not declared.values or not search:
        found = app.parameter_values(event, code, as_of, search=search, limit=PAGE + 1, offset=offset)
        return _page(found, declared)
    everything = app.parameter_values(event, code, as_of, limit=_MOST_NAMED)
    return _page(_named(everything, declared, search)[offset : offset + PAGE + 1], declared)


def _named(found: list[ValueCount], declared: LabelDeclaration | ParameterDeclaration, search: str) -> list[ValueCount]:
    wanted = search.casefold()
    return [v for v in found if wanted in str(v.value).casefold() or wanted in declared.value_name(v.value).casefold()]


def _page(found: list[ValueCount], declared: LabelDeclaration | ParameterDeclaration) -> dict[str, Any]:
    """At most a page of them, and whether there are more."""
    shown = [{"value": _plain(v.value), "name": declared.value_name(v.value), "count": v.count} for v in found[:PAGE]]
    return {"values": shown, "more": len(found) > PAGE, "personal": declared.personal is not None}


def _plain(value: object) -> object:
    return value if isinstance(value, str | bool | int | float) else str(value)
