"""Records of snapshots, runs, exports and the audit trail, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from segkit.definitions.documents import Document
from segkit.errors import NotFound, SegkitError
from segkit.store.catalog import Catalog
from segkit.store.records import Child, Snapshot

NOON = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
JUNE_1, JUNE_2, JUNE_3 = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)
Make = Callable[..., Document]


def a_snapshot(id_: str, **keys: Any) -> Snapshot:
    """A record of a predefined segment as of 1 June, where nothing else is said."""
    given: dict[str, Any] = {
        "app": "shop",
        "segment_id": "pd_gateways",
        "rule_fingerprint": None if keys.get("version") else "f00",
        "as_of": JUNE_1,
        "data_generation": 3,
        "evaluator": "1",
        "vocabulary": "abc",
        "tzdata": "2026.1",
        "base": 100,
        "computed_at": NOON,
        "actor": "ana",
        "count": 7,
        "users": 120,
        "generation": "g1",
        "file": f"snapshots/shop/g1/{id_}.bits",
        "size": 55,
        "sha256": "0" * 64,
    }
    return Snapshot(id=id_, **given | keys)


@pytest.fixture
def segment_id(catalog: Catalog, make_document: Make) -> str:
    """A stored segment with two versions."""
    first = catalog.save(make_document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None)
    changed = make_document("Quiet", id=first.segment_id, description="changed")
    return catalog.save(changed, app="shop", actor="ana", now=NOON, based_on=1).segment_id


def test_a_snapshot_comes_back_as_it_was_recorded(catalog: Catalog, segment_id: str) -> None:
    children = (Child("sg_x", version=2), Child("sg_y", snapshot="sn_9"), Child("pd_z", version=1, snapshot="sn_8"))
    record = a_snapshot("sn_1", segment_id=segment_id, version=2, children=children, count=2**40)
    catalog.record_snapshots([record])
    assert catalog.snapshot("shop", segment_id, JUNE_1) == record
    assert catalog.snapshot_of_id("sn_1") == record
    assert catalog.snapshot_of_id("sn_2") is None


def test_the_newest_snapshot_is_the_last_not_after_the_date(catalog: Catalog) -> None:
    first, third = a_snapshot("sn_1"), a_snapshot("sn_3", as_of=JUNE_3)
    catalog.record_snapshots([third, first])
    assert catalog.newest_snapshot("shop", "pd_gateways", date(2026, 5, 31)) is None
    assert catalog.newest_snapshot("shop", "pd_gateways", JUNE_2) == first
    assert catalog.newest_snapshot("shop", "pd_gateways", JUNE_3) == third
    assert catalog.newest_snapshot("bank", "pd_gateways", JUNE_3) is None
    assert catalog.snapshot("shop", "pd_gateways", JUNE_2) is None
    assert catalog.snapshots("shop", "pd_gateways") == (third, first)


def test_of_snapshots_of_one_date_the_last_published_counts(catalog: Catalog) -> None:
    for number in (1, 2, 3):
        catalog.record_snapshots([a_snapshot(f"sn_{number}", computed_at=NOON - timedelta(hours=number))])
    found = catalog.snapshot("shop", "pd_gateways", JUNE_1)
    assert found is not None
    assert found.id == "sn_3"


def test_an_older_version_published_late_does_not_hide_the_newer(catalog: Catalog, segment_id: str) -> None:
    catalog.record_snapshots([a_snapshot("sn_new", segment_id=segment_id, version=2)])
    catalog.record_snapshots([a_snapshot("sn_old", segment_id=segment_id, version=1)])
    assert [s.id for s in catalog.snapshots("shop", segment_id)] == ["sn_new", "sn_old"]
    assert [s.id for s in catalog.newest_snapshots("shop", JUNE_3).values()] == ["sn_new"]


def test_the_newest_of_all_segments_are_found_at_once(catalog: Catalog, segment_id: str) -> None:
    records = [
        a_snapshot("sn_1"),
        a_snapshot("sn_2", as_of=JUNE_2),
        a_snapshot("sn_3", as_of=JUNE_3),
        a_snapshot("sn_4", segment_id=segment_id, version=2),
        a_snapshot("sn_5", segment_id="pd_late", as_of=JUNE_3),
    ]
    catalog.record_snapshots(records)
    assert catalog.newest_snapshots("shop", JUNE_2) == {"pd_gateways": records[1], segment_id: records[3]}


def test_snapshots_are_recorded_all_or_none(catalog: Catalog, segment_id: str) -> None:
    good, unknown = a_snapshot("sn_1"), a_snapshot("sn_2", segment_id=segment_id, version=9)
    with pytest.raises(NotFound, match=f"{segment_id} version 9: the catalog holds no such version"):
        catalog.record_snapshots([good, unknown])
    with pytest.raises(SegkitError, match="Nothing was changed"):
        catalog.record_snapshots([good, good])
    assert catalog.snapshots("shop", "pd_gateways") == ()
    catalog.record_snapshots([])
    with pytest.raises(ValueError, match="of one app"):
        catalog.record_snapshots([good, replace(good, id="sn_2", app="bank")])


def test_generations_that_are_published_are_known(catalog: Catalog) -> None:
    catalog.record_snapshots([a_snapshot("sn_1"), a_snapshot("sn_2", generation="g2")])
    assert catalog.published_generations("shop", ["g2", "g3"]) == {"g2"}
    assert catalog.published_generations("bank", ["g2"]) == frozenset()
    assert catalog.published_generations("shop", []) == frozenset()


def test_instants_are_utc_whatever_zone_they_were_given_in(catalog: Catalog) -> None:
    in_berlin = NOON.astimezone(timezone(timedelta(hours=2)))
    catalog.record_snapshots([a_snapshot("sn_1", computed_at=in_berlin)])
    found = catalog.snapshot_of_id("sn_1")
    assert found is not None
    assert (found.computed_at, found.computed_at.tzinfo) == (NOON, UTC)


def test_a_run_has_an_end_only_when_one_was_recorded(catalog: Catalog) -> None:
    run = catalog.begin_run("shop", as_of=JUNE_1, kind="nightly", started_at=NOON)
    assert catalog.runs("shop") == (run,)
    assert (run.ended_at, run.outcome, run.detail) == (None, None, {})
    ended = catalog.end_run(run, ended_at=NOON + timedelta(minutes=3), outcome="done", detail={"counts": {"A": 3}})
    assert (ended.id, ended.outcome, ended.detail) == (run.id, "done", {"counts": {"A": 3}})
    assert catalog.runs("shop") == (ended,)
    with pytest.raises(SegkitError, match="has ended before, with 'done'"):
        catalog.end_run(run, ended_at=NOON, outcome="failed")
    with pytest.raises(NotFound, match="no run 99"):
        catalog.end_run(replace(run, id=99), ended_at=NOON, outcome="failed")


def test_runs_are_found_by_app_day_and_kind(catalog: Catalog) -> None:
    begun = (
        ("shop", JUNE_1, "nightly"),
        ("shop", JUNE_2, "nightly"),
        ("shop", JUNE_2, "load"),
        ("bank", JUNE_2, "load"),
    )
    for app, day, kind in begun:
        catalog.begin_run(app, as_of=day, kind=kind, started_at=NOON)
    assert [(r.app, r.as_of) for r in catalog.runs(kind="load")] == [("bank", JUNE_2), ("shop", JUNE_2)]
    assert [(r.app, r.as_of, r.kind) for r in catalog.runs("shop", limit=1)] == [("shop", JUNE_2, "load")]
    assert [r.kind for r in catalog.runs("shop", as_of=JUNE_1)] == ["nightly"]


def test_a_due_export_is_recorded_once_a_day(catalog: Catalog) -> None:
    keys: dict[str, Any] = {"file": "exports/a.zip", "sha256": "0" * 64, "at": NOON, "actor": "ana"}
    made = catalog.record_export("shop", name="campaigns", as_of=JUNE_1, detail={"rows": 3}, **keys)
    assert catalog.due_export("shop", "campaigns", JUNE_1) == made
    assert catalog.due_export("shop", "campaigns", JUNE_2) is None
    with pytest.raises(
        SegkitError, match=r"as of 2026-06-01 was made before: exports/a.zip, at 2026-06-01 12:00 UTC by ana"
    ):
        catalog.record_export("shop", name="campaigns", as_of=JUNE_1, **keys)
    catalog.record_export("shop", name="campaigns", as_of=JUNE_2, **keys)
    catalog.record_export("bank", name="campaigns", as_of=JUNE_1, **keys)
    for _ in range(2):
        catalog.record_export("shop", name=None, as_of=JUNE_1, **keys)
    assert [(e.name, e.as_of) for e in catalog.exports("shop")] == [
        (None, JUNE_1), (None, JUNE_1), ("campaigns", JUNE_2), ("campaigns", JUNE_1)
    ]  # fmt: skip


def test_the_audit_trail_tells_who_did_what(catalog: Catalog) -> None:
    export = catalog.record_audit(actor="ana", at=NOON, app="shop", action="export", subject="sg_1", detail={"rows": 3})
    load = catalog.record_audit(actor="night", at=NOON, app=None, action="load", subject="all")
    assert catalog.audit() == (load, export)
    assert catalog.audit("shop") == (export,)
    assert catalog.audit(action="load", subject="all") == (load,)
    assert catalog.audit(limit=1) == (load,)
