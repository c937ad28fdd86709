"""What is let go by count and age, what never is, and that no reader loses the file whose record it was given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segkit.engine.bitmap import Bitmap
from segkit.errors import Damaged, NotFound
from segkit.store.catalog import Catalog, open_catalog
from segkit.store.records import Child, Computed, Snapshot
from segkit.store.retention import LetGo, let_go
from segkit.store.retiring import Keep, Kept, beyond
from segkit.store.snapshots import new_snapshot_id, publish, read_newest, read_snapshot
from tests.store.making import Start, document, wait_for

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


def users(seed: int) -> Bitmap:
    return Bitmap.from_flags(np.random.default_rng(seed).random(500) < 0.3)


def put(
    workspace: Path, catalog: Catalog, segment_id: str, day: int, *, at: datetime | None = None, **more: object
) -> Snapshot:
    """A snapshot as of a day in June, computed that noon."""
    as_of = date(2026, 6, day)
    keys: dict[str, object] = {"rule_fingerprint": "f", "children": (), **more}
    computed = Computed(
        id=new_snapshot_id(), app="shop", segment_id=segment_id, as_of=as_of, data_generation=1, evaluator="1",
        vocabulary="v", tzdata="t", base=500, actor="ana",
        computed_at=at or datetime(2026, 6, day, 12, tzinfo=UTC), **keys,  # type: ignore[arg-type]
    )  # fmt: skip
    [record] = publish(workspace, "shop", catalog, [(computed, users(day))])
    return record


def kept(workspace: Path, catalog: Catalog, segment_id: str) -> list[int]:
    return sorted(s.as_of.day for s in catalog.snapshots("shop", segment_id) if s.retired_at is None)


def test_the_newest_dates_and_what_was_computed_lately_stay(tmp_path: Path, catalog: Catalog) -> None:
    for day in (1, 10, 20, 25, 28):
        put(tmp_path, catalog, "pd_a", day)
    put(tmp_path, catalog, "pd_b", 1)
    put(tmp_path, catalog, "pd_a", 2, at=NOON - timedelta(hours=1))  # of an old date, and computed today
    assert let_go(tmp_path, "shop", catalog, Keep(2, 7), NOON) == LetGo(3, 0, 0)
    assert kept(tmp_path, catalog, "pd_a") == [2, 25, 28]
    assert kept(tmp_path, catalog, "pd_b") == [1]  # its newest, however old
    assert let_go(tmp_path, "shop", catalog, Keep(2, 7), NOON) == LetGo(0, 0, 0)


def test_counts_and_records_stay_and_the_users_go_a_day_later(tmp_path: Path, catalog: Catalog) -> None:
    old, new = put(tmp_path, catalog, "pd_a", 1), put(tmp_path, catalog, "pd_a", 2)
    let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON)
    assert read_snapshot(tmp_path, old) == users(1)  # whoever was given the record before
    held = catalog.snapshot("shop", "pd_a", old.as_of)
    assert held is not None
    assert (held.count, held.sha256) == (old.count, old.sha256)
    with pytest.raises(
        NotFound, match=r"were let go on 2026-06-30; their count stays, .*`segkit refresh pd_a --app shop"
    ):
        read_snapshot(tmp_path, held)
    almost = NOON + timedelta(hours=23, minutes=59)
    assert let_go(tmp_path, "shop", catalog, Keep(1, 0), almost).files == 0
    assert read_snapshot(tmp_path, old) == users(1)
    assert let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON + timedelta(days=1)) == LetGo(0, 1, old.size)
    with pytest.raises(Damaged, match="No such file"):
        read_snapshot(tmp_path, old)
    assert read_snapshot(tmp_path, new) == users(2)
    folders = [p.name for p in (tmp_path / "snapshots" / "shop").iterdir() if p.is_dir()]
    assert folders == [new.generation]
    assert [s.count for s in catalog.snapshots("shop", "pd_a")] == [new.count, old.count]


def test_as_of_a_date_whose_users_were_let_go_nothing_older_is_given_in_their_place(
    tmp_path: Path, catalog: Catalog
) -> None:
    put(tmp_path, catalog, "pd_a", 1, at=NOON)  # computed lately, so it stays
    put(tmp_path, catalog, "pd_a", 5)
    newest = put(tmp_path, catalog, "pd_a", 9)
    let_go(tmp_path, "shop", catalog, Keep(1, 1), NOON)
    assert kept(tmp_path, catalog, "pd_a") == [1, 9]
    with pytest.raises(NotFound, match="as of 2026-06-05 were let go"):
        read_newest(tmp_path, catalog, "shop", "pd_a", date(2026, 6, 7))
    assert read_newest(tmp_path, catalog, "shop", "pd_a", date(2026, 6, 9)) == (newest, users(9))
    assert read_newest(tmp_path, catalog, "shop", "pd_none", date(2026, 6, 9)) is None


def test_what_a_kept_snapshot_was_computed_from_stays_as_well(tmp_path: Path, catalog: Catalog) -> None:
    child = put(tmp_path, catalog, "pd_once", 1)
    parent = put(tmp_path, catalog, "pd_a", 2, children=(Child("pd_once", snapshot=child.id),))
    put(tmp_path, catalog, "pd_once", 3)
    let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON)
    assert kept(tmp_path, catalog, "pd_once") == [1, 3]
    put(tmp_path, catalog, "pd_a", 4)
    assert parent.as_of.day in kept(tmp_path, catalog, "pd_a")
    let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON)
    assert kept(tmp_path, catalog, "pd_a") == [4]
    assert kept(tmp_path, catalog, "pd_once") == [3]


def test_an_imported_list_is_never_let_go(tmp_path: Path, catalog: Catalog) -> None:
    saved = catalog.save(
        document("VIP", cycle="once"), app="shop", actor="ana", now=NOON, based_on=None, kind="imported"
    )
    for day in (1, 2):
        put(tmp_path, catalog, saved.segment_id, day, version=1, rule_fingerprint=None)
    assert let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON).retired == 0


def test_leftovers_of_a_publish_that_died_are_swept(tmp_path: Path, catalog: Catalog) -> None:
    put(tmp_path, catalog, "pd_a", 1)
    folder = tmp_path / "snapshots" / "shop"
    (folder / "dead.unpublished").touch()
    (folder / "dead").mkdir()
    (folder / "dead" / "half.bits").write_bytes(b"half")
    let_go(tmp_path, "shop", catalog, Keep(1, 0), NOON)
    assert not (folder / "dead").exists()
    assert not (folder / "dead.unpublished").exists()


_DAYS = st.integers(1, 30)
_HELD = st.lists(st.tuples(st.sampled_from("abc"), _DAYS, _DAYS, st.lists(st.integers(0, 30), max_size=2)), max_size=25)


@given(_HELD, st.integers(1, 4), st.integers(0, 20))
def test_a_snapshot_stays_exactly_if_a_rule_says_so(
    rows: list[tuple[str, int, int, list[int]]], count: int, days: int
) -> None:
    """Beside an independent statement of the rules, by repeated search instead of one walk."""
    held = [
        Kept(str(n), segment, date(2026, 6, day), NOON - timedelta(days=age), tuple(map(str, reads)))
        for n, (segment, day, age, reads) in enumerate(rows)
    ]
    held.sort(key=lambda k: (k.segment_id, -k.as_of.day))
    first_of = {(k.segment_id, k.as_of): k for k in reversed(held)}
    stays = set()
    for segment in {k.segment_id for k in held}:
        counting = sorted((k for (s, _), k in first_of.items() if s == segment), key=lambda k: k.as_of, reverse=True)
        stays |= {k.id for k in counting[:count]}
        stays |= {k.id for k in counting if NOON - k.computed_at < timedelta(days=days)}
    by_id = {k.id: k for k in held}
    while more := {r for k in stays for r in by_id[k].reads if r in by_id} - stays:
        stays |= more
    assert beyond(held, Keep(count, days), NOON) == set(by_id) - stays


# --- real processes --------------------------------------------------------------------------------------------------


def let_go_at(workspace: Path, url: str | None, now: datetime) -> None:
    with open_catalog(workspace, url) as own:
        let_go(workspace, "shop", own, Keep(1, 0), now)


def test_a_reader_that_holds_a_record_reads_its_file_while_another_process_lets_it_go(
    tmp_path: Path, catalog: Catalog, database_url: str | None, start: Start
) -> None:
    record = put(tmp_path, catalog, "pd_a", 1)
    put(tmp_path, catalog, "pd_a", 2)
    for hours, is_there in ((0, True), (12, True), (25, False)):
        wait_for([start(let_go_at, tmp_path, database_url, NOON + timedelta(hours=hours))])
        if is_there:
            assert read_snapshot(tmp_path, record) == users(1)
        else:
            with pytest.raises(Damaged):
                read_snapshot(tmp_path, record)
    assert read_newest(tmp_path, catalog, "shop", "pd_a", date(2026, 6, 30)) is not None


def publish_and_let_go(workspace: Path, url: str | None, times: int) -> None:
    """Publishes day after day, and takes each earlier file away at once: without any grace."""
    with open_catalog(workspace, url) as own:
        for number in range(times):
            put(workspace, own, "pd_a", 2 + number % 28, at=NOON)
            let_go(workspace, "shop", own, Keep(1, 0), NOON + timedelta(days=1), timedelta())
    (workspace / "over").touch()


def test_whoever_asks_for_the_newest_gets_it_even_where_files_go_at_once(
    tmp_path: Path, catalog: Catalog, database_url: str | None, start: Start, full: bool
) -> None:
    put(tmp_path, catalog, "pd_a", 1)
    child = start(publish_and_let_go, tmp_path, database_url, 2_000 if full else 40)
    reads = 0
    while not (tmp_path / "over").exists():
        assert child.exitcode in (None, 0)
        found = read_newest(tmp_path, catalog, "shop", "pd_a", date(2026, 6, 30))
        assert found is not None
        assert found[1] == users(found[0].as_of.day)
        reads += 1
    wait_for([child])
    assert reads > 0
