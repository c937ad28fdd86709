"""Gates: what is known of an app's data and its segments' sizes, beside what may be. Pure; nothing is read here.

A finding about the data holds every segment of the app, one about a segment holds it and those who read it. Held means:
nothing is published, and what was published before is still served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from segkit.data.gate_settings import Gate, Gates
from segkit.definitions.naming import name_key

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that holds a publish. It names dates, counts and places, never a user."""

    app: str
    gate: Gate
    holds: str  # the segment's name; empty: every segment of the app
    found: str
    limit: str
    sentence: str
    key: str  # the same for the same finding, so that it is accepted once
    segment_id: str = ""
    accepted: str = ""  # who let it through

    @property
    def subject(self) -> str:
        """What it is called where somebody accepts it."""
        return self.holds or self.gate

    def accepted_by(self, actor: str) -> Finding:
        """The same, let through."""
        return replace(self, accepted=actor)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What is known of an app's data as of a date."""

    newest_day: date | None = None  # the last day before as_of with events; None: there are none, and nothing is judged
    empty_days: tuple[date, ...] = ()  # days without events up to yesterday, but for those that were deleted
    drift: tuple[str, ...] = ()  # how the sources differ from what was accepted, if that kept the newest load out
    orphans: int = 0  # events of the newest load whose users are unknown to this day
    events: int = 0  # of the newest load, orphans included


@dataclass(frozen=True, slots=True)
class SizeFacts:
    """How many users a segment had when it was last published, by the same rule, and has now."""

    segment_id: str
    name: str
    before: int
    before_as_of: date
    now: int


def judge_data(app: str, as_of: date, facts: DataFacts, gates: Gates) -> list[Finding]:
    """What holds every segment of the app."""
    found = [*_fresh(app, as_of, facts, gates), *_missing_days(app, as_of, facts, gates)]
    found += [*_drift(app, as_of, facts), *_orphans(app, as_of, facts, gates)]
    return [finding for finding in found if finding.gate not in gates.off]


def judge_sizes(app: str, as_of: date, sizes: Iterable[SizeFacts], gates: Gates) -> list[Finding]:
    """What holds single segments because they have grown or shrunk too much."""
    if "size" in gates.off:
        return []
    return [finding for size in sizes for finding in _size(app, as_of, size, gates)]


def broken(app: str, as_of: date, segment_id: str, name: str, words: str) -> Finding:
    """What holds a segment because its personas are not where they must be; `words` name their places."""
    key = _key("personas", segment_id, as_of, words)
    return Finding(app, "personas", name, "broken", "each where it must be", words, key, segment_id)


def _fresh(app: str, as_of: date, facts: DataFacts, gates: Gates) -> Iterator[Finding]:
    newest = facts.newest_day
    late = [day for day in facts.empty_days if newest and day > newest and not gates.is_quiet(day)]
    if newest is None or len(late) <= gates.fresh_days:
        return
    expected = late[-1 - gates.fresh_days]
    words = f"the newest events are of {newest}; expected some of {expected} or later"
    yield _of_data(app, "fresh", as_of, newest.isoformat(), expected.isoformat(), words)


def _missing_days(app: str, as_of: date, facts: DataFacts, gates: Gates) -> Iterator[Finding]:
    first = as_of - timedelta(days=min(gates.missing_days, (as_of - date.min).days))
    for day in facts.empty_days:
        if facts.newest_day is None or not first <= day < facts.newest_day or gates.is_quiet(day):
            continue
        words = f"{day} has no event at all, though days before and after it have some"
        found = _of_data(app, "missing_days", as_of, day.isoformat(), f"none in {gates.missing_days} days", words)
        # The same day is missing the next night, too: who lets it through does so once.
        yield replace(found, key=f"missing_days {day}")


def _drift(app: str, as_of: date, facts: DataFacts) -> Iterator[Finding]:
    if facts.drift:
        count = len(facts.drift)
        more = f" And {count - _SHOWN:,} more." if count > _SHOWN else ""
        words = "the sources are not what was accepted so far, and nothing new was loaded: "
        words += " ".join(facts.drift[:_SHOWN]) + more
        told = "1 difference" if count == 1 else f"{count:,} differences"
        yield _of_data(app, "drift", as_of, told, "none", words)


def _orphans(app: str, as_of: date, facts: DataFacts, gates: Gates) -> Iterator[Finding]:
    if facts.orphans <= gates.floor or facts.orphans * 100 <= gates.orphan_percent * facts.events:
        return
    share, limit = f"{100 * facts.orphans / facts.events:.1f} %", f"{gates.orphan_percent:g} %"
    words = f"{share} of the newest load's events ({facts.orphans:,} of {facts.events:,}) are of unknown users; "
    yield _of_data(app, "orphans", as_of, share, limit, words + f"expected at most {limit}")


def _of_data(app: str, gate: Gate, as_of: date, found: str, limit: str, words: str) -> Finding:
    return Finding(app, gate, "", found, limit, words, _key(gate, "", as_of, found))


def _size(app: str, as_of: date, size: SizeFacts, gates: Gates) -> Iterator[Finding]:
    limit, change = size_limit(size, gates), size.now - size.before
    if abs(change) <= gates.floor or (size.now and abs(change) * 100 <= limit * size.before):
        return
    share = f" ({100 * change / size.before:+.1f} %)".replace("-", "−") if size.before else ""
    found = f"{size.before:,} → {size.now:,}{share}"
    now = f"{size.now:,}" if size.now else "none"
    words = f"it had {size.before:,} users as of {size.before_as_of} and would have {now}{share}; "
    words += f"expected at most {limit:g} % more or fewer"
    key = _key("size", size.segment_id, as_of, found)
    yield Finding(app, "size", size.name, found, f"±{limit:g} %", words, key, size.segment_id)


def size_limit(size: SizeFacts, gates: Gates) -> float:
    """By how many percent a segment may change."""
    own = {name_key(name): limit for name, limit in gates.segments.items()}
    return own.get(name_key(size.name), own.get(name_key(size.segment_id), gates.size_percent))


def _key(gate: Gate, segment_id: str, as_of: date, found: str) -> str:
    return " ".join(part for part in (gate, segment_id, as_of.isoformat(), found) if part)


def words_of_held(names: Sequence[str], reasons: Sequence[str], findings: Iterable[Finding]) -> list[str]:
    """Why segments are held, a line each; what holds all of them is said once."""
    of_data = [finding.sentence for finding in findings if not finding.holds and not finding.accepted]
    if of_data and names:
        which = f"all {len(names):,} segments" if len(names) > 1 else f"‘{names[0]}’"
        return [f"{which} held: {sentence}" for sentence in of_data]
    return [f"‘{name}’ held: {reason}" for name, reason in zip(names, reasons, strict=True)]
