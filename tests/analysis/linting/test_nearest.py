"""Which of the values that some have was probably meant by one that nobody has."""

from __future__ import annotations

import pytest

from segkit.analysis.linting.unknown_values import nearest_of

KNOWN = ["DE", "AT", "smart home", "gateway-2", "Straße", "lamp", "C", "c++"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("de", "DE"),
        (" AT ", "AT"),
        ("C++", "c++"),
        ("Smart  Home", "smart home"),
        ("smarthome", "smart home"),
        ("Gateway 2", "gateway-2"),
        ("strasse", "Straße"),
        ("Germany", "DE"),
        ("lmap", "lamp"),
        ("refrigerator", None),
        ("?", None),
    ],
)
def test_the_same_in_other_letters_comes_before_the_most_alike(written: str, meant: str | None) -> None:
    assert nearest_of(written, KNOWN, {"DE": "Germany"}) == meant


def test_of_numbers_it_is_the_nearest_on_the_line() -> None:
    assert nearest_of(7, [1.0, 5.0, 10.5], {}) == "5"
    assert nearest_of(7, [], {}) is None
