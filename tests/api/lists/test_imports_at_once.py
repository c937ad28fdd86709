"""Several who change the same list at once, in threads and processes, on both databases: each change is there, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

import segkit
from segkit.api import App, Workspace
from segkit.api.lists import keeping
from segkit.errors import Busy, SegkitError
from segkit.store import migrations
from segkit.store.catalog import open_catalog
from segkit.store.tables import lists
from tests.operations.shop import write
from tests.store.conftest import database_url, start
from tests.store.making import Start, wait_for

__all__ = ["database_url", "start"]

PEOPLE = ("bo-0001", "cem-0002", "dora-003")


def opened(folder: Path) -> Workspace:
    return segkit.open(folder, actor="tester", clock=lambda: datetime(2024, 11, 10, 9, tzinfo=UTC))


def file(folder: Path, uid: str) -> Path:
    path = folder.parent / f"{uid}.csv"
    path.write_text(f"uid,email\n{uid},\n,{uid}@outside.org\n,{uid}@\n")
    return path


def begun(folder: Path, url: str | None = None) -> Workspace:
    write(folder, url)
    workspace = opened(folder)
    workspace.load()
    workspace.app().import_list(file(folder, "ana-4711"), name="Spring")
    return workspace


@pytest.fixture
def shop(tmp_path: Path, database_url: str | None) -> Iterator[Workspace]:
    workspace = begun(tmp_path / "workspace", database_url)
    yield workspace
    workspace.close()


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Iterator[Workspace]:
    workspace = begun(tmp_path / "workspace")
    yield workspace
    workspace.close()


def add(folder: Path, uid: str) -> None:
    """In a child: imports into the list that there is, and begins one of its own."""
    workspace = opened(folder)
    workspace.app().import_list(file(folder, uid), into="Spring", mode="add")
    try:
        workspace.app().import_list(file(folder, uid), name="Only one", again=True)
        (folder.parent / f"{uid}.first").touch()
    except SegkitError as error:
        (folder.parent / f"{uid}.refused").write_text(str(error))


def members(app: App, name: str) -> set[str]:
    return set(app.members({"segment": name})["uid"])


def test_processes_that_add_to_one_list_all_do_and_one_begins_another(shop: Workspace, start: Start) -> None:
    app = shop.app()
    children = [start(add, shop.folder, uid) for uid in PEOPLE]
    while any(child.is_alive() for child in children):  # whoever reads meanwhile finds one version whole
        assert set(app.list_rows("Spring")["status"]) == {"matched", "external", "rejected"}
    wait_for(children)
    assert members(app, "Spring") == {"ana-4711", *PEOPLE}
    versions = app.list_versions("Spring")
    assert [version.number for version in versions] == [4, 3, 2, 1]
    assert (versions[0].matched, versions[0].external) == (4, 4)
    [first] = shop.folder.parent.glob("*.first")
    assert members(app, "Only one") == {first.stem}
    refused = [path.read_text() for path in shop.folder.parent.glob("*.refused")]
    assert len(refused) == 2
    assert all("‘Only one’" in message for message in refused)
    assert len(list((shop.folder / "imports").rglob("*.parquet"))) == 4
    imports = shop.catalog.audit("shop", action="import list")
    assert len(imports) == 5


def test_threads_that_replace_add_and_take_off_leave_one_whole_list(sqlite_shop: Workspace) -> None:
    app = sqlite_shop.app()
    ready = threading.Barrier(4)

    def change(number: int) -> None:
        ready.wait()
        if number == 0:
            app.import_list(file(sqlite_shop.folder, "bo-0001"), into="Spring", mode="add")
        elif number == 1:
            app.add_to_list("Spring", uid="cem-0002")
        elif number == 2:
            app.take_off_list("Spring", uid="ana-4711")
        else:
            app.add_to_list("Spring", email="dora@outside.org")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(4)))
    assert members(app, "Spring") == {"bo-0001", "cem-0002"}
    newest, *_ = app.list_versions("Spring")
    assert (newest.number, newest.matched, newest.external) == (5, 2, 3)


def test_the_same_file_twice_at_once_is_imported_once(sqlite_shop: Workspace) -> None:
    path = file(sqlite_shop.folder, "bo-0001")

    def bring(name: str) -> str:
        try:
            sqlite_shop.app().import_list(path, name=name)
        except SegkitError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(bring, ("One", "Two")))
    assert said[0] == ""
    assert "bo-0001.csv was imported before, into" in said[1]


def test_whoever_waits_too_long_is_told_who_holds_the_lists(
    sqlite_shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_PATIENCE", 0.0)
    with keeping.changing(sqlite_shop.app()), pytest.raises(Busy, match="changing a list of shop"):
        opened(sqlite_shop.folder).app().add_to_list("Spring", uid="bo-0001")


def test_a_catalog_of_before_lists_is_brought_up_to_date(tmp_path: Path, database_url: str | None) -> None:
    url = f"sqlite:///{tmp_path}/catalog.sqlite" if database_url is None else database_url
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        migrations.upgrade(connection, "0005")
    assert "lists" not in inspect(engine).get_table_names()
    open_catalog(tmp_path, database_url).close()
    found = inspect(engine)
    assert [(c["name"], c["nullable"]) for c in found.get_columns("lists")] == [
        (column.name, column.nullable) for column in lists.columns
    ]
    assert found.get_pk_constraint("lists")["constrained_columns"] == ["segment_id", "number"]
    assert [index["column_names"] for index in found.get_indexes("lists")] == [["app"]]
    [key] = found.get_foreign_keys("lists")
    assert (key["constrained_columns"], key["referred_table"]) == (["segment_id"], "segments")
    engine.dispose()
