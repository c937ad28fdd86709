"""Why a segment's size changed: planted causes land in their part, and the parts add up, user by user."""

from __future__ import annotations

from pathlib import Path

from segkit.analysis.why import Why
from segkit.api import App
from segkit.engine.bitmap import Bitmap
from segkit.store.snapshots import read_snapshot
from tests.api.planted_changes import CASES, Case, worlds


def uids_of(app: App, users: Bitmap) -> list[str]:
    """The uids of a set; an erased user has none, and is told by the number."""
    known = app.uids()
    return [known[number] or f"erased {number}" for number in users.user_nos().tolist()]


def published(app: App, name: str, as_of: str) -> set[int]:
    """The numbers of a segment's published users."""
    catalog = app.workspace.catalog
    record = next(s for s in catalog.snapshots("shop", app.segment(name).id) if s.as_of.isoformat() == as_of)
    return set(read_snapshot(app.workspace.folder, record).user_nos().tolist())


def assert_parts_are_exactly_who_moved(found: Why, before: set[int], after: set[int]) -> None:
    entered = [number for part in found.parts for number in part.share.entered.user_nos().tolist()]
    left = [number for part in found.parts for number in part.share.left.user_nos().tolist()]
    assert sorted(entered) == sorted(after - before), "everybody who entered is in one part"
    assert sorted(left) == sorted(before - after), "everybody who left is in one part"
    for part in found.parts:
        if part.inside:
            inside = [n for each in part.inside for n in each.share.users.user_nos().tolist()]
            assert sorted(inside) == part.share.users.user_nos().tolist()


def told(app: App, found: Why) -> set[tuple[str, str, str]]:
    """Every user with the part and the direction; edits of a segment inside are told apart."""
    rows: set[tuple[str, str, str]] = set()
    for part in found.parts:
        causes = [(p, f"{p.kind} edited" if p.title.startswith("Rule of") else p.kind) for p in part.inside or (part,)]
        for cause, kind in causes:
            rows |= {(uid, kind, "entered") for uid in uids_of(app, cause.share.entered)}
            rows |= {(uid, kind, "left") for uid in uids_of(app, cause.share.left)}
    return rows


def planted(case: Case) -> set[tuple[str, str, str]]:
    return {(uid, *case.expected(uid)) for uid in case.planted}


def test_planted_causes_land_in_their_part_and_parts_add_up(tmp_path: Path, full: bool) -> None:
    checked = 0
    for world, app in worlds(tmp_path, 30 if full else 3):
        for case in world.cases:
            found = app.why(case.name, world.since, world.until)
            days = world.since.isoformat(), world.until.isoformat()
            assert_parts_are_exactly_who_moved(found, *(published(app, case.name, day) for day in days))
            erased = [row for row in told(app, found) if row[1] == "erased"]
            wanted = planted(case)
            assert [row[2] for row in erased] == ["left"] * sum(row[1] == "erased" for row in wanted)
            seen = told(app, found) - set(erased)
            assert seen == {row for row in wanted if row[1] != "erased"}, f"{world.since} to {world.until}, {case}"
            checked += 1
    assert checked == (300 if full else 3 * CASES)
