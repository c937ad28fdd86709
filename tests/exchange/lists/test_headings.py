"""Which column holds what: headings in their own spelling, order and language, or a mapping."""

from __future__ import annotations

import pytest

from segkit.errors import SegkitError
from segkit.exchange.lists.headings import columns_of, field_of


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("email", "email"), ("E-Mail Address", "email"), ("E-Mail-Adresse", "email"), ("电子邮箱", "email"),
        (" MOBILE NO. ", "mobile"), ("Handynummer", "mobile"), ("Phone (mobile)", "mobile"), ("手机号码", "mobile"),
        ("User ID", "uid"), ("user_id", "uid"), ("Kundennummer", "uid"), ("用户ID", "uid"), ("ＵＩＤ", "uid"),
        ("Param 1", "param1"), ("参数2", "param2"), ("Reason", "reason"), ("Grund", "reason"), ("city", None),
    ],
)  # fmt: skip
def test_headings_are_known_in_their_own_spelling(heading: str, field: str | None) -> None:
    assert field_of(heading) == field


def test_columns_are_found_in_whatever_order_and_others_are_named() -> None:
    found = columns_of(["City", "Handy", "", "E-Mail", "Param 2"])
    assert found.places == {"email": 3, "mobile": 1, "param2": 4}
    assert found.identifiers == ("email", "mobile")
    assert found.left_out == ("City",)


def test_a_mapping_goes_before_what_headings_say() -> None:
    found = columns_of(["Email", "private e-mail", "City"], {"email": "Private E-Mail", "param1": "city"})
    assert found.places == {"email": 1, "param1": 2}
    assert found.left_out == ("Email",)


def refusal(headings: list[str | None], mapping: dict[str, str] | None = None) -> str:
    with pytest.raises(SegkitError) as raised:
        columns_of(headings, mapping)
    return str(raised.value)


def test_what_cannot_be_told_is_said_with_what_to_do() -> None:
    assert refusal(["Email", "E-Mail"]) == (
        "columns 1 (‘Email’) and 2 (‘E-Mail’) both seem to hold email; rename one of them, or say which it is with a "
        "mapping, such as email=‘E-Mail’"
    )
    assert refusal(["city", "street"]).startswith(
        "no column is known to hold e-mails, mobiles or uids: found ‘city’, ‘st"
    )
    assert refusal(["x"], {"email": "mial"}) == "mapping: no column is headed ‘mial’, which is to be email."
    assert "no field 'emial'; expected one of email, mobile" in refusal(["x"], {"emial": "x"})
    assert "is to be two fields" in refusal(["x"], {"email": "x", "uid": "x"})


def test_values_where_headings_should_be_are_not_repeated_in_the_message() -> None:
    said = refusal(["ana@example.com", "+4915112345678"])
    assert said.startswith("the first row holds values instead of headings")
    assert "ana" not in said


def test_columns_of_the_apps_own_exports_are_known_by_what_its_labels_are_called() -> None:
    own = {
        "mail_1": "email",
        "First address": "email",
        "phone": None,
        "Phone": None,
        "customer id": None,
        "tel": "mobile",
    }
    assert columns_of(["uid", "mail_1", "phone", "tel"], own=own).places == {"uid": 0, "email": 1, "mobile": 3}
    assert columns_of(["uid", "First address", "customer id"], own=own).places == {"uid": 0, "email": 1}
    assert columns_of(["customer id", "phone"], own=own).places == {"uid": 0, "mobile": 1}
    found = columns_of(["uid", "customer id", "phone"], own=own)
    assert (found.places, found.left_out) == ({"uid": 0, "mobile": 2}, ("customer id",))
    with pytest.raises(SegkitError, match="both seem to hold email"):
        columns_of(["mail_1", "e-mail"], own=own)


def test_an_empty_heading_in_a_mapping_leaves_a_field_out_though_a_column_is_headed_so() -> None:
    assert columns_of(["email", "uid"], {"uid": ""}).places == {"email": 0}
    assert columns_of(["email", "uid"], {"uid": ""}).left_out == ("uid",)
