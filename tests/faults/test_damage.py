"""Damage to published snapshots: every flipped bit, cut and loss is found, by whoever reads and by `doctor --deep`.

20 flips and 10 cuts or losses by default; the stated 400 and 100 with `pytest --full tests/faults/test_damage.py`.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.errors import Damaged
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    chance = Random(1)
    for number in range(3_000):
        small.user(f"u{number:04}", country=chance.choice(("DE", "AT")), score=chance.random())
    for number in range(3):
        rule = {"label": "score", "op": "gt", "value": number / 4}
        small.app.save({"name": f"Segment {number}", "rule": rule}, publish=False)
    for day in ("2024-11-05", "2024-11-06"):
        small.app.refresh(as_of=day)
    return small


def published(workspace: Workspace) -> list[Snapshot]:
    app = workspace.app()
    return [s for d in app.definitions().by_id.values() for s in workspace.catalog.snapshots("shop", d.id)]


def require_found(workspace: Workspace, record: Snapshot) -> None:
    with pytest.raises(Damaged, match=record.id):
        read_snapshot(workspace.folder, record)
    errors = [finding for finding in examine(workspace, deep=True) if finding.severity == "error"]
    assert [record.id in finding.what for finding in errors] == [True]


def test_every_flipped_bit_is_found_by_whoever_reads_and_by_the_doctor(shop: SmallWorkspace, full: bool) -> None:
    chance, records = Random("flips"), published(shop.workspace)
    for _ in range(400 if full else 20):
        record = chance.choice(records)
        path = shop.folder / record.file
        good = path.read_bytes()
        bit = chance.randrange(len(good) * 8)
        path.write_bytes(good[: bit >> 3] + bytes([good[bit >> 3] ^ (1 << (bit & 7))]) + good[(bit >> 3) + 1 :])
        require_found(shop.workspace, record)
        path.write_bytes(good)
    assert [f for f in examine(shop.workspace, deep=True) if f.severity == "error"] == []


def test_every_cut_and_every_loss_is_found_by_whoever_reads_and_by_the_doctor(
    shop: SmallWorkspace, full: bool, tmp_path: Path
) -> None:
    chance, records = Random("cuts"), published(shop.workspace)
    for number in range(100 if full else 10):
        record = chance.choice(records)
        path = shop.folder / record.file
        good = path.read_bytes()
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(good[: chance.randrange(len(good))])
        require_found(shop.workspace, record)
        path.write_bytes(good)
    assert [f for f in examine(shop.workspace, deep=True) if f.severity == "error"] == []


def test_a_refresh_publishes_again_what_is_damaged(shop: SmallWorkspace) -> None:
    record = published(shop.workspace)[-1]
    before = read_snapshot(shop.folder, record)
    (shop.folder / record.file).unlink()
    shop.app.refresh(as_of=record.as_of)
    assert [f for f in examine(shop.workspace, deep=True) if f.severity == "error"] == []
    again = shop.workspace.catalog.snapshot("shop", record.segment_id, record.as_of)
    assert again is not None
    assert read_snapshot(shop.folder, again) == before
