"""What a night may find of keys known before: runs on disk, their growth, what happens when one is gone or stale."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from segkit.data import key_runs
from segkit.data.generation import Generation
from segkit.data.key_runs import BITS, Entries, contested, grown
from segkit.data.manifest import StoredFile

from .made import Made, event, user

MAY = [date(2026, 5, n) for n in range(1, 32)]


def entries(*pairs: tuple[int, date]) -> Entries:
    """Sorted entries of hashes and days, 1970-01-01 being day 1."""
    found = [(h << BITS) + (day - date(1970, 1, 1)).days + 1 for h, day in pairs]
    return np.sort(np.array(found, np.uint64))


def test_a_hash_that_comes_twice_among_new_keys_is_contested_whatever_its_days() -> None:
    new = [entries((5, MAY[0]), (6, MAY[0])), entries((5, MAY[3]), (7, MAY[0]))]
    found = contested(new, [], MAY)
    assert (found.hashes.tolist(), found.days) == ([5], frozenset())


def test_a_stored_hash_is_contested_on_each_day_that_it_has_and_that_is_kept() -> None:
    stored = [entries((5, MAY[1]), (5, MAY[4]), (8, MAY[2])), entries((5, MAY[6]), (9, MAY[6]))]
    found = contested([entries((5, MAY[0]), (9, MAY[0]))], stored, MAY[:5])
    assert (found.hashes.tolist(), found.days) == ([5], frozenset({MAY[1], MAY[4]}))


def test_the_highest_and_the_lowest_hash_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_runs, "_AT_ONCE", 2)
    ends = entries((0, MAY[0]), (2**48 - 1, MAY[0]), (2**47, MAY[0]))
    assert contested([ends], [ends], MAY).hashes.tolist() == [0, 2**47, 2**48 - 1]


def test_new_runs_are_merged_with_those_that_are_not_much_larger(tmp_path: Path) -> None:
    sizes: list[list[int]] = []
    files: tuple[StoredFile, ...] = ()
    made = np.random.default_rng(3)
    everything: list[int] = []
    for night in range(40):
        new = np.sort(made.integers(0, 2**63, 5_000 if not night else 100, dtype=np.uint64))
        everything += new.tolist()
        generation = Generation(tmp_path, night + 1)
        stored = key_runs.opened(tmp_path, files)
        assert stored is not None
        files = grown(generation, files, stored, [new])
        (tmp_path / f"g{night + 1:06}.part").rename(tmp_path / f"g{night + 1:06}")
        sizes.append([file.rows for file in files])
    assert sizes[:4] == [[5_000], [5_000, 100], [5_000, 200], [5_000, 300]]
    assert max(map(len, sizes)) <= 4
    kept = key_runs.opened(tmp_path, files)
    assert kept is not None
    assert sorted(np.concatenate(kept).tolist()) == sorted(everything)
    assert all((np.diff(run.astype(object)) > 0).all() for run in kept)


def repeated(shop: Made) -> int:
    """Loads a row whose key is stored already, at a later instant; how many are told as repeated."""
    shop.events("b", event("ana", "seen", "2026-05-02 10:00", "k"))
    return shop.load().role("events").duplicate


def test_runs_that_are_gone_or_cut_off_are_made_again(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "k"), event("stranger", "seen", "2026-05-01 10:00", "o"))
    shop.load()
    assert shop.manifest.keys is not None
    (shop.data / shop.manifest.keys.runs[0].path).unlink()
    assert repeated(shop) == 1
    with (shop.data / shop.manifest.keys.runs[0].path).open("ab") as file:
        file.write(b"x")
    shop.events("c", event("ana", "seen", "2026-05-03 10:00", "k"), event("ana", "seen", "2026-05-03 10:00", "o"))
    assert shop.load().role("events").duplicate == 2
    assert shop.stored.verify(deep=True) == []


def test_runs_of_other_hashes_are_made_again(shop: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "k"))
    monkeypatch.setattr(key_runs, "PROBE", "SELECT 'another'")
    monkeypatch.setattr("segkit.data.repeats._ENTRIES", "SELECT 1::UBIGINT AS entry FROM ({rows})")
    shop.load()
    monkeypatch.undo()
    assert repeated(shop) == 1


def test_keys_whose_hashes_meet_by_chance_all_count(shop: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    alike = "(hash(length({of}.key)) >> 16)"
    monkeypatch.setattr("segkit.data.repeats.HASH", f"CASE WHEN {{of}}.key IS NOT NULL THEN {alike} END")
    monkeypatch.setattr("segkit.data.day_queries.HASH", f"CASE WHEN {{of}}.key IS NOT NULL THEN {alike} END")
    entry = key_runs.ENTRY.format(of="k").replace("hash(k.key)", "hash(length(k.key))")
    monkeypatch.setattr(
        "segkit.data.repeats._ENTRIES", f"SELECT {entry} AS entry FROM ({{rows}}) k WHERE k.key IS NOT NULL"
    )
    monkeypatch.setattr(key_runs.Contested, "may_be_chance", lambda *_: False)
    shop.users("2026-05-01", user("ana"))
    shop.events("a", *(event("ana", "seen", f"2026-05-0{n} 10:00", f"k{n}") for n in (1, 2, 3)))
    shop.load()
    shop.events("b", *(event("ana", "seen", f"2026-05-0{n} 11:00", f"k{n}") for n in (3, 4, 5)))
    report = shop.load().role("events")
    assert (report.kept, report.duplicate, len(shop.stored_events())) == (2, 1, 5)
