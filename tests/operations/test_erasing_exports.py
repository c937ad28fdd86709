"""An erased person is in no export any more: of any format, hashed or not, nor in one that waits to be delivered."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.api import Workspace
from segkit.errors import PartlyDone
from segkit.operations.delivering import send_deliveries
from tests.operations.shop import EMAIL, MOBILE, UID, at_work

pytest.importorskip("fsspec")

REACH = """
[apps.shop.reach.email]
address = "email"
consent = []
[apps.shop.reach.mobile]
address = "mobile"
consent = []
"""
#: By the name of the zip, how it is exported.
KINDS: dict[str, dict[str, Any]] = {
    "csv": {},
    "people": {"profile": "spreadsheet", "labels": ["mobile"]},
    "book": {"format": "xlsx"},
    "parquet": {"format": "parquet"},
    "jsonl": {"format": "jsonl", "labels": ["email"]},
    "meta": {"profile": "meta"},
    "google": {"profile": "google"},
    "tiktok": {"profile": "tiktok"},
    "braze": {"profile": "braze"},
    "salesforce": {"profile": "salesforce"},
    "changes": {"format": "parquet", "changes": True, "channel": "email"},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with an export of each kind of everybody, and of each kind of Austria, where Ana never was."""
    folder = tmp_path_factory.mktemp("erasing") / "workspace"
    at_work(folder).close()
    settings = folder / "segkit.toml"
    settings.write_text(settings.read_text() + REACH)
    for old in (folder / "exports").iterdir():
        old.unlink()
    workspace = segkit.open(folder, actor="tester")
    workspace.app().save({"name": "All", "rule": {"all": []}})  # whose words name nobody
    for name, options in KINDS.items():
        workspace.app().export(["All"], folder / "exports" / f"{name}.zip", **options)
        workspace.app().export(["Austria"], folder / "exports" / f"{name}-austria.zip", **options)
    yield workspace
    workspace.close()


def test_every_export_that_holds_the_person_goes_and_every_other_one_stays(
    exported: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = exported.folder

    def refuse(*given: object, **named: object) -> None:
        raise PartlyDone("not now")

    with monkeypatch.context() as patched:
        patched.setattr("segkit.operations.delivering.deliver", refuse)
        for name in ("All", "Austria"):
            target = (tmp_path / name).as_uri()
            with pytest.raises(PartlyDone):
                exported.app().export([name], folder / "exports" / f"waits-{name}.zip", target=target)
    report = exported.erase(UID)
    left = sorted(path.name for path in (folder / "exports").iterdir())
    assert left == sorted([*(f"{kind}-austria.zip" for kind in KINDS), "waits-Austria.zip"])
    removed = {Path(export.file).name: export for export in report.exports if export.removed}
    assert set(removed) >= {*(f"{kind}.zip" for kind in KINDS), "waits-All.zip"}
    assert removed["waits-All.zip"].delivered_to == (tmp_path / "All").as_uri()
    assert f"it was to go to {(tmp_path / 'All').as_uri()}: have it removed there" in repr(report)
    (problem,) = send_deliveries(exported, again=True).problems
    assert "exports/waits-All.zip is not there any more; it is given up" in problem
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Austria"]
    for word in (UID, EMAIL, MOBILE):
        assert word not in json.dumps([message.body for message in exported.catalog.outbox.messages()])

    # The bits of what was sent are nobody's from now on: neither entered nor left names the person.
    exported.app().refresh()
    path = exported.app().export(["All"], folder / "exports" / "after.zip", format="jsonl", changes=True).path
    with zipfile.ZipFile(path) as archive:
        assert UID not in "".join(archive.read(name).decode() for name in archive.namelist() if name != "manifest.json")
