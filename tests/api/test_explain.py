"""Why a user is in or not, on a few literal users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.api import App
from segkit.errors import DefinitionError, NotFound, SegkitError
from segkit.store.records import Computed
from segkit.store.snapshots import new_snapshot_id, publish, read_snapshot
from tests.small_workspace import SmallWorkspace

GERMANS = {"label": "country", "op": "eq", "value": "DE"}
ACTIVE = {"event": "app_used", "op": "ge", "value": 3, "window": {"last": 30}}
SPENT = {"event": "order_paid", "measure": "sum", "of": "amount", "op": "ge", "value": 100, "window": {"last": 90}}
PAIRED = {
    "event": "pairing_succeeds", "measure": "share", "of": {"event": "pairing_starts"}, "op": "lt", "value": 0.5,
    "window": {"last": 30},
}  # fmt: skip
BOUGHT = {"sequence": [{"event": "product_browsed"}, {"event": "order_paid"}], "within": 1, "window": {"last": 30}}
ORDERS = {"type": "number", "derived": {"event": "order_paid", "measure": "count", "window": {"last": 90}}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    made = SmallWorkspace(tmp_path_factory.mktemp("explain") / "workspace")
    made.derived = {"orders": ORDERS}
    made.app_settings = 'account = "country"'
    made.user("ana", country="DE", marketing_consent=True, email="ana@example.com", tags=["x"])
    made.user("bo", country="AT", email="Bo@Example.com ", registered_at="2024-10-01")
    made.user("cy", country="DE", email="team@example.com")
    made.user("di", country="FR", email="team@example.com")
    made.event("ana", "app_used", "2024-11-01 09:00")
    made.event("ana", "app_used", "2024-11-02 09:00")
    for day, amount in (("2024-11-01", 40.5), ("2024-11-03", 20), ("2024-08-01", 900)):
        made.event("ana", "order_paid", f"{day} 10:00", amount=amount, category="books")
    made.event("ana", "pairing_starts", "2024-11-01 08:00", times=2)
    made.event("ana", "pairing_succeeds", "2024-11-01 08:30")
    made.event("ana", "product_browsed", "2024-10-30 10:00")
    for document in (
        {"name": "Germans", "cycle": "daily", "rule": GERMANS},
        {"name": "Active Germans", "cycle": "daily", "rule": {"all": [{"segment": "Germans"}, ACTIVE]}},
        {"name": "Once", "cycle": "once", "rule": GERMANS},
        {"name": "Reads once", "cycle": "daily", "rule": {"not": {"segment": "Once"}}},
    ):
        made.app.save(document)
    yield made
    made.close()


@pytest.fixture
def app(shop: SmallWorkspace) -> App:
    return shop.app


def said(app: App, rule: Any, who: str = "ana", **more: Any) -> tuple[str, str]:
    """The value seen and what would turn the verdict, of a rule of one condition."""
    line = app.explain(who, rule, **more).tree
    return line.seen_text, line.turns


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (GERMANS, ("DE", "at another value")),
        ({**GERMANS, "value": "AT"}, ("DE", "at AT")),
        (ACTIVE, ("2 times", "at 3 (1 more)")),
        ({**ACTIVE, "op": "le"}, ("2 times", "at 4 (2 more)")),
        (SPENT, ("60.5", "at 100 (39.5 more)")),
        (PAIRED, ("0.5", "below 0.5")),
        (BOUGHT, ("2 of 2 steps in their order", "1 day sooner: it took 2 days")),
        ({**BOUGHT, "within": 3}, ("every step in time", "without one of these events")),
        ({"label": "orders", "op": "ge", "value": 3}, ("2", "at 3 (1 more)")),
        ({"label": "score", "op": "gt", "value": 2.5}, ("no value", "at 2.5")),
        ({"label": "marketing_consent", "op": "eq", "value": True}, ("yes", "at no, or without a value")),
        ({"label": "tags", "op": "contains_all", "value": ["x", "y"]}, ("x", "with y")),
        ({"label": "email", "op": "not_empty"}, ("a•••@e•••.com", "without a value")),
    ],
)
def test_the_value_and_what_would_turn_it_are_told(app: App, rule: Any, expected: tuple[str, str]) -> None:
    expected_seen = "Germany" if expected[0] == "DE" else expected[0]
    assert said(app, rule) == (expected_seen, expected[1])


def test_days_of_a_date_are_told(app: App) -> None:
    rule = {"label": "registered_at", "op": "in_last", "value": 30}
    assert said(app, rule, "bo") == ("1 Oct 2024", "at 8 Oct 2024 (7 days later)")


def test_the_rule_is_a_tree_with_near_misses(app: App) -> None:
    found = app.explain("ana", "Active Germans")
    assert found.words.splitlines()[:8] == [
        "ana is not in ‘Active Germans’ as of 7 Nov 2024.",
        "One condition would put this user in by itself:",
        "  • app used: at least 3 times in the last 30 days: 2 times; it would turn at 3 (1 more)",
        "",
        "✗ All of these",
        "  ✓ In segment ‘Germans’ (its rule, version 1)",
        "    ✓ Country is Germany: Germany",
        "  ✗ app used: at least 3 times in the last 30 days: 2 times ← would change the verdict by itself",
    ]
    assert [line.verdict.place for _, line in found.tree.walk()] == [
        "rule", "rule.all[0]", "rule.all[0].segment", "rule.all[1]",
    ]  # fmt: skip
    data = found.to_dict()
    assert (data["in"], data["near_misses"][0]["by"], data["near_misses"][0]["to"]) == (False, 1, 3)
    assert data["tree"]["inside"][1]["threshold"] == 3
    assert found.data.set_index("place").loc["rule.all[1]", "rows"] == 2


def test_it_is_told_as_of_any_date(app: App) -> None:
    assert said(app, ACTIVE, as_of="2024-11-02") == ("1 time", "at 3 (2 more)")


def test_rows_that_count_come_page_by_page(app: App) -> None:
    rule = {"all": [SPENT, {**SPENT, "op": "lt"}, ACTIVE]}
    first = app.explain("ana", rule, limit=1, place="rule.all[0]")
    rows = first.line("rule.all[0]").rows
    assert rows is not None
    assert (rows.total, rows.next_after, str(rows.shown[0].at)) == (2, 1, "2024-11-03 10:00:00+01:00")
    assert rows.shown[0].parameters == (("Amount", "20"),)
    assert dict(rows.shown[0].common) == {"Category": "books"}
    second = app.explain("ana", rule, limit=1, after=1, place="rule.all[0]").line("rule.all[0]").rows
    assert second is not None
    assert (second.next_after, second.shown[0].parameters) == (None, (("Amount", "40.5"),))
    others = [first.line(place).rows for place in ("rule.all[1]", "rule.all[2]")]
    assert [rows.shown for rows in others if rows] == [(), ()]
    with pytest.raises(NotFound, match=r"those with rows are rule.all\[0\], rule.all\[1\], rule.all\[2\]"):
        app.explain("ana", rule, place="rule.all[7]")


def test_the_other_events_of_a_share_and_the_steps_of_a_sequence_are_told_apart(app: App) -> None:
    share, way = app.explain("ana", PAIRED).tree.rows, app.explain("ana", BOUGHT).tree.rows
    assert share is not None
    assert way is not None
    assert [row.is_counted for row in share.shown] == [True, False, False]
    assert [row.steps for row in way.shown] == [(1,), (1,), (0,)]


def test_what_is_read_from_a_snapshot_is_said_to_be(app: App) -> None:
    (line,) = app.explain("ana", "Reads once").tree.inside
    assert (line.note, line.inside) == ("read from its snapshot as of 2024-11-07", ())
    once = app.explain("ana", "Once")
    assert once.notes[-1] == "‘Once’ has cycle once: this user is in its snapshot as of 2024-11-07"


def test_a_muted_condition_has_no_say(app: App) -> None:
    found = app.explain("ana", {"all": [GERMANS, {**ACTIVE, "mute": True}]})
    assert found.holds
    assert "  – app used: at least 3 times in the last 30 days (muted: it has no say)" in found.words
    assert [miss.places for miss in found.near_misses] == [("rule.all[0]",)]
    for muted in ({**GERMANS, "mute": True}, {"any": [{**GERMANS, "mute": True}]}):
        everybody = app.explain("bo", muted)
        assert (everybody.holds, everybody.near_misses) == (True, ())
        assert app.check("bo", muted)


def test_conditions_that_read_the_same_data_are_named_beside_a_near_miss(app: App) -> None:
    found = app.explain("ana", {"all": [ACTIVE, {**ACTIVE, "value": 1}]})
    assert [miss.beside for miss in found.near_misses] == [("rule.all[1]",)]


@pytest.mark.parametrize("who", ["bo", " bo ", "bo@example.com", "BO@EXAMPLE.COM"])
def test_a_user_is_found_by_uid_or_e_mail_in_its_normal_form(app: App, who: str) -> None:
    assert app.explain(who, GERMANS).uid == "bo"
    assert app.check(who, {**GERMANS, "value": "AT"})


def test_an_account_is_found_as_it_is_and_an_address_of_several_is_refused(app: App) -> None:
    assert app.explain("FR", GERMANS).uid == "di"
    with pytest.raises(SegkitError, match=r"2 users have this account as of 2024-11-07: ana, cy\. Ask for one"):
        app.explain("DE", GERMANS)
    with pytest.raises(SegkitError, match="2 users have this e-mail address as of 2024-11-07: cy, di"):
        app.check("team@example.com", GERMANS)
    for nobody in ("fr", "nobody@example.com", "+4915112345678"):
        with pytest.raises(NotFound, match=r"no user with the uid .* as account \(country\), e-mail or mobile either"):
            app.explain(nobody, GERMANS)
    with pytest.raises(SegkitError, match="nobody was asked for"):
        app.explain("  ", GERMANS)


def test_what_is_wrong_with_a_rule_is_said_as_elsewhere(app: App) -> None:
    with pytest.raises(DefinitionError, match="no label 'contry'"):
        app.explain("ana", {"label": "contry", "op": "eq", "value": "DE"})
    with pytest.raises(NotFound, match="no segment 'Germns'"):
        app.explain("ana", "Germns")


def test_personal_data_is_masked_unless_asked_for_on_record(app: App) -> None:
    rule = {"any": [{"label": "email", "op": "eq", "value": "ana@example.com"}, GERMANS]}
    hidden = app.explain("ana", rule)
    assert "ana@example.com" not in f"{hidden.words} {hidden._repr_html_()} {hidden.to_dict()}"
    before = len(app.workspace.catalog.audit(action="unmask"))
    shown = app.explain("ana", rule, unmask=True)
    assert shown.line("rule.any[0]").seen == "ana@example.com"
    entries = app.workspace.catalog.audit(action="unmask")
    assert len(entries) == before + 1
    assert entries[0].detail == {"labels": ["email"], "users": 1, "as_of": "2024-11-07"}


def test_html_escapes_what_comes_from_data_and_reads_without_its_style_sheet(small: SmallWorkspace) -> None:
    small.user("<b>ana", country="<script>alert(1)</script>")
    found = small.app.explain("<b>ana", {**GERMANS, "value": "<i>x"})
    page = found._repr_html_()
    assert "<script>alert" not in page
    assert "<b>ana" not in page
    assert "<i>x" not in page
    assert "✗" in page
    assert page.count("<li") == page.count("</li>")


def test_who_is_not_there_yet_or_gone_is_told_so(tmp_path: Path) -> None:
    small = SmallWorkspace(tmp_path / "workspace")
    small.user("new", registered_at="2024-11-01")
    small.write()
    settings = small.folder / "segkit.toml"
    settings.write_text(
        settings.read_text().replace('uid = "uid"\ndata_date', 'uid = "uid"\nknown_from = "registered_at"\ndata_date')
    )

    workspace = segkit.open(small.folder, actor="tester")
    workspace.load()
    app = workspace.app()
    assert not app.check("new", {"all": []}, "2024-10-01")
    assert app.check("new", {"all": []}, "2024-11-02")
    with pytest.raises(NotFound, match="as of 2024-10-01: not known yet, known from 2024-11-0"):
        app.explain("new", {"all": []}, "2024-10-01")
    workspace.close()


def test_an_imported_list_says_in_or_out_from_its_snapshot_and_is_in_no_profile(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.user("bo", country="AT")
    app, catalog = small.app, small.workspace.catalog
    app.save({"name": "Germans", "cycle": "once", "rule": GERMANS})
    (germans,) = catalog.snapshots("shop", app.segment("Germans").id)
    document = app.document("Germans").model_copy(update={"id": None, "name": "List"})
    saved = catalog.save(document, app="shop", actor="ana", now=small.workspace.clock(), based_on=None, kind="imported")
    computed = {field.name: getattr(germans, field.name) for field in fields(Computed)}
    listed = Computed(**{**computed, "id": new_snapshot_id(), "segment_id": saved.segment_id})
    publish(small.folder, "shop", catalog, [(listed, read_snapshot(small.folder, germans))])
    assert (app.check("ana", "List"), app.check("bo", "List")) == (True, False)
    found = app.explain("ana", "List")
    assert (found.holds, found.tree.inside, found.tree.note) == (True, (), "read from its snapshot as of 2024-11-07")
    assert [each.name for each in app.profile("ana").memberships] == ["Germans"]
