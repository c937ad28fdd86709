"""One attempt at a night, as plain facts: when, what came of it, and what is loaded. Reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from segkit.errors import PartlyDone, SegkitError

if TYPE_CHECKING:
    from segkit.api import Workspace

Outcome = Literal["done", "held", "partly", "failed"]
EXIT_CODES: Mapping[Outcome, int] = {"done": 0, "held": 3, "partly": 5, "failed": 1}


@dataclass(frozen=True)
class Attempt:
    """A night that was begun, and how it ended. `report` is the night's as plain data; empty if it died of `error`."""

    began: datetime
    ended: datetime
    dates: Mapping[str, date]
    report: Mapping[str, Any]
    error: str = ""
    exit_code: int = 0
    loads: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The date under which the night's files lie."""
        return max(self.dates.values())

    @property
    def outcome(self) -> Outcome:
        """What came of all apps together."""
        return "failed" if self.error else _outcome(self.of("failed"), self.of("held"))

    def outcome_of(self, app: str) -> Outcome:
        """What came of one app."""
        return "failed" if self.error else _outcome(self.of("failed", app), self.of("held", app))

    def of(self, what: Literal["failed", "held"], app: str = "") -> list[str]:
        """The reasons of that kind; with `app`, those of that app only, each of which begins with its name."""
        return [reason for reason in self.report.get(what, []) if not app or reason.startswith(f"{app}: ")]


def _outcome(failed: list[str], held: list[str]) -> Outcome:
    return "partly" if failed else "held" if held else "done"


def ended_well(workspace: Workspace, began: datetime, dates: Mapping[str, date], report: Mapping[str, Any]) -> Attempt:
    """A night that came to its end, whatever it held or could not do."""
    settled = {name: date.fromisoformat(day) for name, day in report["as_of"].items()} or dict(dates)
    made = Attempt(began, workspace.clock(), settled, report, loads=_loads(workspace, settled))
    return Attempt(made.began, made.ended, settled, report, "", EXIT_CODES[made.outcome], made.loads)


def ended_badly(workspace: Workspace, began: datetime, dates: Mapping[str, date], error: Exception) -> Attempt:
    """A night that died of an error before its end."""
    code = error.exit_code if isinstance(error, SegkitError) and not isinstance(error, PartlyDone) else 1
    return Attempt(began, workspace.clock(), dates, {}, words_of(error), code, _loads(workspace, dates))


def words_of(error: Exception) -> str:
    """An error in words that may be kept: what segkit says of it, and of others no more than their kind."""
    if isinstance(error, SegkitError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or type(error).__name__}"
    return f"an error that segkit does not know ({type(error).__name__})"


def _loads(workspace: Workspace, dates: Mapping[str, date]) -> dict[str, dict[str, Any]]:
    """In counts, the load that made each app's data as it is now; nothing of an app that has none."""
    found: dict[str, dict[str, Any]] = {}
    for app in dates:
        with suppress(SegkitError, OSError):
            [last] = workspace.last_loads(app)
            found[app] = {
                "generation": last.generation,
                "data_dates": [day.isoformat() for day in last.data_dates],
                "users": last.users,
                "new_users": last.new_users,
                "events": last.events,
                "rows": {key: count for role in last.roles for key, count in role.numbers().items()},
            }
    return found
