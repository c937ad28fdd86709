"""A list that was exported imports again: the same members, in every format that a person may import."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segkit import label
from segkit.api import App
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace

pytestmark = pytest.mark.skipif(not hasattr(App, "import_list"), reason="lists are not imported here")

#: By name, how a person may export what they import again.
WAYS: dict[str, dict[str, Any]] = {
    "csv": {},
    "csv for people": {"profile": "spreadsheet"},
    "csv with labels": {"labels": ["country", "score", "registered_at", "tags"]},
    "csv for people with addresses": {"profile": "spreadsheet", "labels": ["email", "country"]},
    "xlsx": {"format": "xlsx"},
    "xlsx with labels": {"format": "xlsx", "labels": ["email", "country", "score", "registered_at", "tags"]},
}
#: Uids that a spreadsheet would run, round, or take for something else.
HOSTILE = [
    "007", "12345678901234567890", "+4915112345678", "=1+1", "-2", "@SUM(A1)", "'quoted", "''twice", "1e5", "31.1.",
    "a,b", 'a"b', "a;b", "Zürich", "张三", "TRUE", "0x1F", "#N/A", "null", "uid", "user", "=HYPERLINK(\"x\")", "1/2",
    "'=1", "a\u200bb", "x" * 200, "ana@example.org", "１２", "e\u0301", "12:30", "+", "=", "'", "--", "0", "00", "-0",
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Users of whom every second one is in the segment, with hostile uids on both sides."""
    chance = random.Random("there and back")
    letters = "abcXYZ019 =+-@'\",;äß张."
    made = SmallWorkspace(tmp_path_factory.mktemp("back") / "workspace")
    drawn = ("".join(chance.choice(letters) for _ in range(chance.randint(2, 12))).strip() for _ in range(300))
    for number, uid in enumerate(dict.fromkeys([*HOSTILE, *filter(None, drawn)])):
        labels = {
            "country": "DE",
            "registered_at": "2024-02-29",
            "tags": ["=1", "b,c"],
            "email": f"u{number}@example.org",
        }
        made.user(uid, score=number % 2, **labels)
    made.app.save_rule("Half", label("score") == 1)
    yield made
    made.close()


@pytest.mark.parametrize("way", WAYS)
def test_what_was_exported_imports_as_the_same_members(shop: SmallWorkspace, way: str, tmp_path: Path) -> None:
    app: Any = shop.app
    members = shop.members({"segment": "Half"})
    assert len(members) > 150
    assert members & set(HOSTILE)
    path = app.export(["Half"], tmp_path / "half.zip", **WAYS[way]).path
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name != "manifest.json")
        archive.extract(name, tmp_path)
    report = app.import_list(tmp_path / name, name=f"Back by {way}")
    assert (report.rejected, report.duplicate, report.external) == (0, 0, 0), report.reasons
    assert report.matched == report.rows == len(members)
    assert shop.members({"segment": f"Back by {way}"}) == members


def test_a_list_that_was_imported_is_refused_by_name_and_nothing_is_written(
    shop: SmallWorkspace, tmp_path: Path
) -> None:
    app: Any = shop.app
    (tmp_path / "users.csv").write_text("uid\n007\n")
    app.import_list(tmp_path / "users.csv", name="Came in")
    with pytest.raises(SegkitError, match="‘Came in’ is an imported list; imported segments are never exported"):
        app.export(["Half", "Came in"], tmp_path / "both.zip")
    assert not (tmp_path / "both.zip").exists()
