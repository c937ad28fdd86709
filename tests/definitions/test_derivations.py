"""How a derivation is written down, and what is said of one that is wrong: with its place in labels.yaml."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segkit.definitions.derivations import FromEvents, FromLink, RowAny, RowTest
from segkit.definitions.operators import MEASURES
from segkit.definitions.vocabulary import LabelDeclaration, read_vocabulary
from segkit.definitions.wording.deriving import derivation_text
from segkit.errors import DefinitionError

EVENTS = """
segkit: 1
parameters:
- {code: amount, name: Amount, type: number, scale: 2}
events:
- {code: bought, name: Bought, parameters: [amount]}
"""


def declared(folder: Path, text: str) -> LabelDeclaration:
    """The label x of a vocabulary that declares it so."""
    (folder / "labels.yaml").write_text(f"segkit: 1\nlabels:\n- {{code: x, name: X, {text}}}\n", encoding="utf-8")
    (folder / "events.yaml").write_text(EVENTS, encoding="utf-8")
    return read_vocabulary(folder).label("x")


def from_link(folder: Path, where: str) -> FromLink:
    label = declared(folder, f"type: number, derived: {{link: devices, measure: count, where: {where}}}")
    assert label.from_link is not None
    return label.from_link


def one_of(column: str, *tests: tuple[str, object]) -> RowAny:
    return RowAny.model_validate({"any": [{"column": column, "op": op, "value": value} for op, value in tests]})


@pytest.mark.parametrize(
    ("where", "tests"),
    [
        ("{kind: hub}", [one_of("kind", ("in", ("hub",)))]),
        ("{kind: [hub, 7, true], n: 1.5}", [
            one_of("kind", ("in", ("hub",)), ("eq", 7), ("eq", True)), one_of("n", ("eq", 1.5)),
        ]),
        ("{bound: 2026-01-31}", [one_of("bound", ("on", date(2026, 1, 31)))]),
        ("{all: yes please, not: 3}", [one_of("all", ("in", ("yes please",))), one_of("not", ("eq", 3))]),
        ("{any: [a, b]}", [one_of("any", ("in", ("a", "b")))]),
        ("{column: 3}", [one_of("column", ("eq", 3))]),
        ("{}", []),
    ],
)  # fmt: skip
def test_the_short_form_says_what_each_column_is_whatever_it_is_called(
    tmp_path: Path, where: str, tests: list[RowAny]
) -> None:
    assert list(from_link(tmp_path, where).condition.children()) == tests


def test_the_long_form_is_a_tree_of_comparisons(tmp_path: Path) -> None:
    found = from_link(tmp_path, "{not: {any: [{column: kind, op: ne, value: hub}, {column: n, op: ge, value: 2}]}}")
    assert [(place, test.column, test.read_as) for place, test in found.tests()] == [
        ("where.not.any[0]", "kind", "string"),
        ("where.not.any[1]", "n", "number"),
    ]
    day = from_link(tmp_path, "{column: bound, op: before, value: 2026-01-31}").condition
    assert day == RowTest(column="bound", op="before", value=date(2026, 1, 31))


def test_a_derivation_reads_these_columns(tmp_path: Path) -> None:
    how = "{link: devices, measure: last, of: kind, by: bound, where: {all: [{column: n, op: gt, value: 1}]}}"
    label = declared(tmp_path, f"type: string, derived: {how}")
    assert label.from_link is not None
    assert label.from_link.columns == ("kind", "bound", "n")
    assert derivation_text(label.from_link, read_vocabulary(tmp_path)) == (
        "Last ‘kind’ in ‘devices’ (where ‘n’ is more than 1), by ‘bound’"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("type: number, derived: {link: d, measure: count, where: {all: [{column: b, op: in_last, value: 3}]}}",
         r"labels\[0\]\.derived\.where\.all\[0\]\.op: 'in_last' looks back from the day asked for"),
        ("type: number, derived: {link: d, measure: count, where: {column: b, op: starts_with, value: 3}}",
         r"labels\[0\]\.derived\.where\.op: column 'b' is a number, which has no 'starts_with'"),
        ("type: number, derived: {link: d, measure: count, where: {column: b, op: between, value: [2, 1]}}",
         r"labels\[0\]\.derived\.where\.value: found \[2, 1\]; 'between' expects two numbers, the smaller first"),
        ("type: number, derived: {link: d, measure: count, where: {b: {c: 1}}}",
         r"labels\[0\]\.derived\.where: found no value for column 'b'; expected a value or a list of values"),
        ("type: number, derived: {link: d, measure: count, of: b}", "'count' is of nothing; leave `of` out"),
        ("type: list, derived: {link: d, measure: list}", "`of` is missing: the column that 'list' is of"),
        ("type: number, derived: {link: d, measure: sum, of: b}", "say with `scale` how many decimal places it has"),
        ("type: list, derived: {link: d, measure: last, of: b}", "its type is string or number or date or bool"),
        ("type: number, derived: {link: d, measure: max, of: b, by: c}", "`by` goes with `first` and `last` only"),
        ("type: number, derived: {link: d, measure: median, of: b}", r"labels\[0\]\.derived\.measure: found 'median'"),
        ("type: number, derived: {event: bought, measure: median, window: {all: true}}",
         r"labels\[0\]\.derived\.measure: found 'median'; expected one of 'count', 'days'"),
        ("type: number, derived: {event: bought, window: {lst: 3}}",
         r"labels\[0\]\.derived\.window\.lst: unknown key 'lst'. Did you mean 'last'"),
        ("type: number, derived: {event: bought, window: {last: 3}, where: {param: amont, op: gt, value: 3}}",
         r"labels\[0\]\.derived\.where: event 'bought' has no parameter 'amont'\. Did you mean 'amount'"),
        ("type: number, derived: {label: y}", r"derived: found \['label'\]; expected one of the keys link"),
        ("type: number, derived: {segment: VIP}", "expected one of the keys link, event"),
        ("type: number, column: c, derived: {link: d, measure: count}", "has both `column` and `derived`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_derivation_is_said_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        declared(tmp_path, text)


def test_every_measure_of_the_rule_language_is_one_of_events() -> None:
    (measures,) = {field.annotation for name, field in FromEvents.model_fields.items() if name == "measure"}
    assert set(measures.__args__) == {*MEASURES, "exists"}  # type: ignore[union-attr]
