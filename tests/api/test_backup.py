"""A backup brings the whole workspace back, and never over one that is there."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.api.restoring import restore
from segkit.errors import Busy, Damaged, SegkitError
from segkit.files.disk import DISK
from segkit.files.locks import Lock
from tests.small_workspace import SmallWorkspace

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE")
    small.user("bo", country="AT")
    small.event("ana", "app_used", at="2024-11-01 10:00")
    small.app.save({"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    small.app.export(["Germans"])
    (small.folder / "notebooks").mkdir()
    (small.folder / "notebooks" / "mine.ipynb").write_text("{}")
    (small.folder / "runs" / "2024-11-07").mkdir(parents=True)
    (small.folder / "runs" / "2024-11-07" / "refresh.ipynb").write_text("{}")
    return small


def restored(path: Path, folder: Path, **options: object) -> Path:
    return restore(path, folder, actor="tester", now=NOON, **options).folder  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, str]:
    """What lies in a workspace by name, with its sha256; but for the catalog, locks, and what is made again."""
    own = (
        "catalog.sqlite",
        "audit.anchor",
        "locks/",
        ".backup",
        "data/shop/load.lock",
        "snapshots/shop/publish.lock",
        "data/shop/coded",
    )
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if not name.startswith(own)
    }


def test_a_restored_workspace_has_every_file_and_answers_as_before(shop: SmallWorkspace, tmp_path: Path) -> None:
    report = shop.workspace.backup(tmp_path / "b.zip")
    assert (report.damaged, report.notes) == ((), ())
    folder = restored(tmp_path / "b.zip", tmp_path / "again")
    assert files(folder) == files(shop.folder)
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.rglob("*") if p.is_file()} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in [folder, *folder.rglob("*")] if p.is_dir()} == {0o700}
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    opened = segkit.open(folder, actor="tester")
    assert [f for f in examine(opened, deep=True) if f.severity == "error"] == []
    assert opened.catalog.segments("shop") == shop.workspace.catalog.segments("shop")
    assert opened.catalog.exports("shop") == shop.workspace.catalog.exports("shop")
    assert set(opened.app().members("Germans")["uid"]) == {"ana"}
    assert [entry.action for entry in opened.catalog.audit(limit=2)] == ["restore", "export"]
    assert shop.workspace.catalog.audit(limit=1)[0].action == "backup"
    assert [(r.is_new, r.users) for r in opened.load()] == [(False, 2)]  # sources are known by their dates


def test_what_is_asked_to_be_left_out_is_not_in_it(shop: SmallWorkspace, tmp_path: Path) -> None:
    shop.workspace.backup(tmp_path / "b.zip", without=("sources", "exports", "runs"))
    folder = restored(tmp_path / "b.zip", tmp_path / "again")
    gone = {name for name in files(shop.folder) if name.startswith(("sources/", "exports/", "runs/"))}
    assert len(gone) == 4
    assert set(files(folder)) == set(files(shop.folder)) - gone
    assert [f for f in examine(segkit.open(folder), deep=True) if f.severity == "error"] == []


def test_a_backup_lies_outside_the_workspace_and_replaces_nothing(shop: SmallWorkspace, tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match="lies in the workspace"):
        shop.workspace.backup(shop.folder / "b.zip")
    with Lock(shop.folder / "locks" / "backup.lock", "a backup"), pytest.raises(Busy, match="a backup"):
        shop.workspace.backup(tmp_path / "b.zip")
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(SegkitError, match="exists; choose another name"):
        shop.workspace.backup(tmp_path / "thesis.doc")
    assert (tmp_path / "thesis.doc").read_text() == "mine"


def test_a_restore_is_never_over_what_is_there(shop: SmallWorkspace, tmp_path: Path) -> None:
    shop.workspace.backup(tmp_path / "b.zip")
    before = files(shop.folder)
    with pytest.raises(SegkitError, match=r"is a workspace; .*--replace, which keeps the old one aside"):
        restored(tmp_path / "b.zip", shop.folder)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.doc").write_text("mine")
    for replace in (False, True):
        with pytest.raises(SegkitError, match="holds other files"):
            restored(tmp_path / "b.zip", other, replace=replace)
    with Lock(shop.folder / "locks" / "night.lock", "the night"), pytest.raises(Busy, match="the night"):
        restored(tmp_path / "b.zip", shop.folder, replace=True)
    assert files(shop.folder) == before
    assert [p.name for p in other.iterdir()] == ["thesis.doc"]


def test_replacing_keeps_the_old_workspace_aside(shop: SmallWorkspace, tmp_path: Path) -> None:
    shop.workspace.backup(tmp_path / "b.zip")
    shop.app.save({"name": "Later", "rule": {"label": "country", "op": "eq", "value": "AT"}})
    shop.close()
    report = restore(tmp_path / "b.zip", shop.folder, actor="tester", now=NOON, replace=True)
    assert report.aside == shop.folder.with_name("workspace.replaced-20260601T120000")
    assert "Later" not in segkit.open(shop.folder).app().definitions()
    assert "Later" in segkit.open(report.aside).app().definitions()


def test_a_damaged_backup_changes_nothing_and_names_the_member(shop: SmallWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    shop.workspace.backup(path)
    good = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("/users.parquet") and n.startswith("data/")]
        at = archive.getinfo(name).header_offset + 100
    for content in (good[:at], good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]):
        path.write_bytes(content)
        with pytest.raises(Damaged, match=name):
            restored(path, tmp_path / "again")
        with pytest.raises(Damaged, match=name):
            restored(path, shop.folder, replace=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.zip", "workspace"]


def test_a_workspace_that_is_damaged_is_backed_up_and_it_is_said(shop: SmallWorkspace, tmp_path: Path) -> None:
    [snapshot] = shop.workspace.catalog.snapshots("shop", shop.app.definitions()["Germans"].id)
    (shop.folder / snapshot.file).unlink()
    users = shop.app.manifest.users.path
    content = bytearray((shop.folder / "data" / "shop" / users).read_bytes())
    content[100] ^= 1
    (shop.folder / "data" / "shop" / users).write_bytes(content)
    report = shop.workspace.backup(tmp_path / "b.zip")
    assert report.damaged == (
        f"{snapshot.file} is missing",
        f"data/shop/{users} is not what was written (its sha256 differs)",
    )


def test_a_disk_that_fails_at_any_step_of_a_restore_leaves_nothing(
    shop: SmallWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.workspace.backup(tmp_path / "b.zip", without=("sources", "exports", "runs"))
    really = {call: getattr(DISK, call) for call in ("write", "sync", "rename")}
    done = 0
    for call, number in [("write", 0), ("write", 7), ("sync", 0), ("sync", 9), ("sync", 25), ("rename", 0)]:
        left = number

        def fail(*arguments: object, call: str = call) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(28, "No space left on device")
            return really[call](*arguments)

        monkeypatch.setattr(DISK, call, fail)
        with pytest.raises(SegkitError, match=r"No space left on device; [0-9,]+ bytes wanted"):
            restored(tmp_path / "b.zip", tmp_path / "again")
        monkeypatch.setattr(DISK, call, really[call])
        assert sorted(p.name for p in tmp_path.iterdir()) == ["b.zip", "workspace"]
        done += 1
    assert done == 6


def test_the_command_line_backs_up_and_restores(shop: SmallWorkspace, tmp_path: Path, run_segkit: object) -> None:
    shop.close()
    run_segkit("backup", tmp_path / "b.zip", "-w", shop.folder)  # type: ignore[operator]
    run_segkit("restore", tmp_path / "b.zip", tmp_path / "again")  # type: ignore[operator]
    refused = run_segkit("restore", tmp_path / "b.zip", tmp_path / "again", code=1)  # type: ignore[operator]
    assert "is a workspace" in refused.stderr
    run_segkit("doctor", "--deep", "-w", tmp_path / "again")  # type: ignore[operator]  # ends with 1 if something is wrong
