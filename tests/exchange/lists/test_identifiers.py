"""Normal forms: e-mails as email-validator, mobiles as phonenumbers judges them, whichever way is taken."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import phonenumbers
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from segkit.errors import SegkitError
from segkit.exchange.lists.emails import email_forms
from segkit.exchange.lists.identifiers import forms, trimmed
from segkit.exchange.lists.mobiles import mobile_forms, plain_forms, region_code
from tests.exchange.lists.made_identifiers import REGIONS, email, mobile


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def by_email_validator(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def by_phonenumbers(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_an_email_is_its_library_form_in_lower_case() -> None:
    assert forms("email", texts("Ana.Berg@Example.COM", "bo@xn--mnchen-3ya.de", "no at", None)).to_pylist() == [
        "ana.berg@example.com",
        "bo@münchen.de",
        None,
        None,
    ]


def test_addresses_that_no_mail_can_reach_are_malformed() -> None:
    assert forms("email", texts("a@x.test", "a@x.local", "a@localhost", "a..b@x.de", "a@-x.de")).null_count == 5


def test_a_mobile_is_e164_and_one_without_a_country_is_of_the_default_region() -> None:
    written = texts("+49 151 1234 5678", "0151-12345678", "015112345678", "004915112345678", "12", None)
    assert forms("mobile", written, "DE").to_pylist() == [
        "+4915112345678",
        "+4915112345678",
        "+4915112345678",
        "+4915112345678",
        None,
        None,
    ]


def test_a_lost_plus_is_understood_where_the_country_has_no_such_number_itself() -> None:
    assert forms("mobile", texts("8613812345678"), "CN").to_pylist() == ["+8613812345678"]
    assert forms("mobile", texts("4915112345678"), "DE").to_pylist() == ["+494915112345678"]  # a number of Leer


def test_without_a_default_region_only_numbers_with_a_country_are_understood() -> None:
    assert forms("mobile", texts("+4915112345678", "015112345678")).to_pylist() == ["+4915112345678", None]


def test_what_a_spreadsheet_rounded_is_no_number() -> None:
    assert forms("mobile", texts("4.91511E+12", "4,91511E+12"), "DE").null_count == 2


def test_a_uid_is_compared_as_text_case_and_all() -> None:
    assert forms("uid", texts("007", "7", "Ab", "Cafe\u0301")).to_pylist() == ["007", "7", "Ab", "Caf\u00e9"]


def test_what_cannot_be_seen_at_the_ends_is_no_part_of_a_value() -> None:
    assert trimmed(texts("\ufeff a b\u00a0\u200b", " \t", "", None)).to_pylist() == ["a b", None, None, None]


def test_a_region_that_there_is_not_is_said() -> None:
    assert region_code(" de ") == "DE"
    with pytest.raises(SegkitError, match="region 'Germany': expected the two letters of a country"):
        region_code("Germany")


def test_many_made_emails_get_the_verdict_of_email_validator(full: bool) -> None:
    distinct = _distinct(email, 200_000 if full else 8_000)
    found = email_forms(texts(*distinct)).to_pylist()
    assert found == [by_email_validator(text) for text in distinct]
    assert 0.2 < sum(form is not None for form in found) / len(found) < 0.95


def test_many_made_mobiles_get_the_verdict_of_phonenumbers(full: bool) -> None:
    rng = Random(20_261)
    distinct = _distinct(mobile, 200_000 if full else 8_000)
    region_of = {text: rng.choice((*REGIONS, "DE", "US", "CN", "IT", "BR")) for text in distinct}
    short = 0
    for region in sorted(set(region_of.values())):
        own = [text for text in distinct if region_of[text] == region]
        assert mobile_forms(texts(*own), region).to_pylist() == [by_phonenumbers(text, region) for text in own]
        short += len(own) - plain_forms(texts(*own), region).null_count
    assert short / len(distinct) > 0.02  # the short way is taken


def _distinct(make: Callable[[Random], str], count: int) -> list[str]:
    rng, found = Random(6), dict[str, None]()
    while len(found) < count:
        found[make(rng)] = None
    return list(found)


@given(st.text(alphabet="ab.-_+@'\"<> 1Z\u00fc\uff20", max_size=30) | st.emails())
def test_any_text_as_an_email_gets_the_verdict_of_email_validator(text: str) -> None:
    assert email_forms(texts(text)).to_pylist() == [by_email_validator(text)]


@given(
    st.from_regex(r"\A\+?[0-9][0-9 -]{5,17}\Z"), st.sampled_from(["DE", "US", "CA", "KZ", "IT", "GB", "BR", "AR", "SM"])
)
def test_any_digits_as_a_mobile_get_the_verdict_of_phonenumbers(text: str, region: str) -> None:
    assert mobile_forms(texts(text), region).to_pylist() == [by_phonenumbers(text, region)]
