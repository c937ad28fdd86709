"""Why a segment's size changed: planted causes land in their part, and the parts add up, user by user."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segkit
from segkit.analysis.why import Why
from segkit.api import App
from segkit.engine.bitmap import Bitmap
from segkit.errors import SegkitError
from segkit.store.snapshots import read_snapshot
from tests.api.planted_changes import CASES, Case, worlds
from tests.small_workspace import SmallWorkspace


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
    for world, app in worlds(tmp_path, 10 if full else 1):
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
    assert checked == (300 if full else CASES)


# --- what was known then, and what is not kept any more ---------------------------------------------------------------

SINCE, UNTIL = "2024-11-05", "2024-11-07"
VIPS_AWAY = {
    "name": "VIPs away",
    "rule": {
        "all": [
            {"label": "tags", "op": "contains", "value": "vip"},
            {"not": {"event": "app_used", "window": {"last": 30}}},
        ]
    },
}


class Nights:
    """A small workspace that is loaded and published night by night."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.small = SmallWorkspace(folder)
        self.small.write()
        self.more = more
        for file in (folder / "sources").glob("*.parquet"):
            file.unlink()
        self.number = 0
        self.app: App | None = None

    def night(
        self,
        as_of: str,
        users: dict[str, list[str]],
        events: Sequence[tuple[str, str]] = (),
        *,
        refresh: bool = True,
    ) -> App:
        """Users with their tags as of a date, and events that come now."""
        self.number += 1
        folder = self.small.folder
        self.close()
        settings = TOML.format(as_of=as_of) + self.more
        (folder / "segkit.toml").write_text(settings)
        tags = pa.array(list(users.values()), pa.list_(pa.string()))
        columns: dict[str, Any] = {"uid": pa.array(users, pa.string()), "tags": tags}
        pq.write_table(pa.table(columns), folder / "sources" / f"users-{as_of}.parquet")
        rows = [*events, ("ana", "2024-01-01")]
        names = ["app_used"] * len(events) + ["order_paid"]
        columns = {"uid": [uid for uid, _ in rows], "at": [f"{day} 12:00" for _, day in rows], "event": names}
        pq.write_table(pa.table(columns), folder / "sources" / f"events-{self.number}.parquet")
        self.app = segkit.open(folder, actor="tester").app()
        self.app.workspace.load()
        if "VIPs away" not in [info.name for info in self.app.segments()]:
            self.app.save(VIPS_AWAY, publish=False)
        if refresh:
            self.app.refresh(["VIPs away"])
        return self.app

    def close(self) -> None:
        if self.app is not None:
            self.app.workspace.close()


TOML = """segkit = 1
[gates]
off = ["fresh", "missing_days", "size", "drift", "orphans"]
[apps.shop]
zone = "Europe/Berlin"
as_of = {as_of}
[[apps.shop.users]]
files = "sources/users-*.parquet"
uid = "uid"
data_date = "file"
[[apps.shop.events]]
files = "sources/events-*.parquet"
uid = "uid"
time = "at"
name = "event"
"""
PEOPLE: dict[str, list[str]] = {"ana": ["vip"], "bo": [], "cy": ["vip"], "m@example.com": []}
LATER = {**PEOPLE, "bo": ["vip"], "m@example.com": ["vip"]}


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    made = Nights(tmp_path / "shop")
    yield made
    made.close()


@pytest.mark.parametrize("loads_since", [1, 4], ids=["its data is kept", "its data is told by the loads"])
def test_data_that_came_after_the_second_snapshot_changes_nothing(nights: Nights, loads_since: int) -> None:
    nights.night(SINCE, PEOPLE)
    nights.night(UNTIL, LATER)
    # That bo had used the app before is only known later: today nothing says why bo was in on the second date.
    nights.night("2024-11-08", LATER, [("bo", "2024-11-01")], refresh=False)
    for number in range(1, loads_since):
        nights.night(f"2024-11-{8 + number:02}", LATER, refresh=False)
    assert nights.app is not None
    found = nights.app.why("VIPs away", SINCE, UNTIL)
    assert told(nights.app, found) == {("bo", "label", "entered"), ("m@example.com", "label", "entered")}
    assert found.notes == ()


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """On the second bo and m have become VIPs, cy is none any more, and ana has used the app. For `vi`, counts only."""
    made = Nights(tmp_path_factory.mktemp("two") / "shop")
    made.more = '[roles]\nviewer = ["vi"]\nadmin = ["tester"]\ndefault = "reader"\n'
    made.night(SINCE, PEOPLE)
    made.night(UNTIL, {**LATER, "cy": []}, [("ana", "2024-11-06")])
    yield made
    made.close()


def test_it_says_so_in_words_and_masks_uids_that_are_addresses(two_nights: Nights) -> None:
    assert two_nights.app is not None
    found = two_nights.app.why("VIPs away")
    assert found.words == (
        "‘VIPs away’ had 2 users as of 2024-11-05 and 2 as of 2024-11-07: as many.\n"
        "2 entered and 2 left:\n"
        "Label changed: 2 entered and 1 left (a label has another value).\n"
        "  Tags include “vip”: 2 entered and 1 left.\n"
        "    entered, for example: bo, m•••@e•••.com\n"
        "    left, for example: cy\n"
        "New events: 1 left (events of days that the window did not hold before).\n"
        "  app used: at least once in the last 30 days: 1 left.\n"
        "    left, for example: ana"
    )
    assert "example.com" not in str(found.to_dict()) + found._repr_html_() + found.data.to_string()
    plain = found.to_dict()
    assert (plain["before"], plain["after"], plain["entered"], plain["left"]) == (2, 2, 2, 2)
    assert [(part["part"], part["entered"], part["left"]) for part in plain["parts"]] == [
        ("label", 2, 1),
        ("events", 0, 1),
    ]
    assert found.data[["part", "entered", "left", "change"]].values.tolist() == [
        ["Label changed", 2, 1, 1],
        ["New events", 0, 1, -1],
    ]


def test_a_viewer_is_told_counts_and_no_users(two_nights: Nights) -> None:
    viewer = segkit.open(two_nights.small.folder, actor="vi").app()
    found = viewer.why("VIPs away", SINCE, UNTIL)
    assert (found.entered, found.left) == (2, 2)
    assert "for example" not in found.words
    viewer.workspace.close()


def test_on_the_command_line_it_is_words_or_json(
    two_nights: Nights, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    words = ("why", "VIPs away", "--from", SINCE, "-w", two_nights.small.folder)
    assert run_segkit(*words, "--show", "0").stdout == (
        "‘VIPs away’ had 2 users as of 2024-11-05 and 2 as of 2024-11-07: as many.\n"
        "2 entered and 2 left:\n"
        "Label changed: 2 entered and 1 left (a label has another value).\n"
        "  Tags include “vip”: 2 entered and 1 left.\n"
        "New events: 1 left (events of days that the window did not hold before).\n"
        "  app used: at least once in the last 30 days: 1 left.\n"
    )
    found = json.loads(run_segkit(*words, "--json").stdout)
    assert (found["before"], found["after"], found["change"]) == (2, 2, 0)
    assert found["parts"][0]["entered_uids"] == ["bo", "m•••@e•••.com"]


def test_users_that_are_not_kept_are_counted_again_and_that_is_said(nights: Nights) -> None:
    nights.more = "[snapshots]\nkeep = 1\nkeep_days = 0\n"
    nights.night(SINCE, PEOPLE)
    app = nights.night(UNTIL, LATER, [("ana", "2024-11-02")])  # comes late, and was not known on the first date
    assert app.prune().retired == 1
    found = app.why("VIPs away", SINCE, UNTIL)
    assert found.notes == (
        "the users of 2024-11-05 (2) are not kept any more; "
        "they are counted again, with the data as it was known then where that can be told",
    )
    assert found.before == 2
    assert ("ana", "late", "left") in told(app, found)


def test_a_date_without_a_snapshot_is_counted_and_that_is_said(nights: Nights) -> None:
    app = nights.night(UNTIL, PEOPLE, [("ana", "2024-10-07")])
    found = app.why("VIPs away", "2024-11-06", UNTIL)
    assert told(app, found) == {("ana", "left", "entered")}
    said = "as of 2024-11-06 nothing was published; it is counted by the rule and the data of the second date"
    assert found.notes == (said,)


def test_dates_that_cannot_be_compared_are_refused(nights: Nights) -> None:
    app = nights.night(UNTIL, PEOPLE)
    with pytest.raises(SegkitError, match="‘VIPs away’ has no snapshot before 2024-11-07 to compare with"):
        app.why("VIPs away")
    with pytest.raises(SegkitError, match="expected an earlier date first"):
        app.why("VIPs away", UNTIL, UNTIL)


def test_a_segment_that_is_read_published_is_opened_as_such(nights: Nights) -> None:
    app = nights.night(SINCE, PEOPLE, refresh=False)
    app.save({"name": "Picked", "cycle": "once", "rule": {"label": "tags", "op": "contains", "value": "vip"}})
    app.save({"name": "Others", "rule": {"not": {"segment": "Picked"}}})
    app = nights.night(UNTIL, LATER)
    app.refresh(["Others"])
    assert told(app, app.why("Others", SINCE, UNTIL)) == set()
    app.refresh(["Picked"])
    app.refresh(["Others"])
    found = app.why("Others", SINCE, UNTIL)
    assert told(app, found) == {("bo", "segment", "left"), ("m@example.com", "segment", "left")}
    assert [part.title for part in found.parts[0].inside[0].inside] == ["Computed again"]
    assert told(app, app.why("Picked", SINCE, UNTIL)) == {
        ("bo", "label", "entered"),
        ("m@example.com", "label", "entered"),
    }


# --- the demo --------------------------------------------------------------------------------------------------------


def test_parts_add_up_to_what_changed_between_nights_of_the_demo(demo: Path, full: bool) -> None:
    workspace = segkit.open(demo, actor="tester")
    app = workspace.app("smart-home")
    days = [date(2026, 6, 1) - timedelta(3 * number) for number in range(11 if full else 3)]
    for day in days[1:]:
        app.refresh(as_of=day)
    pairs = [(first, last) for first in days for last in days if first < last][: 50 if full else 3]
    moved, kinds = 0, set()
    for first, last in pairs:
        for info in app.segments():
            if info.missing or info.kind == "imported" or info.cycle == "once":
                continue
            found = app.why(info.name, first, last)
            before, after = (set(read(app, info.id, day)) for day in (first, last))
            assert_parts_are_exactly_who_moved(found, before, after)
            kinds |= {part.kind for part in found.parts}
            moved += len(before ^ after)
    assert len(pairs) == (50 if full else 3)
    assert moved > 500
    assert {"label", "events", "left", "time", "segment"} <= kinds
    assert not kinds & {"rule", "late", "erased"}, "nothing was edited, nothing came late"
    workspace.close()


def read(app: App, segment_id: str, as_of: date) -> list[int]:
    record = app.workspace.catalog.snapshot("smart-home", segment_id, as_of)
    assert record is not None
    numbers: list[int] = read_snapshot(app.workspace.folder, record).user_nos().tolist()
    return numbers
