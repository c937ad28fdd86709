"""The English of rules: literal sentences and rows, and that two meanings never share one."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator
from datetime import date
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from hypothesis import given, settings
from hypothesis import strategies as st

from segkit.definitions.conditions import All, Any_, Condition, Not, SegmentRef, walk
from segkit.definitions.derivations import FromEvents, FromLink
from segkit.definitions.documents import parse_rule, rule_data
from segkit.definitions.operators import MEASURES, OPERATORS, POSITIVE_OF, wanted_value
from segkit.definitions.python_form import (
    all_of,
    any_of,
    event,
    everybody,
    label,
    nobody,
    not_,
    param,
    sample,
    segment,
    sequence,
)
from segkit.definitions.sentences import condition_text, sentence
from segkit.definitions.vocabulary import (
    EventDeclaration,
    LabelDeclaration,
    ParameterDeclaration,
    Vocabulary,
)
from segkit.definitions.wording import patterns
from tests.definitions.strategies import TRICKY_TEXTS, VOCABULARY, rules, texts

SHOP = Vocabulary(
    labels=(
        LabelDeclaration(
            code="country",
            name="Country",
            type="string",
            values={"DE": "Germany", "AT": "Austria", "KR": "Korea, South"},
        ),
        LabelDeclaration(code="city", name="City", type="string"),
        LabelDeclaration(code="consent", name="Marketing consent", type="bool"),
        LabelDeclaration(code="spent", name="Amount spent", type="number", scale=2, unit="€"),
        LabelDeclaration(code="level", name="User level", type="number", values={"3": "Gold"}),
        LabelDeclaration(code="registered_at", name="Registration time", type="date"),
        LabelDeclaration(
            code="sorts", name="Device categories", type="list", values={"hub": "Gateway", "cam": "Camera"}
        ),
        LabelDeclaration(code="os", name="OS version", type="string"),
        LabelDeclaration(
            code="devices",
            name="Number of bound devices",
            type="number",
            unit="devices",
            derived=FromLink(link="devices", measure="count"),
        ),
        LabelDeclaration(
            code="has_gateway", name="Has a gateway", type="bool", derived=FromLink(link="devices", measure="exists")
        ),
    ),
    parameters=(
        ParameterDeclaration(code="amount", name="Amount", type="number", scale=2, unit="€"),
        ParameterDeclaration(code="category", name="Product category", type="string", values={"cam": "Cameras"}),
        ParameterDeclaration(code="delivery", name="Delivery day", type="date"),
    ),
    events=(
        EventDeclaration(code="paid", name="Paid an order", parameters=("amount", "category", "delivery")),
        EventDeclaration(code="browsed", name="Browsed a product", parameters=("category",)),
        EventDeclaration(code="gave", name="Gave feedback"),
        EventDeclaration(code="starts", name="Pairing starts"),
        EventDeclaration(code="succeeds", name="Pairing succeeds"),
    ),
)
ORDERS = FromEvents.model_validate({"event": "paid", "window": {"last": 90}})
AVERAGE = FromEvents.model_validate({"event": "paid", "measure": "avg", "of": "amount", "window": {"all": True}})
DERIVED = Vocabulary(
    labels=(
        *SHOP.labels,
        LabelDeclaration(code="orders", name="Orders in the last 90 days", type="number", derived=ORDERS),
        LabelDeclaration(code="average", name="Average order", type="number", unit="€", derived=AVERAGE),
    ),
    parameters=SHOP.parameters,
    events=SHOP.events,
)
DAY, LATER = date(2026, 1, 1), date(2026, 3, 31)


def of(rule: Condition) -> str:
    """The rule's sentence without "Users" and the full stop."""
    found = sentence(rule, SHOP)
    assert found.startswith("Users ")
    return found.removeprefix("Users ").removesuffix(".")


# --- labels ----------------------------------------------------------------------------------------------------------

LABELS: list[tuple[Condition, str]] = [
    (label("consent").is_true(), "whose marketing consent is yes"),
    (label("consent").is_false(), "whose marketing consent is no"),
    (label("country") == "DE", "whose country is Germany"),
    (label("country") == "XX", "whose country is “XX”"),
    (label("country") == "KR", "whose country is ‘Korea, South’"),
    (label("country") != "DE", "whose country is not Germany (includes users without a value)"),
    (label("country").isin("DE", "AT"), "whose country is any of Germany, Austria"),
    (label("country").isin("DE"), "whose country is Germany"),
    (label("country").notin("DE", "AT"), "whose country is none of Germany, Austria (includes users without a value)"),
    (label("city").contains("burg"), "whose city contains “burg”"),
    (label("city").not_contains("burg"), "whose city does not contain “burg” (includes users without a value)"),
    (label("city").startswith("New "), "whose city starts with “New ”"),
    (label("city").endswith("a\nb"), "whose city ends with “a\\nb”"),
    (label("city").is_empty(), "whose city has no value"),
    (label("city").not_empty(), "whose city has a value"),
    (label("os") == "12", "whose OS version is “12”"),
    (label("spent") > 1234567.5, "whose amount spent is more than 1,234,567.5 €"),
    (label("spent") >= 100, "whose amount spent is at least 100 €"),
    (label("spent") < 0.1, "whose amount spent is less than 0.1 €"),
    (label("spent") <= 100, "whose amount spent is at most 100 €"),
    (label("spent").between(5, 10), "whose amount spent is from 5 € to 10 €"),
    (label("spent") == 5, "whose amount spent is 5 €"),
    (label("spent") != 5, "whose amount spent is not 5 € (includes users without a value)"),
    (label("level") == 3, "whose user level is Gold"),
    (label("level") >= 3, "whose user level is at least 3"),
    (label("devices") >= 1, "whose number of bound devices is at least 1"),
    (label("devices") != 1, "whose number of bound devices is not 1"),
    (label("has_gateway").is_true(), "whose ‘Has a gateway’ is yes"),
    (label("registered_at").on(DAY), "whose registration time is on 1 Jan 2026"),
    (label("registered_at").before(DAY), "whose registration time is before 1 Jan 2026"),
    (label("registered_at").after(DAY), "whose registration time is after 1 Jan 2026"),
    (label("registered_at").between(DAY, LATER), "whose registration time is from 1 Jan 2026 to 31 Mar 2026"),
    (label("registered_at").in_last(30), "whose registration time is in the last 30 days"),
    (label("registered_at").in_last(1), "whose registration time is in the last 1 day"),
    (
        label("registered_at").not_in_last(30),
        "whose registration time is not in the last 30 days (includes users without a value)",
    ),
    (label("registered_at").in_next(7), "whose registration time is today or in the next 7 days"),
    (label("registered_at").days_ago_gt(7), "whose registration time is more than 7 days ago"),
    (label("registered_at").days_ago_lt(30), "whose registration time is less than 30 days ago"),
    (label("registered_at").days_ago_between(7, 30), "whose registration time is 7 to 30 days ago"),
    (label("sorts").contains("hub"), "whose device categories include Gateway"),
    (label("sorts").contains("hub", "cam"), "whose device categories include any of Gateway, Camera"),
    (label("sorts").contains_all("hub", "cam"), "whose device categories include all of Gateway, Camera"),
    (
        label("sorts").not_contains("hub", "cam"),
        "whose device categories include none of Gateway, Camera (includes users without a value)",
    ),
]


@pytest.mark.parametrize(("rule", "words"), LABELS, ids=[words for _, words in LABELS])
def test_a_label_reads(rule: Condition, words: str) -> None:
    assert of(rule) == words


NEGATED_LABELS: list[tuple[Condition, str]] = [
    (label("country") == "DE", "whose country is not Germany (includes users without a value)"),
    (label("country") != "DE", "whose country is Germany"),
    (label("country").is_empty(), "whose country has a value"),
    (label("consent").is_true(), "whose marketing consent is not yes (includes users without a value)"),
    (label("spent") >= 100, "whose amount spent is not at least 100 € (includes users without a value)"),
    (label("spent").between(5, 10), "whose amount spent is not from 5 € to 10 € (includes users without a value)"),
    (label("city").startswith("A"), "whose city does not start with “A” (includes users without a value)"),
    (
        label("registered_at").days_ago_gt(7),
        "whose registration time is not more than 7 days ago (includes users without a value)",
    ),
    (
        label("sorts").contains_all("hub", "cam"),
        "whose device categories do not include all of Gateway, Camera (includes users without a value)",
    ),
    # Counted and told by linked rows, so never missing.
    (label("devices") >= 1, "whose number of bound devices is less than 1"),
    (label("has_gateway").is_true(), "whose ‘Has a gateway’ is no"),
]


@pytest.mark.parametrize(("rule", "words"), NEGATED_LABELS, ids=[words for _, words in NEGATED_LABELS])
def test_not_of_a_label_says_who_is_included(rule: Condition, words: str) -> None:
    assert of(~rule) == words


def test_a_derived_label_is_called_by_its_name_and_is_missing_only_if_its_measure_can_be() -> None:
    orders, average, devices = label("orders"), label("average"), label("devices")
    few = "whose ‘Orders in the last 90 days’ is at most 2"
    for rule, words in (
        (orders >= 2, "whose ‘Orders in the last 90 days’ is at least 2"),
        (~(orders >= 2), "whose ‘Orders in the last 90 days’ is less than 2"),
        (orders != 2, "whose ‘Orders in the last 90 days’ is not 2"),
        (average != 2, "whose average order is not 2 € (includes users without a value)"),
        (~(average >= 2), "whose average order is not at least 2 € (includes users without a value)"),
        # Who has nothing is among those who have few, so not among the others.
        (~((orders <= 2) & (devices <= 1)),
         f"who are not among those ({few}, and whose number of bound devices is at most 1)"),
        (~((orders <= 2) & (average <= 1)),
         f"who are not among those ({few}, and whose average order is at most 1 €) (includes users without a value)"),
    ):  # fmt: skip
        assert sentence(rule, DERIVED) == f"Users {words}."


# --- events ----------------------------------------------------------------------------------------------------------

CAMERAS = param("category") == "cam"
EVENTS: list[tuple[Condition, str]] = [
    (event("paid").last(30), "who have paid an order in the last 30 days"),
    (event("paid").ever(), "who have paid an order ever"),
    (event("paid").range(DAY, LATER), "who have paid an order from 1 Jan 2026 to 31 Mar 2026"),
    (event("paid").ago(14, 7), "who have paid an order between 14 and 7 days ago"),
    (~event("paid").last(30), "who have not paid an order in the last 30 days"),
    (event("paid").count().last(30) == 0, "who have not paid an order in the last 30 days"),
    (event("gave").count().last(90) > 2, "who have given feedback more than 2 times in the last 90 days"),
    (
        ~(event("gave").count().last(90) > 2),
        "who have given feedback at most 2 times in the last 90 days (includes users with none)",
    ),
    (
        event("gave").count().last(90) <= 1,
        "who have given feedback at most 1 time in the last 90 days (includes users with none)",
    ),
    (
        event("gave").count().last(9) != 2,
        "who have given feedback not exactly 2 times in the last 9 days (includes users with none)",
    ),
    (event("gave").count().last(9).between(1, 3), "who have given feedback from 1 to 3 times in the last 9 days"),
    (event("starts").last(1), "who did ‘Pairing starts’ in the last 1 day"),
    (~event("starts").last(7), "who did not do ‘Pairing starts’ in the last 7 days"),
    (event("starts").count().last(90) >= 3, "who did ‘Pairing starts’ at least 3 times in the last 90 days"),
    (event("paid").days().last(30) >= 3, "who have paid an order on at least 3 days in the last 30 days"),
    (
        event("paid").days().last(30) < 3,
        "who have paid an order on fewer than 3 days in the last 30 days (includes users with none)",
    ),
    (
        event("paid").periods(every=7).last(28) >= 3,
        "who have paid an order in at least 3 of the 4 periods of 7 days in the last 28 days",
    ),
    (
        event("starts").periods(every=1, at_least=2).last(7) >= 3,
        "who did ‘Pairing starts’ 2 times or more in at least 3 of the 7 periods of 1 day in the last 7 days",
    ),
    (
        event("paid", where=CAMERAS).last(30),
        "who have paid an order (where product category is Cameras) in the last 30 days",
    ),
    (
        event("paid").sum("amount").last(90) >= 100,
        "whose sum of amount over ‘Paid an order’ in the last 90 days is at least 100 €",
    ),
    (
        event("paid").sum("amount").last(90) < 100,
        "whose sum of amount over ‘Paid an order’ in the last 90 days is less than 100 € (includes users with none)",
    ),
    (event("paid").avg("amount").ever() > 9.99, "whose average amount over ‘Paid an order’ ever is more than 9.99 €"),
    (
        event("paid").min("amount").ever() != 5,
        "whose smallest amount over ‘Paid an order’ ever is not 5 € (includes users without a value)",
    ),
    (event("paid").max("amount").ever().is_empty(), "whose largest amount over ‘Paid an order’ ever has no value"),
    (
        event("paid").distinct("category").ever() <= 2,
        "whose number of different values of product category over ‘Paid an order’ ever is at most 2 "
        "(includes users with none)",
    ),
    (
        event("succeeds").share(of=event("starts")).last(90) < 0.5,
        "whose share of ‘Pairing succeeds’ among ‘Pairing starts’ in the last 90 days is less than 0.5",
    ),
    (event("paid").first_day().ever().in_last(30), "whose first ‘Paid an order’ ever is in the last 30 days"),
    (
        event("paid").last_day().ever().not_in_last(30),
        "whose last ‘Paid an order’ ever is not in the last 30 days (includes users without a value)",
    ),
]


@pytest.mark.parametrize(("rule", "words"), EVENTS, ids=[words for _, words in EVENTS])
def test_an_event_reads(rule: Condition, words: str) -> None:
    assert of(rule) == words


FILTERS: list[tuple[Condition, str]] = [
    (param("amount") > 50, "amount is more than 50 €"),
    (param("category") != "cam", "product category is not Cameras (includes events without a value)"),
    (~(param("amount") > 50), "amount is not more than 50 € (includes events without a value)"),
    (param("delivery").in_next(3), "delivery day is today or in the next 3 days"),
    (CAMERAS & (param("amount") > 50), "product category is Cameras, and amount is more than 50 €"),
    (
        (CAMERAS | (param("amount") > 50)) & param("delivery").not_empty(),
        "(product category is Cameras, or amount is more than 50 €), and delivery day has a value",
    ),
    (
        ~(CAMERAS | (param("amount") > 50)),
        "not (product category is Cameras, or amount is more than 50 €) (includes events without a value)",
    ),
    (any_of(), "nothing fits"),
]


@pytest.mark.parametrize(("where", "words"), FILTERS, ids=[words for _, words in FILTERS])
def test_a_filter_reads(where: Condition, words: str) -> None:
    assert of(event("paid", where=where).last(3)) == f"who have paid an order (where {words}) in the last 3 days"


def test_an_empty_or_muted_filter_is_none() -> None:
    plain = "who have paid an order in the last 3 days"
    assert of(event("paid", where=all_of()).last(3)) == plain
    muted = sentence(event("paid", where=CAMERAS.muted()).last(3), SHOP)
    assert muted == f"Users {plain}. 1 muted condition left out."


# --- other conditions ------------------------------------------------------------------------------------------------

OTHERS: list[tuple[Condition, str]] = [
    (segment("VIP"), "who are in segment ‘VIP’"),
    (~segment("VIP"), "who are not in segment ‘VIP’"),
    (sample(10, seed="spring"), "who are in the stable sample of 10 % by seed “spring”"),
    (~sample(0.25, seed=""), "who are not in the stable sample of 0.25 % by seed “”"),
    (
        sequence(event("browsed", where=CAMERAS), event("paid"), within=7).last(30),
        "who did ‘Browsed a product’ (where product category is Cameras), then ‘Paid an order’, "
        "within 7 × 24 hours, in the last 30 days",
    ),
    (
        ~sequence(event("browsed"), event("paid"), within=1).ever(),
        "who did not do ‘Browsed a product’, then ‘Paid an order’, within 1 × 24 hours, ever",
    ),
]


@pytest.mark.parametrize(("rule", "words"), OTHERS, ids=[words for _, words in OTHERS])
def test_other_conditions_read(rule: Condition, words: str) -> None:
    assert of(rule) == words


def test_a_segment_is_called_by_its_name() -> None:
    names = {"sg_1": "VIP"}
    assert sentence(~segment("sg_1"), SHOP, names.__getitem__) == "Users who are not in segment ‘VIP’."


# --- groups ----------------------------------------------------------------------------------------------------------

A, B, C = label("country") == "DE", event("paid").last(30), segment("VIP")
A_SAYS, B_SAYS, C_SAYS = (
    "whose country is Germany",
    "who have paid an order in the last 30 days",
    "who are in segment ‘VIP’",
)
GROUPS: list[tuple[Condition, str]] = [
    (A & B, f"Users {A_SAYS}, and {B_SAYS}."),
    (A & B & C, f"Users {A_SAYS}, {B_SAYS}, and {C_SAYS}."),
    (A | B | C, f"Users {A_SAYS}, {B_SAYS}, or {C_SAYS}."),
    (A & (B | C), f"Users {A_SAYS}, and ({B_SAYS}, or {C_SAYS})."),
    ((A & B) | C, f"Users ({A_SAYS}, and {B_SAYS}), or {C_SAYS}."),
    (~(A | B), f"Users who are not among those ({A_SAYS}, or {B_SAYS}) (includes users without a value)."),
    (A & ~(C & segment("B")), f"Users {A_SAYS}, and who are not among those ({C_SAYS}, and who are in segment ‘B’)."),
    (~(~A & ~B), "Users who are not among those (whose country is not Germany (includes users without a value), "
     "and who have not paid an order in the last 30 days)."),
    (everybody(), "All users."),
    (nobody(), "No users."),
    (~everybody(), "No users."),
    (not_(~everybody()), "All users."),
    (A | everybody(), f"Users {A_SAYS}, or who are any users."),
    (A & nobody(), f"Users {A_SAYS}, and who are no users."),
    (all_of(any_of(A)), f"Users {A_SAYS}."),
    (not_(all_of(not_(A))), f"Users {A_SAYS}."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "words"), GROUPS, ids=[words for _, words in GROUPS])
def test_groups_read(rule: Condition, words: str) -> None:
    assert sentence(rule, SHOP) == words


def test_muted_conditions_are_left_out_and_counted() -> None:
    assert sentence(A & B.muted(), SHOP) == f"Users {A_SAYS}. 1 muted condition left out."
    assert sentence(A | (B & C).muted(), SHOP) == f"Users {A_SAYS}. 2 muted conditions left out."
    assert sentence(A & ~B.muted(), SHOP) == f"Users {A_SAYS}. 1 muted condition left out."
    assert sentence(A.muted(), SHOP) == "All users. 1 muted condition left out."
    assert sentence(A.muted() & B.muted(), SHOP) == "All users. 2 muted conditions left out."
    assert sentence(any_of(A.muted(), nobody()), SHOP) == "No users. 1 muted condition left out."


def test_the_sentence_of_the_whole_reads_like_the_picture() -> None:
    rule = (
        label("consent").is_true()
        & label("has_gateway").is_true()
        & ~event("browsed").last(30)
        & (label("country").isin("DE", "AT") | (event("paid").sum("amount").last(90) >= 100))
    )
    assert sentence(rule, SHOP) == (
        "Users whose marketing consent is yes, whose ‘Has a gateway’ is yes, who have not browsed a product in the "
        "last 30 days, and (whose country is any of Germany, Austria, or whose sum of amount over ‘Paid an order’ in "
        "the last 90 days is at least 100 €)."
    )


def test_without_a_vocabulary_codes_stand_for_names() -> None:
    rule = label("country").isin("DE", "AT") & ~event("app_used", where=param("os") == "ios").last(30)
    assert sentence(rule) == (
        "Users whose country is any of “DE”, “AT”, and who did not do app_used (where os is “ios”) in the last 30 days."
    )


@pytest.mark.parametrize(
    "data",
    [
        {"label": "country", "op": "eq"},
        {"label": "country", "op": "in", "value": []},
        {"label": "spent", "op": "between", "value": [1, 2, 3]},
        {"label": "spent", "op": "gt", "value": "many"},
        {"label": "unknown", "op": "in_last", "value": [DAY]},
        {"event": "paid", "op": "contains", "value": "x", "window": {"last": 3}},
        {"event": "paid", "measure": "sum", "op": "is_empty", "window": {"last": 3}},
        {"event": "paid", "measure": "share", "op": "gt", "window": {"all": True}},
        {"event": "paid", "measure": "periods", "op": "ge", "value": True, "window": {"all": True}},
        {"event": "paid", "measure": "periods", "every": 40, "op": "ge", "value": 1, "window": {"last": 3}},
    ],
)
def test_a_rule_that_does_not_fit_has_words_too(data: dict[str, Any]) -> None:
    rule = parse_rule(data)
    for vocabulary in (SHOP, None):
        assert sentence(rule, vocabulary).startswith("Users ")
        assert condition_text(rule, vocabulary)
        assert sentence(~rule, vocabulary).startswith("Users ")


# --- rows ------------------------------------------------------------------------------------------------------------

ROWS: list[tuple[Condition, str]] = [
    (label("country").isin("DE", "AT"), "Country is any of Germany, Austria"),
    (label("country") != "DE", "Country is not Germany (includes users without a value)"),
    (label("consent").is_true(), "Marketing consent is yes"),
    (label("has_gateway").is_true(), "‘Has a gateway’ is yes"),
    (event("paid").last(30), "Paid an order: at least once in the last 30 days"),
    (~event("paid").last(30), "Paid an order: not once in the last 30 days"),
    (event("starts").count().last(9) >= 3, "Pairing starts: at least 3 times in the last 9 days"),
    (event("paid").days().last(30) >= 3, "Paid an order: on at least 3 days in the last 30 days"),
    (
        event("paid").periods(every=7).last(28) >= 3,
        "Paid an order: in at least 3 of the 4 periods of 7 days in the last 28 days",
    ),
    (
        event("paid").sum("amount").last(90) >= 100,
        "Sum of amount over ‘Paid an order’ in the last 90 days is at least 100 €",
    ),
    (sequence(event("browsed"), event("paid"), within=7).last(30),
     "‘Browsed a product’, then ‘Paid an order’, within 7 × 24 hours, in the last 30 days"),
    (segment("VIP"), "In segment ‘VIP’"),
    (~segment("VIP"), "Not in segment ‘VIP’"),
    (sample(10, seed="spring"), "In the stable sample of 10 % by seed “spring”"),
    (A & B, "All of these"),
    (A | B, "At least one of these"),
    (~(A & B), "Not all of these"),
    (~(A | B), "None of these"),
    (everybody(), "All users"),
    (nobody(), "No users"),
    (A.muted(), "Country is Germany"),
    (param("category") != "cam", "Product category is not Cameras (includes events without a value)"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "words"), ROWS, ids=[words for _, words in ROWS])
def test_a_row_reads(node: Condition, words: str) -> None:
    assert condition_text(node, SHOP) == words


def test_a_row_shows_the_first_of_many_values_and_how_many_more() -> None:
    many = label("city").isin(*string.ascii_lowercase)
    assert condition_text(many, SHOP).endswith("“k”, “l” and 14 more")
    assert sentence(many, SHOP).endswith("“y”, “z”.")


# --- no two meanings share a sentence --------------------------------------------------------------------------------


def _trees(depth: int) -> Iterator[Condition]:
    atoms = [SegmentRef(segment=name) for name in "ABC"]
    yield from atoms
    if depth == 0:
        return
    below = list(_trees(depth - 1))
    for child in below:
        yield Not(not_=child)  # type: ignore[arg-type]
        yield All(all=(child,))  # type: ignore[arg-type]
    for group in (All, Any_):
        yield group.model_validate({group.key_order[0]: ()})
        for children in itertools.product(below, repeat=2):
            yield group.model_validate({group.key_order[0]: children})


def _holds(rule: Condition, true: frozenset[str]) -> bool:
    if isinstance(rule, SegmentRef):
        return rule.segment in true
    inside = [_holds(child, true) for child in rule.children()]
    if isinstance(rule, Not):
        return not inside[0]
    return all(inside) if isinstance(rule, All) else any(inside)


def test_trees_that_share_a_sentence_have_the_same_truth_table() -> None:
    worlds = [frozenset(names) for size in range(4) for names in itertools.combinations("ABC", size)]
    tables: dict[str, tuple[bool, ...]] = {}
    for rule in _trees(2):
        table = tuple(_holds(rule, world) for world in worlds)
        assert tables.setdefault(sentence(rule), table) == table, sentence(rule)
    assert len(tables) > 1000


MEANT: dict[str, list[Any]] = {
    "nothing": [None],
    "text": ["1", "a", "a, b", "DE", "Germany", "yes", "a” or “b", ""],
    "texts": [("a", "b"), ("a, b", "c"), ("DE", "Germany")],
    "text or texts": ["1", "a", "a, b", ("a", "b"), ("a, b", "c")],
    "number": [1, 2, 10, 0.5],
    "numbers pair": [(1, 2), (1, 10)],
    "date": [DAY, LATER],
    "dates pair": [(DAY, LATER), (DAY, DAY)],
    "days": [0, 1, 2, 30],
    "days pair": [(1, 2), (1, 30)],
    "bool": [True, False],
}


def test_labels_that_share_a_sentence_are_the_same_comparison() -> None:
    seen: dict[str, object] = {}
    for code in ("city", "country", "spent", "registered_at", "consent", "sorts"):
        type_ = SHOP.label(code).type
        for op, negated in itertools.product(OPERATORS[type_], (False, True)):
            for value in MEANT[wanted_value(op, type_)]:
                rule = parse_rule({"label": code, "op": op, "value": value})
                is_negative = negated != (op in POSITIVE_OF)  # every negative form is the complement of its positive
                meaning = (code, POSITIVE_OF.get(op, op), value, is_negative)
                words = sentence(~rule if negated else rule, SHOP)
                assert seen.setdefault(words, meaning) == meaning, words
    assert len(seen) > 250


def _event_leaves() -> Iterator[tuple[Condition, object]]:
    windows = [{"last": 7}, {"last": 30}, {"all": True}, {"ago": [14, 7]}, {"from": DAY, "to": LATER}]
    filters: list[Any] = [None, {"param": "category", "op": "eq", "value": "cam"}, {"any": []}]
    for name, measure, window, where in itertools.product(("paid", "starts", "gave"), MEASURES, windows, filters):
        data: dict[str, Any] = {"event": name, "measure": measure, "window": window, "where": where}
        if measure == "share":
            data["of"] = {"event": "browsed", "where": where}
        elif measure in ("sum", "avg", "min", "max", "distinct"):
            data["of"] = "amount"
        elif measure == "periods":
            data["every"] = 7
        date_ops = {"on": DAY, "before": DAY, "in_last": 3, "days_ago_gt": 3}
        for op, value in (
            date_ops if measure in ("first", "last") else {"ge": 2, "gt": 2, "eq": 2, "between": (1, 2)}
        ).items():
            yield parse_rule({**data, "op": op, "value": value}), repr((data, op))


def test_events_that_share_a_sentence_are_the_same_comparison() -> None:
    seen: dict[str, object] = {}
    for rule, meaning in _event_leaves():
        words = sentence(rule, SHOP)
        assert seen.setdefault(words, meaning) == meaning, words
    assert len(seen) > 1500


@given(st.lists(texts(), min_size=1, max_size=3), st.lists(texts(), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_lists_of_texts_that_share_a_sentence_are_equal(first: list[str], second: list[str]) -> None:
    rules_of_both = [parse_rule({"label": "country", "op": "in", "value": values}) for values in (first, second)]
    if sentence(rules_of_both[0], SHOP) == sentence(rules_of_both[1], SHOP):
        assert rules_of_both[0] == rules_of_both[1]


NAMES = st.sampled_from([
    "Paid", "paid", "PAID", "Paid in", "Paid in the last", "Paid ever", "Paid at least", "Gave", "Given", "Pay",
    "Paid, or who have paid", "Paid (where a", "Paid on", "Paid not", "Country", "country", "Is", "‘Paid’", "“Paid”",
    "A is “b”", "A is b", "Limited offer viewed", "Has a gateway",
]) | texts(max_size=20).filter(lambda name: 0 < len(name) <= 128)  # fmt: skip


@given(st.lists(NAMES, min_size=2, max_size=6))
@settings(max_examples=200, deadline=None)
def test_things_with_any_names_are_told_apart(names: list[str]) -> None:
    codes = [f"c{number}" for number in range(len(names))]
    vocabulary = Vocabulary(
        labels=tuple(LabelDeclaration(code=c, name=n, type="string") for c, n in zip(codes, names, strict=True)),
        events=tuple(EventDeclaration(code=c, name=n) for c, n in zip(codes, names, strict=True)),
    )
    found = [
        sentence(rule, vocabulary)
        for code in codes
        for rule in (
            label(code) == "b",
            label(code).is_empty(),
            event(code).last(30),
            ~event(code).last(30),
            event(code).ever(),
            event(code).count().last(30) >= 2,
            event(code).days().last(30) >= 2,
            event(code).first_day().ever().in_last(30),
        )
    ]
    assert len(set(found)) == len(found)


@given(st.lists(st.sampled_from(["Germany", "germany", "A", "B", "A, B", "“A”", "yes", "x"]), min_size=2, max_size=4))
def test_values_with_any_names_are_told_apart(names: list[str]) -> None:
    named = {f"v{number}": name for number, name in enumerate(names)}
    declared = LabelDeclaration(code="c", name="C", type="string", values=named)
    values = {*named, *names, "v9"}
    found = {sentence(label("c") == value, Vocabulary(labels=(declared,))) for value in values}
    assert len(found) == len(values)


@given(rules())
@settings(max_examples=100, deadline=None)
def test_every_rule_has_a_sentence_and_rows_on_one_line(rule: Condition) -> None:
    lines = [sentence(rule, VOCABULARY), sentence(rule), *(condition_text(node, VOCABULARY) for _, node in walk(rule))]
    for line in lines:
        assert line == line.strip()
        assert len(line.splitlines()) == 1


@pytest.mark.parametrize("text", ["\u202eabc", "a\u2028b", "a\x85b", "\x00"])
def test_a_text_cannot_rearrange_the_sentence_it_stands_in(text: str) -> None:
    assert text in TRICKY_TEXTS or "a" in text
    assert sentence(label("city") == text).isprintable()


# --- translations ----------------------------------------------------------------------------------------------------


def _all_patterns() -> set[str]:
    def inside(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (pattern for part in value.values() for pattern in inside(part))
        elif isinstance(value, tuple):
            yield from (pattern for part in value for pattern in inside(part))

    return {text for name, value in vars(patterns).items() if name.isupper() for text in inside(value)}


def test_an_extraction_tool_finds_every_pattern() -> None:
    source = BytesIO(Path(patterns.__file__).read_bytes())
    found: set[str] = set()
    for _, message, _, _ in extract("python", source):
        found |= {message} if isinstance(message, str) else set(message)
    assert found == _all_patterns()


def test_the_places_of_a_pattern_have_names_and_the_plural_has_the_same_ones() -> None:
    def places(pattern: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}

    for pattern in _all_patterns():
        assert all(name and name.isidentifier() for name in places(pattern)), pattern
    for value in (*patterns.COMPARISONS.values(), patterns.DID, patterns.HAVE_DONE, patterns.ROW_DOINGS):
        for form in value:
            if isinstance(form, patterns.Plural):
                assert places(form.one) == places(form.many)
    for forms in patterns.COMPARISONS.values():
        assert len({frozenset(places(p if isinstance(p, str) else p.many)) for p in forms}) == 1


class _OnlyPlaces(NullTranslations):
    """A language without words: every pattern is its places."""

    def gettext(self, message: str) -> str:
        return "·".join(re.findall(r"{\w+}", message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid2)


def _words_of_the_writer(data: Any) -> set[str]:
    """The words that stand in codes, values, seeds and names of segments."""
    if isinstance(data, dict):
        free = {key: value for key, value in data.items() if key not in ("op", "measure")}
        return {word for value in free.values() for word in _words_of_the_writer(value)}
    if isinstance(data, list):
        return {word for value in data for word in _words_of_the_writer(value)}
    return set(re.findall(r"[a-z]+", data.lower())) if isinstance(data, str) else set()


def test_no_word_stands_outside_of_a_pattern() -> None:
    for rule, _ in (*LABELS, *EVENTS, *OTHERS, *GROUPS):
        mine = _words_of_the_writer(rule_data(rule)) | {"nb"}  # of an escaped line break
        for line in (sentence(rule, translations=_OnlyPlaces()), condition_text(rule, translations=_OnlyPlaces())):
            assert set(re.findall(r"[a-z]+", line.lower())) <= mine, line


def test_a_translation_may_put_the_places_in_another_order() -> None:
    class German(NullTranslations):
        def gettext(self, message: str) -> str:
            return {
                "Users {conditions}.": "Alle, {conditions}.",
                "whose {subject} is {value}": "{value}: {subject}",
            }.get(message, message)

    assert sentence(label("city") == "Ulm", translations=German()) == "Alle, “Ulm”: city."
