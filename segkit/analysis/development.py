"""How a segment developed: its size, who entered and who left, day by day; what was published, and what was evaluated.

Entered and left are counted from the point before. Those who entered and were no users then are new; those who left and
are no users any more are gone. So size before + entered − left is the size, at every point.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Literal

from segkit.analysis.finding import Finding
from segkit.analysis.pictures.drawing import day_text, number, signed
from segkit.engine.bitmap import Bitmap

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart

Source = Literal["published", "evaluated"]


@dataclass(frozen=True, eq=False, slots=True)
class Members:
    """A membership as of a date, with everybody who was a user then, and what it comes from."""

    as_of: date
    users: Bitmap
    base: Bitmap
    source: Source
    rule_changed: bool = False  # whether the rule was another one at the point before


@dataclass(frozen=True, slots=True)
class Point:
    """The segment as of a date; `entered` and `left` since the point before, None at the first."""

    as_of: date
    count: int
    base: int
    source: Source
    entered: int | None = None
    left: int | None = None
    new: int | None = None  # of those who entered: no users at the point before
    gone: int | None = None  # of those who left: no users any more
    rule_changed: bool = False

    @property
    def share(self) -> float:
        """Of the base, 0 to 1."""
        return self.count / self.base if self.base else 0.0


def points_of(memberships: Iterable[Members]) -> tuple[Point, ...]:
    """The points of memberships in the order of their dates; at most two of them are held at a time."""
    found, before = [], None
    for now in memberships:
        point = (now.as_of, now.users.count, now.base.count, now.source)
        if before is None:
            found.append(Point(*point))
        else:
            entered, left = now.users - before.users, before.users - now.users
            new, gone = (entered - before.base).count, (left - now.base).count
            found.append(Point(*point, entered.count, left.count, new, gone, now.rule_changed))
        before = now
    return tuple(found)


@dataclass(frozen=True, repr=False)
class Trend(Finding):
    """A segment's points in the order of their dates. Holds counts, no users."""

    name: str
    points: tuple[Point, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        if not self.points:
            return "\n".join([f"‘{self.name}’ has no snapshot in these days.", *self._noted()])
        first, last = self.points[0], self.points[-1]
        if first is last:
            head = f"‘{self.name}’ has {number(last.count)} users as of {day_text(last.as_of)}."
            return "\n".join([head, *self._where_from(), *self._noted()])
        change = last.count - first.count
        ratio = f", {signed_percent(change / first.count)}" if change and first.count else ""
        head = (
            f"‘{self.name}’ went from {number(first.count)} users as of {day_text(first.as_of)} to "
            f"{number(last.count)} as of {day_text(last.as_of)} ({signed(change)}{ratio})."
        )
        return "\n".join([head, self._moves(), *self._largest(), *self._where_from(), *self._noted()])

    def _moves(self) -> str:
        entered, left, new, gone = (
            sum(getattr(point, key) or 0 for point in self.points) for key in ("entered", "left", "new", "gone")
        )
        return (
            f"{number(entered)} entered, {number(new) if new else 'none'} of them new users; "
            f"{number(left)} left, {number(gone) if gone else 'none'} of them gone. "
            "Whoever came and went several times counts each time."
        )

    def _largest(self) -> list[str]:
        steps = [(later.count - earlier.count, later) for earlier, later in pairwise(self.points)]
        change, point = max(steps, key=lambda step: abs(step[0]))
        if not change:
            return ["Its size never changed."]
        why = ", when its rule was changed" if point.rule_changed else ""
        return [f"The largest step is {signed(change)} as of {day_text(point.as_of)}{why}."]

    def _where_from(self) -> list[str]:
        found = {source: [p for p in self.points if p.source == source] for source in ("published", "evaluated")}
        published, evaluated = len(found["published"]), len(found["evaluated"])
        if not evaluated:
            return ["Every point is a published snapshot."]
        if not published:
            return ["No point was published; each is evaluated by the rule and the data of now."]
        are = "are published snapshots" if published > 1 else "is a published snapshot"
        spans = ", ".join(_spans(self.points, "evaluated"))
        return [
            f"{number(published)} of {number(len(self.points))} points {are}; "
            f"evaluated by the rule and the data of now: {spans}."
        ]

    def _noted(self) -> list[str]:
        return [f"Note: {note}." for note in self.notes]

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame([asdict(point) for point in self.points], columns=list(Point.__dataclass_fields__))
        return frame.astype(dict.fromkeys(("entered", "left", "new", "gone"), "Int64"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        points = [asdict(point) | {"as_of": point.as_of.isoformat()} for point in self.points]
        return {"name": self.name, "points": points, "notes": list(self.notes)}

    def chart(self) -> Chart | None:
        """The size as a line, entered and left as bars above and below a line under it."""
        from segkit.analysis.pictures.development import development

        return development(self)


def _spans(points: Iterable[Point], source: Source) -> list[str]:
    """The runs of points of one source, such as `1 Jun 2026 to 3 Jun 2026`."""
    runs = [list(run) for of, run in groupby(points, key=lambda point: point.source) if of == source]
    texts = [
        day_text(run[0].as_of) if len(run) == 1 else f"{day_text(run[0].as_of)} to {day_text(run[-1].as_of)}"
        for run in runs
    ]
    return texts if len(texts) <= 6 else [*texts[:5], f"and {len(texts) - 5} more spans"]


def signed_percent(share: float) -> str:
    """A change in percent with its sign."""
    return f"{share:+.1%}".replace("-", "−").replace("%", " %")
