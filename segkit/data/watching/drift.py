"""A difference between a file and what was accepted, and the error that holds a load for it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from segkit.errors import Held

#: So many differences are told; the rest is counted.
MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Drift:
    """One way in which a file is another than what was accepted. `file` and what follows name places, never values."""

    file: str
    column: str
    subject: str
    kind: str  # gone, form, digits, missing, empty, unreadable, rounded, repeated, values, event
    was: str
    now: str
    advice: str
    value: str = ""  # the name of an event, where it is about one
    can_be_accepted: bool = True  # the file can be read as it is

    def __str__(self) -> str:
        subject = f" ({self.subject})" if self.subject != self.column else ""
        return f"{self.file}, column '{self.column}'{subject}: {self.now}; {self.was}. {self.advice}."

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whose word it is that drift is taken, and when it was given: of the columns named, or of all (None)."""

    by: str
    at: datetime
    columns: frozenset[str] | None = None

    def covers(self, drift: Drift) -> bool:
        """Whether this drift is taken."""
        return drift.can_be_accepted and (self.columns is None or drift.column in self.columns)


class Drifted(Held):
    """Sources are another than what was accepted; nothing of the load counts. `named` are the columns taken by name."""

    def __init__(self, app: str, drifts: Sequence[Drift], named: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.drifts = tuple(drifts)
        head = f"{app}: the sources are not what was accepted so far. Nothing was loaded; earlier data stays."
        shown = [str(drift) for drift in drifts[:MOST_SHOWN]]
        if drifts[MOST_SHOWN:]:
            shown.append(f"and {len(drifts) - MOST_SHOWN:,} more")
        command = how_to_accept(app, drifts, named)
        shown += [f"If this is how it is from now on: {command}"] if command else []
        super().__init__("\n  ".join([head, *shown]))


def how_to_accept(app: str, drifts: Sequence[Drift], named: frozenset[str] = frozenset()) -> str:
    """The command that takes what can be taken; empty if nothing can."""
    columns = {drift.column for drift in drifts if drift.can_be_accepted}
    if not columns:
        return ""
    return shlex.join(["segkit", "load", "--app", app, "--accept-drift", *sorted(columns | named)])
