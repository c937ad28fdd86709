"""A catalog of the first revision, with content, is brought to the newest one and loses nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text

from segkit.store import migrations
from segkit.store.catalog import open_catalog
from segkit.store.searching import Search

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RULE = {"label": "country", "op": "eq", "value": "DE"}
_SEGMENT = text(
    "INSERT INTO segments (id, app, name, name_key, kind, cycle, current_version, created_at, deleted_at, deleted_by) "
    "VALUES (:id, 'shop', :name, :name_key, 'custom', 'daily', :version, :at, :deleted_at, :deleted_by)"
)
_VERSION = text(
    "INSERT INTO versions (segment_id, number, document, actor, at, note) "
    "VALUES (:id, :number, :document, 'ana', :at, 'as it was')"
)


def _put(
    connection: Connection, id_: str, name: str, name_key: str, *documents: dict[str, Any], gone: bool = False
) -> None:
    at = NOON.replace(tzinfo=None) if connection.dialect.name == "sqlite" else NOON
    moment = at.isoformat(" ") + ".000000" if connection.dialect.name == "sqlite" else at
    deleted = {"deleted_at": moment if gone else None, "deleted_by": "bo" if gone else None}
    connection.execute(
        _SEGMENT,
        {"id": id_, "name": name, "name_key": name_key, "version": len(documents), "at": moment, **deleted},
    )
    for number, document in enumerate(documents, 1):
        content = json.dumps({"segkit": 1, "id": id_, "app": "shop", "rule": RULE, **document})
        connection.execute(_VERSION, {"id": id_, "number": number, "document": content, "at": moment})


def test_what_a_catalog_of_revision_1_holds_is_there_afterwards_and_can_be_found(
    tmp_path: Path, database_url: str | None
) -> None:
    url = f"sqlite:///{tmp_path}/catalog.sqlite" if database_url is None else database_url
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        migrations.upgrade(connection, "0001")
        assert migrations.revision(connection) == "0001"
        first, second = (
            {"name": "Old"},
            {"name": "Quiet", "folder": "Campaigns", "tags": ["VIP", "May"], "owner": "Ana"},
        )
        _put(connection, "sg_1", "Quiet", "quiet", first, second)
        _put(connection, "sg_2", "❤\ufe0f fans", "❤\ufe0f fans", {"name": "❤\ufe0f fans"})
        _put(connection, "sg_3", "❤ fans", "❤ fans", {"name": "❤ fans"})
        _put(connection, "sg_4", "♥\ufe0f", "♥\ufe0f", {"name": "♥\ufe0f"})
        _put(connection, "sg_5", "Gone", "gone", {"name": "Gone", "tags": ["VIP"]}, gone=True)
    engine.dispose()
    with open_catalog(tmp_path, database_url) as catalog:
        assert sorted(s.id for s in catalog.segments("shop")) == ["sg_1", "sg_2", "sg_3", "sg_4"]
        assert [v.document.name for v in catalog.versions("sg_1")] == ["Old", "Quiet"]
        assert (catalog.segment("shop", "Quiet").created_at, catalog.segment("shop", "Quiet").archived_at) == (
            NOON,
            None,
        )
        for search in (Search("may"), Search(tag="vip"), Search(folder="CAMPAIGNS"), Search(owner="ana")):
            assert [s.id for s in catalog.segments("shop", search=search)] == ["sg_1"]
        assert [s.id for s in catalog.segments("shop", deleted=True, search=Search(tag="vip"))] == ["sg_5"]
        # Two names that are one by the newest key stay as they were; the other is found in its new spellings.
        assert catalog.segment("shop", "❤ fans").id == "sg_3"
        assert catalog.segment("shop", "♥").id == "sg_4"
        archived = catalog.archive("shop", "Quiet", actor="ana", now=NOON)
        assert archived.id == "sg_1"
