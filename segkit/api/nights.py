"""What nights left: reports and pages, what gates hold now, which deliveries wait; and letting something through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from segkit.api.gating import require_acceptable
from segkit.api.night import REFRESH
from segkit.errors import NotFound, PartlyDone, SegkitError
from segkit.files.locks import Lock, holder_of
from segkit.operations.run_file import newest_runs, read_run
from segkit.store.outbox import REPLACED, Message

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.results import RefreshReport
    from segkit.api.workspace import Workspace

RUNS = "runs"
_LOCK = "night.lock"


@dataclass(frozen=True, slots=True)
class HeldNow:
    """What gates hold of an app since its newest refresh. `findings` are as `Finding.to_dict` has them."""

    app: str
    as_of: date
    since: datetime
    findings: tuple[dict[str, Any], ...]
    segments: tuple[dict[str, Any], ...]  # id, name, count, before, reason


@dataclass(frozen=True, slots=True)
class Delivery:
    """An export that has not arrived where it was to go. `waits` is false once it was given up."""

    app: str
    export: str
    file: str
    place: str
    created_at: datetime
    attempts: int
    last_error: str
    waits: bool


class WorkspaceNights:
    """The part of a workspace that looks back at nights."""

    def nights(self, limit: int = 30, *, day: date | str | None = None) -> list[dict[str, Any]]:
        """What `runs/<date>/run.json` holds, that of the newest date first, or of one `day`.

        `operations.run_file` says its keys.
        """
        folder = self._with_nights.folder / RUNS
        if day is None:
            return list(islice(newest_runs(folder), limit))
        found = read_run(folder / _day(day).isoformat())
        return [] if found is None else [found]

    def held(self) -> list[HeldNow]:
        """What gates hold now, app by app: nothing of what was let through or published since."""
        return [found for app in self._with_nights.apps() if (found := _held(app)) is not None]

    def accept(self, app: str, what: str, as_of: date | str | None = None) -> RefreshReport:
        """Lets a held segment, or all that a gate holds, through: on record, and published at once.

        Raises NotFound for a name that is neither, Busy while a night is at work, PartlyDone if the refresh fails.
        """
        workspace = self._with_nights
        require_acceptable(workspace, [what], app)
        with Lock(workspace.folder / "locks" / _LOCK, "letting through what a gate held"):
            done = workspace.night(app, as_of).refresh(accept=[what])
        if done.failed:
            raise PartlyDone("; ".join(done.failed.values()))
        (report,) = done
        return report

    def night_page(self, day: date | str, app: str = "") -> str:
        """The HTML page of the night of a date, or of one app's. Raises NotFound where there is none."""
        workspace = self._with_nights
        when = _day(day)
        names = [*([f"night-{workspace.app(app).name}.html"] if app else []), "night.html"]
        folder = workspace.folder / RUNS / when.isoformat()
        for path in (folder / name for name in names):
            if path.is_file():
                return path.read_text(encoding="utf-8")
        raise NotFound(f"the night of {when} left no page in {RUNS}/{when}")

    def deliveries(self) -> list[Delivery]:
        """Exports that wait to be delivered, or that were given up; the oldest first."""
        return [_delivery(message) for message in self._with_nights.catalog.outbox.unsent() if _is_open(message)]

    @property
    def night_at_work(self) -> str:
        """Who is at work on a night now; empty where nobody is."""
        holder = holder_of(self._with_nights.folder / "locks" / _LOCK)
        return "" if holder is None else str(holder)

    @property
    def _with_nights(self) -> Workspace:
        return cast("Workspace", self)


def pages_of(folder: Path, day: str) -> list[str]:
    """The names of the apps whose nights of a date have pages of their own, and an empty one for that of all."""
    found = sorted(path.name for path in (folder / RUNS / day).glob("night*.html"))
    return [name.removesuffix(".html").removeprefix("night").removeprefix("-") for name in found]


def _held(app: App) -> HeldNow | None:
    catalog = app.workspace.catalog
    run = next((run for run in catalog.runs(app.name, kind=REFRESH, limit=20) if run.outcome is not None), None)
    if run is None:
        return None
    definitions = app.definitions()
    rows = []
    for row in run.detail.get("segments", ()):
        if row["status"] != "held" or row["id"] not in definitions.by_id:
            continue
        snapshot = catalog.snapshot(app.name, row["id"], run.as_of)
        if snapshot is None or snapshot.rule_fingerprint != definitions.fingerprints[row["id"]]:
            rows.append(row)
    if not rows:
        return None
    shut = [found for found in run.detail.get("gates", ()) if not found["accepted"]]
    ids = {row["id"] for row in rows}
    findings = [found for found in shut if not found["holds"] or found["segment_id"] in ids]
    return HeldNow(app.name, run.as_of, run.started_at, tuple(findings), tuple(rows))


def _is_open(message: Message) -> bool:
    return message.is_delivery and message.last_error != REPLACED


def _delivery(message: Message) -> Delivery:
    what = message.body["delivers"]
    return Delivery(
        what["app"], what["export"] or "", what["file"], what["place"], message.created_at, message.attempts,
        message.last_error or "", message.is_waiting,
    )  # fmt: skip


def _day(day: date | str) -> date:
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise SegkitError(f"'{day}': expected a day such as 2026-01-31") from None
