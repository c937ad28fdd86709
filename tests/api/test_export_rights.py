"""Who may export, and that it is asked before anything is done; what of it is on record."""

from __future__ import annotations

import pytest

from segkit import label
from segkit.errors import Forbidden, SegkitError
from segkit.operations import roles
from tests.small_workspace import SmallWorkspace

ROLES = """
[roles]
viewer = ["vi"]
reader = ["rea"]
exporter = ["exa"]
editor = ["edi"]
admin = ["tester"]
"""
REACH = '[apps.shop.reach.email]\naddress = "email"\nconsent = ["marketing_consent"]\n'


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for uid in ("ana", "bo"):
        small.user(uid, country="DE", marketing_consent=True, email=f"{uid}@example.org")
    small.settings, small.app_settings = ROLES, REACH
    small.app.save_rule("Germans", label("country") == "DE")
    return small


@pytest.mark.parametrize("person", ["vi", "rea", "edi", "nobody"])
def test_who_may_not_export_is_refused_before_anything_is_asked_or_done(shop: SmallWorkspace, person: str) -> None:
    shop.workspace.actor = person
    for options in ({}, {"labels": ["no such label"]}, {"holdout": 400}, {"profile": "meta"}):
        with pytest.raises(Forbidden, match=rf"`export` is not for ‘{person}’"):
            shop.app.export(["Germans", "no such segment"], **options)
    with pytest.raises(Forbidden):
        shop.app.export_due()
    assert not (shop.folder / "exports").exists()
    assert not (shop.folder / "sent").exists()
    shop.workspace.actor = "tester"
    assert shop.workspace.catalog.exports("shop") == ()


def test_an_exporter_may_take_personal_data_and_that_is_on_record(shop: SmallWorkspace) -> None:
    shop.workspace.actor = "exa"
    shop.app.export(["Germans"], labels=["country"])
    shop.app.export(["Germans"], labels=["country", "email"])
    shop.app.export(["Germans"], profile="meta", columns={"country": "country"})
    shop.workspace.actor = "tester"
    entries = shop.workspace.catalog.audit("shop", action="export")
    told = [(entry.actor, entry.detail["labels"], entry.detail["personal"]) for entry in reversed(entries)]
    assert told == [
        ("exa", ["country"], []),
        ("exa", ["country", "email"], ["email"]),
        ("exa", [], ["email"]),
    ]


def test_personal_data_takes_the_right_to_see_who_the_users_are(
    shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "RIGHTS", {**roles.RIGHTS, "exporter": frozenset({"look", "export"})})
    shop.workspace.actor = "exa"
    shop.app.export(["Germans"], shop.folder / "exports" / "plain.zip", labels=["country"])
    for options in ({"labels": ["email"]}, {"profile": "meta"}, {"profile": "google", "columns": {"Zip": "email"}}):
        with pytest.raises(Forbidden, match="`export with personal data` is not for ‘exa’"):
            shop.app.export(["Germans"], **options)
    assert [path.name for path in (shop.folder / "exports").iterdir()] == ["plain.zip"]


def test_personal_data_is_not_there_unless_it_was_asked_for(shop: SmallWorkspace) -> None:
    import zipfile

    path = shop.app.export(["Germans"]).path
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"@example.org" not in content


def test_a_label_that_is_not_there_names_the_nearest(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="Did you mean 'country'"):
        shop.app.export(["Germans"], labels=["contry"])
    assert not (shop.folder / "exports").exists()
