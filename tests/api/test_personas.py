"""Users that must be in or out: checked when a segment is saved, and before anything is published."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from segkit.errors import DefinitionError, Held
from tests.small_workspace import SmallWorkspace

Run = Callable[..., subprocess.CompletedProcess[str]]
GERMANS = {"name": "Germans", "rule": {"label": "country", "op": "eq", "value": "DE"}}


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", score=1.0)
    small.user("bo", country="AT", score=2.0)
    small.user("cy", country="DE", score=3.0)
    return small


def moves(shop: SmallWorkspace, uid: str, country: str) -> None:
    """A later load brings another country for a user."""
    shop.user(uid, country=country)
    shop.write()
    toml = shop.folder / "segkit.toml"
    toml.write_text(toml.read_text().replace("data_date = 2020-01-01", "data_date = 2020-01-02"))
    shop.reopen()
    shop.workspace.load()


def status(shop: SmallWorkspace) -> dict[str, str]:
    return {row.name: row.status for row in shop.app.refresh().segments if row.kind == "custom"}


def test_a_segment_whose_personas_are_where_they_must_be_is_saved(shop: SmallWorkspace) -> None:
    info = shop.app.save({**GERMANS, "personas": {"in": ["ana", " cy "], "out": ["bo"]}})
    assert (info.version, info.count) == (1, 2)


def test_a_broken_persona_keeps_a_segment_from_being_saved_and_says_which_condition_decides(
    shop: SmallWorkspace,
) -> None:
    rule = {"all": [GERMANS["rule"], {"not": {"label": "score", "op": "gt", "value": 2}}]}
    with pytest.raises(Held) as caught:
        shop.app.save({"name": "Some", "rule": rule, "personas": {"in": ["cy"], "out": ["ana"]}})
    assert str(caught.value).splitlines() == [
        "‘Some’ is not saved; change its rule or its personas:",
        "  personas.in[0] ('cy'): must be in, but is out: rule.all[1].not holds (Score is more than 2)",
        "  personas.out[0] ('ana'): must be out, but is in: rule.all[0] holds (Country is Germany); "
        "rule.all[1].not does not hold (Score is more than 2)",
    ]
    assert [info.name for info in shop.app.segments() if info.kind == "custom"] == []


def test_an_unknown_user_and_one_named_twice_are_problems(shop: SmallWorkspace) -> None:
    with pytest.raises(Held, match=r"personas\.in\[0\] \('Ana'\): app 'shop' has no such user"):
        shop.app.save({**GERMANS, "personas": {"in": ["Ana"]}})
    with pytest.raises(DefinitionError, match=r"personas\.out\[0\]: the same user as personas\.in\[1\]"):
        shop.app.save({**GERMANS, "personas": {"in": ["cy", "ana"], "out": [" ana"]}})


def test_a_broken_persona_holds_its_segment_and_those_who_read_it_and_nobody_else(shop: SmallWorkspace) -> None:
    shop.app.save({**GERMANS, "personas": {"in": ["ana"]}})
    shop.app.save({"name": "Others", "rule": {"not": {"segment": "Germans"}}})
    shop.app.save({"name": "Apart", "rule": {"label": "score", "op": "gt", "value": 1}})
    moves(shop, "ana", "FR")
    report = shop.app.refresh()
    assert {row.name: row.status for row in report.segments if row.kind == "custom"} == {
        "Germans": "held", "Others": "held", "Apart": "published",
    }  # fmt: skip
    reasons = {row.name: row.reason for row in report.held}
    assert reasons["Germans"] == "personas.in[0]: must be in, but is out: rule does not hold (Country is Germany)"
    assert reasons["Others"] == f"it refers to ‘Germans’, which is held: {reasons['Germans']}"
    assert "ana" not in json.dumps(report.to_dict())  # a run keeps it


def test_what_was_published_before_is_served_while_a_persona_holds_and_the_next_good_one_follows(
    shop: SmallWorkspace,
) -> None:
    shop.app.save({**GERMANS, "personas": {"in": ["ana"]}})
    moves(shop, "ana", "FR")
    assert status(shop) == {"Germans": "held"}
    assert shop.app.segment("Germans").count == 2
    moves(shop, "ana", "DE")
    assert status(shop) == {"Germans": "published"}


def test_a_parent_is_held_by_the_persona_of_a_segment_that_is_not_refreshed_with_it(shop: SmallWorkspace) -> None:
    shop.app.save({**GERMANS, "personas": {"in": ["ana"]}})
    shop.app.save({"name": "Others", "rule": {"not": {"segment": "Germans"}}})
    moves(shop, "ana", "FR")
    assert [row.status for row in shop.app.refresh(["Others"]).segments] == ["held"]


def test_a_parent_that_reads_the_last_good_snapshot_of_a_held_segment_is_published(shop: SmallWorkspace) -> None:
    shop.app.save({**GERMANS, "cycle": "once", "personas": {"in": ["ana"]}})
    shop.app.save({"name": "Others", "rule": {"not": {"segment": "Germans"}}})
    moves(shop, "ana", "FR")
    report = shop.app.refresh(["Others", "Germans"])
    assert {row.name: row.status for row in report.segments} == {"Others": "held", "Germans": "held"}
    report = shop.app.refresh(["Others"])
    assert [(row.status, row.count) for row in report.segments] == [("published", 1)]


def test_a_user_who_has_gone_is_not_in_and_may_be_out(shop: SmallWorkspace) -> None:
    rule = {"name": "All", "rule": {"all": []}}
    toml = shop.folder / "segkit.toml"
    shop.app.save({**rule, "personas": {"in": ["ana"]}})
    shop.app.save({"name": "None", "rule": {"any": []}, "personas": {"out": ["ana"]}})
    shop._users.pop("ana")
    shop.write()
    text = toml.read_text().replace("data_date = 2020-01-01", 'data_date = 2020-01-02\nabsent = "gone"')
    toml.write_text(text)
    shop.reopen()
    shop.workspace.load(rebuild=False)
    report = shop.app.refresh()
    (held,) = report.held
    assert (held.name, held.reason) == (
        "All", "personas.in[0]: must be in, but is no user as of 2024-11-07: not known yet, or gone",
    )  # fmt: skip


def test_refresh_ends_with_3_when_a_persona_holds(shop: SmallWorkspace, run_segkit: Run) -> None:
    shop.app.save({**GERMANS, "personas": {"in": ["ana"]}})
    moves(shop, "ana", "FR")
    done = run_segkit("refresh", "-w", shop.folder, code=3)
    assert "‘Germans’ held: personas.in[0]: must be in, but is out" in done.stderr
    assert "ana" not in done.stdout + done.stderr
