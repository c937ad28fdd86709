"""The catalog's segments written as documents: a plan of them is empty, and nobody's work is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from segkit.api.planning.pulling import Pulled
from segkit.errors import PartlyDone
from tests.small_workspace import SmallWorkspace

GERMAN = {"label": "country", "op": "eq", "value": "DE"}
AUSTRIAN = {"label": "country", "op": "eq", "value": "AT"}


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE")
    small.user("bo", country="AT")
    return small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder beside the workspace."""
    found = tmp_path / "segments"
    found.mkdir()
    return found


def pull(shop: SmallWorkspace, folder: Path, overwrite: bool = False) -> Pulled:
    return shop.workspace.pull(folder, overwrite=overwrite)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_custom_segment_is_written_under_a_name_without_surprises_and_its_plan_is_empty(
    shop: SmallWorkspace, folder: Path
) -> None:
    names = ["../../etc/passwd", "CON", "a: b # c", "-rf *", "x" * 64, "Größe ☕"]
    ids = {name: shop.app.save({"name": name, "rule": GERMAN}).id for name in names}
    shop.app.save({"name": "Reads", "rule": {"not": {"segment": "con"}}, "tags": ["no", "1"], "folder": "deep"})
    done = pull(shop, folder)
    assert sorted(done.written) == sorted(content(folder))
    assert {f"x-CON.{ids['CON']}.yaml", f"etc_passwd.{ids['../../etc/passwd']}.yaml"} <= set(done.written)
    assert all("/" not in place and not place.startswith(("-", ".")) for place in done.written)
    assert shop.workspace.plan(folder, delete=True).is_empty
    before = content(folder)
    assert pull(shop, folder).unchanged == done.written
    assert content(folder) == before


def test_a_file_is_updated_where_it_lies_keeps_its_first_comment_and_who_may_read_it(
    shop: SmallWorkspace, folder: Path
) -> None:
    saved = shop.app.save({"name": "Some", "rule": GERMAN})
    pull(shop, folder)
    (place,) = content(folder)
    path = folder / "mine" / "some.yml"
    path.parent.mkdir()
    path.write_text("# ours\n" + (folder / place).read_text())
    (folder / place).unlink()
    path.chmod(0o644)
    shop.app.save({"id": saved.id, "name": "Some", "rule": AUSTRIAN})
    assert pull(shop, folder).updated == ("mine/some.yml",)
    assert path.read_text().startswith(f"# ours\nsegkit: 1\nid: {saved.id}\n")
    assert "value: AT" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o644
    assert shop.workspace.plan(folder).is_empty


def test_what_the_catalog_never_had_is_left_alone_until_it_is_to_be_replaced(
    shop: SmallWorkspace, folder: Path
) -> None:
    saved = shop.app.save({"name": "Some", "rule": GERMAN})
    mine = f"id: {saved.id}\nname: Mine\nrule: {{all: []}}\n"
    (folder / "mine.yaml").write_text(mine)
    (folder / "new.yaml").write_text("name: New\nrule: {all: []}\n")
    (folder / "broken.yaml").write_text("name: [\n")
    (folder / "notes.txt").write_text("x")
    before = content(folder)
    done = pull(shop, folder)
    assert content(folder) == before
    assert done.others == ("new.yaml", "broken.yaml")
    with pytest.raises(PartlyDone, match=r"mine\.yaml: says of ‘Some’ .* what the catalog never had"):
        done.raise_what_is_left()
    assert pull(shop, folder, overwrite=True).updated == ("mine.yaml",)
    assert "name: Some" in (folder / "mine.yaml").read_text()


def test_a_file_without_id_that_says_the_same_is_given_it(shop: SmallWorkspace, folder: Path) -> None:
    saved = shop.app.save({"name": "Some", "rule": GERMAN})
    (folder / "some.yaml").write_text("name: SOME # x\nrule: {label: country, op: eq, value: DE}\n")
    assert pull(shop, folder).left
    (folder / "some.yaml").write_text("name: Some # x\nrule: {label: country, op: eq, value: DE}\n")
    pull(shop, folder)
    text = f"segkit: 1\nid: {saved.id}\nname: Some # x\nrule: {{label: country, op: eq, value: DE}}\n"
    assert (folder / "some.yaml").read_text() == text
