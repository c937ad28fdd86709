"""Users of a segment a page at a time, by the last uid of the page before: each once, whatever happens in between."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from segkit.cli import cli
from segkit.errors import NotFound
from tests.small_workspace import SmallWorkspace

GERMANS = {"label": "country", "op": "eq", "value": "DE"}


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for number in range(8):
        small.user(f"u{number}", country="DE" if number != 4 else "AT")
    small.app.save({"name": "Germans", "rule": GERMANS})
    return small


def page(shop: SmallWorkspace, after: str | None, limit: int = 3) -> list[str]:
    return list(shop.app.members("Germans", after=after, limit=limit)["uid"])


def test_pages_hold_every_user_once_and_in_one_order(shop: SmallWorkspace) -> None:
    pages = [page(shop, None), page(shop, "u2"), page(shop, "u6"), page(shop, "u7")]
    assert pages == [["u0", "u1", "u2"], ["u3", "u5", "u6"], ["u7"], []]


def test_who_left_between_two_pages_is_a_place_to_go_on_from_all_the_same(shop: SmallWorkspace) -> None:
    assert page(shop, None) == ["u0", "u1", "u2"]
    shop.user("u2", country="AT")
    shop.user("u9", country="DE")
    shop.write()
    shop.workspace.load()
    assert page(shop, "u2", 9) == ["u3", "u5", "u6", "u7", "u9"]
    with pytest.raises(NotFound, match="no user with the uid"):
        page(shop, "nobody")


def test_the_command_line_has_the_same_pages(shop: SmallWorkspace) -> None:
    def told(*words: str) -> Any:
        done = CliRunner().invoke(cli, ["members", "Germans", "-w", str(shop.folder), "--json", *words])
        assert done.exit_code == 0, done.output
        return [row["uid"] for row in json.loads(done.stdout)]

    assert told("--limit", "4") == ["u0", "u1", "u2", "u3"]
    assert told("--limit", "4", "--after", "u3") == ["u5", "u6", "u7"]
