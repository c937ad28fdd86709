"""Publishing memberships and reading them back: whole or not at all, and never believed when damaged."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segkit.engine.bitmap import Bitmap
from segkit.errors import Busy, Damaged, NotFound, SegkitError
from segkit.files.disk import DISK
from segkit.files.locks import Lock
from segkit.store import snapshots
from segkit.store.bitmap_file import decode, encode
from segkit.store.catalog import Catalog, open_catalog
from segkit.store.records import Child, Computed, Snapshot
from segkit.store.snapshots import new_snapshot_id, publish, read_snapshot
from tests.store.making import Start

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
JUNE_1 = date(2026, 6, 1)


def computed(segment_id: str = "pd_gateways", **keys: Any) -> Computed:
    given: dict[str, Any] = {
        "app": "shop",
        "rule_fingerprint": None if keys.get("version") else "f00",
        "as_of": JUNE_1,
        "data_generation": 3,
        "evaluator": "1",
        "vocabulary": "abc",
        "tzdata": "2026.1",
        "base": 900,
        "computed_at": NOON,
        "actor": "ana",
    }
    return Computed(id=new_snapshot_id(), segment_id=segment_id, **given | keys)


def some_users(seed: int, size: int = 1003) -> Bitmap:
    return Bitmap.from_flags(np.random.default_rng(seed).random(size) < 0.3)


class Publisher:
    """Publishes in the app `shop` of one workspace, and reads back."""

    def __init__(self, workspace: Path, catalog: Catalog) -> None:
        self.workspace, self.catalog = workspace, catalog

    def publish(self, memberships: Sequence[tuple[Computed, Bitmap]]) -> tuple[Snapshot, ...]:
        return publish(self.workspace, "shop", self.catalog, memberships)

    def read(self, record: Snapshot) -> Bitmap:
        return read_snapshot(self.workspace, record)


@pytest.fixture
def publisher(tmp_path: Path, sqlite_catalog: Catalog) -> Publisher:
    return Publisher(tmp_path, sqlite_catalog)


@pytest.fixture
def app_folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots" / "shop"


def generations(app_folder: Path) -> set[str]:
    return {path.name for path in app_folder.iterdir() if path.is_dir()}


def test_what_is_published_is_read_back(tmp_path: Path, catalog: Catalog) -> None:
    publisher = Publisher(tmp_path, catalog)
    child = computed("pd_child")
    parent = computed("pd_parent", children=(Child("pd_child", snapshot=child.id),))
    records = publisher.publish([(child, some_users(1)), (parent, some_users(2, 7))])
    assert [publisher.read(record) for record in records] == [some_users(1), some_users(2, 7)]
    assert catalog.snapshot("shop", "pd_parent", JUNE_1) == records[1]
    assert records[1].children == (Child("pd_child", snapshot=child.id),)
    assert (records[0].count, records[0].users) == (some_users(1).count, 1003)
    assert records[0].generation == records[1].generation
    assert records[0].file == f"snapshots/shop/{records[0].generation}/{child.id}.bits"
    content = (tmp_path / records[0].file).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (records[0].size, records[0].sha256)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 64, 100_003])
def test_a_file_holds_exactly_the_users_of_any_number(size: int) -> None:
    for users in (Bitmap.none(size), Bitmap.everyone(size), some_users(size, size)):
        assert decode(encode(users)) == users


def test_publishing_leaves_nothing_but_the_files(publisher: Publisher, app_folder: Path) -> None:
    assert publisher.publish([]) == ()
    for seed in range(3):
        publisher.publish([(computed(), some_users(seed))])
    assert len(generations(app_folder)) == 3
    assert {p.name for p in app_folder.iterdir() if p.is_file()} == {"publish.lock"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in app_folder.rglob("*.bits")} == {0o600}
    assert {stat.S_IMODE((app_folder / name).stat().st_mode) for name in generations(app_folder)} == {0o700}


def test_a_publish_of_an_unknown_version_publishes_nothing(
    publisher: Publisher, sqlite_catalog: Catalog, app_folder: Path
) -> None:
    with pytest.raises(NotFound, match="save it first"):
        publisher.publish([(computed(), some_users(1)), (computed("sg_none", version=1), some_users(2))])
    assert sqlite_catalog.snapshots("shop", "pd_gateways") == ()
    records = publisher.publish([(computed(), some_users(1))])
    assert generations(app_folder) == {records[0].generation}


def test_memberships_of_another_app_are_refused(publisher: Publisher) -> None:
    with pytest.raises(ValueError, match="of app 'shop'"):
        publisher.publish([(computed(app="bank"), some_users(1))])


def test_a_second_publisher_waits_and_is_told_who_holds_it(
    publisher: Publisher, app_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lock(app_folder / "publish.lock", "publishing in shop"):
        monkeypatch.setattr(snapshots, "PATIENCE", 0.1)
        with pytest.raises(Busy, match=rf"held by process {os.getpid()} .*publishing in shop"):
            publisher.publish([(computed(), some_users(1))])
        monkeypatch.setattr(snapshots, "PATIENCE", 30)
        waiting = threading.Thread(target=lambda: publisher.publish([(computed(), some_users(1))]))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(30)
    assert len(generations(app_folder)) == 1


# --- damage ---


def test_every_flipped_bit_is_found(publisher: Publisher, tmp_path: Path) -> None:
    [record] = publisher.publish([(computed(), some_users(1))])
    path = tmp_path / record.file
    good = path.read_bytes()
    chance = random.Random(20260601)
    for bit in chance.sample(range(len(good) * 8), 100):
        flipped = bytearray(good)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        path.write_bytes(flipped)
        with pytest.raises(Damaged, match=r"its content is not what was published \(its sha256 differs\)"):
            publisher.read(record)
    path.write_bytes(good)
    assert publisher.read(record) == some_users(1)


def test_every_truncation_is_found(publisher: Publisher, tmp_path: Path) -> None:
    [record] = publisher.publish([(computed(), some_users(1))])
    path = tmp_path / record.file
    good = path.read_bytes()
    for length in (0, 1, 39, 40, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises(Damaged, match=f"found {length} bytes; expected {len(good)}"):
            publisher.read(record)
    path.write_bytes(good + b"\0")
    with pytest.raises(Damaged, match=f"found {len(good) + 1} bytes"):
        publisher.read(record)


def test_a_missing_file_is_said_with_what_to_do(publisher: Publisher, tmp_path: Path) -> None:
    [record] = publisher.publish([(computed(), some_users(1))])
    (tmp_path / record.file).unlink()
    with pytest.raises(Damaged) as found:
        publisher.read(record)
    assert str(found.value) == (
        f"{tmp_path / record.file}: No such file or directory; expected {record.size} bytes. "
        "`segkit refresh pd_gateways --app shop --as-of 2026-06-01` computes it again."
    )


def test_a_whole_file_of_other_users_is_found(publisher: Publisher, tmp_path: Path) -> None:
    [record] = publisher.publish([(computed(), some_users(1))])

    def with_content(content: bytes) -> Snapshot:
        (tmp_path / record.file).write_bytes(content)
        return replace(record, size=len(content), sha256=hashlib.sha256(content).hexdigest())

    other = some_users(2)
    with pytest.raises(Damaged, match=f"found {other.count} of 1,003 users; expected {record.count} of 1,003"):
        publisher.read(with_content(encode(other)))
    miscounted = bytearray(encode(some_users(1)))
    miscounted[24] ^= 1
    with pytest.raises(Damaged, match=f"found {record.count} users; expected {record.count ^ 1}"):
        publisher.read(with_content(bytes(miscounted)))
    with pytest.raises(Damaged, match="it does not begin as a membership does"):
        publisher.read(with_content(b"PK" + encode(other)[2:]))
    newer = bytearray(encode(other))
    newer[8] = 2
    with pytest.raises(Damaged, match="found format 2 with codec 1; expected format 1 with codec 1: upgrade segkit"):
        publisher.read(with_content(bytes(newer)))


# --- kills and disks that fail ---


def publish_and_die(workspace: Path, step: int, new: Sequence[tuple[Computed, Bitmap]]) -> None:
    with open_catalog(workspace) as own:
        die_at(step, workspace)
        Publisher(workspace, own).publish(new)


def test_a_publish_killed_at_any_step_shows_the_old_or_the_new(tmp_path: Path, start: Start) -> None:
    """The child dies at its nth file operation or fsync, for every n; the parent then looks, and publishes again."""
    workspace = tmp_path / "w"
    workspace.mkdir()
    catalog = open_catalog(workspace)
    publisher = Publisher(workspace, catalog)
    shown = publisher.publish([(computed("pd_a"), some_users(0)), (computed("pd_b"), some_users(0))])
    outcomes = set()
    for step in range(1, 200):
        new = [(computed("pd_a"), some_users(step)), (computed("pd_b"), some_users(step))]
        child = start(publish_and_die, workspace, step, new)
        child.join()
        found = {id_: catalog.snapshot("shop", id_, JUNE_1) for id_ in ("pd_a", "pd_b")}
        ids = [record.id for record in found.values() if record]
        outcomes.add(ids == [c.id for c, _ in new])
        assert ids in ([r.id for r in shown], [c.id for c, _ in new])
        for record in found.values():
            assert record is not None
            publisher.read(record)
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        shown = publisher.publish([(computed("pd_a"), some_users(0)), (computed("pd_b"), some_users(0))])
        folder = workspace / "snapshots" / "shop"
        assert catalog.published_generations("shop", generations(folder)) == generations(folder)
        assert {p.name for p in folder.iterdir() if p.is_file()} == {"publish.lock"}
    else:
        pytest.fail("the publish did not end within 200 steps")
    assert step > 15
    assert outcomes == {False, True}


def die_at(step: int, folder: Path) -> None:
    """Kills this process at its nth file operation below `folder`, or fsync."""
    left = step

    def one_step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_event(event: str, arguments: tuple[object, ...]) -> None:
        is_file = event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")
        if is_file and str(arguments[0]).startswith(str(folder)):
            one_step()

    really_sync = DISK.sync

    def sync(fd: int) -> None:
        one_step()
        really_sync(fd)

    DISK.sync = sync  # type: ignore[method-assign]
    sys.addaudithook(on_event)


@pytest.mark.parametrize("call", ["write", "sync", "rename"])
def test_a_disk_that_fails_at_any_step_publishes_nothing_and_says_where(
    publisher: Publisher, sqlite_catalog: Catalog, app_folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    [shown] = publisher.publish([(computed(), some_users(0))])
    really = getattr(DISK, call)
    for number in range(50):
        left = number

        def fail(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(28, "No space left on device")
            return really(*arguments)

        monkeypatch.setattr(DISK, call, fail)
        new = [(computed(), some_users(1)), (computed("pd_b"), some_users(2))]
        error = None
        try:
            publisher.publish(new)
        except SegkitError as raised:
            error = str(raised)
        monkeypatch.setattr(DISK, call, really)
        if error is None:
            break
        assert str(app_folder) in error
        assert "No space left on device" in error
        assert "bytes wanted. Nothing was published" in error
        assert generations(app_folder) == {shown.generation}
        assert sqlite_catalog.snapshots("shop", "pd_gateways") == (shown,)
    assert number >= 2
    assert publisher.read(shown) == some_users(0)
