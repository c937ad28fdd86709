"""A visitor's pass: what was signed is read back, and nothing else is."""

from __future__ import annotations

import base64

import pytest

from segkit.dashboards.passes import LIFETIME, NOBODY, Visitor, read_pass, write_pass
from segkit.errors import Forbidden

SECRET, OTHER = bytes(32), bytes(range(32))
ADA = Visitor("ada", is_known=True)


def test_a_pass_says_who_it_was_written_for() -> None:
    assert read_pass(SECRET, write_pass(SECRET, ADA)) == ADA
    assert read_pass(SECRET, write_pass(SECRET, NOBODY)) == Visitor("visitor", is_known=False)


def test_a_pass_of_another_secret_or_with_another_name_is_refused() -> None:
    body, _, signature = write_pass(SECRET, NOBODY).partition(".")
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(body).replace(b"visitor", b"adaadas")).decode()
    for each in (write_pass(OTHER, ADA), f"{forged}.{signature}", f"{body}.", body, ""):
        with pytest.raises(Forbidden, match="not one of this server"):
            read_pass(SECRET, each)


@pytest.mark.parametrize("text", [None, 7, ["a"], {"a": 1}, b"bytes", "x" * 2_001])
def test_what_is_no_pass_is_refused(text: object) -> None:
    with pytest.raises(Forbidden, match="has no pass"):
        read_pass(SECRET, text)


def test_a_pass_is_good_for_a_day() -> None:
    written = write_pass(SECRET, ADA, now=1_000_000)
    assert read_pass(SECRET, written, now=1_000_000 + LIFETIME) == ADA
    with pytest.raises(Forbidden, match="more than a day"):
        read_pass(SECRET, written, now=1_000_000 + LIFETIME + 1)
