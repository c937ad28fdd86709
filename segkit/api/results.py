"""What the library answers: estimates, memberships, refreshes. Each shows itself in a notebook, with counts only."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from segkit.api.infos import SegmentInfo as SegmentInfo
from segkit.api.infos import SegmentList as SegmentList
from segkit.errors import Held, PartlyDone
from segkit.operations.gates import Finding, words_of_held

if TYPE_CHECKING:
    import pandas as pd

    from segkit.engine.bitmap import Bitmap


def table_html(headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """A plain table; numbers to the right, thousands grouped, everything escaped."""

    def cell(value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return f'<td style="text-align:right;font-variant-numeric:tabular-nums">{value:,}</td>'
        return f'<td style="text-align:left">{html.escape("" if value is None else str(value))}</td>'

    def heading(number: int, text: str) -> str:
        is_number = bool(rows) and isinstance(rows[0][number], int) and not isinstance(rows[0][number], bool)
        return f'<th scope="col" style="text-align:{"right" if is_number else "left"}">{html.escape(text)}</th>'

    head = "".join(heading(number, text) for number, text in enumerate(headings))
    body = "".join("<tr>" + "".join(cell(value) for value in row) + "</tr>" for row in rows)
    title = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """One condition of a rule with its own count; `path` is its stable id, `text` its words."""

    path: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """The exact count of a rule as of a date, of every condition in it, and how many can be reached."""

    count: int
    base: int
    as_of: date
    reach: dict[str, int]
    conditions: tuple[ConditionCount, ...]
    sentence: str
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Of the base, 0 to 1; 0 of an empty base."""
        return self.count / self.base if self.base else 0.0

    @property
    def data(self) -> pd.DataFrame:
        """One row a condition, the whole rule first: path, condition, users, share of the base."""
        import pandas as pd

        rows = [(c.path, c.text, c.count, c.count / self.base if self.base else 0.0) for c in self.conditions]
        return pd.DataFrame(rows, columns=["path", "condition", "users", "share"])

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        return {
            "count": self.count,
            "base": self.base,
            "as_of": self.as_of.isoformat(),
            "reach": dict(self.reach),
            "conditions": [asdict(condition) for condition in self.conditions],
            "sentence": self.sentence,
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        lines = [f"{self.count:,} of {self.base:,} users ({self.share:.1%}) as of {self.as_of}", self.sentence]
        lines += [f"  reach by {channel}: {count:,}" for channel, count in self.reach.items()]
        lines += [f"  {c.count:>12,}  {'  ' * _depth(c.path)}{c.text}" for c in self.conditions]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        reach = " · ".join(f"{html.escape(channel)} {count:,}" for channel, count in self.reach.items())
        rows = [(_EM_SPACE * _depth(c.path) + c.text, c.count) for c in self.conditions]
        notes = "".join(f"<p>Note: {html.escape(note)}</p>" for note in self.notes)
        return (
            f'<p><span style="font-size:28px;font-variant-numeric:tabular-nums">{self.count:,}</span> '
            f"of {self.base:,} users ({self.share:.1%}) as of {self.as_of}</p>"
            f"<p>{html.escape(self.sentence)}</p>{f'<p>Reach: {reach}</p>' if reach else ''}"
            f"{table_html(('Condition', 'Users'), rows)}{notes}"
        )


_EM_SPACE = "\u2003"


def _depth(path: str) -> int:
    """How deep a condition stands: 0 for the rule itself."""
    return path.count(".")


class Members:
    """The users that a rule picks as of a date, in `user_no` order."""

    def __init__(self, bitmap: Bitmap, uids: Sequence[str], as_of: date) -> None:
        self.bitmap = bitmap
        self.as_of = as_of
        self._uids = uids

    @property
    def count(self) -> int:
        return self.bitmap.count

    def uids(self) -> list[str]:
        """Their uids, in `user_no` order."""
        return [self._uids[number] for number in self.bitmap.user_nos()]

    def holds(self, uids: Iterable[object]) -> list[bool]:
        """Whether each of these is in, such as a column: `orders[members.holds(orders.uid)]`. Uids are text."""
        mine = set(self.uids())
        return [uid in mine for uid in uids]

    def __contains__(self, uid: object) -> bool:
        return self.holds([uid])[0]

    def __len__(self) -> int:
        return self.count

    def _like(self, bitmap: Bitmap) -> Members:
        return Members(bitmap, self._uids, self.as_of)

    def __and__(self, other: Members) -> Members:
        return self._like(self.bitmap & other.bitmap)

    def __or__(self, other: Members) -> Members:
        return self._like(self.bitmap | other.bitmap)

    def __sub__(self, other: Members) -> Members:
        return self._like(self.bitmap - other.bitmap)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Members) and self.bitmap == other.bitmap

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.count:,} users as of {self.as_of}"

    def _repr_html_(self) -> str:
        size = "font-size:28px;font-variant-numeric:tabular-nums"
        told = "Join with <code>&amp;</code>, <code>|</code> and <code>-</code>; <code>uids()</code> names them."
        return f'<p><span style="{size}">{self.count:,}</span> users as of {self.as_of}</p><p>{told}</p>'


#: `held`: by a gate; what was published before is still served.
Status = Literal["published", "up to date", "held", "failed", "unavailable"]


@dataclass(frozen=True, slots=True)
class RefreshedSegment:
    """One segment of a refresh: its count, the count published before, and what became of it."""

    id: str
    name: str
    kind: str
    status: Status
    count: int | None = None
    before: int | None = None
    reason: str = ""

    @property
    def change(self) -> int | None:
        """Users more (or fewer) than published before."""
        return None if self.count is None or self.before is None else self.count - self.before


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh did, segment by segment. Holds counts, never a user."""

    app: str
    as_of: date
    base: int
    segments: tuple[RefreshedSegment, ...]
    data_generation: int
    notes: tuple[str, ...] = field(default=())
    gates: tuple[Finding, ...] = ()  # what was found, also where somebody let it through

    @property
    def failed(self) -> tuple[RefreshedSegment, ...]:
        return tuple(s for s in self.segments if s.status == "failed")

    @property
    def held(self) -> tuple[RefreshedSegment, ...]:
        """Those that a gate held."""
        return tuple(s for s in self.segments if s.status == "held")

    def raise_what_is_not_published(self) -> None:
        """Raises PartlyDone with every reason if a segment failed, Held if gates held some and nothing failed."""
        missing = [*self.failed, *self.held]
        told = [f"‘{s.name}’ failed: {s.reason}" for s in self.failed]
        told += words_of_held([s.name for s in self.held], [s.reason for s in self.held], self.gates)
        if missing:
            kind, head = PartlyDone if self.failed else Held, f"{len(missing)} of {len(self.segments)} segments"
            raise kind(f"{head} are not published:\n  " + "\n  ".join(told))

    @property
    def published(self) -> tuple[RefreshedSegment, ...]:
        return tuple(s for s in self.segments if s.status in ("published", "up to date"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        return {
            "app": self.app,
            "as_of": self.as_of.isoformat(),
            "base": self.base,
            "data_generation": self.data_generation,
            "segments": [{**asdict(s), "change": s.change} for s in self.segments],
            "notes": list(self.notes),
            "gates": [finding.to_dict() for finding in self.gates],
        }

    @property
    def table(self) -> pd.DataFrame:
        """One row a segment: name, kind, status, users, change, reason."""
        import pandas as pd

        rows = [(s.name, s.kind, s.status, s.count, s.change, s.reason) for s in self.segments]
        frame = pd.DataFrame(rows, columns=["segment", "kind", "status", "users", "change", "reason"])
        return frame.astype({"users": "Int64", "change": "Int64"})

    def __repr__(self) -> str:
        there = f"{len(self.published)} segment{'' if len(self.published) == 1 else 's'}"
        lines = [f"{self.app}, as of {self.as_of}: {there} of {self.base:,} users"]
        for s in self.segments:
            count = "" if s.count is None else f"{s.count:,}"
            lines.append(f"  {count:>12}  {s.name} ({s.status}{': ' + s.reason if s.reason else ''})")
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        shown = [s for s in self.segments if s.status != "unavailable"]
        columns: list[tuple[str, list[object]]] = [
            ("Segment", [s.name for s in shown]),
            ("Kind", [s.kind for s in shown]),
            ("Users", [s.count for s in shown]),
            ("Change", [_signed(s.change) for s in shown]),
            ("Status", [s.status for s in shown]),
            ("Why", [s.reason for s in shown]),
        ]
        told = [(heading, cells) for heading, cells in columns if any(cell not in ("", None) for cell in cells)]
        rows = list(zip(*(cells for _, cells in told), strict=True))
        caption = f"{self.app}, as of {self.as_of}: {self.base:,} users in the base"
        absent = len(self.segments) - len(shown)
        lacking = f"{absent} predefined segments are unavailable: the vocabulary of this app lacks what they need."
        notes = [*([lacking] if absent else []), *self.notes]
        told_below = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
        return table_html([heading for heading, _ in told], rows, caption) + told_below


def _signed(change: int | None) -> str:
    return "" if change is None else f"{change:+,}" if change else "±0"
