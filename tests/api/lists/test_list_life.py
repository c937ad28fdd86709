"""A list's life beside its imports: named anew, archived, deleted, brought back, backed up; its files in the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import segkit
from segkit.api.doctor import examine
from segkit.api.restoring import restore
from segkit.errors import NotFound, SegkitError
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", email="ana@example.com")
    small.user("bo", email="bo@example.com")
    path = small.folder.parent / "list.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("email,param1\nana@example.com,gold\nnew@example.org,vip\n")
    small.app.import_list(path, name="Spring", consented=True)
    return small


def files(shop: SmallWorkspace) -> list[Path]:
    return sorted((shop.folder / "imports").rglob("*.parquet"))


def load_with_new(shop: SmallWorkspace) -> None:
    """What was an address of nobody's registers."""
    shop.user("new", email="new@example.org")
    shop.write()
    shop.workspace.load()


def members(shop: SmallWorkspace, name: str) -> set[str]:
    return shop.members({"segment": name})


def test_a_list_is_named_anew_and_has_no_rule_to_save(shop: SmallWorkspace) -> None:
    app = shop.app
    document = app.document("Spring")
    info = app.save(document.model_copy(update={"name": "May", "description": "Fair"}))
    assert (info.name, info.kind, info.count, info.version) == ("May", "imported", 1, 2)
    assert members(shop, "May") == {"ana"}
    load_with_new(shop)
    assert members(shop, "May") == {"ana", "new"}
    everybody: dict[str, object] = {"id": document.id, "name": "May", "cycle": "once", "rule": {"all": []}}
    with pytest.raises(SegkitError, match="‘May’ is an imported list: its users are those of its rows"):
        app.save(everybody)
    with pytest.raises(SegkitError, match="‘May’ is an imported list, whose rows are not copied"):
        app.duplicate("May", "June")
    assert app.revert("May", to=1).name == "Spring"
    assert members(shop, "Spring") == {"ana", "new"}


def test_an_archived_list_is_matched_again_when_it_comes_back(shop: SmallWorkspace) -> None:
    shop.app.archive("Spring")
    before = files(shop)
    load_with_new(shop)
    assert files(shop) == before
    with pytest.raises(NotFound, match="‘Spring’ is archived"):
        shop.app.audience("Spring")
    assert shop.app.unarchive("Spring").count == 2
    assert members(shop, "Spring") == {"ana", "new"}


def test_a_deleted_list_comes_back_with_its_rows_matched_again(shop: SmallWorkspace) -> None:
    shop.app.delete("Spring")
    assert len(files(shop)) == 2
    with pytest.raises(NotFound, match="no segment 'Spring'"):
        shop.app.list_rows("Spring")
    load_with_new(shop)
    shop.app.prune()
    info = shop.app.undelete("Spring", "May")
    assert (info.name, info.kind, info.count) == ("May", "imported", 2)
    assert members(shop, "May") == {"ana", "new"}
    assert list(shop.app.list_rows("May")["status"]) == ["matched", "external"]
    assert shop.app.list_versions("May")[0].detail["rows"] == 2


def test_a_list_in_use_is_not_deleted(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Reader", "rule": {"segment": "Spring"}}, publish=False)
    with pytest.raises(SegkitError, match="Not deleted: ‘Spring’ is used by ‘Reader’"):
        shop.app.delete("Spring")
    assert len(files(shop)) == 2


def test_files_of_a_deleted_list_go_with_the_days_that_snapshots_are_kept(
    shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, now = shop.app, shop.workspace.clock()

    app.delete("Spring")
    size = sum(path.stat().st_size for path in files(shop))
    monkeypatch.setattr(shop.workspace, "clock", lambda: now + timedelta(days=91))
    assert app.prune().files == 0
    monkeypatch.setattr(shop.workspace, "clock", lambda: now + timedelta(days=92, seconds=1))
    found = app.prune()
    assert (found.files, found.size) == (2, size)
    assert files(shop) == []
    with pytest.raises(SegkitError, match="‘Spring’ was deleted, and its rows were let go since"):
        app.undelete("Spring")


def test_what_a_killed_import_had_written_goes_with_the_next_prune(shop: SmallWorkspace) -> None:
    before = files(shop)
    for left in (before[0].with_name("00002-abcdef-rows.parquet"), before[0].parents[1] / "sg_nobody" / "x.parquet"):
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"old rows")
    assert shop.app.prune().files == 2
    assert files(shop) == before


def test_a_backup_holds_lists_and_the_doctor_tells_when_rows_are_gone(shop: SmallWorkspace, tmp_path: Path) -> None:
    shop.workspace.backup(tmp_path / "b.zip")
    now = shop.workspace.clock()
    restored = segkit.open(restore(tmp_path / "b.zip", tmp_path / "again", actor="tester", now=now).folder)
    assert [f for f in examine(restored, deep=True) if f.severity == "error"] == []
    assert list(restored.app().list_rows("Spring")["status"]) == ["matched", "external"]
    [rows] = (restored.folder / "imports").rglob("*-rows.parquet")
    rows.write_bytes(b"damaged")
    [told] = [f for f in examine(restored, deep=True) if f.severity == "error"]
    assert "the rows of a list are not what was written there" in str(told)
    rows.unlink()
    [told] = [f for f in examine(restored) if f.severity == "error"]
    assert "the rows of this list are missing" in str(told)
    restored.close()
