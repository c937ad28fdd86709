"""Lineage events of a night for OpenLineage (spec 2-0-2), one JSON object a line: what was read, what came of it.

Runs: one of the night for each app; below it one for each segment that was evaluated and each export that was made.
Events of earlier attempts of the date stay. They hold names and counts, and why something failed; no value of a user.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.analysis.lineage import Node
from segkit.definitions.zones import first_instant
from segkit.errors import SegkitError
from segkit.files.atomic import write_text
from segkit.operations.attempts import Attempt
from segkit.operations.run_file import instant

if TYPE_CHECKING:
    from segkit.api import App, Workspace

FILE = "openlineage.jsonl"
#: A name and no place: nobody answers there.
PRODUCER = "https://segkit.invalid/segkit"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_ENDS = {"published": "COMPLETE", "up to date": "COMPLETE", "held": "ABORT", "failed": "FAIL"}

Plain = dict[str, Any]


@dataclass(frozen=True)
class _Job:
    """One run of a job: of which two events tell."""

    name: str
    end: str
    inputs: tuple[Plain, ...] = ()
    outputs: tuple[Plain, ...] = ()
    error: str = ""
    parent: str = ""


def write_lineage(workspace: Workspace, folder: Path, attempt: Attempt, run: Mapping[str, Any]) -> None:
    """Adds the events of an attempt to the file of its date; `run` is what the night's `run.json` holds."""
    path = folder / FILE
    earlier = path.read_text(encoding="utf-8") if path.exists() else ""
    events = (event for app in attempt.dates for event in _events(workspace, workspace.app(app), attempt, run))
    write_text(path, earlier + "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))


def _events(workspace: Workspace, app: App, attempt: Attempt, run: Mapping[str, Any]) -> Iterator[Plain]:
    namespace = workspace.settings.reports.openlineage_namespace
    made = _Made(namespace, app, attempt, run)
    for job in made.jobs():
        yield made.event("START", job)
        yield made.event(job.end, job)


class _Made:
    """What one app's night read and made, as jobs and events."""

    def __init__(self, namespace: str, app: App, attempt: Attempt, run: Mapping[str, Any]) -> None:
        self._namespace, self._app, self._attempt, self._run = namespace, app, attempt, run
        self._read: dict[str, tuple[Node, ...]] = {}
        with suppress(SegkitError, OSError):  # a night may have died of this very reason
            self._read = app.read_by_segments()

    def jobs(self) -> Iterator[_Job]:
        """The night, then what is below it."""
        below = [*self._segments(), *self._exports()]
        sources = _once(dataset for job in below for dataset in job.inputs if "/sources/" in dataset["name"])
        outputs = _once(dataset for job in below if job.end == "COMPLETE" for dataset in job.outputs)
        error = self._run["error"]
        yield _Job(self._night, "FAIL" if error else "COMPLETE", sources, outputs, error)
        yield from below

    @property
    def _night(self) -> str:
        return f"{self._app.name}/night"

    def _segments(self) -> Iterator[_Job]:
        for segment in self._run["apps"][self._app.name]["segments"]:
            if segment["status"] in _ENDS:
                read = tuple(map(self._dataset, self._read.get(segment["id"], ())))
                made = self._segment(segment["id"], segment["name"], segment["count"])
                name = f"{self._app.name}/segments/{segment['id']}"
                yield _Job(name, _ENDS[segment["status"]], read, (made,), segment["reason"], self._night)

    def _exports(self) -> Iterator[_Job]:
        segments = {due.name: due.segments for due in self._app.due_exports}
        named = {segment["name"]: segment for segment in self._run["apps"][self._app.name]["segments"]}
        by_id = {segment["id"]: segment for segment in named.values()}
        for made in self._run["apps"][self._app.name]["exports"]:
            found = [named.get(name) or by_id.get(name) for name in segments.get(made["name"], ())]
            read = tuple(self._segment(each["id"], each["name"]) for each in found if each is not None)
            written = {"namespace": self._namespace, "name": made["file"], **_written(made["rows"])}
            yield _Job(f"{self._app.name}/exports/{made['name']}", "COMPLETE", read, (written,), "", self._night)

    def _dataset(self, node: Node) -> Plain:
        if node.kind == "segment":
            return self._segment(node.code, node.name)
        return {"namespace": self._namespace, "name": f"{self._app.name}/sources/{node.name}"}

    def _segment(self, id_: str, name: str, count: int | None = None) -> Plain:
        said = {"documentation": _facet("DocumentationDatasetFacet", description=name)}
        fixed = {"namespace": self._namespace, "name": f"{self._app.name}/segments/{id_}", "facets": said}
        return fixed if count is None else {**fixed, **_written(count)}

    def event(self, kind: str, job: _Job) -> Plain:
        """One event of a run. What was made is told at its end only."""
        moment = self._attempt.began if kind == "START" else self._attempt.ended
        return {
            "eventType": kind,
            "eventTime": instant(moment),
            "producer": PRODUCER,
            "schemaURL": SCHEMA,
            "run": {"runId": self._run_id(job.name), "facets": self._facets(kind, job)},
            "job": {"namespace": self._namespace, "name": job.name},
            "inputs": list(job.inputs),
            "outputs": [] if kind == "START" else list(job.outputs),
        }

    def _facets(self, kind: str, job: _Job) -> Plain:
        day = self._attempt.dates[self._app.name]
        midnight = instant(datetime.fromtimestamp(first_instant(day, self._app.zone) / 1_000_000, UTC))
        found = {"nominalTime": _facet("NominalTimeRunFacet", nominalStartTime=midnight)}
        if job.parent:
            run, of = {"runId": self._run_id(job.parent)}, {"namespace": self._namespace, "name": job.parent}
            found["parent"] = _facet("ParentRunFacet", run=run, job=of)
        if job.error and kind != "START":
            found["errorMessage"] = _facet("ErrorMessageRunFacet", message=job.error, programmingLanguage="Python")
        return found

    def _run_id(self, job: str) -> str:
        """The same for the same attempt, whoever computes it."""
        parts = (self._namespace, self._run["date"], str(self._run["attempt"]), self._run["started_at"], job)
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join((PRODUCER, *parts))))


def _facet(kind: str, **content: Any) -> Plain:
    url = f"https://openlineage.io/spec/facets/1-0-1/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **content}


def _written(rows: int) -> Plain:
    return {"outputFacets": {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", rowCount=rows)}}


def _once(datasets: Iterable[Plain]) -> tuple[Plain, ...]:
    return tuple({dataset["name"]: dataset for dataset in datasets}.values())
