"""What becomes of the rows of a list: each is accepted, rejected with its reason, or a duplicate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segkit.exchange.lists.reasons import REASONS, Reason
from tests.exchange.lists.made_lists import USERS, judged, words


def test_users_are_found_by_each_identifier_in_whatever_spelling() -> None:
    found = judged("email,mobile,uid", " ANA@example.COM ", ",0151-12345678,", ",,007", ",+86 138 1234 5678,", ",,bo")
    assert words(found) == ["matched 10", "duplicate of 2", "matched 12", "duplicate of 4", "matched 11"]


def test_an_unknown_email_is_external_and_an_unknown_mobile_or_uid_is_rejected() -> None:
    found = judged("email,mobile,uid", "new@example.org", ",+4915199999999", ",,nobody", ",,7", ",,ANA")
    assert words(found) == ["external", "unknown_mobile", "unknown_uid", "unknown_uid", "unknown_uid"]
    assert (found.matched, found.external, found.rejected, found.duplicate, found.rows) == (0, 1, 4, 0, 5)
    assert found.reasons == {Reason.UNKNOWN_UID: 3, Reason.UNKNOWN_MOBILE: 1}


def test_malformed_identifiers_have_their_own_reasons() -> None:
    found = judged("email,mobile", "a@b", "no-at", ",12", ",4.91511E+12", ",abc", "a@example.test")
    assert words(found) == [
        "malformed_email",
        "malformed_email",
        "malformed_mobile",
        "rounded_mobile",
        "malformed_mobile",
        "malformed_email",
    ]


def test_rows_that_name_nobody_have_their_own_reasons() -> None:
    found = judged("email,uid,param1", "", " , ,\t", ",,gold", "ana@example.com,ana,gold,more")
    assert words(found) == ["empty_row", "empty_row", "no_identifier", "too_many_cells"]


def test_identifiers_of_two_users_are_rejected() -> None:
    found = judged("email,mobile,uid", "ana@example.com,,bo", ",+4915112345678,007", "ana@example.com,015112345678,ana")
    assert words(found) == ["two_users", "two_users", "matched 10"]


def test_every_identifier_that_is_given_must_hold() -> None:
    found = judged("email,mobile,uid", "ana@example.com,,nobody", "bo@example.com,+4915199999999", "broken,,ana")
    assert words(found) == ["unknown_uid", "unknown_mobile", "malformed_email"]


def test_an_email_that_nobody_has_says_nothing_beside_a_uid_that_finds_a_user() -> None:
    assert words(judged("email,uid", "other@example.org,ana", "other@example.org,")) == ["matched 10", "external"]


def test_an_identifier_that_several_users_share_needs_another_one() -> None:
    found = judged("email,uid", "family@example.com,", "family@example.com,lee", "family@example.com,ana")
    assert words(found) == ["several_users", "matched 14", "two_users"]


def test_an_external_address_twice_is_a_duplicate_of_its_first_accepted_row() -> None:
    found = judged("email,uid", "x@example.org,nobody", "x@example.org,", "X@EXAMPLE.org,", "x@example.org,")
    assert words(found) == ["unknown_uid", "external", "duplicate of 3", "duplicate of 3"]


def test_the_apostrophe_that_disarms_a_cell_is_no_part_of_its_value() -> None:
    found = judged("email,mobile,uid,param1", "'+new@example.org,,,'=1+1", ",'+4915112345678,", ",,'-5")
    assert words(found) == ["external", "matched 10", "unknown_uid"]
    assert found.table["email_form"].to_pylist()[0] == "+new@example.org"
    assert found.table["param1"].to_pylist()[0] == "'=1+1"


def test_a_uid_that_has_such_an_apostrophe_itself_is_found() -> None:
    from tests.exchange.lists.made_lists import people

    users = people([("'-5", None, None), ("-6", None, None)])
    assert words(judged("uid", "'-5", "'-6", users=users)) == ["matched 10", "matched 11"]


def test_values_are_kept_as_they_were() -> None:
    row = judged("email,param2", " Ana@Example.com ,007").table.to_pylist()[0]
    assert (row["row"], row["email"], row["param1"], row["param2"]) == (2, " Ana@Example.com ", None, "007")


def test_every_reason_is_a_sentence() -> None:
    for reason in REASONS:
        assert reason.sentence[0].isupper()
        assert reason.sentence.endswith(".")
    assert len({reason.code for reason in REASONS}) == len(REASONS)


EMAILS = ["", "ana@example.com", "BO@example.com", "family@example.com", "new@example.org", "broken"]
MOBILES = ["", "+4915112345678", "015112345678", "+8613812345678", "+4915112345679", "+4915199999999", "12"]
UIDS = ["", "ana", "bo", "007", "lee", "7"]
row_of = st.tuples(st.sampled_from(EMAILS), st.sampled_from(MOBILES), st.sampled_from(UIDS))


@given(st.lists(row_of, max_size=12))
def test_rows_get_the_verdict_that_a_plain_reading_of_the_rules_gives(rows: list[tuple[str, str, str]]) -> None:
    found = judged("email,mobile,uid", *[",".join(row) for row in rows])
    assert words(found) == by_hand(rows)
    assert found.rows == len(rows) == found.accepted + found.rejected + found.duplicate


E164 = {"+49 151 12345678": "+4915112345678", "015112345678": "+4915112345678"}


def by_hand(rows: list[tuple[str, str, str]]) -> list[str]:
    """The rules row by row, over the literal users."""
    first: dict[object, int] = {}
    said = []
    for number, (email, mobile, uid) in enumerate(rows, 2):
        verdict, key = one_by_hand(email, E164.get(mobile, mobile), uid)
        if key is not None and key in first:
            verdict = f"duplicate of {first[key]}"
        elif key is not None:
            first[key] = number
        said.append(verdict)
    return said


def one_by_hand(email: str, mobile: str, uid: str) -> tuple[str, object]:
    if not email + mobile + uid:
        return "empty_row", None
    if email == "broken":
        return "malformed_email", None
    if mobile == "12":
        return "malformed_mobile", None
    by_uid = {n for n, user in enumerate(USERS, 10) if uid and user[0] == uid}
    by_mobile = {n for n, user in enumerate(USERS, 10) if mobile and E164.get(user[2] or "", user[2]) == mobile}
    by_email = {n for n, user in enumerate(USERS, 10) if email and (user[1] or "").lower() == email.lower()}
    if uid and not by_uid:
        return "unknown_uid", None
    if mobile and not by_mobile:
        return "unknown_mobile", None
    groups = [group for group in (by_uid, by_mobile, by_email) if group]
    if not groups:
        return "external", email.lower()
    common = set.intersection(*groups)
    if not common:
        return "two_users", None
    if len(common) > 1:
        return "several_users", None
    (only,) = common
    return f"matched {only}", only
