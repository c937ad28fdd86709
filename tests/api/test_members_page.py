"""Pages of members in every order: equal to an independent reading of the source files, masked, and on record."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import segkit
from segkit import label
from segkit.api import App
from segkit.errors import Forbidden, SegkitError
from tests.small_workspace import SmallWorkspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(demo_template: Path) -> Iterator[App]:
    """The demo's app, which these tests only read."""
    workspace = segkit.open(demo_template, actor="tester")
    yield workspace.app("smart-home")
    workspace.close()


@pytest.fixture(scope="module")
def files(demo_template: Path) -> duckdb.DuckDBPyConnection:
    """Users as the newest snapshot of the demo's sources has them, in the order in which they were first seen."""
    sources = demo_template / "sources" / "smart-home" / "users"
    connection = duckdb.connect()
    connection.execute(
        f"CREATE VIEW users AS SELECT * FROM '{sources}/2026-06-01.parquet' "
        "WHERE gone_at IS NULL OR gone_at > DATE '2026-06-01'"
    )
    return connection


#: By the label sorted by, how the same is said over the files.
ORDERS: dict[str, str] = {
    "uid": "user_id",
    "registered_at": "registered_at IS NULL, registered_at{down}",
    "city": "city IS NULL, lower(city){down}, city{down}",
    "orders": "orders IS NULL, orders{down}",
}


def read(app: App, size: int = 700, **options: Any) -> list[tuple[str, ...]]:
    """Every page after the other, as one table."""
    first = app.members_page(segkit.everybody(), limit=size, **options)
    pages = [first, *(
        app.members_page(segkit.everybody(), limit=size, offset=offset, **options)
        for offset in range(size, first.total, size)
    )]  # fmt: skip
    return [tuple(row) for page in pages for row in page.frame.itertuples(index=False)]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("by", list(ORDERS))
def test_pages_in_an_order_are_those_of_the_files(
    home: App, files: duckdb.DuckDBPyConnection, by: str, down: bool
) -> None:
    wanted = dict(files.execute(f"SELECT user_id, {'user_id' if by == 'uid' else by} FROM users").fetchall())
    term = ORDERS[by].format(down=" DESC" if down else "") + (" DESC" if down and by == "uid" else "")
    found = read(home, sort=by, descending=down, labels=[] if by == "uid" else [by])
    assert sorted(row[0] for row in found) == sorted(wanted)
    in_turn = [
        row[0]
        for row in files.execute(f"SELECT {'user_id' if by == 'uid' else by} FROM users ORDER BY {term}").fetchall()
    ]
    shown = [None if row[-1] != row[-1] else row[-1] for row in found]
    assert shown == in_turn
    assert [wanted[row[0]] for row in found] == in_turn


def test_values_with_names_are_sorted_by_their_names(small: SmallWorkspace) -> None:
    for uid, country in (("u1", "FR"), ("u2", "DE"), ("u3", None), ("u4", "AT"), ("u5", "GA"), ("u6", "")):
        small.user(uid, country=country)  # the vocabulary calls DE Germany
    page = small.app.members_page(segkit.everybody(), sort="country", labels=["country"])
    assert list(page.frame["uid"]) == ["u6", "u4", "u1", "u5", "u2", "u3"]
    down = small.app.members_page(segkit.everybody(), sort="country", descending=True, limit=2, offset=4)
    assert list(down.frame["uid"]) == ["u6", "u3"]  # who has no value comes last, in either direction
    assert (down.total, down.offset, down.base) == (6, 4, 6)


def test_a_page_holds_what_members_holds(home: App) -> None:
    labels, rule = ["country", "device_categories", "orders", "email"], label("country").isin("DE", "AT")
    page = home.members_page(rule, labels=labels, offset=30, limit=20)
    expected = home.members(rule, labels=labels).iloc[30:50].reset_index(drop=True)
    assert page.frame.to_dict("list").keys() == expected.to_dict("list").keys()
    assert page.frame.astype(str).equals(expected.astype(str))


def test_a_search_finds_parts_of_uids_and_whole_addresses_in_whatever_form(small: SmallWorkspace) -> None:
    small.user("ab1", email="Mary@Example.com")
    small.user("xAB2", email="bob@example.com")
    small.user("mary@shop.example", email="third@example.com")
    found = {text: list(small.app.members_page(segkit.everybody(), search=text, unmask=True).frame["uid"])
             for text in ("aB", "mary@example.com ", "mary", "mary@shop.example", "example")}  # fmt: skip
    assert found == {
        "aB": ["ab1", "xAB2"], "mary@example.com ": ["ab1"], "mary": [], "mary@shop.example": ["mary@shop.example"],
        "example": [],
    }  # fmt: skip


def test_personal_data_is_masked_unless_asked_for_and_the_asking_is_on_record(small: SmallWorkspace) -> None:
    small.user("ana", email="ana@example.com", country="DE")
    small.user("bo", email="bo@example.com", country="DE")
    saved = small.app.save({"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    page = small.app.members_page("Germans", labels=["email"], limit=1)
    assert (list(page.frame["email"]), page.masked) == (["a•••@e•••.com"], ("email",))
    with pytest.raises(SegkitError, match="sorted by it only where it is shown"):
        small.app.members_page("Germans", sort="email")
    assert [each.action for each in small.workspace.audit() if each.action == "unmask"] == []

    page = small.app.members_page("Germans", labels=["email"], sort="email", descending=True, limit=1, unmask=True)
    assert (list(page.frame["email"]), page.masked) == (["bo@example.com"], ())
    both = {"all": [{"segment": saved.id}, {"label": "country", "op": "eq", "value": "DE"}]}
    small.app.members_page(both, labels=["email"], unmask=True)
    seen = [(each.subject, each.detail) for each in small.workspace.audit() if each.action == "unmask"]
    told = {"labels": ["email"], "as_of": "2024-11-07"}
    assert sorted(seen, key=lambda each: each[1]["users"]) == [
        (saved.id, {**told, "users": 1}), ("a rule", {**told, "users": 2, "segments": [saved.id]}),
    ]  # fmt: skip


def test_what_has_no_order_and_no_such_page_is_refused(small: SmallWorkspace) -> None:
    small.user("ana", tags=["a", "b"])
    for options, words in (
        ({"sort": "tags"}, "several values a user"), ({"sort": "contry"}, "country"), ({"limit": 0}, "from 1 to"),
        ({"offset": -1}, "offset -1"), ({"limit": 10_001}, "from 1 to 10,000"),
    ):  # fmt: skip
        with pytest.raises(SegkitError, match=words):
            small.app.members_page(segkit.everybody(), **options)
    assert list(small.app.members_page(segkit.everybody(), offset=5).frame["uid"]) == []


def test_new_data_gives_new_pages(small: SmallWorkspace) -> None:
    small.user("ana", score=2)
    small.user("bo", score=1)
    order: dict[str, Any] = {"sort": "score", "labels": ["score"]}
    assert list(small.app.members_page(segkit.everybody(), **order).frame["uid"]) == ["bo", "ana"]
    small.user("bo", score=3)
    small.write()
    small.workspace.load()
    assert list(small.app.members_page(segkit.everybody(), **order).frame["uid"]) == ["ana", "bo"]


def test_who_may_only_look_sees_no_page(small: SmallWorkspace) -> None:
    small.user("ana")
    small.top_settings = '[roles]\nviewer = ["tester"]\neditor = ["someone"]'
    small.write()
    with pytest.raises(Forbidden, match="members_page"):
        segkit.open(small.folder, actor="tester").app().members_page(segkit.everybody())


def test_a_million_users_are_paged_within_the_stated_time(full: bool) -> None:
    if not full:
        pytest.skip("asked for with --full: makes and loads a million users")
    command = [sys.executable, "-m", "tests.bench.members"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
