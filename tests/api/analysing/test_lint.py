"""Lint finds what is odd about a rule, and has nothing to say of a good one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from segkit.api import App
from tests.api.analysing import bad_rules as bad
from tests.api.analysing.good_rules import GOOD, GOOD_SETS
from tests.api.analysing.lint_shop import lint_shop


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    shop = lint_shop(tmp_path_factory.mktemp("lint") / "workspace")
    app = shop.app
    _save(app, "Germans", bad.DE)
    _save(app, "Archived", bad.AT)
    app.archive("Archived")
    _save(app, "Deleted", bad.AT)
    app.delete("Deleted")
    once = _save(app, "Changed once", bad.CONSENT, cycle="once", publish=True)
    app.save(_document("Changed once", bad.GATEWAY, id=once, cycle="once"), publish=False)
    _save(app, "Never published", bad.CONSENT, cycle="once")
    _save(app, "Old daily", bad.GATEWAY)
    app.refresh(["Old daily"], "2024-10-01")
    yield app
    shop.close()


def _document(name: str, rule: bad.Rule, **more: Any) -> dict[str, Any]:
    return {"segkit": 1, "name": name, "rule": rule, **more}


def _save(app: App, name: str, rule: bad.Rule, *, publish: bool = False, **more: Any) -> str:
    return app.save(_document(name, rule, **more), publish=publish).id


def _found(app: App, rule: bad.Rule) -> bad.Found:
    return [(remark.code, remark.path) for remark in app.lint(rule).remarks]


def test_there_are_sixty_bad_rules_and_sixty_good_ones() -> None:
    groups = (bad.WITHOUT_A_VALUE, bad.NEVER_OR_ALWAYS, bad.WINDOWS, bad.REFERENCES, bad.WITHOUT_EFFECT)
    seeded = sum(len(group) for group in (*groups, bad.UNKNOWN_VALUES, bad.BOUNDARIES))
    assert seeded >= 60
    assert len(GOOD) >= 60


@pytest.mark.parametrize(("rule", "found", "users"), bad.WITHOUT_A_VALUE, ids=str)
def test_users_without_a_value_are_counted(app: App, rule: bad.Rule, found: bad.Found, users: int) -> None:
    remarks = app.lint(rule).remarks
    assert [(remark.code, remark.path) for remark in remarks] == found
    assert [remark.numbers["users"] for remark in remarks] == [users] * len(found)


@pytest.mark.parametrize(
    ("rule", "found"), [*bad.NEVER_OR_ALWAYS, *bad.WINDOWS, *bad.REFERENCES, *bad.WITHOUT_EFFECT], ids=str
)
def test_what_is_odd_is_found_where_it_stands_and_nothing_else(app: App, rule: bad.Rule, found: bad.Found) -> None:
    assert _found(app, rule) == found


@pytest.mark.parametrize(("rule", "found", "nearest"), bad.UNKNOWN_VALUES, ids=str)
def test_a_value_that_nobody_has_is_found_with_the_nearest_that_some_have(
    app: App, rule: bad.Rule, found: bad.Found, nearest: dict[str, str]
) -> None:
    remarks = app.lint(rule).remarks
    assert [(remark.code, remark.path) for remark in remarks] == found
    assert remarks[0].numbers["nearest"] == nearest


@pytest.mark.parametrize(("rules", "found"), bad.BOUNDARIES, ids=str)
def test_what_lies_at_a_boundary_is_found_with_whom_it_concerns(
    app: App, rules: list[bad.Rule], found: list[tuple[str, str, str, int]]
) -> None:
    named = [_document(name, rule) for name, rule in zip(("first", "second", "third"), rules, strict=False)]
    remarks = [r for r in app.lint_set(named).remarks if r.code in ("gap", "overlap")]
    assert [(r.code, r.segment, r.path, r.numbers["users"]) for r in remarks] == found


@pytest.mark.parametrize("rule", GOOD, ids=str)
def test_nothing_is_said_of_a_good_rule(app: App, rule: bad.Rule) -> None:
    assert _found(app, rule) == []


@pytest.mark.parametrize("rules", GOOD_SETS, ids=str)
def test_nothing_is_said_of_the_boundaries_of_a_good_set(app: App, rules: list[bad.Rule]) -> None:
    named = [_document(name, rule) for name, rule in zip(("first", "second", "third"), rules, strict=False)]
    assert [r for r in app.lint_set(named).remarks if r.code in ("gap", "overlap")] == []


def test_a_set_is_a_folder_a_tag_or_names_and_a_lint_of_all_looks_within_folders_and_tags(app: App) -> None:
    def looked(**where: Any) -> list[tuple[str, str]]:
        return [(r.code, r.segment) for r in app.lint_set(**where).remarks if r.code in ("gap", "overlap")]

    low = app.save(_document("Low", bad.score("lt", 40), folder="Scores/Two", tags=["low"]), publish=False)
    high = app.save(_document("High", bad.score("gt", 40), folder="Scores/Two", tags=["high"]), publish=False)
    beside = app.save(_document("Beside", bad.score("between", [0, 60]), tags=["low"]), publish=False)
    assert looked(folder="Scores") == [("gap", "Low")]
    assert looked(rules=["low", high.id]) == [("gap", "Low")]
    assert looked(rules=["Low", "High", "Beside"]) == []  # the third covers it
    assert looked(tag="low") == []
    everywhere = [r for r in app.lint_all().remarks if r.code == "gap" and r.segment == "Low"]
    assert [(r.path, r.beside, r.numbers) for r in everywhere] == [
        ("rule", (("High", "rule"),), {"boundary": "40", "on": 1, "users": 1})
    ]
    for saved in (low, high, beside):
        app.delete(saved.id)


def test_a_personal_value_stays_masked_and_has_no_nearest(app: App) -> None:
    found = app.lint({"label": "email", "op": "eq", "value": "ana@example.org"})
    for shown in (found.words, str(found.to_dict()), found._repr_html_()):
        assert "ana@" not in shown
        assert "example.org" not in shown
        assert "example.com" not in shown


def test_a_lint_is_words_data_and_a_list_in_a_notebook(app: App) -> None:
    found = app.lint({"label": "country", "op": "eq", "value": "<de>"})
    assert found.words.splitlines()[-1] == "1 remark on ‘this rule’ as of 2024-11-07."
    assert list(found.data["code"]) == ["unknown-value"]
    assert found.to_dict()["remarks"][0]["path"] == "rule"
    assert "&lt;de&gt;" in found._repr_html_()
    assert found.without("unknown-value").words == "Nothing odd about ‘this rule’ as of 2024-11-07."
    assert not app.lint(bad.DE)
    assert found
