"""Labels derived from events: their values as of any date, and that a rule says of them what it says of the events."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from subprocess import CompletedProcess
from typing import Any

import openpyxl
import pytest

from segkit import label
from segkit.api.doctor import examine
from segkit.definitions.operators import operators_of_measure
from segkit.errors import DefinitionError, SegkitError
from tests.small_workspace import SmallWorkspace

LAST_10 = {"last": 10}  # as of 2024-11-07: from 2024-10-28 to 2024-11-06
ORDERS: dict[str, Any] = {"event": "order_paid", "window": LAST_10}
AMOUNT: dict[str, Any] = {**ORDERS, "of": "amount"}
DERIVED: dict[str, dict[str, Any]] = {
    "orders": {"type": "number", "derived": ORDERS},
    "order_days": {"type": "number", "derived": {**ORDERS, "measure": "days"}},
    "order_weeks": {
        "type": "number",
        "derived": {"event": "order_paid", "measure": "periods", "every": 5, "at_least": 2, "window": LAST_10},
    },
    "spent": {"type": "number", "unit": "€", "derived": {**AMOUNT, "measure": "sum"}},
    "average": {"type": "number", "derived": {**AMOUNT, "measure": "avg"}},
    "smallest": {"type": "number", "derived": {**AMOUNT, "measure": "min"}},
    "largest": {"type": "number", "derived": {**AMOUNT, "measure": "max"}},
    "categories": {"type": "number", "derived": {**ORDERS, "of": "category", "measure": "distinct"}},
    "bought_of_browsed": {
        "type": "number", "derived": {**ORDERS, "measure": "share", "of": {"event": "product_browsed"}},
    },
    "first_order": {"type": "date", "derived": {"event": "order_paid", "measure": "first", "window": {"all": True}}},
    "last_order": {"type": "date", "derived": {**ORDERS, "measure": "last"}},
    "has_ordered": {"type": "bool", "derived": {**ORDERS, "measure": "exists"}},
    "cameras": {"type": "number", "derived": {**ORDERS, "where": {"param": "category", "op": "eq", "value": "camera"}}},
    "in_october": {
        "type": "number", "derived": {"event": "order_paid", "window": {"from": "2024-10-01", "to": "2024-10-31"}},
    },
    "before": {"type": "number", "derived": {"event": "order_paid", "window": {"ago": [20, 10]}}},
}  # fmt: skip


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    """ana: 10, 10 and 20.01 € on two days, and an order before; bo: one order without an amount; cy: nothing."""
    small.derived = DERIVED
    small.event("ana", "order_paid", "2024-10-27 23:59:59", amount=5.0, category="lock")  # the day before the window
    small.event("ana", "order_paid", "2024-10-28 00:00:00", amount=10.0, category="camera")  # its first instant
    small.event("ana", "order_paid", "2024-11-06 12:00:00", amount=10.0, category="camera")
    small.event("ana", "order_paid", "2024-11-06 23:59:59", amount=20.01, category="light")  # its last second
    small.event("ana", "order_paid", "2024-11-07 00:00:00", amount=1000.0, category="plug")  # as of: outside
    small.event("ana", "product_browsed", "2024-11-01 12:00:00", times=9)
    small.event("bo", "order_paid", "2024-11-02 10:00:00")
    small.event("cy", "app_used", "2024-11-02 10:00:00")
    return small


def values(shop: SmallWorkspace, code: str, as_of: str = "2024-11-07") -> list[Any]:
    """What ana, bo and cy have; None where it is missing."""
    frame = shop.app.members({"all": []}, as_of, labels=[code])
    cells = dict(zip(frame["uid"], frame[code], strict=True))
    return [None if cells[uid] is None or cells[uid] != cells[uid] else cells[uid] for uid in ("ana", "bo", "cy")]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("orders", [3, 1, 0]),
        ("order_days", [2, 1, 0]),
        ("order_weeks", [1, 0, 0]),
        ("spent", [Decimal("40.01"), Decimal(0), Decimal(0)]),
        ("average", [40.01 / 3, None, None]),
        ("smallest", [Decimal("10.00"), None, None]),
        ("largest", [Decimal("20.01"), None, None]),
        ("categories", [2, 0, 0]),
        ("bought_of_browsed", [1 / 3, None, None]),
        ("first_order", [date(2024, 10, 27), date(2024, 11, 2), None]),
        ("last_order", [date(2024, 11, 6), date(2024, 11, 2), None]),
        ("has_ordered", [True, True, False]),
        ("cameras", [2, 0, 0]),
        ("in_october", [2, 0, 0]),
        ("before", [1, 0, 0]),
    ],
)
def test_a_label_is_the_measure_of_its_window(shop: SmallWorkspace, code: str, expected: list[Any]) -> None:
    assert values(shop, code) == expected


@pytest.mark.parametrize(
    ("code", "as_of", "expected"),
    [
        ("orders", "2024-11-06", [2, 1, 0]),  # the window begins with the 27th, and the 6th is not in it
        ("orders", "2024-11-08", [3, 1, 0]),
        ("orders", "2019-01-01", [0, 0, 0]),  # before the first load: events are known by their instant
        ("spent", "2024-11-08", [Decimal("1030.01"), Decimal(0), Decimal(0)]),
        ("first_order", "2024-10-27", [None, None, None]),
        ("first_order", "2024-10-28", [date(2024, 10, 27), None, None]),
        ("last_order", "2024-12-24", [None, None, None]),
        ("has_ordered", "2024-11-13", [True, False, False]),
        ("in_october", "2024-10-28", [1, 0, 0]),
        ("before", "2024-11-16", [2, 1, 0]),  # from the 27th of October to the 5th of November
    ],
)
def test_a_label_follows_the_date_asked_for(shop: SmallWorkspace, code: str, as_of: str, expected: list[Any]) -> None:
    assert values(shop, code, as_of) == expected


def test_before_the_first_load_a_label_follows_the_date_all_the_same(shop: SmallWorkspace) -> None:
    shop.event("bo", "order_paid", "2019-12-30 10:00:00")  # users and their columns are known from 2020 on
    assert values(shop, "first_order", "2019-12-30") == [None, None, None]
    assert values(shop, "first_order", "2019-12-31") == [None, date(2019, 12, 30), None]
    assert shop.members(label("orders") >= 1, "2019-12-31") == {"bo"}
    assert shop.members(label("orders") >= 1, "2020-01-20") == set()


NUMBERS: dict[str, Any] = {"between": (1, 20), "is_empty": None, "not_empty": None}
DATES: dict[str, Any] = {
    "on": date(2024, 11, 2), "before": date(2024, 11, 2), "after": date(2024, 11, 2),
    "between": (date(2024, 10, 27), date(2024, 11, 2)), "in_last": 5, "not_in_last": 5, "in_next": 5,
    "days_ago_gt": 4, "days_ago_lt": 5, "days_ago_between": (1, 5), "is_empty": None, "not_empty": None,
}  # fmt: skip


def conditions(code: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Comparisons of a label with every operator that its measure has, and the same comparisons of the events."""
    derived = DERIVED[code]["derived"]
    measure = derived.get("measure", "count")
    found = []
    for op in operators_of_measure(measure):
        choices = [DATES[op]] if measure in ("first", "last") else [NUMBERS[op]] if op in NUMBERS else [0, 1, 2, 13.336]
        for value in choices:
            compared = {"op": op} if value is None else {"op": op, "value": value}
            found.append(({"label": code, **compared}, {**derived, **compared}))
    return found


@pytest.mark.parametrize("code", [code for code in DERIVED if code != "has_ordered"])
def test_a_condition_of_the_label_picks_whom_that_of_the_events_picks(shop: SmallWorkspace, code: str) -> None:
    pairs = conditions(code)
    for as_of in ("2024-11-07", "2024-10-28", "2024-11-16"):
        by_label, by_events = (shop.app.evaluate([pair[side] for pair in pairs], as_of) for side in (0, 1))
        for pair, one, other in zip(pairs, by_label, by_events, strict=True):
            assert one == other, (as_of, pair)


def test_what_is_never_missing_is_never_empty(shop: SmallWorkspace) -> None:
    for code in ("orders", "order_days", "order_weeks", "spent", "categories", "has_ordered"):
        assert shop.members({"label": code, "op": "is_empty"}) == set()
        assert shop.members({"label": code, "op": "not_empty"}) == {"ana", "bo", "cy"}
    for code in ("average", "smallest", "largest", "bought_of_browsed"):
        assert shop.members({"label": code, "op": "is_empty"}) == {"bo", "cy"}
        assert shop.members({"label": code, "op": "ne", "value": 7}) == {"ana", "bo", "cy"}
    assert shop.members({"label": "first_order", "op": "is_empty"}) == {"cy"}


def test_whether_there_is_an_event_is_yes_or_no(shop: SmallWorkspace) -> None:
    assert shop.members(label("has_ordered").is_true()) == {"ana", "bo"}
    assert shop.members(label("has_ordered").is_false()) == {"cy"}
    assert shop.members(~label("has_ordered").is_true()) == {"cy"}


def test_averages_and_shares_are_shown_rounded_and_compared_exactly(shop: SmallWorkspace) -> None:
    # 9 of 27 browsed is a third, which no double is: the one that is shown lies below it.
    assert values(shop, "bought_of_browsed")[0] == 0.3333333333333333
    assert shop.members(label("bought_of_browsed") == 0.3333333333333333) == set()
    assert shop.members(label("bought_of_browsed") > 0.3333333333333333) == {"ana"}
    assert shop.members(label("average") > 13.336666666666666) == {"ana"}
    assert shop.members(label("average") < 13.336666666666667) == {"ana"}
    for exact in (label("average") == 40.01 / 3, label("bought_of_browsed") == 1 / 3):
        assert shop.members(exact | (label("orders") > 9)) == set()  # so in a group, too
        assert shop.members(~exact & (label("orders") > 2)) == {"ana"}
    with pytest.raises(SegkitError, match="at most 27 decimals"):
        shop.app.estimate(label("average") > 1e-39)


def test_counts_sentences_and_paths_of_an_estimate_speak_of_the_label(shop: SmallWorkspace) -> None:
    found = shop.app.estimate(
        {"all": [{"label": "spent", "op": "ge", "value": 40.01}, {"not": {"label": "orders", "op": "ge", "value": 9}}]}
    )
    assert found.count == 1
    assert found.sentence == "Users whose spent is at least 40.01 €, and whose orders is less than 9."
    assert [(c.path, c.text, c.count) for c in found.conditions] == [
        ("rule", "All of these", 1),
        ("rule.all[0]", "Spent is at least 40.01 €", 1),
        ("rule.all[1]", "Orders is less than 9", 3),
        ("rule.all[1].not", "Orders is at least 9", 0),
    ]


def test_evidence_holds_the_value_that_a_verdict_rests_on(shop: SmallWorkspace) -> None:
    def seen(uid: str, code: str) -> Any:
        (found,) = shop.app.evidence(uid, {"label": code, "op": "not_empty"})
        return found.holds, found.seen

    assert seen("ana", "average") == (True, Fraction(4001, 300))
    assert seen("ana", "spent") == (True, Fraction("40.01"))
    assert seen("ana", "bought_of_browsed") == (True, Fraction(1, 3))
    assert seen("ana", "first_order") == (True, date(2024, 10, 27))
    assert seen("bo", "average") == (False, None)
    assert seen("cy", "orders") == (True, 0)
    assert seen("cy", "has_ordered")[1] is False
    assert seen("ana", "has_ordered")[1] is True


def test_values_counts_users_of_the_base_with_zero_among_them(shop: SmallWorkspace) -> None:
    def counted(code: str) -> tuple[list[tuple[Any, int]], int]:
        found, without = shop.app.values(code)
        return sorted((v.value, v.count) for v in found), without

    assert counted("orders") == ([(0, 1), (1, 1), (3, 1)], 0)
    assert counted("spent") == ([(Decimal(0), 2), (Decimal("40.01"), 1)], 0)
    assert counted("last_order") == ([(date(2024, 11, 2), 1), (date(2024, 11, 6), 1)], 1)
    assert counted("has_ordered") == ([(False, 1), (True, 2)], 0)


def test_an_export_has_the_values_of_its_date(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Buyers", "cycle": "daily", "rule": {"label": "orders", "op": "ge", "value": 1}})
    chosen = ["orders", "spent", "average", "first_order", "has_ordered"]
    workbook = shop.app.export(["Buyers"], labels=chosen, format="xlsx")
    with zipfile.ZipFile(workbook.path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".xlsx")]
        sheet = openpyxl.load_workbook(io.BytesIO(archive.read(name))).worksheets[0]
    ana = [cell.value for cell in next(sheet.iter_rows(min_row=2, max_row=2))]
    assert ana[:3] == ["ana", 3, 40.01]
    result = shop.app.export(["Buyers"], labels=chosen)
    with zipfile.ZipFile(result.path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".csv")]
        rows = list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8")))
    assert rows == [
        ["uid", *chosen],
        ["ana", "3", "40.01", "13.336666666666666", "2024-10-27", "true"],
        ["bo", "1", "0.00", "", "2024-11-02", "true"],
    ]


def test_a_leaf_of_the_label_and_of_its_events_is_evaluated_once(shop: SmallWorkspace) -> None:
    told: list[tuple[int, int]] = []
    rule = {"any": [{"label": "orders", "op": "ge", "value": 2}, {**ORDERS, "op": "ge", "value": 2}]}
    shop.app.evaluate([rule], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1, 1)


def declare(shop: SmallWorkspace, **derived: dict[str, Any]) -> None:
    """The vocabulary declares these derived labels from now on."""
    shop.derived = derived
    labels = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    content = json.loads(labels.read_text())
    content["labels"] = [found for found in content["labels"] if "derived" not in found]
    content["labels"] += [{"code": code, "name": code, **declared} for code, declared in derived.items()]
    labels.write_text(json.dumps(content))


def test_a_changed_derivation_counts_at_once_without_a_load_and_a_published_segment_is_renewed(
    shop: SmallWorkspace,
) -> None:
    shop.app.save({"name": "Buyers", "cycle": "daily", "rule": {"label": "orders", "op": "ge", "value": 3}})
    assert shop.app.segment("Buyers").count == 1
    declare(shop, orders={"type": "number", "derived": {**ORDERS, "window": {"last": 3}}})
    assert shop.members({"label": "orders", "op": "ge", "value": 3}) == set()
    assert not shop.workspace.load()[0].is_new
    assert shop.app.segment("Buyers").is_stale
    shop.app.refresh()
    assert shop.app.segment("Buyers").count == 0
    declare(shop, orders={"type": "date", "derived": {**ORDERS, "measure": "first"}})  # nothing stored has a type
    assert not shop.workspace.load()[0].is_new
    assert values(shop, "orders")[0] == date(2024, 10, 28)


def test_a_label_that_was_a_column_may_be_derived_from_events_and_become_a_column_again(shop: SmallWorkspace) -> None:
    shop.user("dee", score=7.0)
    assert shop.members(label("score") == 7) == {"dee"}
    path = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    as_column = path.read_text()
    content = json.loads(as_column)
    (score,) = (found for found in content["labels"] if found["code"] == "score")
    score["derived"] = ORDERS
    path.write_text(json.dumps(content))
    shop.workspace.load()
    assert shop.members(label("score") == 3) == {"ana"}
    path.write_text(as_column)
    shop.workspace.load()
    assert shop.members(label("score") == 7) == {"dee"}


@pytest.mark.parametrize(
    ("derived", "place", "message"),
    [
        ({"event": "order_payd", "window": LAST_10}, "derived", "no event 'order_payd'. Did you mean 'order_paid'?"),
        ({**AMOUNT, "of": "amuont", "measure": "sum"}, "derived.of",
         "event 'order_paid' has no parameter 'amuont'. Did you mean 'amount'?"),
        ({**ORDERS, "of": "category", "measure": "avg"}, "derived.of", "parameter 'category' is a string"),
        ({**ORDERS, "where": {"all": [{"param": "amount", "op": "in", "value": ["a"]}]}}, "derived.where.all[0].op",
         "parameter 'amount' is a number, which has no 'in'"),
        ({**ORDERS, "measure": "share", "of": {"event": "browsed"}}, "derived.of", "no event 'browsed'"),
        ({**ORDERS, "measure": "periods", "every": 3}, "derived.window", "'periods' expects `last: N`"),
        ({"event": "orders", "window": LAST_10}, "derived", "'orders' is a label; labels are derived from events"),
        ({"event": "score", "window": LAST_10}, "derived", "'score' is a label; labels are derived from events"),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)  # fmt: skip
def test_a_derivation_that_does_not_fit_is_a_problem_of_the_vocabulary_with_its_place(
    shop: SmallWorkspace, derived: dict[str, Any], place: str, message: str
) -> None:
    before = shop.app.base().count
    declare(shop, orders={"type": "number", "derived": derived})
    with pytest.raises(DefinitionError) as error:
        shop.members({"all": []})
    (problem,) = error.value.problems
    assert (problem.place, message in problem.message) == (f"labels[8].{place}", True)
    assert error.value.subject.endswith("labels.yaml")
    (finding,) = [found for found in examine(shop.workspace) if found.severity == "error"][:1]
    assert message in finding.what
    declare(shop)
    assert shop.app.base().count == before


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"type": "string", "derived": ORDERS}, "is derived by count: its type is number, not string"),
        (
            {"type": "number", "derived": {**ORDERS, "measure": "first"}},
            "derived by first: its type is date, not number",
        ),
        ({"type": "number", "scale": 3, "derived": {**AMOUNT, "measure": "sum"}}, "found 3; parameter 'amount' has 2"),
        ({"type": "number", "scale": 2, "derived": ORDERS}, "found 2; 'count' has none, leave it out"),
        ({"type": "number", "derived": {**ORDERS, "link": "devices"}}, "unknown key 'link'"),
        ({"type": "number", "derived": {**ORDERS, "op": "ge", "value": 1}}, "unknown key 'op'"),
        ({"type": "number", "derived": {"event": "order_paid"}}, "window: missing"),
        ({"type": "number", "derived": {"measure": "count"}}, "expected one of the keys link, event"),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)
def test_a_label_has_the_type_of_its_measure(shop: SmallWorkspace, declared: dict[str, Any], message: str) -> None:
    shop.app.base()
    declare(shop, orders=declared)
    with pytest.raises(DefinitionError, match=message):
        shop.members({"all": []})


def test_the_list_of_labels_says_how_each_is_derived(
    shop: SmallWorkspace, run_segkit: Callable[..., CompletedProcess[str]]
) -> None:
    shop.app.base()
    found = json.loads(run_segkit("labels", "-w", str(shop.folder), "--json").stdout)
    assert {label["code"]: label["derived_as"] for label in found if "derived_as" in label} == {
        "orders": "Number of ‘order paid’ in the last 10 days",
        "order_days": "Days with ‘order paid’ in the last 10 days",
        "order_weeks": "Periods of 5 days with ‘order paid’ 2 times or more in the last 10 days",
        "spent": "Sum of amount over ‘order paid’ in the last 10 days",
        "average": "Average amount over ‘order paid’ in the last 10 days",
        "smallest": "Smallest amount over ‘order paid’ in the last 10 days",
        "largest": "Largest amount over ‘order paid’ in the last 10 days",
        "categories": "Number of different values of category over ‘order paid’ in the last 10 days",
        "bought_of_browsed": "Share of ‘order paid’ among ‘product browsed’ in the last 10 days",
        "first_order": "First ‘order paid’ ever",
        "last_order": "Last ‘order paid’ in the last 10 days",
        "has_ordered": "Whether there is ‘order paid’ in the last 10 days",
        "cameras": "Number of ‘order paid’ (where category is “camera”) in the last 10 days",
        "in_october": "Number of ‘order paid’ from 1 Oct 2024 to 31 Oct 2024",
        "before": "Number of ‘order paid’ between 20 and 10 days ago",
    }
    (spent,) = (label for label in found if label["code"] == "spent")
    assert spent["derived"] == {"event": "order_paid", "measure": "sum", "of": "amount", "window": {"last": 10}}
