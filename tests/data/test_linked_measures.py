"""Every measure over linked rows: what is first and last, sums, and which rows a condition counts; literal values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from segkit.errors import DataProblem, DefinitionError

from .made import LABELS, Made, Row, user

VALIDITY = {"valid_from": "bound", "valid_to": "unbound"}


def device(kind: str | None = None, **columns: Any) -> Row:
    """A row of ana's."""
    empty = dict.fromkeys(("bound", "unbound", "price", "paid_at", "is_hub", "rooms"))
    return {"uid": "ana", "kind": kind} | empty | columns


def derived(type_: str, measure: str, **how: Any) -> Row:
    scale = {"scale": how.pop("scale")} if "scale" in how else {}
    return {"code": "x", "type": type_, **scale, "derived": {"link": "devices", "measure": measure, **how}}


@pytest.fixture
def home(shop: Made) -> Made:
    shop.link_mapping = {}
    shop.users("2026-05-01", user("ana"), user("bo"))
    return shop


def value_of(home: Made, label: Row, *rows: Row, as_of: str = "2026-05-01") -> Any:
    """What the label is for ana, who has these rows, as of a date; None where it is missing."""
    home.labels = [*LABELS, label]
    home.devices("2026-05-01", *rows)
    home.load()
    return home.label("x", as_of).get("ana")


THREE = (
    device("lamp", bound="2026-03-01", price=20.0, paid_at="2026-03-01 09:00", is_hub=False),
    device("hub", bound="2026-01-05", price=99.9, paid_at="2026-03-01 08:00", is_hub=True),
    device("plug", bound=None, price=None, paid_at="2026-03-02 08:00", is_hub=None),
)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        (derived("date", "first", of="bound"), date(2026, 1, 5)),
        (derived("date", "last", of="bound"), date(2026, 3, 1)),
        (derived("string", "first", of="kind", by="paid_at"), "hub"),
        (derived("string", "last", of="kind", by="paid_at"), "plug"),
        (derived("number", "last", of="price", by="paid_at"), 20.0),  # the plug has no price
        (derived("number", "last", of="price", by="paid_at", scale=2), Decimal("20.00")),
        (derived("bool", "first", of="is_hub", by="paid_at"), True),
        (derived("date", "first", of="bound", by="paid_at"), date(2026, 1, 5)),
        (derived("date", "last", of="bound", by="paid_at"), date(2026, 3, 1)),
        (derived("number", "sum", of="price", scale=2), Decimal("119.90")),
        (derived("number", "min", of="price"), 20.0),
        (derived("number", "max", of="price", scale=1), Decimal("99.9")),
        (derived("number", "distinct", of="kind"), 3.0),
        (derived("string", "first", of="kind", by="bound"), "hub"),  # the plug has no place in the order
        (derived("string", "last", of="kind", by="bound"), "lamp"),
    ],
    ids=lambda case: str(case["derived"]) if isinstance(case, dict) else "",
)
def test_a_measure_of_linked_rows(home: Made, label: Row, value: Any) -> None:
    assert value_of(home, label, *THREE) == value


@pytest.mark.parametrize(
    ("label", "value"),
    [
        (derived("number", "count"), 0.0),
        (derived("bool", "exists"), False),
        (derived("list", "list", of="kind"), []),
        (derived("number", "distinct", of="kind"), 0.0),
        (derived("number", "sum", of="price", scale=2), Decimal(0)),
        (derived("number", "min", of="price"), None),
        (derived("number", "max", of="price"), None),
        (derived("date", "first", of="bound"), None),
        (derived("string", "last", of="kind", by="paid_at"), None),
    ],
    ids=lambda case: str(case["derived"]["measure"]) if isinstance(case, dict) else "",
)
@pytest.mark.parametrize("mapping", [{}, VALIDITY], ids=["snapshots", "validity"])
def test_who_has_no_rows_has_nothing_or_no_value(home: Made, mapping: Row, label: Row, value: Any) -> None:
    home.link_mapping = mapping
    assert value_of(home, label, {**device("lamp"), "uid": "bo"}) == value


def test_of_rows_at_the_same_instant_the_smallest_value_is_taken_for_first_and_for_last(home: Made) -> None:
    for measure in ("first", "last"):
        rows = [device(kind, paid_at="2026-03-01 09:00") for kind in ("plug", "hub", "lamp")]
        assert value_of(home, derived("string", measure, of="kind", by="paid_at"), *rows) == "hub"


def test_a_row_without_its_instant_is_neither_first_nor_last(home: Made) -> None:
    for measure in ("first", "last"):
        label = derived("string", measure, of="kind", by="paid_at")
        assert value_of(home, label, device("plug", paid_at=None)) is None
        assert value_of(home, label, device("plug", paid_at=None), device("hub", paid_at="2026-03-01 09:00")) == "hub"


def test_sums_are_exact_and_what_has_more_digits_is_rounded_before(home: Made) -> None:
    rows = [device(price=0.1) for _ in range(10)] + [device(price=0.005), device(price=0.015)]
    assert value_of(home, derived("number", "sum", of="price", scale=2), *rows) == Decimal("1.02")  # 0.00 and 0.02


def test_a_sum_of_too_many_digits_is_refused_by_the_labels_name(home: Made) -> None:
    with pytest.raises(DataProblem, match="label 'x': a sum of linked rows has more than 18 digits"):
        value_of(home, derived("number", "sum", of="price", scale=2), *(device(price=9e15) for _ in range(2)))


# --- history ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "changes"),
    [
        (derived("date", "first", of="bound"), ["2026-01-10 2026-01-10", "2026-02-01 2026-01-20"]),
        (derived("date", "last", of="bound"), ["2026-01-10 2026-01-10", "2026-01-20 2026-01-20"]),
        (derived("string", "last", of="kind"),
         ["0001-01-01 old", "2026-01-01 None", "2026-01-10 lamp", "2026-01-20 hub"]),
        (derived("string", "first", of="kind"),
         ["0001-01-01 old", "2026-01-01 None", "2026-01-10 lamp", "2026-02-01 hub"]),
        (derived("number", "sum", of="price", scale=0),
         ["0001-01-01 0", "2026-01-10 1", "2026-01-20 3", "2026-02-01 2"]),
        (derived("number", "max", of="price", scale=0),
         ["0001-01-01 0", "2026-01-01 None", "2026-01-10 1", "2026-01-20 2"]),
    ],
    ids=lambda case: str(case["derived"]) if isinstance(case, dict) else "",
)  # fmt: skip
def test_with_validity_a_value_changes_on_the_days_on_which_rows_begin_and_end_to_hold(
    home: Made, label: Row, changes: list[str]
) -> None:
    home.link_mapping = VALIDITY
    rows = (
        device("lamp", bound="2026-01-10", unbound="2026-02-01", price=1.0),
        device("hub", bound="2026-01-20", price=2.0),
        device("plug", bound="2026-01-20", unbound="2026-01-20", price=50.0),  # never
        device("old", bound=None, unbound="2026-01-01", price=0.0),  # since always
    )
    value_of(home, label, *rows)
    assert [f"{day} {value}" for day, value in home.history("x")["ana"]] == changes


def test_the_beginning_of_validity_says_which_row_is_first_and_one_without_it_was_always(home: Made) -> None:
    home.link_mapping = {"valid_from": "paid_at", "valid_to": "unbound"}
    rows = (device("evening", paid_at="2026-01-10 20:00"), device("morning", paid_at="2026-01-10 08:00"))
    assert value_of(home, derived("string", "last", of="kind"), *rows) == "evening"
    assert value_of(home, derived("string", "first", of="kind"), *rows, device("ever", paid_at=None)) == "ever"


def test_without_validity_a_first_value_goes_with_the_snapshot_that_no_longer_has_it(home: Made) -> None:
    label = derived("date", "first", of="bound")
    assert value_of(home, label, device(bound="2026-01-10")) == date(2026, 1, 10)
    home.devices("2026-05-05", {**device(bound="2026-02-01"), "uid": "bo"})
    home.load()
    assert home.label("x", "2026-05-04") == {"ana": date(2026, 1, 10)}
    assert home.label("x", "2026-05-05") == {"ana": None, "bo": date(2026, 2, 1)}


# --- which rows count ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "kinds"),
    [
        ({"column": "kind", "op": "eq", "value": "hub"}, ["hub"]),
        ({"column": "kind", "op": "ne", "value": "hub"}, ["lamp", "plug", None]),
        ({"column": "kind", "op": "starts_with", "value": "l"}, ["lamp"]),
        ({"column": "kind", "op": "not_in", "value": ["hub", "lamp"]}, ["plug", None]),
        ({"column": "kind", "op": "is_empty"}, [None]),
        ({"column": "price", "op": "between", "value": [20, 99.9]}, ["hub", "lamp"]),
        ({"column": "price", "op": "gt", "value": 20}, ["hub"]),
        ({"column": "price", "type": "number", "op": "not_empty"}, ["hub", "lamp"]),
        ({"column": "is_hub", "op": "eq", "value": False}, ["lamp"]),
        ({"column": "bound", "type": "date", "op": "after", "value": "2026-01-05"}, ["lamp"]),
        ({"column": "bound", "op": "on", "value": "2026-01-05"}, ["hub"]),
        ({"column": "rooms", "type": "list", "op": "contains", "value": "attic"}, ["hub"]),
        ({"not": {"column": "is_hub", "op": "eq", "value": True}}, ["lamp", "plug", None]),
        ({"any": [{"column": "kind", "op": "eq", "value": "plug"}, {"column": "price", "op": "lt", "value": 50}]},
         ["lamp", "plug"]),
        ({"all": [{"column": "is_hub", "op": "eq", "value": False}, {"column": "price", "op": "lt", "value": 5}]}, []),
        ({"all": [{"column": "is_hub", "op": "eq", "value": False, "mute": True}]}, ["hub", "lamp", "plug", None]),
        ({"any": []}, []),
        ({"kind": ["hub", "plug"], "is_hub": True}, ["hub"]),
        ({"bound": "2026-01-05"}, ["hub"]),  # compared as text
        ({"price": 20}, ["lamp"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_says_which_rows_count(home: Made, where: Row, kinds: list[str | None]) -> None:
    home.labels = [
        *LABELS,
        {**derived("list", "list", of="kind", where=where), "code": "kinds"},
        {**derived("number", "count", where=where), "code": "n"},
    ]
    home.devices(
        "2026-05-01",
        device("lamp", bound="2026-03-01", price=20.0, is_hub=False, rooms=["hall"]),
        device("hub", bound="2026-01-05", price=99.9, is_hub=True, rooms=["attic", "hall"]),
        device("plug"),
        device(None),
    )
    home.load()
    assert home.label("kinds", "2026-05-01")["ana"] == [kind for kind in kinds if kind]
    assert home.label("n", "2026-05-01")["ana"] == len(kinds)


# --- what is declared ------------------------------------------------------------------------------------------------


def test_a_changed_derivation_is_read_again_and_an_unchanged_one_is_not(home: Made) -> None:
    label = derived("string", "first", of="kind", by="paid_at")
    assert value_of(home, label, *THREE) == "hub"
    assert not home.load().is_new
    for changed, value in (
        (derived("string", "last", of="kind", by="paid_at"), "plug"),
        (derived("string", "last", of="kind", by="bound"), "lamp"),
        (
            derived("string", "last", of="kind", by="bound", where={"column": "kind", "op": "ne", "value": "lamp"}),
            "hub",
        ),
    ):
        home.labels = [*LABELS, changed]
        assert home.load().is_new
        assert home.label("x", "2026-05-01") == {"ana": value}
        assert not home.load().is_new


def test_first_of_anything_but_dates_needs_an_order(home: Made) -> None:
    message = (
        "label 'x': nothing says which row of link 'devices' is first; name a column of dates or instants with `by`"
    )
    with pytest.raises(DefinitionError, match=message):
        value_of(home, derived("string", "first", of="kind"), *THREE)


def test_a_column_that_says_the_order_must_be_there(home: Made) -> None:
    with pytest.raises(DataProblem, match=r"no column 'paid' for label 'x', column 'paid'\. Did you mean 'paid_at'"):
        value_of(home, derived("string", "first", of="kind", by="paid"), *THREE)


def test_an_order_that_cannot_be_read_is_reported(home: Made) -> None:
    home.labels = [*LABELS, derived("number", "first", of="price", by="kind")]
    home.devices("2026-05-01", *THREE)
    (found,) = home.load().role("link:devices").values
    assert found.what == "label 'x', column 'kind', values that are not an instant or a date and count as missing"
    assert found.count == 3
