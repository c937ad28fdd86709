"""Lineage events, checked against what the OpenLineage specification 2-0-2 asks of them, and against literal edges."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

import jsonschema
import pytest

from segkit.api import Workspace
from segkit.errors import DataProblem
from tests.operations.making import Clock, night, opened, segment
from tests.small_workspace import SmallWorkspace

#: Written down from the specification: what its RunEvent, facets and datasets require.
_FACET = {
    "type": "object",
    "properties": {"_producer": {"type": "string", "format": "uri"}, "_schemaURL": {"type": "string", "format": "uri"}},
    "required": ["_producer", "_schemaURL"],
}
_DATASET = {
    "type": "object",
    "properties": {
        "namespace": {"type": "string"},
        "name": {"type": "string"},
        "facets": {"type": "object", "additionalProperties": _FACET},
        "inputFacets": {"type": "object", "additionalProperties": _FACET},
        "outputFacets": {"type": "object", "additionalProperties": _FACET},
    },
    "required": ["namespace", "name"],
}
_JOB = {
    "type": "object",
    "properties": {"namespace": {"type": "string"}, "name": {"type": "string"}},
    "required": ["namespace", "name"],
}
_RUN_ID = {"type": "string", "format": "uuid"}


def _facet(*required: str, **properties: Any) -> dict[str, Any]:
    return {"allOf": [_FACET, {"properties": properties, "required": list(required)}]}


_RUN = {
    "type": "object",
    "properties": {
        "runId": _RUN_ID,
        "facets": {
            "type": "object",
            "properties": {
                "nominalTime": _facet("nominalStartTime", nominalStartTime={"type": "string", "format": "date-time"}),
                "parent": _facet("run", "job", run={"properties": {"runId": _RUN_ID}, "required": ["runId"]}, job=_JOB),
                "errorMessage": _facet("message", "programmingLanguage", message={"type": "string"}),
            },
            "additionalProperties": _FACET,
        },
    },
    "required": ["runId"],
}
RUN_EVENT = {
    "type": "object",
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": _RUN,
        "job": _JOB,
        "inputs": {"type": "array", "items": _DATASET},
        "outputs": {"type": "array", "items": _DATASET},
    },
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "additionalProperties": False,
}


def events(workspace: Workspace) -> list[dict[str, Any]]:
    """Every event of the night, each as the specification has it, of every run one start and one end."""
    text = (workspace.folder / "runs" / "2024-11-07" / "openlineage.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    found: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    checker = jsonschema.Draft202012Validator(RUN_EVENT, format_checker=jsonschema.FormatChecker())
    ends: dict[str, list[str]] = {}
    for event in found:
        checker.validate(event)
        uuid.UUID(event["run"]["runId"])
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        ends.setdefault(event["run"]["runId"], []).append(event["eventType"])
        assert event["eventType"] != "START" or event.get("outputs", []) == []  # nothing is written yet
    for kinds in ends.values():
        assert kinds in (["START", "COMPLETE"], ["START", "FAIL"], ["START", "ABORT"])
    return found


def ends_of(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event["job"]["name"]: event for event in found if event["eventType"] != "START"}


def names(datasets: list[dict[str, Any]]) -> set[str]:
    assert {dataset["namespace"] for dataset in datasets} <= {"segkit"}
    return {dataset["name"] for dataset in datasets}


@pytest.fixture
def workspace(unloaded: SmallWorkspace, clock: Clock) -> Workspace:
    unloaded.settings = '[[exports]]\nname = "crm"\napp = "shop"\nsegments = ["Active Germans"]'
    unloaded.write()
    made = opened(unloaded.folder, clock)
    made.load()
    return made


def saved(workspace: Workspace, name: str, rule: dict[str, Any]) -> str:
    return workspace.app().save({"name": name, "cycle": "daily", "rule": rule}, publish=False).id


def test_what_a_segment_reads_is_its_sources_and_the_segments_in_its_rule(workspace: Workspace, clock: Clock) -> None:
    germans = saved(workspace, "Germans", {"label": "country", "op": "eq", "value": "DE"})
    used = {"event": "app_used", "window": {"last": 30}}
    active = saved(workspace, "Active Germans", {"all": [{"segment": "Germans"}, used]})
    exports = [{"app": "shop", "name": "crm", "status": "made", "file": "exports/crm.zip", "segments": 1, "rows": 3}]
    refreshed = (segment("Germans", 5, id=germans), segment("Active Germans", 3, id=active))
    night(workspace, *refreshed, clock=clock, exports=exports)
    found = ends_of(events(workspace))
    assert set(found) == {"shop/night", f"shop/segments/{germans}", f"shop/segments/{active}", "shop/exports/crm"}
    first = found[f"shop/segments/{germans}"]
    assert names(first["inputs"]) == {"shop/sources/sources/users.parquet"}
    assert names(first["outputs"]) == {f"shop/segments/{germans}"}
    assert first["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 5
    assert first["outputs"][0]["facets"]["documentation"]["description"] == "Germans"
    second = found[f"shop/segments/{active}"]
    assert names(second["inputs"]) == {f"shop/segments/{germans}", "shop/sources/sources/events.parquet"}
    assert names(found["shop/exports/crm"]["inputs"]) == {f"shop/segments/{active}"}
    assert names(found["shop/exports/crm"]["outputs"]) == {"exports/crm.zip"}
    whole = found["shop/night"]
    assert names(whole["inputs"]) == {"shop/sources/sources/users.parquet", "shop/sources/sources/events.parquet"}
    assert names(whole["outputs"]) == {f"shop/segments/{germans}", f"shop/segments/{active}", "exports/crm.zip"}
    assert whole["eventTime"] == "2024-11-07T02:31:30.500Z"
    assert whole["run"]["facets"]["nominalTime"]["nominalStartTime"] == "2024-11-06T23:00:00.000Z"
    assert second["run"]["facets"]["parent"]["run"]["runId"] == whole["run"]["runId"]


def test_what_was_held_or_failed_is_told_with_its_reason_and_was_not_made(workspace: Workspace) -> None:
    held = segment("A", None, status="held", reason="a persona")
    failed = segment("B", None, status="failed", reason="no label 'x'")
    night(workspace, held, failed, segment("C", None, status="unavailable"), failed=["shop: …"])
    found = ends_of(events(workspace))
    told = {name: (event["eventType"], event["run"]["facets"].get("errorMessage", {}).get("message"))
            for name, event in found.items()}  # fmt: skip
    assert told == {
        "shop/night": ("COMPLETE", None),
        "shop/segments/sg_A": ("ABORT", "a persona"),
        "shop/segments/sg_B": ("FAIL", "no label 'x'"),
    }
    assert found["shop/night"]["outputs"] == []


def test_a_night_that_died_is_a_failed_run_and_one_run_again_another(workspace: Workspace, clock: Clock) -> None:
    with pytest.raises(DataProblem):
        night(workspace, error=DataProblem("orders.csv: line 3"))
    clock.on(hours=1)
    night(workspace, segment("A", 1))
    found = [event for event in events(workspace) if event["job"]["name"] == "shop/night"]
    assert [event["eventType"] for event in found] == ["START", "FAIL", "START", "COMPLETE"]
    assert found[1]["run"]["facets"]["errorMessage"]["message"] == "orders.csv: line 3"
    assert found[1]["run"]["runId"] != found[3]["run"]["runId"]


def test_a_run_has_the_same_id_whoever_computes_it(unloaded: SmallWorkspace, clock: Clock) -> None:
    unloaded.settings = '[reports]\nopenlineage_namespace = "crm-team"'
    unloaded.write()
    workspace = opened(unloaded.folder, clock)
    night(workspace)
    first = events_text = (workspace.folder / "runs" / "2024-11-07" / "openlineage.jsonl").read_text()
    for path in (workspace.folder / "runs" / "2024-11-07").iterdir():
        path.unlink()
    night(workspace)
    assert (workspace.folder / "runs" / "2024-11-07" / "openlineage.jsonl").read_text() == first
    assert json.loads(events_text.splitlines()[0])["job"] == {"namespace": "crm-team", "name": "shop/night"}
