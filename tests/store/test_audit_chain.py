"""Nothing of the audit trail can change unseen: the chain tells what stands in it, the anchor what stood at its end."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from segkit.errors import Damaged
from segkit.store import migrations
from segkit.store.audit_chain import Break
from segkit.store.catalog import Catalog, open_catalog
from segkit.store.copying import put_into
from segkit.store.database import open_database
from tests.store.making import Start, wait_for

NOON = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
COLUMNS = ("at", "actor", "app", "action", "subject", "detail", "previous", "hash")


def record(catalog: Catalog, subject: str, **keys: Any) -> None:
    given: dict[str, Any] = {"actor": "ana", "at": NOON, "app": "shop", "action": "unmask", "detail": {"users": 3}}
    catalog.record_audit(**given | keys, subject=subject)


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """A workspace folder whose trail has five entries, and whose triggers somebody took away."""
    with open_catalog(tmp_path) as catalog:
        for number in range(1, 6):
            record(catalog, f"sg_{number}", detail={"users": number, "label": "Größe", "share": 0.1})
    raw(tmp_path, *(f"DROP TRIGGER audit_no_{what}" for what in ("update", "delete", "replace")))
    return tmp_path


def raw(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "catalog.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def found(folder: Path) -> Break | None:
    with open_catalog(folder) as catalog:
        return catalog.audit_break()


def test_each_entry_holds_the_hash_of_the_one_before_and_of_itself(catalog: Catalog) -> None:
    record(catalog, "sg_1", detail={"b": 1, "a": ["é", None, 0.5]})
    record(catalog, "all", app=None, actor="Zoë")
    second, first = catalog.audit()
    at = "2026-06-01 12:00:00.123456"
    content: list[str | None] = [
        "0" * 64,
        "1",
        at,
        "ana",
        "shop",
        "unmask",
        "sg_1",
        '{"b": 1, "a": ["\\u00e9", null, 0.5]}',
    ]
    assert first.hash == hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
    content = [first.hash, "2", at, "Zoë", None, "unmask", "all", '{"users": 3}']
    assert second.hash == hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
    assert (first.previous, second.previous) == ("0" * 64, first.hash)
    assert catalog.audit_break() is None


def test_an_entry_holds_no_address_that_a_name_may_bring(catalog: Catalog) -> None:
    record(catalog, "list of ana@example.com", detail={"name": "ana@example.com", "to": ["+4915112345678", 3]})
    (entry,) = catalog.audit()
    assert (entry.subject, entry.detail) == (
        "list of a•••@e•••.com",
        {"name": "a•••@e•••.com", "to": ["+49•••78", 3]},
    )
    assert catalog.audit_break() is None


def test_the_anchor_holds_how_many_there_are_and_the_last_hash(tmp_path: Path, catalog: Catalog) -> None:
    for number in (1, 2):
        record(catalog, f"sg_{number}")
        anchor = json.loads((tmp_path / "audit.anchor").read_text())
        assert anchor == {"entries": number, "last": str(number), "hash": catalog.audit(limit=1)[0].hash}
    assert stat.S_IMODE((tmp_path / "audit.anchor").stat().st_mode) == 0o600


def test_the_database_refuses_to_change_or_take_out_an_entry(
    tmp_path: Path, catalog: Catalog, database_url: str | None
) -> None:
    record(catalog, "sg_1")
    statements = ["UPDATE audit SET actor = 'bo'", "DELETE FROM audit"]
    if database_url is None:
        statements.append("INSERT OR REPLACE INTO audit SELECT * FROM audit")
    else:
        statements.append("TRUNCATE audit")
    url = f"sqlite:///{tmp_path}/catalog.sqlite" if database_url is None else database_url
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    for statement in statements:
        with pytest.raises(DBAPIError, match="the audit trail is append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()
    assert [entry.actor for entry in catalog.audit()] == ["ana"]
    assert catalog.audit_break() is None


@pytest.mark.parametrize("column", COLUMNS)
def test_one_byte_changed_in_any_column_is_found_and_its_entry_named(five: Path, column: str) -> None:
    path = five / "catalog.sqlite"
    with sqlite3.connect(path) as connection:
        whole = connection.execute(f"SELECT {column} FROM audit WHERE id = 3").fetchone()[0]
    connection.close()
    for at in range(len(whole)):
        changed = whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :]
        value = changed.replace("'", "''")
        raw(five, f"UPDATE audit SET {column} = '{value}' WHERE id = 3")
        assert found(five) == Break("3", "it is not what was written there"), changed
    raw(five, f"UPDATE audit SET {column} = '{whole}' WHERE id = 3")
    assert found(five) is None


@pytest.mark.parametrize("bit", [1, 0x80])
def test_every_byte_of_the_trail_in_the_file_counts(five: Path, bit: int) -> None:
    """Also bytes that make no text, and those that say what kind of value follows."""
    path = five / "catalog.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        texts = connection.execute("SELECT at || actor || app || action || subject || detail FROM audit").fetchall()
    connection.close()
    content = path.read_bytes()
    row = texts[2][0].encode()
    start, end = content.index(row) - 12, content.index(row) + len(row) + 128  # the header before, the hashes behind
    missed = []
    for at in range(start, end):
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        try:
            broken = found(five)
        except Damaged:
            continue  # SQLite itself cannot read it
        if broken is None:
            missed.append(at - start)
        path.write_bytes(content)
    assert missed == []


def test_an_entry_that_was_taken_out_is_missed_by_the_one_behind_it(five: Path) -> None:
    raw(five, "DELETE FROM audit WHERE id = 2")
    assert found(five) == Break("3", "it does not follow entry 1: what stood between them was taken out or moved")
    raw(five, "DELETE FROM audit WHERE id = 1")
    assert found(five) == Break("3", "it does not follow the beginning: what stood between them was taken out or moved")


def test_entries_that_changed_places_are_found(five: Path) -> None:
    raw(five, *(f"UPDATE audit SET id = {to} WHERE id = {of}" for of, to in ((2, 99), (4, 2), (99, 4))))
    assert found(five) == Break("2", "it is not what was written there")


def test_an_end_that_was_cut_off_is_missed_also_after_new_entries(five: Path) -> None:
    raw(five, "DELETE FROM audit WHERE id > 3")
    gone = Break("4", "it and all behind it are gone, 2 in all; audit.anchor knows of them")
    assert found(five) == gone
    with open_catalog(five) as catalog:
        record(catalog, "sg_new")
        assert catalog.audit_break() == Break("5", gone.what.replace("2 in all", "1 in all"))
        record(catalog, "sg_new")
        record(catalog, "sg_new")
        assert catalog.audit_break() == Break("5", "it is another than the entry 5 that audit.anchor knows")


def test_a_trail_that_was_emptied_or_written_anew_is_found(five: Path) -> None:
    raw(five, "DELETE FROM audit")
    assert found(five) == Break("1", "it and all behind it are gone, 5 in all; audit.anchor knows of them")
    with open_catalog(five) as catalog:
        for number in range(6):
            record(catalog, f"sg_{number}")
        assert catalog.audit_break() == Break("5", "it is another than the entry 5 that audit.anchor knows")


def test_an_anchor_that_a_kill_left_behind_is_good_and_catches_up(tmp_path: Path) -> None:
    with open_catalog(tmp_path) as catalog:
        record(catalog, "sg_1")
        behind = (tmp_path / "audit.anchor").read_bytes()
        record(catalog, "sg_2")
        (tmp_path / "audit.anchor").write_bytes(behind)
        assert catalog.audit_break() is None
        record(catalog, "sg_3")
        assert json.loads((tmp_path / "audit.anchor").read_text())["entries"] == 3


@pytest.mark.parametrize("content", ["", "{}", '{"entries": "5", "last": "5", "hash": "0"}', "[1]"])
def test_an_anchor_that_segkit_did_not_write_is_refused(five: Path, content: str) -> None:
    (five / "audit.anchor").write_text(content)
    with pytest.raises(Damaged, match=r"audit\.anchor is not what segkit wrote"):
        found(five)


def _record_some(folder: str, url: str | None, name: str) -> None:
    with open_catalog(Path(folder), url) as catalog:
        for number in range(10):
            record(catalog, f"{name}_{number}", app=name)


def test_many_processes_write_one_chain(tmp_path: Path, database_url: str | None, start: Start) -> None:
    open_catalog(tmp_path, database_url).close()
    wait_for([start(_record_some, os.fspath(tmp_path), database_url, name) for name in ("shop", "bank", "club")])
    with open_catalog(tmp_path, database_url) as catalog:
        assert [entry.id for entry in reversed(catalog.audit())] == list(range(1, 31))
        assert catalog.audit_break() is None
        record(catalog, "the last")
        assert json.loads((tmp_path / "audit.anchor").read_text())["entries"] == 31


def test_entries_of_an_older_catalog_are_chained_as_they_are(tmp_path: Path, database_url: str | None) -> None:
    url = f"sqlite:///{tmp_path}/catalog.sqlite" if database_url is None else database_url
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    insert = text(
        "INSERT INTO audit (id, at, actor, app, action, subject, detail) "
        "VALUES (:id, '2026-06-01 12:00:00.000000', 'ana', NULL, 'save', :subject, :detail)"
    )
    with engine.begin() as connection:
        migrations.upgrade(connection, "0003")
        for id_ in (1, 2, 5):
            connection.execute(insert, {"id": id_, "subject": f"sg_{id_}", "detail": '{"name": "\\u00e9"}'})
    engine.dispose()
    with open_catalog(tmp_path, database_url) as catalog:
        record(catalog, "sg_new")
        assert [(e.id, e.subject) for e in catalog.audit()] == [(6, "sg_new"), (5, "sg_5"), (2, "sg_2"), (1, "sg_1")]
        assert catalog.audit_break() is None
        assert json.loads((tmp_path / "audit.anchor").read_text())["entries"] == 4


def test_a_trail_is_whole_after_it_moved_to_postgresql_and_back(
    tmp_path: Path, new_postgresql: Callable[[], str]
) -> None:
    with open_catalog(tmp_path) as catalog:
        for number in range(3):
            record(catalog, "Größe", detail={"n": number, "share": 1e-7, "é": ["\U0001f600", True, None]})
    url = new_postgresql()
    put_into(tmp_path, url)
    with open_catalog(tmp_path, url) as moved:
        assert moved.audit_break() is None
        record(moved, "in PostgreSQL")
        back = tmp_path / "back"
        back.mkdir()
        moved.copy_to(back)
    (back / "audit.anchor").write_bytes((tmp_path / "audit.anchor").read_bytes())
    with open_catalog(back) as again:
        assert [entry.subject for entry in again.audit(limit=2)] == ["in PostgreSQL", "Größe"]
        assert again.audit_break() is None
    database = open_database(back, None, 5)
    with pytest.raises(Exception, match="append-only"):
        database.write(lambda connection: connection.execute(text("DELETE FROM audit")))
    database.close()
