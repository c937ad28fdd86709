"""Rules as Python: what each form builds, what it refuses, and that code and rule convert to each other."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from segkit.definitions import python_form
from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import Condition, Event, Label
from segkit.definitions.documents import parse_rule, rule_data, to_json
from segkit.definitions.python_form import (
    all_of,
    any_of,
    condition,
    event,
    everybody,
    label,
    nobody,
    not_,
    param,
    sample,
    segment,
    sequence,
    to_python,
)
from segkit.errors import DefinitionError
from tests.definitions.strategies import VOCABULARY, rules

NAMES = {name: getattr(python_form, name) for name in python_form.__all__} | {"date": date}
DAY, LATER = date(2026, 1, 1), date(2026, 3, 31)

BUILDS: list[tuple[str, dict[str, Any]]] = [
    ('label("country") == "DE"', {"label": "country", "op": "eq", "value": "DE"}),
    ('label("country") != "DE"', {"label": "country", "op": "ne", "value": "DE"}),
    ('label("country").isin("DE", "AT")', {"label": "country", "op": "in", "value": ["DE", "AT"]}),
    ('label("country").notin("DE")', {"label": "country", "op": "not_in", "value": ["DE"]}),
    ('label("city").contains("burg")', {"label": "city", "op": "contains", "value": "burg"}),
    ('label("city").not_contains("burg")', {"label": "city", "op": "not_contains", "value": "burg"}),
    ('label("city").startswith("New")', {"label": "city", "op": "starts_with", "value": "New"}),
    ('label("city").endswith("burg")', {"label": "city", "op": "ends_with", "value": "burg"}),
    ('label("city").is_empty()', {"label": "city", "op": "is_empty"}),
    ('label("city").not_empty()', {"label": "city", "op": "not_empty"}),
    ('label("sorts").contains("hub", "cam")', {"label": "sorts", "op": "contains", "value": ["hub", "cam"]}),
    ('label("sorts").contains(["hub"])', {"label": "sorts", "op": "contains", "value": ["hub"]}),
    ('label("sorts").contains_all("hub")', {"label": "sorts", "op": "contains_all", "value": ["hub"]}),
    ('label("consent").is_true()', {"label": "consent", "op": "eq", "value": True}),
    ('label("consent").is_false()', {"label": "consent", "op": "eq", "value": False}),
    ('label("orders") > 3', {"label": "orders", "op": "gt", "value": 3}),
    ('label("orders") >= 3.0', {"label": "orders", "op": "ge", "value": 3.0}),
    ('label("orders") < -3', {"label": "orders", "op": "lt", "value": -3}),
    ('label("orders") <= 3', {"label": "orders", "op": "le", "value": 3}),
    ('label("orders").between(1, 3)', {"label": "orders", "op": "between", "value": [1, 3]}),
    ('label("born").on(date(2026, 1, 1))', {"label": "born", "op": "on", "value": DAY}),
    ('label("born").before(date(2026, 1, 1))', {"label": "born", "op": "before", "value": DAY}),
    ('label("born").after(date(2026, 1, 1))', {"label": "born", "op": "after", "value": DAY}),
    (
        'label("born").between(date(2026, 1, 1), date(2026, 3, 31))',
        {"label": "born", "op": "between", "value": [DAY, LATER]},
    ),
    ('label("born").in_last(30)', {"label": "born", "op": "in_last", "value": 30}),
    ('label("born").not_in_last(30)', {"label": "born", "op": "not_in_last", "value": 30}),
    ('label("born").in_next(7)', {"label": "born", "op": "in_next", "value": 7}),
    ('label("born").days_ago_gt(7)', {"label": "born", "op": "days_ago_gt", "value": 7}),
    ('label("born").days_ago_lt(30)', {"label": "born", "op": "days_ago_lt", "value": 30}),
    ('label("born").days_ago_between(7, 30)', {"label": "born", "op": "days_ago_between", "value": [7, 30]}),
    ('event("used").last(30)', {"event": "used", "window": {"last": 30}}),
    ('event("used").ever()', {"event": "used", "window": {"all": True}}),
    ('event("used").ago(14, 7)', {"event": "used", "window": {"ago": [14, 7]}}),
    (
        'event("used").range(date(2026, 1, 1), date(2026, 3, 31))',
        {"event": "used", "window": {"from": DAY, "to": LATER}},
    ),
    ('event("used").count().last(30) > 2', {"event": "used", "op": "gt", "value": 2, "window": {"last": 30}}),
    ('event("used").count().last(30) >= 1.0', {"event": "used", "op": "ge", "value": 1.0, "window": {"last": 30}}),
    (
        'event("used").days().last(30) == 3',
        {"event": "used", "measure": "days", "op": "eq", "value": 3, "window": {"last": 30}},
    ),
    (
        'event("used").periods(every=7).last(28) >= 3',
        {"event": "used", "measure": "periods", "every": 7, "op": "ge", "value": 3, "window": {"last": 28}},
    ),
    (
        'event("used").periods(every=7, at_least=2).last(28) >= 3',
        {
            "event": "used",
            "measure": "periods",
            "every": 7,
            "at_least": 2,
            "op": "ge",
            "value": 3,
            "window": {"last": 28},
        },
    ),
    *(
        (
            f'event("paid").{measure}("amount").last(90) >= 100',
            {"event": "paid", "measure": measure, "of": "amount", "op": "ge", "value": 100, "window": {"last": 90}},
        )
        for measure in ("sum", "avg", "min", "max", "distinct")
    ),
    (
        'event("succeeds").share(of=event("starts", where=param("type") == "wifi")).last(90) < 0.5',
        {
            "event": "succeeds",
            "measure": "share",
            "of": {"event": "starts", "where": {"param": "type", "op": "eq", "value": "wifi"}},
            "op": "lt",
            "value": 0.5,
            "window": {"last": 90},
        },
    ),
    (
        'event("paid").first_day().ever().in_last(30)',
        {"event": "paid", "measure": "first", "op": "in_last", "value": 30, "window": {"all": True}},
    ),
    (
        'event("paid").last_day().ever().is_empty()',
        {"event": "paid", "measure": "last", "op": "is_empty", "window": {"all": True}},
    ),
    (
        'event("paid", where=(param("sort").isin("a")) & (param("amount") > 5)).last(30)',
        {
            "event": "paid",
            "window": {"last": 30},
            "where": {
                "all": [{"param": "sort", "op": "in", "value": ["a"]}, {"param": "amount", "op": "gt", "value": 5}]
            },
        },
    ),
    (
        'event("paid", where=any_of(~param("sort").isin("a"), any_of())).last(30)',
        {
            "event": "paid",
            "window": {"last": 30},
            "where": {"any": [{"not": {"param": "sort", "op": "in", "value": ["a"]}}, {"any": []}]},
        },
    ),
    (
        'sequence(event("browsed"), event("paid"), within=7).last(30)',
        {"sequence": [{"event": "browsed"}, {"event": "paid"}], "within": 7, "window": {"last": 30}},
    ),
    ('segment("VIP")', {"segment": "VIP"}),
    ('sample(10, seed="spring")', {"sample": 10, "seed": "spring"}),
    ("everybody()", {"all": []}),
    ("nobody()", {"any": []}),
    ('segment("A") & segment("B") & segment("C")', {"all": [{"segment": "A"}, {"segment": "B"}, {"segment": "C"}]}),
    ('segment("A") | ~segment("B")', {"any": [{"segment": "A"}, {"not": {"segment": "B"}}]}),
    ('not_(~segment("A"))', {"not": {"not": {"segment": "A"}}}),
    ('~~segment("A")', {"segment": "A"}),
    ('all_of(segment("A"))', {"all": [{"segment": "A"}]}),
    ('any_of([segment("A"), segment("B")])', {"any": [{"segment": "A"}, {"segment": "B"}]}),
    ('all_of(segment("A"), all_of(segment("B")))', {"all": [{"segment": "A"}, {"all": [{"segment": "B"}]}]}),
    ('segment("A").muted() & segment("B")', {"all": [{"segment": "A", "mute": True}, {"segment": "B"}]}),
    ('segment("A") & everybody()', {"all": [{"segment": "A"}, {"all": []}]}),
    ('condition({"label": "a", "op": "gt", "value": "b"})', {"label": "a", "op": "gt", "value": "b"}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "data"), BUILDS, ids=[code for code, _ in BUILDS])
def test_code_builds_what_the_document_says(code: str, data: dict[str, Any]) -> None:
    assert rule_data(eval(code, dict(NAMES))) == data


def test_the_example_of_the_design_is_its_own_code() -> None:
    rule = label("country").isin("DE") & (event("order_paid").sum("amount").last(90) >= 100) & ~segment("VIP")
    assert to_python(rule) == (
        'label("country").isin("DE") & (event("order_paid").sum("amount").last(90) >= 100) & ~segment("VIP")'
    )


def test_a_bare_event_with_its_days_is_a_condition() -> None:
    assert event("used").last(30) == Event.model_validate({"event": "used", "window": {"last": 30}})


def test_days_compare_as_days() -> None:
    assert (label("born") == DAY) == label("born").on(DAY)
    assert (label("born") != DAY) == ~label("born").on(DAY)
    assert (label("born") > DAY) == label("born").after(DAY)
    assert (label("born") < DAY) == label("born").before(DAY)
    assert label("born").on("2026-01-01") == label("born").on(DAY)
    assert event("used").range("2026-01-01", LATER) == event("used").range(DAY, LATER)
    with pytest.raises(TypeError, match=r"days have no >=; write \.after\(the day before\)"):
        _ = label("born") >= DAY
    with pytest.raises(TypeError, match=r"days have no <="):
        _ = label("born") <= DAY


def test_values_come_from_data_frames_too() -> None:
    column = pd.Series(["DE", "AT"])
    assert label("country").isin(column) == label("country").isin("DE", "AT")
    assert label("country").isin({"DE", "AT"}) == label("country").isin("AT", "DE")
    assert (label("orders") >= np.int64(3)) == (label("orders") >= 3)
    assert (label("orders") >= np.float64(0.5)) == (label("orders") >= 0.5)
    assert label("born").on(pd.Timestamp("2026-01-01")) == label("born").on(DAY)
    with pytest.raises(TypeError, match=r"found the instant 2026-01-01 12:00:00; days are compared as days"):
        label("born").on(datetime(2026, 1, 1, 12))  # noqa: DTZ001


# --- what it refuses -------------------------------------------------------------------------------------------------

A, B = label("a") == 1, label("b") == 2
REFUSED: list[tuple[str, str]] = [
    ("A and B", "write & for and, | for or, ~ for not"),
    ("A or B", "write & for and, | for or, ~ for not"),
    ("not A", "write & for and, | for or, ~ for not"),
    ('1 < label("a") < 3', r"and \.between\(a, b\) for a < … < b"),
    ('label("a") == 1 & label("b") == 2', r"put each comparison in brackets: \(a == 1\) & \(b == 2\)"),
    ('A & label("b")', r'found label\("b"\) beside a condition'),
    ("A & True", "found True beside a condition"),
    ("False | A", "found False beside a condition"),
    ('A & param("b").is_empty()', "a condition of a parameter stands in `where` of an event"),
    ('event("x").last(30) > 2', r"write \.count\(\) before the window"),
    ('event("x").last(30) == 2', r"write \.count\(\) before the window"),
    ('event("x") & A', r"name the days: \.last\(30\)"),
    ('event("x") == 3', r"name the days: \.last\(30\)"),
    ('bool(event("x"))', r"name the days: \.last\(30\)"),
    ('event("x").count() > 2', r"looks at no days yet"),
    ('~event("x").count().last(3)', r"compare it"),
    ('sequence(event("x"), event("y"), within=1) & A', r"name the days: \.last\(30\)"),
    ('all_of(A, event("x"))', r"found event\(\"x\"\) in all_of\(…\); expected conditions"),
]


@pytest.mark.parametrize(("code", "message"), REFUSED, ids=[code for code, _ in REFUSED])
def test_a_slip_of_the_pen_says_what_to_write(code: str, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        eval(code, NAMES | {"A": A, "B": B})


REFUSED_VALUES: list[tuple[str, str]] = [
    ('label("a") == None', 'label("a"): found None; a missing value is .is_empty()'),
    ('label("a") == float("nan")', "nan is not a number that anything can be compared with"),
    ('label("no code") == 1', "label(\"no code\"): rule.label: found 'no code'"),
    ('event("x").last(0)', 'event("x"): rule.window.last: found 0'),
    ('event("x").ago(7, 14)', "expected the larger number first"),
    ('event("x", where=A).last(3)', "expected a condition with one of the keys param, all, any, not"),
    ('sequence(event("x"), within=7).last(3)', "at least 2 items"),
    ('sample(101, seed="s")', "less than or equal to 100"),
]


@pytest.mark.parametrize(("code", "message"), REFUSED_VALUES, ids=[code for code, _ in REFUSED_VALUES])
def test_a_value_that_nothing_takes_is_refused_at_once(code: str, message: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        eval(code, NAMES | {"A": A})
    assert message in str(refused.value)


def test_a_condition_that_has_no_truth_value_can_still_be_kept_copied_and_looked_up() -> None:
    rule = A & ~B & event("x", where=param("p") == 1).last(3)
    assert {rule: 1}[A & ~B & event("x", where=param("p") == 1).last(3)] == 1
    assert rule in [B, rule]
    assert copy.deepcopy(rule) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert rule.model_copy(update={"mute": True}) == rule.muted() != rule
    assert type(rule).model_validate(rule.model_dump(by_alias=True)) == rule
    assert "Label" in repr(rule)
    assert isinstance(rule.children()[0], Label)


# --- code of a rule --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "data"), BUILDS, ids=[code for code, _ in BUILDS])
def test_the_code_of_a_rule_builds_it_again(code: str, data: dict[str, Any]) -> None:
    rule = parse_rule(data)
    assert _same(eval(to_python(rule), dict(NAMES)), rule)


def test_long_code_is_broken_over_lines() -> None:
    paid = event("paid", where=(param("category") == "camera") & (param("amount") > 5))
    rule = (
        label("country").isin(*(f"country_{number}" for number in range(9)))
        & (paid.sum("amount").range(DAY, LATER) >= 100)
        & (segment("VIP") | ~(label("city") == 'O\'Brien "x"'))
        & (label("note") == "a\nb").muted()
    )  # fmt: skip
    assert to_python(rule) == (
        "(\n"
        '    label("country").isin(\n' + "".join(f'        "country_{number}",\n' for number in range(9)) + "    )\n"
        "    & (\n"
        "        event(\n"
        '            "paid",\n'
        '            where=(param("category") == "camera") & (param("amount") > 5),\n'
        '        ).sum("amount").range(date(2026, 1, 1), date(2026, 3, 31)) >= 100\n'
        "    )\n"
        '    & (segment("VIP") | ~(label("city") == \'O\\\'Brien "x"\'))\n'
        '    & (label("note") == "a\\nb").muted()\n'
        ")"
    )


@given(rules())
@settings(max_examples=200, deadline=None)
def test_any_rule_and_its_code_are_the_same(rule: Condition) -> None:
    assert check_rule(rule, VOCABULARY) == []
    code = to_python(rule)
    assert "condition(" not in code
    assert _same(eval(code, dict(NAMES)), rule)
    assert to_python(eval(code, dict(NAMES))) == code


ODD: list[dict[str, Any]] = [
    {"label": "a", "op": "eq"},
    {"label": "a", "op": "in", "value": []},
    {"label": "a", "op": "in", "value": ["x", 1, True, DAY]},
    {"label": "a", "op": "gt", "value": [1, 2]},
    {"label": "a", "op": "contains", "value": [DAY]},
    {"label": "a", "op": "eq", "value": DAY},
    {"label": "a", "op": "is_empty", "value": 3},
    {"label": "a", "op": "in_last", "value": "x"},
    {"event": "x", "op": "contains", "value": "y", "window": {"last": 3}},
    {"event": "x", "op": "eq", "value": True, "window": {"last": 3}},
    {"event": "x", "measure": "count", "of": "y", "op": "ge", "value": 1, "window": {"last": 3}},
    {"event": "x", "measure": "periods", "op": "ge", "value": 1, "window": {"last": 3}},
    {"event": "x", "measure": "share", "of": "y", "op": "ge", "value": 1, "window": {"all": True}},
    {"event": "x", "measure": "sum", "of": {"event": "y"}, "op": "ge", "value": 1, "window": {"all": True}},
    {"event": "x", "every": 3, "window": {"all": True}},
    {"event": "x", "where": {"param": "p", "op": "gt", "value": [1]}, "window": {"all": True}},
]


@pytest.mark.parametrize("data", ODD, ids=str)
def test_a_rule_that_no_type_has_keeps_its_odd_values_in_code(data: dict[str, Any]) -> None:
    rule = parse_rule(data)
    assert _same(eval(to_python(~rule & rule), dict(NAMES)), ~rule & rule)


def _same(first: Condition, second: Condition) -> bool:
    """As data too, since 1 == True == 1.0 for Python."""
    return first == second and to_json(rule_data(first)) == to_json(rule_data(second))


def test_every_name_of_the_form_is_used_here() -> None:
    used = {
        all_of,
        any_of,
        condition,
        event,
        everybody,
        label,
        nobody,
        not_,
        param,
        sample,
        segment,
        sequence,
        to_python,
    }
    assert used == {value for name, value in NAMES.items() if name != "date"}
