"""Which column plays which role in a table: by what it holds first, by its heading second."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from segkit.data.proposal.facts import Facts
from segkit.data.proposal.headings import is_exactly, rank, says
from segkit.data.proposal.kinds import is_code, kind_of

MOST_EVENTS = 500


def uid_of(columns: Iterable[Facts], like: str | None = None) -> str | None:
    """The column that says which user: named as in the other table, else by its heading; one that is a row's own key
    and nothing else only where no other is there."""
    able = [facts for facts in columns if facts.present and facts.of in ("text", "integer", "float", "decimal") and
            facts.moment is None]  # fmt: skip
    for facts in able:
        if like is not None and facts.name.casefold() == like.casefold():
            return facts.name
    named = [facts for facts in able if says(facts.name, "uid") >= 2]
    if named:
        return min(named, key=lambda f: (f.missing > 0, -says(f.name, "uid"), rank(f.name, "uid"))).name
    own = [facts for facts in able if is_exactly(facts.name, "event_key")]
    return own[0].name if own else None


def time_of(columns: Iterable[Facts]) -> str | None:
    """The column of instants: with a time of day before days alone, by its heading, the first of equals."""
    able = [facts for facts in columns if facts.moment is not None and facts.missing < facts.rows]
    return _first(able, lambda f: (f.moment == "day", f.missing > 0, -says(f.name, "time"), rank(f.name, "time")))


def event_name_of(columns: Iterable[Facts], rows: int) -> str | None:
    """The column with the names of events: its heading says so, its values are few and come again and again."""
    able = [
        facts
        for facts in columns
        if facts.is_text and 0 < facts.distinct <= MOST_EVENTS and facts.distinct < max(facts.present / 2, 2)
        and facts.moment is None and says(facts.name, "event_name") >= 2 and kind_of(facts).type == "string"
    ]  # fmt: skip
    strong = [f for f in able if rank(f.name, "event_name") < rank("type", "event_name")]
    exact = [f for f in able if is_exactly(f.name, "event_name") and f.name.casefold() in ("type", "name")]
    return _first(strong or exact, lambda f: (f.missing > 0, rank(f.name, "event_name"), -says(f.name, "event_name")))


def event_key_of(columns: Iterable[Facts]) -> str | None:
    """A column that tells one event from another: never missing, never twice, and no measure or instant by chance."""
    able = [
        facts
        for facts in columns
        if facts.is_unique and facts.moment is None
        and (says(facts.name, "event_key") >= 2 or is_code(facts) or facts.share("uuid") == 1.0)
    ]  # fmt: skip
    return _first(able, lambda f: (rank(f.name, "event_key"), f.name))


def named_exactly(columns: Iterable[Facts], meaning: str) -> str | None:
    """The column of moments whose heading says just that."""
    return next((f.name for f in columns if f.moment is not None and is_exactly(f.name, meaning)), None)


def _first(able: list[Facts], order: Callable[[Facts], tuple[object, ...]]) -> str | None:
    return min(able, key=order).name if able else None
