"""Opening a catalog: making it, bringing its tables up to date, and what is said where that cannot be."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from segkit.definitions.documents import Document
from segkit.errors import Busy, Damaged, SegkitError
from segkit.store import migrations
from segkit.store.catalog import Catalog, open_catalog
from segkit.store.database import open_database
from segkit.store.partial_indexes import NAMES
from segkit.store.tables import metadata
from tests.store.making import Start, document, wait_for

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Make = Callable[..., Document]


def test_the_embedded_catalog_is_private_to_its_owner(tmp_path: Path, make_document: Make) -> None:
    with open_catalog(tmp_path) as catalog:
        catalog.save(make_document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None)
        files = sorted(tmp_path.iterdir())
        assert [f.name for f in files] == ["audit.anchor", "catalog.sqlite", "catalog.sqlite-shm", "catalog.sqlite-wal"]
        assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


#: Where SQLite locks its file for as long as a process has it open (sqlite.org/fileformat2.html, the lock-byte page).
SHARED_FIRST, SHARED_SIZE = 0x40000002, 510


def lock_alone(path: Path) -> None:
    """In a child: takes what only the last process with the file open can have. Raises BlockingIOError."""
    with path.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)


def test_opening_it_again_leaves_the_locks_that_this_process_holds(tmp_path: Path, start: Start) -> None:
    with open_catalog(tmp_path) as first:
        first.save(document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None)
        with open_catalog(tmp_path):
            child = start(lock_alone, tmp_path / "catalog.sqlite")
            child.join()
            assert child.exitcode == 1, "another process takes itself for the last one, and would remove the log"
    wait_for([start(lock_alone, tmp_path / "catalog.sqlite")])


def test_the_embedded_catalog_survives_a_power_cut(tmp_path: Path) -> None:
    database = open_database(tmp_path, None, 5)
    with database.reading() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    assert found == ["wal", 2, 1]


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(tmp_path: Path, database_url: str | None) -> None:
    with open_database(tmp_path, database_url, 5).reading() as connection:
        assert NAMES in metadata.tables["segments"].indexes
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_number_of_a_migration_is_that_of_its_file() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert [Path(s.path).name[:4] for s in scripts] == [s.revision for s in scripts]
    assert scripts[0].revision == migrations.head()


def test_an_unchanged_catalog_opens_without_alembic(tmp_path: Path) -> None:
    open_catalog(tmp_path).close()
    code = (
        "import sys, pathlib; from segkit.store.catalog import open_catalog; open_catalog(pathlib.Path(sys.argv[1]));"
        "print('alembic' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_catalog_of_a_newer_segkit_is_left_alone(tmp_path: Path, database_url: str | None) -> None:
    database = open_database(tmp_path, database_url, 5)
    database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9001'")), "")
    database.close()
    with pytest.raises(SegkitError, match=r"written by a newer segkit: found revision 9001; .* Upgrade segkit"):
        open_catalog(tmp_path, database_url)


def open_it(folder: Path, url: str | None) -> None:
    with open_catalog(folder, url) as catalog:
        assert catalog.segments("shop") == ()


def test_many_who_open_a_new_catalog_at_once_all_find_it_ready(
    tmp_path: Path, database_url: str | None, start: Start
) -> None:
    wait_for([start(open_it, tmp_path, database_url) for _ in range(8)])


def test_a_killed_first_opening_is_made_good_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").touch()
    with open_catalog(tmp_path) as catalog:
        assert catalog.segments("shop") == ()


def test_a_file_that_is_no_catalog_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(Damaged, match=r"catalog.sqlite is not a catalog that can be read .* restore it from a backup"):
        open_catalog(tmp_path)


def test_a_workspace_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match=r"catalog\.sqlite: No such file or directory\. Expected a workspace folder"):
        open_catalog(tmp_path / "none")


@pytest.mark.parametrize("url", ["mysql://me@host/x", "sqlite:///x.db", "what is this", "postgresql//x"])
def test_only_postgresql_is_named_by_url(tmp_path: Path, url: str) -> None:
    with pytest.raises(SegkitError, match="expected postgresql://user@host/database, or nothing for SQLite"):
        open_catalog(tmp_path, url)


def test_a_postgresql_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match="Expected a PostgreSQL that answers") as refused:
        open_catalog(tmp_path, "postgresql://ana:secret@127.0.0.1:1/shop")
    assert "secret" not in str(refused.value)
    assert "127.0.0.1:1/shop" in str(refused.value)


def test_a_catalog_that_another_process_holds_is_busy_not_broken(
    tmp_path: Path, database_url: str | None, make_document: Make
) -> None:
    holder = open_database(tmp_path, database_url, 5)
    with open_catalog(tmp_path, database_url, patience=0.1) as catalog:

        def try_to_save(_: object) -> None:
            with pytest.raises(Busy, match="is locked by another process"):
                catalog.save(make_document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None)
            assert catalog.segments("shop") == ()  # readers never wait

        holder.write(try_to_save, "shop")
        assert catalog.save(make_document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None).number == 1


def use_on_both_sides_of_a_fork(folder: Path, url: str | None) -> None:
    with open_catalog(folder, url) as catalog:
        catalog.save(document("Before"), app="shop", actor="ana", now=NOON, based_on=None)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                catalog.save(document("Child"), app="shop", actor="bo", now=NOON, based_on=None)
                os.write(writing, json.dumps([s.name for s in catalog.segments("shop")]).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert json.loads(os.read(reading, 1000)) == ["Before", "Child"]
        assert [s.name for s in catalog.segments("shop")] == ["Before", "Child"]
        catalog.save(document("After"), app="shop", actor="ana", now=NOON, based_on=None)


def test_a_process_that_forks_uses_the_catalog_on_both_sides(
    tmp_path: Path, database_url: str | None, catalog: Catalog, start: Start
) -> None:
    wait_for([start(use_on_both_sides_of_a_fork, tmp_path, database_url)])
    assert [s.name for s in catalog.segments("shop")] == ["After", "Before", "Child"]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]
        raise SegkitError("no room")

    upgrade = migrations.upgrade
    monkeypatch.setattr(migrations, "upgrade", half)
    with pytest.raises(SegkitError, match="no room"):
        open_catalog(tmp_path)
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.undo()
    with open_catalog(tmp_path) as catalog:
        assert catalog.segments("shop") == ()


def test_a_database_of_a_url_is_shared_by_workspaces(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    url = new_postgresql()
    with open_catalog(tmp_path, url) as one, open_catalog(tmp_path / "elsewhere", url) as other:
        run = one.begin_run("shop", as_of=NOON.date(), kind="nightly", started_at=NOON)
        assert other.runs("shop") == (run,)
    assert list(tmp_path.iterdir()) == []
