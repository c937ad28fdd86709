"""A segment as lists and views show it: what it is called, its newest published count, and how old that is."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from segkit.api.ages import age_words


@dataclass(frozen=True, slots=True, repr=False)
class SegmentInfo:
    """A segment as lists show it, with its newest published count."""

    id: str
    name: str
    description: str
    kind: str
    cycle: str
    version: int | None
    count: int | None
    as_of: date | None
    computed_at: datetime | None
    is_stale: bool  # defined or given data since it was last published
    missing: tuple[str, ...] = ()
    definition_changed: bool = False  # its rule, or one that it reads, since it was last published
    updated: str = ""  # when it was computed, as people say it
    age: timedelta | None = None  # since it was computed
    folder: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    state: str = "active"  # or archived, or deleted

    @property
    def note(self) -> str:
        """What a reader of the count must know, if anything."""
        found = [] if self.state == "active" else [self.state]
        if self.missing:
            found.append("unavailable: no " + ", ".join(self.missing))
        elif self.count is None:
            found.append("not computed yet")
        elif self.definition_changed:
            found.append("definition changed since")
        elif self.is_stale and self.state == "active":
            found.append("new data since")
        return "; ".join(found)

    @property
    def freshness(self) -> str:
        """`12,408 users as of 2026-06-01, computed today 03:12 (3 hours ago), refreshed daily`."""
        if self.count is None:
            return self.note
        when = f", computed {self.updated}" if self.updated else ""
        ago = f" ({age_words(self.age)} ago)" if self.age is not None else ""
        cycle = "refreshed daily" if self.cycle == "daily" else "refreshed when saved and by hand"
        told = f"{self.count:,} users as of {self.as_of}{when}{ago}, {cycle}"
        return f"{told}; {self.note}" if self.note else told

    def __repr__(self) -> str:
        return f"‘{self.name}’ ({self.kind}, {self.cycle}): {self.freshness}"

    def _repr_html_(self) -> str:
        count = "–" if self.count is None else f"{self.count:,}"
        size = "font-size:28px;font-variant-numeric:tabular-nums"
        told = self.freshness.removeprefix(f"{self.count:,} ") if self.count is not None else self.note
        description = f"<p>{html.escape(self.description)}</p>" if self.description else ""
        return (
            f"<p><b>{html.escape(self.name)}</b> {html.escape(self.kind)}</p>{description}"
            f'<p><span style="{size}">{count}</span> {html.escape(told)}</p>'
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates as ISO text, the age in seconds."""
        found = asdict(self)
        found["as_of"] = self.as_of.isoformat() if self.as_of else None
        found["computed_at"] = self.computed_at.isoformat() if self.computed_at else None
        found["age"] = None if self.age is None else int(self.age.total_seconds())
        found["missing"], found["tags"] = list(self.missing), list(self.tags)
        return found


class SegmentList(tuple[SegmentInfo, ...]):
    """Segments that show themselves as a table."""

    #: The headings of a list, and what stands under them. A count may be missing.
    headings = ("Segment", "Kind", "Users", "As of", "Updated", "Age", "Cycle", "Note")

    def rows(self) -> list[tuple[object, ...]]:
        """A row for each, as the headings say."""
        return [
            (
                s.name,
                s.kind,
                s.count,
                str(s.as_of or ""),
                s.updated,
                "" if s.age is None else age_words(s.age),
                s.cycle,
                s.note,
            )
            for s in self
        ]

    def _repr_html_(self) -> str:
        from segkit.api.results import table_html

        return table_html(self.headings, self.rows())
