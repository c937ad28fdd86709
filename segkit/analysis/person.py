"""One user as the app knows them: labels since when, linked items, what they did day by day, segments in and was in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.explanation import Row, row_words
from segkit.analysis.finding import Finding
from segkit.analysis.showing import day_text, plain

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Known:
    """One label of the user. `since` is the data date that brought the value; `is_since_ever`: the app's first one,
    so that the value may be older.

    `link` is the linked table that it is derived from; a label derived from events has no `since`.
    """

    code: str
    name: str
    category: str
    value: Any
    text: str
    since: date | None = None
    is_since_ever: bool = False
    link: str | None = None

    @property
    def since_text(self) -> str:
        if self.since is None:
            return ""
        return f"since{' at least' if self.is_since_ever else ''} {day_text(self.since)}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A run of published dates on which the user was in a segment. `last` is None while the newest one holds them.

    `is_since_ever`: the run begins with the oldest snapshot that is kept.
    """

    segment_id: str
    name: str
    kind: str
    since: date
    last: date | None
    newest: date  # the newest snapshot looked at
    is_since_ever: bool = False

    @property
    def words(self) -> str:
        least = " at least" if self.is_since_ever else ""
        if self.last is None:
            return f"in since{least} {day_text(self.since)}"
        if self.last == self.since:
            return f"was in on {day_text(self.since)}"
        return f"was in from{least} {day_text(self.since)} to {day_text(self.last)}"


@dataclass(frozen=True, slots=True)
class DayOfEvents:
    """What the user did on one local day, the newest first."""

    day: date
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of days, the newest first. `days` and `events` count all before as_of."""

    days: int
    events: int
    first: date | None
    last: date | None
    shown: tuple[DayOfEvents, ...]
    next_before: date | None  # `before` of the next page; None on the last one


@dataclass(frozen=True, repr=False)
class Profile(Finding):
    """Everything that an app knows of one user as of a date. Personal data is masked unless it was asked for."""

    uid: str
    app: str
    as_of: date
    found_by: str
    is_there: bool
    known: tuple[str, ...]  # when the app knew the user, in words
    labels: tuple[Known, ...]
    timeline: Timeline
    memberships: tuple[Membership, ...]
    notes: tuple[str, ...] = ()
    is_masked: bool = True

    @property
    def now_in(self) -> tuple[Membership, ...]:
        return tuple(each for each in self.memberships if each.last is None)

    @property
    def was_in(self) -> tuple[Membership, ...]:
        return tuple(each for each in self.memberships if each.last is not None)

    def by_category(self) -> dict[str, list[Known]]:
        """Labels that are no linked items, by category, in the vocabulary's order."""
        found: dict[str, list[Known]] = {}
        for label in self.labels:
            if label.link is None:
                found.setdefault(label.category, []).append(label)
        return found

    def by_link(self) -> dict[str, list[Known]]:
        """What linked tables say, by table."""
        found: dict[str, list[Known]] = {}
        for label in self.labels:
            if label.link is not None:
                found.setdefault(label.link, []).append(label)
        return found

    @property
    def title(self) -> str:
        return f"{self.uid} in {self.app} as of {day_text(self.as_of)}: {'; '.join(self.known)}."

    @property
    def activity(self) -> str:
        """The events in one sentence."""
        line = self.timeline
        if line.first is None or line.last is None:
            return "No events before that day."
        days = f"{line.days:,} day{'' if line.days == 1 else 's'}"
        events = f"{line.events:,} event{'' if line.events == 1 else 's'}"
        return f"{events} on {days}, the first on {day_text(line.first)}, the newest on {day_text(line.last)}."

    @property
    def words(self) -> str:
        lines = [self.title]
        for heading, labels in (*self.by_category().items(), *((f"Linked: {k}", v) for k, v in self.by_link().items())):
            lines += ["", heading, *(f"  {known_words(label)}" for label in labels)]
        lines += ["", "Segments", *(f"  {each.name}: {each.words}" for each in self.memberships)]
        lines += [] if self.memberships else ["  in none of the published ones"]
        lines += ["", "Events", f"  {self.activity}"]
        for day in self.timeline.shown:
            lines += [f"  {day_text(day.day)}", *(f"    {row_words(row)}" for row in day.rows)]
        if self.timeline.next_before is not None:
            lines.append(f"  … earlier days: --before {self.timeline.next_before}")
        return "\n".join([*lines, *(f"Note: {note}." for note in self.notes)])

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(
            [
                {"category": each.category, "label": each.code, "value": each.text, "since": each.since}
                for each in self.labels
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        line = self.timeline
        return {
            "uid": self.uid,
            "app": self.app,
            "as_of": self.as_of.isoformat(),
            "found_by": self.found_by,
            "is_user": self.is_there,
            "known": list(self.known),
            "masked": self.is_masked,
            "labels": [
                {
                    "label": each.code,
                    "category": each.category,
                    "value": plain(each.value),
                    "since": plain(each.since),
                    "or_before": each.is_since_ever,
                    "link": each.link,
                }
                for each in self.labels
            ],
            "segments": [
                {
                    "id": each.segment_id,
                    "name": each.name,
                    "kind": each.kind,
                    "in": each.last is None,
                    "since": each.since.isoformat(),
                    "or_before": each.is_since_ever,
                    "last": plain(each.last),
                    "newest_snapshot": each.newest.isoformat(),
                }
                for each in self.memberships
            ],
            "events": {
                "days": line.days,
                "events": line.events,
                "first": plain(line.first),
                "last": plain(line.last),
                "next_before": plain(line.next_before),
                "shown": [
                    {"day": day.day.isoformat(), "events": [row.to_dict() for row in day.rows]} for day in line.shown
                ],
            },
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        from segkit.analysis.person_html import profile_html

        return profile_html(self)


def known_words(label: Known) -> str:
    """A label as a line."""
    since = f" ({label.since_text})" if label.since_text else ""
    return f"{label.name}: {label.text}{since}"
