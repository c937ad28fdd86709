"""What a load did: rows read, kept, repeated, set aside, refused and why. Names places, never values of users."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from segkit.data.watching.drift import Drift


@dataclass(frozen=True, slots=True)
class Count:
    """Rows or values that share a fate, with up to three places as examples, such as `users/a.csv row 7`."""

    what: str
    count: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({', '.join(self.examples)})" if self.examples else ""
        return f"{self.what}: {self.count:,}{where}"


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Rows of one source, where a role has several: those read, and of them those refused and left out."""

    source: str
    files: int = 0
    read: int = 0
    refused: int = 0
    left_out: int = 0

    def __str__(self) -> str:
        files = "1 file" if self.files == 1 else f"{self.files:,} files"
        more = [f"{n:,} {word}" for n, word in ((self.refused, "refused"), (self.left_out, "left out")) if n]
        return f"of {self.source}: {self.read:,} rows from {files}" + (f"; {', '.join(more)}" if more else "")


@dataclass(frozen=True, slots=True)
class RoleReport:
    """One role (users, events, link:<name>). Rows: read = kept + duplicate + orphan + refused + left_out.

    kept: they count now · orphan: of users not known yet, set aside · late: those kept of days before the newest
    one so far · replaced: rows of earlier loads for which one with the same key now stands · joined: rows
    set aside earlier whose users are known now · values: values that became missing or were rounded; their rows count
    """

    role: str
    files: int = 0
    read: int = 0
    kept: int = 0
    duplicate: int = 0
    orphan: int = 0
    late: int = 0
    replaced: int = 0
    joined: int = 0
    refused: tuple[Count, ...] = ()
    left_out: tuple[Count, ...] = ()
    values: tuple[Count, ...] = ()
    sources: tuple[SourceRows, ...] = ()

    def numbers(self) -> dict[str, int]:
        """What the manifest records: the counts that are not 0, by name."""
        found = {"read": self.read, "kept": self.kept, "duplicate": self.duplicate, "orphan": self.orphan}
        found |= {"late": self.late, "replaced": self.replaced, "joined": self.joined}
        found |= {"refused": _total(self.refused), "left_out": _total(self.left_out)}
        return {f"{self.role}.{name}": count for name, count in found.items() if count}

    def words(self) -> list[str]:
        """One line, and one more for each thing to look at."""
        parts = [f"{self.kept:,} kept"]
        parts += [f"{count:,} {word}" for count, word in self._more() if count]
        files = "1 file" if self.files == 1 else f"{self.files:,} files"
        lines = [f"{self.role}: {self.read:,} rows read from {files}; {', '.join(parts)}"]
        lines += [f"  {found}" for found in self.sources] if len(self.sources) > 1 else []
        lines += [f"  refused, {found}" for found in self.refused]
        lines += [f"  left out, {found}" for found in self.left_out]
        return lines + [f"  {found}" for found in self.values]

    def _more(self) -> list[tuple[int, str]]:
        return [
            (self.duplicate, "repeated"),
            (self.orphan, "of unknown users set aside"),
            (self.late, "late"),
            (self.replaced, "of earlier loads replaced"),
            (self.joined, "set aside earlier now joined"),
            (_total(self.refused), "refused"),
            (_total(self.left_out), "left out"),
        ]


def _total(counts: tuple[Count, ...]) -> int:
    return sum(found.count for found in counts)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load of one app did, if anything (`is_new`). `data_dates` are those of the loads that it made."""

    app: str
    generation: int
    is_new: bool
    data_dates: tuple[date, ...]
    users: int
    new_users: int
    events: int
    written_days: int
    missing_days: tuple[date, ...]
    roles: tuple[RoleReport, ...]
    notes: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()  # that was accepted
    accepted_by: str = ""
    accepted_at: datetime | None = None

    def role(self, name: str) -> RoleReport:
        """What was done with one role; all 0 if nothing of it was read."""
        return next((found for found in self.roles if found.role == name), RoleReport(name))

    def words(self) -> list[str]:
        """The report in a few lines of English."""
        if not self.is_new:
            return [f"{self.app}: nothing new; {self.users:,} users, {self.events:,} events", *self.notes]
        dates = ", ".join(day.isoformat() for day in self.data_dates) or "as before"
        lines = [
            f"{self.app}: generation {self.generation}, data dates {dates}; {self.users:,} users "
            f"({self.new_users:,} new), {self.events:,} events, {self.written_days:,} days written"
        ]
        lines += [line for role in self.roles for line in role.words()]
        if self.missing_days:
            shown = ", ".join(day.isoformat() for day in self.missing_days[:5])
            more = ", …" if len(self.missing_days) > 5 else ""
            lines.append(f"days without any event: {len(self.missing_days):,} ({shown}{more})")
        lines += [f"accepted by {self.accepted_by}: {found}" for found in self.drift]
        return lines + list(self.notes)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON; dates as text."""
        found = asdict(self)
        found["data_dates"] = [day.isoformat() for day in self.data_dates]
        found["missing_days"] = [day.isoformat() for day in self.missing_days]
        found["accepted_at"] = self.accepted_at.isoformat() if self.accepted_at else None
        return found


_REPORT = TypeAdapter(LoadReport)


def read_report(text: bytes) -> LoadReport:
    """A report from the JSON of its `to_dict`. Raises ValueError for other text."""
    return _REPORT.validate_json(text)
