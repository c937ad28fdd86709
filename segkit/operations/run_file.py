"""`runs/<date>/run.json`: what a night did, in counts and reasons, under keys that stay. Never a value of a user.

segkit: 1, the version of these keys · date · attempt: 1, 2, … of that date · outcome: done, held, partly, failed ·
exit_code · error: why a failed night died · started_at, ended_at (UTC), duration_seconds · as_of, by app ·
failed, held: reasons · gates · notebooks, relative to the workspace · reports: what of the reports could not be made
apps, by name, each as its last attempt left it: attempt, as_of, outcome, last_success_at, base, data_generation,
segments (id, name, kind, status, count, before, change, reason), exports (name, file, segments, rows, status), notes,
load (lines of this night; generation, data_dates, users, new_users, events, rows of the load that made the data)
attempts: the earlier ones of that date in short: attempt, apps, started_at, ended_at, outcome, exit_code, error, and
how many failed and held
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from segkit.files.atomic import write_text
from segkit.operations.attempts import Attempt

FILE = "run.json"
FORMAT = 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_SHORT = ("attempt", "started_at", "ended_at", "outcome", "exit_code", "error")


def run_document(attempt: Attempt, earlier: Mapping[str, Any] | None, reports: list[str]) -> dict[str, Any]:
    """What `run.json` holds after an attempt; `earlier` is what it held before. `reports`: what could not be made."""
    before = earlier or {"attempt": 0, "apps": {}, "attempts": []}
    number = int(before["attempt"]) + 1
    apps = dict(before["apps"])
    apps |= {app: _app(attempt, app, number, before["apps"].get(app, {})) for app in attempt.dates}
    return {
        "segkit": FORMAT,
        "date": attempt.day.isoformat(),
        "attempt": number,
        "outcome": attempt.outcome,
        "exit_code": attempt.exit_code,
        "error": attempt.error,
        "started_at": instant(attempt.began),
        "ended_at": instant(attempt.ended),
        "duration_seconds": round((attempt.ended - attempt.began).total_seconds(), 3),
        "as_of": {app: day.isoformat() for app, day in attempt.dates.items()},
        "failed": list(attempt.report.get("failed", [])),
        "held": list(attempt.report.get("held", [])),
        "gates": list(attempt.report.get("gates", [])),
        "notebooks": list(attempt.report.get("notebooks", [])),
        "reports": reports,
        "apps": apps,
        "attempts": [*before["attempts"], *([_short(earlier)] if earlier else [])],
    }


def _app(attempt: Attempt, app: str, number: int, before: Mapping[str, Any]) -> dict[str, Any]:
    refreshed = attempt.report.get("refreshes", {}).get(app, {})
    outcome = attempt.outcome_of(app)
    exports = [made for made in attempt.report.get("exports", []) if made["app"] == app]
    return {
        "attempt": number,
        "as_of": attempt.dates[app].isoformat(),
        "outcome": outcome,
        "last_success_at": instant(attempt.ended) if outcome == "done" else before.get("last_success_at"),
        "base": refreshed.get("base"),
        "data_generation": refreshed.get("data_generation"),
        "load": {"lines": list(attempt.report.get("loads", {}).get(app, [])), **attempt.loads.get(app, {})},
        "segments": [dict(segment) for segment in refreshed.get("segments", [])],
        "exports": [{key: value for key, value in made.items() if key != "app"} for made in exports],
        "notes": list(refreshed.get("notes", [])),
    }


def _short(document: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier attempt in a few words."""
    counts = {what: len(document[what]) for what in ("failed", "held")}
    return {**{key: document[key] for key in _SHORT}, "apps": list(document["as_of"]), **counts}


def instant(at: datetime) -> str:
    """An instant as text, in UTC to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_run(folder: Path, document: Mapping[str, Any]) -> None:
    """Puts it into the folder of its date; whole or not at all."""
    write_text(folder / FILE, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def read_run(folder: Path) -> dict[str, Any] | None:
    """What the folder of a date holds; None if it holds none, or not one of these keys."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("segkit") == FORMAT else None


def newest_runs(runs: Path) -> Iterator[dict[str, Any]]:
    """What every night left, that of the newest date first."""
    folders = sorted((path for path in runs.glob("*") if _DAY.match(path.name)), reverse=True)
    return (found for found in map(read_run, folders) if found is not None)
