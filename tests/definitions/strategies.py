"""Hypothesis strategies for rules and documents: `rules()`, `documents()`, and the vocabulary that their rules fit.

Every rule is legal: it passes `check_rule` with `VOCABULARY` and `SEGMENTS`. Texts are chosen to be misread: as
numbers, dates, times, truth values, quotes, ends of sentences; numbers to be long; names to collide.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from segkit.definitions.conditions import Condition
from segkit.definitions.derivations import FromLink
from segkit.definitions.documents import LONGEST_DESCRIPTION, LONGEST_NAME, Document, parse_document, parse_rule, tidy
from segkit.definitions.operators import MEASURES, OPERATORS, Type, operators_of_measure, wanted_value
from segkit.definitions.vocabulary import (
    EventDeclaration,
    LabelDeclaration,
    ParameterDeclaration,
    Vocabulary,
)

Data = dict[str, Any]

TYPES: tuple[Type, ...] = get_args(Type)
VOCABULARY = Vocabulary(
    labels=(
        LabelDeclaration(code="country", name="Country", type="string", values={"DE": "Germany", "AT": "Austria"}),
        LabelDeclaration(code="home_country", name="Country", type="string", values={"DE": "DE", "D": "Germany"}),
        LabelDeclaration(code="consent", name="Marketing consent", type="bool"),
        LabelDeclaration(code="amount_spent", name="Amount spent", type="number", scale=2, unit="€"),
        LabelDeclaration(code="score", name="Score", type="number", values={"1": "low", "2": "2"}),
        LabelDeclaration(code="registered_at", name="Registration time", type="date"),
        LabelDeclaration(code="tags", name="Tags", type="list", values={"a": "A, B", "b": "A"}),
        LabelDeclaration(
            code="devices",
            name="Devices",
            type="number",
            unit="devices",
            derived=FromLink(link="devices", measure="count"),
        ),
        LabelDeclaration(
            code="has_device", name="Has a device", type="bool", derived=FromLink(link="devices", measure="exists")
        ),
    ),
    parameters=(
        ParameterDeclaration(code="amount", name="Amount", type="number", scale=2, unit="€"),
        ParameterDeclaration(code="category", name="Product category", type="string", values={"camera": "Cameras"}),
        ParameterDeclaration(code="day", name="Delivery day", type="date"),
        ParameterDeclaration(code="gift", name="Is a gift", type="bool"),
        ParameterDeclaration(code="coupons", name="Coupons", type="list"),
    ),
    events=(
        EventDeclaration(
            code="paid", name="Paid an order", parameters=("amount", "category", "day", "gift", "coupons")
        ),
        EventDeclaration(code="used", name="Used the app", parameters=("category",)),
        EventDeclaration(code="started", name="Pairing starts", parameters=("category", "amount")),
    ),
)
SEGMENTS = ("VIP", "pd_users_with_gateways", "sg_1", "O'Brien's “list”, or 'no'")

TRICKY_TEXTS = (
    "", " ", "NO", "no", "yes", "on", "true", "null", "~", "=", "<<", "007", "0", "-1", "+1", "1e3", "1E3", "1.5",
    ".5", "1_000", "0x1F", "0o7", "0b1", "12:30", "1:2:3.5", ".inf", ".NaN", "2026-01-31", "2026-01-31T00:00:00Z",
    "- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a", "`a`", "{a}", "[a]", "a, b",
    "? a", "---", "...", "'", '"', "\\", "a\nb", "a\n", "\na", " a", "a ", "a\tb", "\t", "a\r\nb", "é", "e\u0301",
    "ﬁ", "\u202eabc", "\x00", "\x85", "\u2028", "\ufeff", "\U0001f600", "“a”", "‘a’", "Germany", "Germany, Austria",
    "a” or “b", "DE", "who", "{0}", "%s", "a" * 150, "word " * 40, "  " * 80, "1970-01-01 ", "y", "N", "Off", "1.",
    "1e", "e1", "0.0", "1,000", "٣",
)  # fmt: skip


@cache
def texts(max_size: int = 12) -> st.SearchStrategy[str]:
    """Any text that a file can hold, most of them awkward."""
    free = st.text(st.characters(codec="utf-8"), max_size=max_size)
    return st.sampled_from([text for text in TRICKY_TEXTS if len(text) <= max(max_size, 200)]) | free


@cache
def numbers() -> st.SearchStrategy[int | float]:
    """Whole numbers and doubles that a rule may compare with."""
    whole = st.integers(-(10**18) + 1, 10**18 - 1) | st.integers(-3, 100)
    # Averages and shares compare with at most 27 decimals.
    doubles = st.floats(-1e17, 1e17).map(lambda number: round(number, 18))
    doubles |= st.sampled_from([0.1, -0.0, 0.5, 1.0, 1e16, 1e-18, 1e-7, 99999999999999.98])
    return whole | doubles


def _pair(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.tuples(items, items).map(sorted)


@cache
def values(wanted: str) -> st.SearchStrategy[Any]:
    """Values of a shape that `wanted_value` names."""
    several = st.lists(texts(), min_size=1, max_size=4)
    days = st.integers(0, 3_000_000) | st.integers(0, 40)
    return {
        "text": texts(),
        "texts": several,
        "text or texts": texts() | several,
        "number": numbers(),
        "numbers pair": _pair(numbers()),
        "date": st.dates(),
        "dates pair": _pair(st.dates()),
        "days": days,
        "days pair": _pair(days),
        "bool": st.booleans(),
    }[wanted]


@cache
def comparisons(operators: tuple[str, ...], type_: Type) -> st.SearchStrategy[Data]:
    """An operator of a type with a value that it takes."""

    def with_value(op: str) -> st.SearchStrategy[Data]:
        wanted = wanted_value(op, type_)
        return (
            st.just({"op": op})
            if wanted == "nothing"
            else st.fixed_dictionaries({"op": st.just(op), "value": values(wanted)})
        )

    return st.sampled_from(operators).flatmap(with_value)


@cache
def windows() -> st.SearchStrategy[Data]:
    """Every form of a window."""
    days = st.integers(1, 400) | st.just(400_000)
    ago = st.tuples(st.integers(1, 400), st.integers(0, 399)).filter(lambda pair: pair[0] > pair[1]).map(list)
    ranges = _pair(st.dates()).map(lambda pair: {"from": pair[0], "to": pair[1]})
    forms = [days.map(lambda n: {"last": n}), ranges, ago.map(lambda pair: {"ago": pair}), st.just({"all": True})]
    return st.one_of(forms)


def _perhaps_muted(conditions: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
    muted = st.sampled_from([False] * 7 + [True])
    return st.tuples(conditions, muted).map(lambda pair: {**pair[0], "mute": True} if pair[1] else pair[0])


def _trees(leaves: st.SearchStrategy[Data], max_leaves: int) -> st.SearchStrategy[Data]:
    def grown(inside: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
        groups = st.tuples(st.sampled_from(["all", "any"]), st.lists(inside, max_size=4))
        return _perhaps_muted(groups.map(lambda pair: {pair[0]: pair[1]}) | inside.map(lambda node: {"not": node}))

    return st.recursive(_perhaps_muted(leaves), grown, max_leaves=max_leaves)


@cache
def filters(event: str) -> st.SearchStrategy[Data]:
    """What may stand in `where` of an event."""

    def of(code: str) -> st.SearchStrategy[Data]:
        type_ = VOCABULARY.parameter(code).type
        return comparisons(OPERATORS[type_], type_).map(lambda comparison: {"param": code, **comparison})

    return _trees(st.sampled_from(VOCABULARY.event(event).parameters).flatmap(of), max_leaves=4)


@cache
def steps() -> st.SearchStrategy[Data]:
    """An event, perhaps with a filter."""

    def of(event: str) -> st.SearchStrategy[Data]:
        plain = st.just({"event": event})
        return plain | filters(event).map(lambda where: {"event": event, "where": where})

    return st.sampled_from([declared.code for declared in VOCABULARY.events]).flatmap(of)


@cache
def label_data() -> st.SearchStrategy[Data]:
    """Comparisons of labels."""

    def of(declared: LabelDeclaration) -> st.SearchStrategy[Data]:
        found = comparisons(OPERATORS[declared.type], declared.type)
        return found.map(lambda comparison: {"label": declared.code, **comparison})

    return st.sampled_from(VOCABULARY.labels).flatmap(of)


@st.composite
def event_data(draw: st.DrawFn) -> Data:
    """Comparisons of every measure."""
    found: Data = draw(steps())
    measure = draw(st.sampled_from(["count", *MEASURES]))
    found["window"] = draw(windows())
    if measure == "count" and draw(st.booleans()):
        return found
    found["measure"] = measure
    carried = VOCABULARY.event(found["event"]).parameters
    if measure == "distinct":
        found["of"] = draw(st.sampled_from([c for c in carried if VOCABULARY.parameter(c).type != "list"]))
    elif measure in ("sum", "avg", "min", "max"):
        step = draw(steps().filter(lambda step: step["event"] != "used"))
        found = {**step, "window": found["window"], "measure": measure, "of": "amount"}
    elif measure == "share":
        found["of"] = draw(steps())
    elif measure == "periods":
        found |= {"every": draw(st.integers(1, 30)), **draw(st.sampled_from([{}, {"at_least": 1}, {"at_least": 3}]))}
        found["window"] = {"last": found["every"] * draw(st.integers(1, 12))}
    return found | draw(
        comparisons(operators_of_measure(measure), "date" if measure in ("first", "last") else "number")
    )


@cache
def sequence_data() -> st.SearchStrategy[Data]:
    """Sequences of two to four events."""
    return st.fixed_dictionaries(
        {"sequence": st.lists(steps(), min_size=2, max_size=4), "within": st.integers(1, 60), "window": windows()}
    )


@cache
def leaf_data() -> st.SearchStrategy[Data]:
    """Conditions that are no groups."""
    percent = st.integers(0, 100) | st.integers(0, 10_000).map(lambda n: n / 100)
    samples = st.fixed_dictionaries({"sample": percent, "seed": texts()})
    segments = st.sampled_from(SEGMENTS).map(lambda name: {"segment": name})
    return st.one_of(label_data(), event_data(), label_data(), event_data(), sequence_data(), segments, samples)


def rule_data_of_any_kind(max_leaves: int = 6) -> st.SearchStrategy[Data]:
    """Legal rules as plain data."""
    return _trees(leaf_data(), max_leaves)


def rules(max_leaves: int = 6) -> st.SearchStrategy[Condition]:
    """Any legal rule: every condition, operator, measure and window, nested, filtered, muted."""
    return rule_data_of_any_kind(max_leaves).map(parse_rule)


def _names() -> st.SearchStrategy[str]:
    def fits(text: str) -> bool:
        tidied = tidy(text)
        begins_an_id = tidied.casefold().startswith(("sg_", "pd_"))
        return 0 < len(tidied) <= LONGEST_NAME and not begins_an_id and tidied.isprintable()

    tricky = [text for text in TRICKY_TEXTS if fits(text)]
    free = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40)
    return st.sampled_from(tricky) | free.filter(fits)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any segment's document."""
    data: Data = {"segkit": 1, "name": draw(_names()), "rule": draw(rule_data_of_any_kind())}
    uids = st.lists(texts(), max_size=3)
    optional = {
        "id": st.sampled_from(["sg_1", "pd_users_with_gateways"]),
        "app": texts(),
        "description": texts().filter(lambda text: len(tidy(text)) <= LONGEST_DESCRIPTION),
        "cycle": st.sampled_from(["daily", "once"]),
        "folder": texts(),
        "tags": st.lists(texts(), max_size=3),
        "owner": texts(),
        "personas": st.fixed_dictionaries({}, optional={"in": uids, "out": uids}),
    }
    return parse_document(data | draw(st.fixed_dictionaries({}, optional=optional)))
