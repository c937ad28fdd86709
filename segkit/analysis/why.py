"""Why a segment's size changed: what each cause brought and took, exactly, with example users; and how it is told."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from segkit.analysis.attribution import Share
from segkit.analysis.finding import Finding
from segkit.analysis.movement import Movement, first_uids
from segkit.engine.bitmap import Bitmap

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart

Kind = Literal["late", "rule", "erased", "gone", "new", "label", "events", "left", "time", "segment", "list"]
#: What each cause is called, in the order in which the parts are told.
TITLES: dict[Kind, str] = {
    "rule": "Rule edited",
    "late": "Late data",
    "erased": "Users erased",
    "gone": "Users gone",
    "new": "New users",
    "label": "Label changed",
    "events": "New events",
    "left": "Events left the window",
    "time": "Time passed",
    "segment": "Nested segment changed",
    "list": "Computed again",
}
#: What each of them means, in words.
MEANINGS: dict[Kind, str] = {
    "rule": "the rule was edited; counted on the first date",
    "late": "what one of the dates was counted without: it came later, but belongs before",
    "erased": "their data is gone, and with it what moved them",
    "gone": "no longer among the app's users",
    "new": "not among the app's users before",
    "label": "a label has another value",
    "events": "events of days that the window did not hold before",
    "left": "events of days that the window does not hold any more",
    "time": "the date moved, their data did not",
    "segment": "a segment that the rule refers to has other users, or another rule",
    "list": "read from what was published or imported, which was replaced",
}


@dataclass(frozen=True, eq=False)
class Part:
    """What one cause brought and took: by condition or by segment where it can be told, and what words say of it."""

    kind: Kind
    title: str
    share: Share[Any]
    inside: tuple[Part, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def entered(self) -> int:
        return self.share.entered.count

    @property
    def left(self) -> int:
        return self.share.left.count

    @property
    def change(self) -> int:
        return self.entered - self.left

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Part]]:
        """This part and what is inside it, with how deep."""
        yield depth, self
        for part in self.inside:
            yield from part.walk(depth + 1)


@dataclass(frozen=True, eq=False, repr=False)
class Why(Finding):
    """Why a segment has other users on one date than on an earlier one. The parts add up, user by user."""

    app: str
    name: str
    since: date
    until: date
    movement: Movement = field(repr=False)
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    most: int  # examples of each part
    uids: Callable[[], Sequence[str]] = field(repr=False)

    @property
    def before(self) -> int:
        return self._set("before").count

    @property
    def after(self) -> int:
        return self._set("after").count

    @property
    def entered(self) -> int:
        return self.movement.gained.count

    @property
    def left(self) -> int:
        return self.movement.lost.count

    def _set(self, which: Literal["before", "after"]) -> Bitmap:
        found: Bitmap | None = getattr(self.movement, which)
        assert found is not None
        return found

    def part(self, kind: Kind) -> Part | None:
        """The part of one cause; None where it turned nobody."""
        return next((part for part in self.parts if part.kind == kind), None)

    def examples(self, part: Part) -> tuple[list[str], list[str]]:
        """The uids of the first users who entered, and of the first who left, because of it; masked."""
        if not self.most:
            return [], []
        both = part.share.entered, part.share.left
        entered, left = ([uid for uid in first_uids(users, self.uids(), self.most) if uid] for users in both)
        return entered, left

    # --- in words ----------------------------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        lines = [*self._head()]
        for part in self.parts:
            for depth, each in part.walk():
                told = f"{'  ' * depth}{each.title}: {_moved(each)}"
                lines.append(f"{told} ({MEANINGS[each.kind]})." if not depth else f"{told}.")
                lines += [f"{'  ' * (depth + 1)}{line}" for line in each.lines]
                lines += [f"{'  ' * (depth + 1)}{line}" for line in self._examples_told(each)]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    def _head(self) -> Iterator[str]:
        change = self.after - self.before
        more = f"{abs(change):,} {'more' if change > 0 else 'fewer'}" if change else "as many"
        counts = f"{self.before:,} users as of {self.since} and {self.after:,} as of {self.until}"
        yield f"‘{self.name}’ had {counts}: {more}."
        if self.entered or self.left:
            yield f"{self.entered:,} entered and {self.left:,} left:"
        else:
            yield "Nobody entered and nobody left."

    def _examples_told(self, part: Part) -> Iterator[str]:
        if part.inside:
            return
        for verb, some in zip(("entered", "left"), self.examples(part), strict=True):
            if some:
                yield f"{verb}, for example: {', '.join(some)}"

    # --- as data -----------------------------------------------------------------------------------------------------

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for part in self.parts:
            causes = part.inside or (part,)
            for cause in causes:
                entered, left = self.examples(cause)
                what = cause.title if part.inside else "; ".join(part.lines)
                rows.append((part.title, what, cause.entered, cause.left, cause.change, entered, left))
        columns = ["part", "cause", "entered", "left", "change", "entered_uids", "left_uids"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        return {
            "app": self.app,
            "name": self.name,
            "from": self.since.isoformat(),
            "to": self.until.isoformat(),
            "before": self.before,
            "after": self.after,
            "change": self.after - self.before,
            "entered": self.entered,
            "left": self.left,
            "parts": [self._plain(part) for part in self.parts],
            "notes": list(self.notes),
        }

    def _plain(self, part: Part) -> dict[str, Any]:
        entered, left = self.examples(part)
        return {
            "part": part.kind,
            "title": part.title,
            "entered": part.entered,
            "left": part.left,
            "change": part.change,
            "entered_uids": entered,
            "left_uids": left,
            "lines": list(part.lines),
            "inside": [self._plain(each) for each in part.inside],
        }

    # --- as a picture ------------------------------------------------------------------------------------------------

    def chart(self) -> Chart:
        """A waterfall from the first count to the second, with a table of every condition behind it."""
        from segkit.analysis.pictures.waterfall import Fall, waterfall

        falls = [Fall(part.title, part.entered, part.left) for part in self.parts]
        ends = (self.since, self.before), (self.until, self.after)
        return waterfall(ends, falls, title=f"Why ‘{self.name}’ changed", table=self._table())

    def _table(self) -> pd.DataFrame:
        import pandas as pd

        rows: list[tuple[object, ...]] = []
        for part in self.parts:
            for depth, each in part.walk():
                told = [f"{'entered' if n == 0 else 'left'}: {', '.join(some)}"
                        for n, some in enumerate(self.examples(each)) if some and not each.inside]  # fmt: skip
                what = "· " * depth + each.title
                rows.append((what, each.entered, each.left, each.change, "; ".join([*each.lines, *told])))
        columns = ["What", "Entered", "Left", "Change", "More"]
        return pd.DataFrame(rows, columns=columns) if any(row[4] for row in rows) else _without_more(rows, columns)

    def _repr_html_(self) -> str:
        head, notes = " ".join(self._head()).rstrip(":") + ".", (f"Note: {note}" for note in self.notes)
        lines = [f"<p>{html.escape(line.replace('..', '.'))}</p>" for line in (head, *notes)]
        return f"{lines[0]}{self.chart().to_html()}{''.join(lines[1:])}"


def _without_more(rows: list[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([row[:4] for row in rows], columns=columns[:4])


def _moved(part: Part) -> str:
    entered = f"{part.entered:,} entered" if part.entered else ""
    left = f"{part.left:,} left" if part.left else ""
    return " and ".join(filter(None, (entered, left))) or "nobody"
