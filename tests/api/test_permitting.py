"""Every public method asks for the right that it stands for, once, and nothing inside of it asks again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.api import App, Workspace
from segkit.api.doctor import examine
from segkit.api.permitting import APP, WORKSPACE, public_methods
from segkit.api.restoring import restore
from segkit.errors import Forbidden, NotFound
from tests.small_workspace import SmallWorkspace

GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}
ROLES = """[roles]
viewer = ["vi"]
reader = ["rea"]
exporter = ["exa"]
editor = ["edi"]
admin = ["ada"]
default = "none"
"""
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", email="ana@example.com")
    small.event("ana", "app_used", "2024-11-01 09:00")
    small.app.save(GERMANS)
    path = small.folder / "segkit.toml"
    path.write_text(path.read_text() + ROLES)
    small.close()
    return small


def as_(shop: SmallWorkspace, person: str) -> Workspace:
    return segkit.open(shop.folder, actor=person)


def test_every_public_method_is_assigned_a_right() -> None:
    assert set(public_methods(App)) - set(APP) == set(), "name them in segkit/api/permitting.py, with their right"
    assert set(public_methods(Workspace)) - set(WORKSPACE) == set()
    assert set(APP) - set(public_methods(App)) == set(), "there are no such methods any more"
    assert set(WORKSPACE) - set(public_methods(Workspace)) == set()


def test_every_public_method_asks_before_it_does_anything(shop: SmallWorkspace) -> None:
    nobody = as_(shop, "nobody")
    with pytest.raises(Forbidden, match="`app` is not for ‘nobody’, who has no role"):
        nobody.app()
    app = App(nobody, "shop", nobody.settings.app("shop"))
    for of, names in ((app, APP), (nobody, WORKSPACE)):
        for name in names:
            with pytest.raises(Forbidden, match=f"`{name}` is not for"):
                getattr(of, name)()  # what it would be given does not matter


DEEDS: dict[str, tuple[str, Callable[[Workspace, Path], Any]]] = {
    "count": ("vi rea exa edi ada", lambda w, _: w.app().estimate("Germans").count),
    "list": ("vi rea exa edi ada", lambda w, _: len(w.app().segments())),
    "say what differs": ("vi rea exa edi ada", lambda w, _: w.app().history("Germans")),
    "ask the doctor": ("vi rea exa edi ada", lambda w, _: examine(w)),
    "see a picture of it": ("vi rea exa edi ada", lambda w, _: w.app().lineage("Germans")),
    "see members": ("rea exa edi ada", lambda w, _: w.app().members("Germans", labels=["email"])),
    "check one": ("rea exa edi ada", lambda w, _: w.app().check("ana", "Germans")),
    "explain one": ("rea exa edi ada", lambda w, _: w.app().explain("ana", "Germans")),
    "see all of one": ("rea exa edi ada", lambda w, _: w.app().profile("ana")),
    "see whom a rule picks": ("rea exa edi ada", lambda w, _: w.app().evaluate(["Germans"])),
    "export": ("exa ada", lambda w, _: w.app().export(["Germans"])),
    "save": ("edi ada", lambda w, _: w.app().save({**GERMANS, "id": w.app().segment("Germans").id})),
    "refresh": ("edi ada", lambda w, _: w.app().refresh()),
    "load": ("edi ada", lambda w, _: w.load()),
    "see the audit trail": ("ada", lambda w, _: w.audit()),
    "forget days": ("ada", lambda w, _: w.forget_days(["2020-01-01"])),
    "back up": ("ada", lambda w, folder: w.backup(folder / f"{w.actor}.zip")),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_each_role_may_do_what_it_stands_for(shop: SmallWorkspace, tmp_path: Path, deed: str) -> None:
    may, do = DEEDS[deed]
    could = []
    for person in ("vi", "rea", "exa", "edi", "ada"):
        workspace = as_(shop, person)
        try:
            do(workspace, tmp_path)
            could.append(person)
        except Forbidden:
            pass
        workspace.close()
    assert could == may.split()


def test_what_a_permitted_method_calls_is_part_of_it_and_nothing_after_it(shop: SmallWorkspace) -> None:
    app = as_(shop, "vi").app()
    assert app.estimate("Germans").count == 1  # evaluates, which a viewer may not by itself
    with pytest.raises(Forbidden):
        app.bitmap("Germans", date(2024, 11, 7))
    with pytest.raises(NotFound):
        app.estimate("Nobody's")
    with pytest.raises(Forbidden):  # also after one that failed
        app.evaluator()
    difference = app.diff("Germans", dates=("2024-11-06", "2024-11-07"))
    assert difference.movement.counts()["after"] == 1
    with pytest.raises(Forbidden, match="`uids` is not for ‘vi’"):
        difference.examples(1)


def test_a_permission_in_one_workspace_is_none_in_another(shop: SmallWorkspace, tmp_path: Path) -> None:
    other = SmallWorkspace(tmp_path / "other")
    other.user("bo")
    asked = []

    def progress(done: int, of: int) -> None:
        with pytest.raises(Forbidden):
            as_(shop, "vi").app().evaluator()
        asked.append(done)

    other.app.estimate({"event": "app_used", "window": {"last": 3}}, progress=progress)
    assert asked
    other.close()


def test_a_restore_over_a_workspace_takes_an_admin_of_it(shop: SmallWorkspace, tmp_path: Path) -> None:
    as_(shop, "ada").backup(tmp_path / "b.zip")
    before = (shop.folder / "segkit.toml").read_text()
    with pytest.raises(Forbidden, match="`restore` is not for ‘edi’"):
        restore(tmp_path / "b.zip", shop.folder, actor="edi", now=NOON, replace=True)
    assert (shop.folder / "segkit.toml").read_text() == before
    restore(tmp_path / "b.zip", shop.folder, actor="ada", now=NOON, replace=True)


def test_the_command_line_says_it_plainly(
    shop: SmallWorkspace, run_segkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGKIT_ACTOR", "vi")
    told = run_segkit("members", "Germans", "-w", shop.folder, code=1).stderr
    assert told.startswith("segkit: `members` is not for ‘vi’, who has the role viewer in this workspace:")
    assert "Ask ada." in told
    assert "Traceback" not in told
