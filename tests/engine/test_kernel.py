"""What the kernel counts, on a few literal users: edges of counters, bounds, sums, dates; what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from segkit.definitions.documents import parse_rule
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.kernel.bounds import Bounds, NotForKernel, number_bounds
from segkit.engine.kernel.columns import Columns
from segkit.engine.kernel.counting import ranges, width_for
from segkit.engine.kernel.filters import Filters
from segkit.errors import Cancelled
from tests.small_workspace import SmallWorkspace

WEEK = {"last": 7}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    made = SmallWorkspace(tmp_path_factory.mktemp("kernel") / "workspace")
    for uid in ("ana", "bo", "cy", "di"):
        made.user(uid, country="DE" if uid == "ana" else "AT", score=1.5 if uid == "bo" else None)
    made.event("ana", "app_used", at="2024-11-05 10:00", times=300)
    made.event("bo", "app_used", at="2024-11-05 10:00", times=255)
    made.event("bo", "app_used", at="2024-11-06 10:00")
    made.event("ana", "order_paid", at="2024-11-01 10:00", amount=10.0, category="lamp")
    made.event("ana", "order_paid", at="2024-11-03 10:00", amount=0.1, category="lock")
    made.event("ana", "order_paid", at="2024-11-03 11:00", amount=0.2)
    made.event("bo", "order_paid", at="2024-11-04 10:00", amount=-5.0, category="lamp")
    made.event("cy", "order_paid", at="2024-11-04 10:00")
    for number in range(70):
        made.event("di", "product_browsed", at="2024-11-02 10:00", category=f"c{number}")
    for number in range(3):
        made.event("di", "added_to_cart", at="2024-11-02 10:00", category=f"c{number % 2}", amount=9e13)
    yield made
    made.close()


def by_kernel(shop: SmallWorkspace, **said: Any) -> set[str]:
    """The users of a leaf, which the kernel must have answered."""
    return _answered(shop, said, 1)


def by_duckdb(shop: SmallWorkspace, **said: Any) -> set[str]:
    """The users of a leaf, which the kernel must have left to DuckDB."""
    return _answered(shop, said, 0)


def _answered(shop: SmallWorkspace, said: dict[str, Any], wanted: int) -> set[str]:
    kernel = shop.app.evaluator().kernel
    assert kernel is not None
    before = kernel.answered
    as_of = said.pop("as_of", None)
    found = shop.members(parse_rule(said), as_of)
    assert kernel.answered - before == wanted
    return found


# --- counting --------------------------------------------------------------------------------------------------------


def test_a_user_with_more_rows_than_a_byte_counts_is_counted_right(shop: SmallWorkspace) -> None:
    assert by_kernel(shop, event="app_used", op="ge", value=300, window=WEEK) == {"ana"}
    assert by_kernel(shop, event="app_used", op="eq", value=256, window=WEEK) == {"bo"}
    assert by_kernel(shop, event="app_used", op="gt", value=300, window=WEEK) == set()
    assert by_kernel(shop, event="app_used", op="le", value=0, window=WEEK) == {"cy", "di"}
    assert by_kernel(shop, event="app_used", op="ne", value=256, window=WEEK) == {"ana", "cy", "di"}


def test_numbers_that_no_counter_holds_are_compared_right(shop: SmallWorkspace) -> None:
    assert by_kernel(shop, event="app_used", op="lt", value=10**17, window=WEEK) == {"ana", "bo", "cy", "di"}
    assert by_kernel(shop, event="app_used", op="ge", value=-(10**17), window=WEEK) == {"ana", "bo", "cy", "di"}
    assert by_kernel(shop, event="app_used", op="gt", value=299.5, window=WEEK) == {"ana"}
    assert by_kernel(shop, event="app_used", op="eq", value=299.5, window=WEEK) == set()


def test_days_and_periods_count_days_and_periods(shop: SmallWorkspace) -> None:
    assert by_kernel(shop, event="app_used", measure="days", op="ge", value=2, window=WEEK) == {"bo"}
    assert by_kernel(shop, event="app_used", measure="days", op="eq", value=1, window=WEEK) == {"ana"}
    often = {"event": "app_used", "measure": "periods", "every": 1, "window": WEEK}
    assert by_kernel(shop, **often, at_least=200, op="ge", value=1) == {"ana", "bo"}
    assert by_kernel(shop, **often, at_least=256, op="ge", value=1) == {"ana"}
    assert by_kernel(shop, **often, op="eq", value=2) == {"bo"}


def test_the_day_of_as_of_is_not_counted_and_the_window_ends_where_it_says(shop: SmallWorkspace) -> None:
    assert by_kernel(shop, event="app_used", window={"last": 1}, as_of="2024-11-06") == {"ana", "bo"}
    assert by_kernel(shop, event="app_used", window={"ago": [2, 1]}) == {"ana", "bo"}
    assert by_kernel(shop, event="app_used", window={"ago": [1, 0]}) == {"bo"}


# --- values ----------------------------------------------------------------------------------------------------------


def test_sums_averages_and_extremes_are_exact(shop: SmallWorkspace) -> None:
    paid: dict[str, Any] = {"event": "order_paid", "of": "amount", "window": WEEK}
    assert by_kernel(shop, **paid, measure="sum", op="eq", value=10.3) == {"ana"}
    assert by_kernel(shop, **paid, measure="sum", op="le", value=0) == {"bo", "cy", "di"}
    assert by_kernel(shop, **paid, measure="avg", op="gt", value=3.43333) == {"ana"}
    assert by_kernel(shop, **paid, measure="avg", op="le", value=3.43333) == {"bo"}
    assert by_kernel(shop, **paid, measure="max", op="between", value=[10, 10]) == {"ana"}
    assert by_kernel(shop, **paid, measure="min", op="lt", value=0.1) == {"bo"}
    assert by_kernel(shop, **paid, measure="min", op="eq", value=0.1) == {"ana"}
    assert by_kernel(shop, **paid, measure="max", op="not_empty") == {"ana", "bo"}
    assert by_kernel(shop, **paid, measure="avg", op="is_empty") == {"cy", "di"}


def test_a_measure_takes_values_of_rows_that_fulfil_the_filter_alone(shop: SmallWorkspace) -> None:
    other: dict[str, Any] = {
        "event": "order_paid", "of": "amount", "window": WEEK,
        "where": {"param": "category", "op": "ne", "value": "lamp"},
    }  # fmt: skip
    assert by_kernel(shop, **other, measure="sum", op="eq", value=0.3) == {"ana"}
    assert by_kernel(shop, **other, measure="avg", op="eq", value=0.15) == {"ana"}
    assert by_kernel(shop, **other, measure="max", op="le", value=0.2) == {"ana"}
    assert by_kernel(shop, **other, measure="min", op="is_empty") == {"bo", "cy", "di"}


def test_first_and_last_are_compared_as_dates(shop: SmallWorkspace) -> None:
    paid: dict[str, Any] = {"event": "order_paid", "window": {"all": True}}
    assert by_kernel(shop, **paid, measure="first", op="on", value="2024-11-01") == {"ana"}
    assert by_kernel(shop, **paid, measure="first", op="on", value="2024-11-03") == set()
    assert by_kernel(shop, **paid, measure="last", op="before", value="2024-11-04") == {"ana"}
    assert by_kernel(shop, **paid, measure="last", op="days_ago_lt", value=4) == {"bo", "cy"}
    assert by_kernel(shop, **paid, measure="last", op="is_empty") == {"di"}


def test_a_share_needs_the_other_event(shop: SmallWorkspace) -> None:
    share = {"measure": "share", "of": {"event": "order_paid"}, "window": WEEK}
    lamp = {"param": "category", "op": "eq", "value": "lamp"}
    assert by_kernel(shop, event="order_paid", where=lamp, **share, op="eq", value=1) == {"bo"}
    assert by_kernel(shop, event="order_paid", where=lamp, **share, op="lt", value=0.34) == {"ana", "cy"}
    assert by_kernel(shop, event="app_used", **share, op="ge", value=100) == {"ana", "bo"}


def test_distinct_leaves_missing_values_out(shop: SmallWorkspace) -> None:
    kinds = {"event": "order_paid", "measure": "distinct", "of": "category", "window": WEEK}
    assert by_kernel(shop, **kinds, op="eq", value=2) == {"ana"}
    assert by_kernel(shop, **kinds, op="eq", value=0) == {"cy", "di"}


def test_filters_are_two_valued_also_where_a_day_lacks_the_column(shop: SmallWorkspace) -> None:
    other = {"param": "category", "op": "ne", "value": "lamp"}
    assert by_kernel(shop, event="order_paid", window=WEEK, where=other) == {"ana", "cy"}
    assert by_kernel(shop, event="app_used", window=WEEK, where=other) == {"ana", "bo"}
    cheap = {"all": [{"param": "amount", "op": "lt", "value": 0.15}, {"not": other}]}
    assert by_kernel(shop, event="order_paid", window=WEEK, where=cheap) == {"bo"}


# --- what is left to DuckDB ------------------------------------------------------------------------------------------


def test_what_could_overflow_or_has_too_many_values_is_left_to_duckdb(shop: SmallWorkspace) -> None:
    cart: dict[str, Any] = {"event": "added_to_cart", "of": "amount", "window": WEEK}
    assert by_duckdb(shop, **cart, measure="avg", op="ge", value=1e-15) == {"di"}
    assert by_kernel(shop, **cart, measure="avg", op="ge", value=89_999_999_999_999.99) == {"di"}
    browsed: dict[str, Any] = {"event": "product_browsed", "measure": "distinct", "of": "category", "window": WEEK}
    assert by_duckdb(shop, **browsed, op="eq", value=70) == {"di"}
    assert by_duckdb(shop, sample=100, seed="a") == {"ana", "bo", "cy", "di"}


def test_lists_and_personal_parameters_are_left_to_duckdb_even_where_no_day_is_asked(shop: SmallWorkspace) -> None:
    vocabulary = shop.app.vocabulary
    amount, *others = vocabulary.parameters
    amount = amount.model_copy(update={"type": "list", "scale": None})
    other = Vocabulary(
        labels=vocabulary.labels,
        events=vocabulary.events,
        parameters=(amount, others[0].model_copy(update={"personal": "other"})),
    )
    columns = Columns(shop.app.folder, shop.app.manifest, other)
    filters = Filters(columns, other, date(2024, 11, 7), lambda values, *_: np.zeros(len(values), bool), None)
    for code in ("amount", "category"):
        with pytest.raises(NotForKernel):
            filters.kind(code, [])


def test_labels_are_looked_up_and_older_dates_are_left_to_duckdb(shop: SmallWorkspace) -> None:
    assert by_kernel(shop, label="country", op="in", value=["AT", "CH"]) == {"bo", "cy", "di"}
    assert by_kernel(shop, label="country", op="ne", value="AT") == {"ana"}
    assert by_kernel(shop, label="score", op="gt", value=1) == {"bo"}
    assert by_kernel(shop, label="score", op="is_empty") == {"ana", "cy", "di"}
    manifest = shop.app.manifest
    newer = tuple(f.model_copy(update={"data_date": f.data_date.replace(year=2030)}) for f in manifest.labels["score"])
    kernel = shop.app.evaluator().kernel
    assert kernel is not None
    older = manifest.model_copy(update={"labels": {**manifest.labels, "score": newer}})
    kernel._columns._manifest = older
    try:
        assert by_duckdb(shop, label="score", op="gt", value=1.25) == {"bo"}
    finally:
        kernel._columns._manifest = manifest


def test_counting_stops_when_it_is_cancelled(shop: SmallWorkspace) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        shop.app.estimate(parse_rule({"event": "app_used", "op": "ge", "value": 7, "window": WEEK}), cancel=cancel)


# --- parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "value", "bounds"),
    [
        ("gt", 2, (3, None)), ("gt", 2.5, (3, None)), ("ge", 2.5, (3, None)), ("ge", 3, (3, None)),
        ("lt", 2.5, (None, 2)), ("lt", 2, (None, 1)), ("le", 2.5, (None, 2)), ("eq", 2, (2, 2)), ("eq", 2.5, (3, 2)),
        ("between", (1.5, 2.5), (2, 2)), ("ge", -0.5, (0, None)), ("not_empty", None, (None, None)),
    ],
)  # fmt: skip
def test_bounds_of_numbers(op: str, value: Any, bounds: tuple[int | None, int | None]) -> None:
    assert number_bounds(op, value, 0) == Bounds(*bounds)


def test_bounds_hold_whatever_the_width_of_what_is_compared() -> None:
    values = np.array([-128, 0, 127], np.int8)
    assert Bounds(-1000, 1000).hold(values).tolist() == [True, True, True]
    assert Bounds(2**70, None).hold(values).tolist() == [False, False, False]
    assert Bounds(None, -(2**70)).hold(values).tolist() == [False, False, False]
    assert Bounds(-(2**70), 2**70).hold(values).tolist() == [True, True, True]
    assert Bounds(3, 2).hold(values).tolist() == [False, False, False]


def test_counters_are_as_narrow_as_can_be_and_ranges_cover_all_users() -> None:
    assert [width_for(most) for most in (0, 255, 256, 65_535, 65_536)] == [
        np.uint8, np.uint8, np.uint16, np.uint16, np.uint32,
    ]  # fmt: skip
    for width in (1, 2, 16):
        found = list(ranges(10_000_001, width))
        assert found[0][0] == 0
        assert found[-1][1] == 10_000_001
        assert all(a[1] == b[0] for a, b in pairwise(found))
        assert max(high - low for low, high in found) * width <= 1 << 22
