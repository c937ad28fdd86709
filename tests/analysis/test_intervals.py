"""Intervals, tests and corrections equal published worked examples."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from segkit.analysis.intervals import compared, holm, wilson

#: Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I,
#: method 3: the score method of Wilson without continuity correction.
NEWCOMBE = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0000, 0.1611),
    (1, 29): (0.0061, 0.1718),
}


@pytest.mark.parametrize(("counts", "interval"), NEWCOMBE.items())
def test_wilsons_interval_is_that_of_newcombes_table(counts: tuple[int, int], interval: tuple[float, float]) -> None:
    assert wilson(*counts) == pytest.approx(interval, abs=0.00005)


def test_wilsons_interval_of_the_others_is_the_mirror_image() -> None:
    assert wilson(263 - 81, 263) == pytest.approx((1 - 0.3662, 1 - 0.2553), abs=0.00005)
    assert wilson(20, 20) == pytest.approx((1 - 0.1611, 1.0), abs=0.00005)


def test_nobody_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_a_small_table_is_tested_by_fishers_exact_test() -> None:
    # The lady tasting tea (Fisher 1935): 34 of the 70 ways to choose are as unlikely as three of four.
    found = compared(3, 4, 1, 4)
    assert found is not None
    assert found.how == "fisher"
    assert found.p == pytest.approx(34 / 70)


def test_a_large_table_is_tested_by_the_z_test_whose_square_is_chi_squared() -> None:
    # N (ad − bc)² / (product of margins) = 200 × 2,250,000 / 99,750,000 = 4.5113 = 2.1240², of which p is 0.0337.
    found = compared(40, 100, 55, 100)
    assert found is not None
    assert found.how == "z"
    assert found.p == pytest.approx(0.03367, abs=0.00001)


def sum_of_tables_as_unlikely(count: int, total: int, other: int, of_others: int) -> float:
    """Fisher's p by whole numbers."""
    having, everybody = count + other, total + of_others
    tables = {
        k: Fraction(comb(total, k) * comb(of_others, having - k), comb(everybody, having))
        for k in range(max(0, having - of_others), min(total, having) + 1)
    }
    return float(sum(p for p in tables.values() if p <= tables[count]))


@pytest.mark.parametrize("table", [(0, 3, 9, 9), (1, 4, 0, 50), (5, 5, 0, 2), (3, 2_000, 0, 700), (2, 17, 0, 4)])
def test_fishers_p_equals_that_of_whole_numbers(table: tuple[int, int, int, int]) -> None:
    found = compared(*table)
    assert found is not None
    assert found.how == "fisher"
    assert found.p == pytest.approx(sum_of_tables_as_unlikely(*table), rel=1e-9)


@pytest.mark.parametrize("table", [(0, 0, 3, 9), (3, 9, 0, 0), (0, 5, 0, 7), (5, 5, 7, 7)])
def test_where_there_is_nothing_to_compare_nothing_is_tested(table: tuple[int, int, int, int]) -> None:
    assert compared(*table) is None


def test_holms_correction_is_that_of_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
