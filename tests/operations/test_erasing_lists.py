"""A person erased is found in no imported list either, its rows, results and parameters; no import brings them back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import update
from typer.testing import CliRunner

import segkit
from segkit.api import Workspace
from segkit.cli import cli
from segkit.errors import NotFound, SegkitError
from segkit.exchange.lists.reasons import Reason
from segkit.store.tables import lists
from tests.operations.decoder import places_of
from tests.operations.shop import ANA, EMAIL, MOBILE, ROWS, UID, add_users, write
from tests.store.conftest import database_url

__all__ = ["database_url"]

ERASED = Reason.ERASED.sentence
LIST = [
    "email,mobile,uid,param1",
    f"{EMAIL},,,gold",  # 2: Ana
    f",,{UID},silver",  # 3: Ana once more
    "Mary@Outside.org,,,vip",  # 4: nobody's address
    "bo@example.com,,,friend of ana.weiss@EXAMPLE.com",  # 5: Bo, whose parameter names Ana
    f"{EMAIL},,bo-0001,",  # 6: two users
    ",,nobody-77,",  # 7: an unknown uid
    f"call {MOBILE},,,",  # 8: no address, and Ana's number
    "mary@outside.org,,,",  # 9: the same address as in row 4
]


def opened(folder: Path) -> Workspace:
    return segkit.open(folder, actor="tester", clock=lambda: datetime(2024, 11, 10, 9, tzinfo=UTC))


def file(folder: Path, rows: list[str], name: str = "list.csv") -> Path:
    path = folder.parent / name
    path.write_text("\n".join(rows) + "\n")
    return path


def begun(folder: Path, url: str | None = None) -> Workspace:
    write(folder, url)
    workspace = opened(folder)
    workspace.load()
    workspace.app().import_list(file(folder, LIST), name="Spring", consented=True)
    return workspace


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    workspace = begun(tmp_path / "workspace")
    yield workspace
    workspace.close()


def everywhere(workspace: Workspace, words: tuple[str, ...] = ANA) -> set[str]:
    return {place for word in words for place in places_of(workspace.folder, word, workspace.settings.catalog)}


def kept(workspace: Workspace, list_: str = "Spring") -> list[tuple[Any, ...]]:
    """User number, address and first parameter of each row that is kept."""
    version = workspace.app().list_versions(list_)[0]
    rows = pq.read_table(workspace.folder / version.files["rows"].file).to_pylist()
    return [(row["user_no"], row["email"], row["param1"]) for row in rows]


def test_an_erased_user_is_found_in_no_list_and_others_stay(tmp_path: Path, database_url: str | None) -> None:
    shop = begun(tmp_path / "workspace", database_url)
    assert {place.split("/")[0] for place in everywhere(shop)} == {"data", "imports"}
    report = shop.erase(MOBILE)
    assert everywhere(shop) == set()
    [told] = report.lists
    assert (told.list, told.rows, told.result_rows, told.cells) == ("Spring", 1, 4, 2)
    assert any("‘Spring’ (shop): 1 rows and 4 rows of its last import removed" in line for line in report.words())
    assert kept(shop) == [(None, "mary@outside.org", "vip"), (1, "bo@example.com", "friend of (erased)")]
    rows = shop.app().list_rows("Spring")
    assert list(zip(rows["row"], rows["status"], strict=True)) == [
        (4, "external"), (5, "matched"), (7, "rejected"), (9, "duplicate"),
    ]  # fmt: skip
    assert rows["reason"].iloc[3] == "The same person as in row 4."
    newest = shop.app().list_versions("Spring")[0]
    assert (newest.cause, newest.matched, newest.external) == ("erase", 1, 1)
    counts = {key: newest.detail[key] for key in ("rows", "matched", "external", "rejected", "duplicate", "erased")}
    assert counts == {"rows": 4, "matched": 1, "external": 1, "rejected": 1, "duplicate": 1, "erased": 4}
    assert newest.detail["reasons"] == {Reason.UNKNOWN_UID.sentence: 1}
    assert list(shop.app().members({"segment": "Spring"})["uid"]) == ["bo-0001"]
    shop.close()


@pytest.mark.parametrize("who", ["MARY@outside.org ", "nobody-77"])
def test_who_stands_in_a_list_alone_is_found_and_erased(shop: Workspace, who: str) -> None:
    word = who.strip()
    assert {place.split("/")[0] for place in places_of(shop.folder, word)} == {"imports"}
    generation = shop.app().manifest.generation
    report = shop.erase(who)
    assert everywhere(shop, (word,)) == set()
    assert sum(list_.result_rows for list_ in report.lists) == (2 if "@" in who else 1)
    assert shop.app().manifest.generation == generation  # the data has nobody of that name
    assert shop.erase(who).notes[-1].startswith("this was done before")
    [entry] = shop.catalog.audit(action="erase")
    assert word.casefold() not in str(entry).casefold()
    with pytest.raises(NotFound, match="nobody has the uid, e-mail or mobile"):
        shop.erase("else@outside.org")


def test_no_import_brings_an_erased_person_back_and_says_how_many_rows_were_kept_out(shop: Workspace) -> None:
    shop.erase(UID)
    shop.erase("mary@outside.org")
    rows = [*LIST[:7], *LIST[8:], f",{MOBILE.replace(' ', '')},,", "new@outside.org,,,"]
    report = shop.app().import_list(file(shop.folder, rows, "again.csv"), name="Autumn", consented=True, region="DE")
    assert everywhere(shop, (UID, MOBILE, "mary@outside.org")) == set()
    assert report.reasons == {Reason.UNKNOWN_UID.sentence: 1, ERASED: 5}
    assert (report.rows, report.matched, report.external, report.duplicate) == (9, 1, 1, 1)
    assert report.rows == report.accepted + report.rejected + report.duplicate
    assert any(line.startswith("Rejected 5: The person was erased") for line in report.lines())
    shown = shop.app().list_rows("Autumn", "rejected")
    erased = shown[shown["reason"] == ERASED]
    assert list(erased["row"]) == [2, 3, 4, 8, 9]
    assert erased[["email", "mobile", "uid", "param1"]].isna().all(axis=None)
    assert shop.app().list_failures("Autumn", shop.folder.parent / "mend.csv") == 1
    with pytest.raises(SegkitError, match=r"‘Autumn’ was not changed\. The person was erased from this workspace"):
        shop.app().add_to_list("Autumn", email="MARY@outside.org")


def test_an_address_of_an_erased_person_that_a_list_gives_another_user_is_left_out(shop: Workspace) -> None:
    shop.erase(UID)
    rows = ["email,uid,param1", f"{EMAIL},bo-0001,gold"]
    report = shop.app().import_list(file(shop.folder, rows, "other.csv"), name="Autumn")
    assert (report.matched, report.rejected) == (1, 0)
    assert kept(shop, "Autumn") == [(1, None, "gold")]
    assert everywhere(shop, (UID, MOBILE)) == set()
    assert places_of(shop.folder, EMAIL) == set()


def test_an_address_that_came_back_with_old_files_is_left_out_when_lists_are_matched_again(shop: Workspace) -> None:
    app = shop.app()
    version = app.list_versions("Spring")[0]
    before = {name: (shop.folder / file.file).read_bytes() for name, file in version.files.items()}
    shop.erase("mary@outside.org")
    for name, file_ in version.files.items():  # as if all but the list of whom loads keep out were put back
        (shop.folder / file_.file).write_bytes(before[name])
    _point_at(shop, version.segment_id, dict(version.files))
    add_users(shop.folder, "2024-11-06", ROWS)
    [told] = shop.load()
    assert "list ‘Spring’: 1 rows of people who were erased are kept out" in told.notes
    newest = shop.app().list_versions("Spring")[0]
    assert (newest.cause, newest.external, newest.detail["erased"]) == ("match", 0, 3)


def _point_at(workspace: Workspace, segment_id: str, files: dict[str, Any]) -> None:
    """Makes the newest version of a list name other files."""
    number = workspace.app().list_versions(segment_id)[0].number
    named = {name: asdict(file_) for name, file_ in files.items()}
    change = update(lists).where(lists.c.segment_id == segment_id, lists.c.number == number).values(files=named)
    workspace.catalog._database.write(lambda connection: connection.execute(change), "shop")


def test_archived_and_deleted_lists_are_searched_too(shop: Workspace) -> None:
    app = shop.app()
    for name, done in (("Old", app.archive), ("Gone", app.delete)):
        app.import_list(file(shop.folder, [f"email,{name}", "mary@outside.org,x"], f"{name}.csv"), name=name)
        done(name)
    report = shop.erase("mary@outside.org")
    assert {list_.list for list_ in report.lists} == {"Spring", "Old", "Gone"}
    assert everywhere(shop, ("mary@outside.org",)) == set()


def test_after_an_older_backup_was_restored_erase_again_goes_through_lists(shop: Workspace) -> None:
    folder = shop.folder
    backup = folder.parent / "backup.zip"
    shop.backup(backup)
    shop.erase(UID)
    shop.erase("mary@outside.org")
    shop.close()
    done = CliRunner().invoke(cli, ["restore", str(backup), str(folder), "--replace"])
    assert done.exit_code == 0, done.output
    restored = opened(folder)
    words = (*ANA, "mary@outside.org")
    assert {place.split("/")[0] for place in everywhere(restored, words)} == {"data", "imports"}
    restored.erase(again=True)
    assert everywhere(restored, words) == set()
    restored.close()


def test_what_a_killed_import_left_behind_goes_with_the_erasure(shop: Workspace) -> None:
    left = shop.folder / "imports" / ".reading" / ".reading-999999-1-abc"
    left.mkdir(parents=True)
    (left / "cells.arrow").write_text(EMAIL)
    shop.erase(UID)
    assert not left.exists()
    assert everywhere(shop) == set()
