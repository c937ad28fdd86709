"""Operators: what each type has, what value each takes, and that every negative form has its positive one."""

from __future__ import annotations

from typing import get_args

import pytest

from segkit.definitions.operators import (
    DATE_MEASURES,
    MEASURES,
    OPERATORS,
    PARAMETER_MEASURES,
    POSITIVE_OF,
    ZERO_MEASURES,
    Measure,
    Operator,
    Type,
    operators_of_measure,
    wanted_value,
)

HAS: dict[Type, str] = {
    "string": "eq ne in not_in contains not_contains starts_with ends_with is_empty not_empty",
    "list": "contains contains_all not_contains is_empty not_empty",
    "number": "gt ge lt le eq ne between is_empty not_empty",
    "date": "on before after between in_last not_in_last in_next days_ago_gt days_ago_lt days_ago_between "
    "is_empty not_empty",
    "bool": "eq is_empty not_empty",
}


@pytest.mark.parametrize("type_", get_args(Type))
def test_a_type_has_the_operators_of_the_definition(type_: Type) -> None:
    assert set(OPERATORS[type_]) == set(HAS[type_].split())


def test_every_operator_belongs_to_a_type() -> None:
    assert {op for ops in OPERATORS.values() for op in ops} == set(get_args(Operator))


def test_a_negative_form_and_its_positive_one_take_the_same_values_on_the_same_types() -> None:
    assert POSITIVE_OF == {
        "ne": "eq",
        "not_in": "in",
        "not_contains": "contains",
        "not_in_last": "in_last",
        "is_empty": "not_empty",
    }
    for type_, operators in OPERATORS.items():
        for negative, positive in POSITIVE_OF.items():
            if negative in operators:
                assert positive in operators
                assert wanted_value(negative, type_) == wanted_value(positive, type_)


WANTED: list[tuple[str, Type, str]] = [
    ("eq", "string", "text"),
    ("eq", "number", "number"),
    ("eq", "bool", "bool"),
    ("in", "string", "texts"),
    ("starts_with", "string", "text"),
    ("contains", "string", "text"),
    ("contains", "list", "text or texts"),
    ("contains_all", "list", "texts"),
    ("between", "number", "numbers pair"),
    ("between", "date", "dates pair"),
    ("on", "date", "date"),
    ("in_last", "date", "days"),
    ("days_ago_between", "date", "days pair"),
    ("is_empty", "list", "nothing"),
    ("not_empty", "bool", "nothing"),
]


@pytest.mark.parametrize(("op", "type_", "wanted"), WANTED)
def test_an_operator_wants_a_shape_of_value(op: str, type_: Type, wanted: str) -> None:
    assert wanted_value(op, type_) == wanted


def test_a_measure_that_is_never_missing_is_never_empty() -> None:
    numbers = {"gt", "ge", "lt", "le", "eq", "ne", "between"}
    for measure in ("count", "days", "periods", "sum", "distinct"):
        assert measure in ZERO_MEASURES
        assert set(operators_of_measure(measure)) == numbers
    for measure in ("avg", "min", "max", "share"):
        assert set(operators_of_measure(measure)) == numbers | {"is_empty", "not_empty"}
    for measure in ("first", "last"):
        assert operators_of_measure(measure) == OPERATORS["date"]


def test_measures_are_listed_once_and_whole() -> None:
    assert set(MEASURES) == set(get_args(Measure))
    assert len(MEASURES) == len(set(MEASURES)) == 11
    assert set(MEASURES) >= PARAMETER_MEASURES | DATE_MEASURES | ZERO_MEASURES
