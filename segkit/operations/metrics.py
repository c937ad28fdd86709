"""Metrics of a workspace as a text file for Prometheus' node exporter: what is published and loaded now, and how the
last nights went. Counts, dates and the names of apps and segments; replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.definitions.zones import first_instant
from segkit.errors import SegkitError
from segkit.files.atomic import write_text
from segkit.operations.run_file import newest_runs

if TYPE_CHECKING:
    from segkit.api import App, Workspace

_HELP = {
    "segkit_segment_users": "Users in the newest published snapshot of a segment.",
    "segkit_segment_as_of_timestamp_seconds": "The date that this snapshot is as of: its midnight in the app's zone.",
    "segkit_segment_info": "The name of a segment.",
    "segkit_app_users": "Users of an app that are loaded.",
    "segkit_load_rows": "Rows of the load that made an app's data as it is now, by what became of them.",
    "segkit_data_date_timestamp_seconds": "The date up to which data are loaded: its midnight in the app's zone.",
    "segkit_night_segments": "Segments of an app in its last night, by what came of them.",
    "segkit_night_last_success_timestamp_seconds": "When the last night ended that did all of an app.",
    "segkit_night_end_timestamp_seconds": "When the last night ended, well or badly.",
    "segkit_night_duration_seconds": "How long the last night took.",
    "segkit_night_exit_code": "How the last night ended: 0 done, 3 held, 5 partly, others failed.",
}
_STATUSES = ("published", "up to date", "held", "failed", "unavailable")


@dataclass(frozen=True)
class Sample:
    """One number of a gauge."""

    gauge: str
    labels: Mapping[str, str]
    value: float


def write_metrics(workspace: Workspace, run: Mapping[str, Any]) -> None:
    """Replaces the file that segkit.toml names; `run` is what the night's `run.json` holds."""
    reports = workspace.settings.reports
    path = workspace.folder / reports.prometheus
    samples = [*_of_night(run), *_of_apps(workspace, run)]
    write_text(path, exposition(samples), int(reports.prometheus_mode, 8))


def exposition(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus' text format, each gauge with its help."""
    by_gauge: dict[str, list[Sample]] = {gauge: [] for gauge in _HELP}
    for sample in samples:
        by_gauge[sample.gauge].append(sample)
    lines: list[str] = []
    for gauge, own in by_gauge.items():
        if own:
            lines += [f"# HELP {gauge} {_HELP[gauge]}", f"# TYPE {gauge} gauge", *map(_line, own)]
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    value = int(sample.value) if sample.value == int(sample.value) else sample.value
    return f"{sample.gauge}{'{' + labels + '}' if labels else ''} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _of_night(run: Mapping[str, Any]) -> Iterator[Sample]:
    yield Sample("segkit_night_end_timestamp_seconds", {}, _seconds(run["ended_at"]))
    yield Sample("segkit_night_duration_seconds", {}, run["duration_seconds"])
    yield Sample("segkit_night_exit_code", {}, run["exit_code"])


def _of_apps(workspace: Workspace, run: Mapping[str, Any]) -> Iterator[Sample]:
    last = _last_of_apps(workspace, run)
    for app in workspace.apps():
        yield from _of_segments(app)
        yield from _of_data(workspace, app)
        if app.name in last:
            yield from _of_last_night(app.name, last[app.name])


def _of_segments(app: App) -> Iterator[Sample]:
    """What is served now, held or not. Nothing where the catalog cannot be read: how the night went is told still."""
    with suppress(SegkitError, OSError):
        newest = app.workspace.catalog.newest_snapshots(app.name, date.max)
        found = [(d, newest[d.id]) for d in app.definitions().by_id.values() if d.id in newest]
        for definition, snapshot in found:
            labels = {"app": app.name, "segment_id": definition.id}
            yield Sample("segkit_segment_users", labels, snapshot.count)
            yield Sample("segkit_segment_as_of_timestamp_seconds", labels, _midnight(app, snapshot.as_of))
            yield Sample("segkit_segment_info", {**labels, "name": definition.name}, 1)


def _of_data(workspace: Workspace, app: App) -> Iterator[Sample]:
    """What is loaded; nothing before the first load."""
    of = {"app": app.name}
    with suppress(SegkitError, OSError):
        manifest = app.manifest
        yield Sample("segkit_app_users", of, manifest.user_count)
        newest = max([manifest.last_data_date, *(file.day + timedelta(days=1) for file in manifest.days[-1:])])
        yield Sample("segkit_data_date_timestamp_seconds", of, _midnight(app, newest))
        [report] = workspace.last_loads(app.name)
        for role in report.roles:
            for key, count in role.numbers().items():
                kind = key.removeprefix(f"{role.role}.")
                yield Sample("segkit_load_rows", {**of, "role": role.role, "kind": kind}, count)


def _of_last_night(app: str, last: Mapping[str, Any]) -> Iterator[Sample]:
    statuses = [segment["status"] for segment in last["segments"]]
    for status in _STATUSES:
        yield Sample("segkit_night_segments", {"app": app, "status": status}, statuses.count(status))
    if last["last_success_at"]:
        labels = {"app": app}
        yield Sample("segkit_night_last_success_timestamp_seconds", labels, _seconds(last["last_success_at"]))


def _last_of_apps(workspace: Workspace, run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of each app its last night, and the newest success of any: from this night on backwards, as far as is needed."""
    found: dict[str, dict[str, Any]] = {}
    for told in chain([run], _as_needed(workspace.folder / "runs", found, workspace.app_names)):
        for app, entry in told["apps"].items():
            kept = found.setdefault(app, dict(entry))
            kept["last_success_at"] = kept["last_success_at"] or entry["last_success_at"]
    return found


def _as_needed(runs: Path, found: Mapping[str, Any], apps: Iterable[str]) -> Iterator[dict[str, Any]]:
    for told in newest_runs(runs):
        if all(app in found and found[app]["last_success_at"] for app in apps):
            return
        yield told


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def _midnight(app: App, day: date) -> float:
    return first_instant(day, app.zone) / 1_000_000
