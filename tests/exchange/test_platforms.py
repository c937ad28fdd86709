"""Each platform's columns, normal forms and hashes, against the values that the platform itself publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from segkit.errors import NotFound, SegkitError
from segkit.exchange.addressing import Addressing
from segkit.exchange.normal_forms import normal_form
from segkit.exchange.parts import Split
from segkit.exchange.platforms import Platform, platform, platforms

META = "developers.facebook.com"
TIKTOK = "ads.tiktok.com"
#: As the platforms' pages have them: profile, column, value, hash (or normal form), where.
PUBLISHED = [
    ("meta", "email", "John_Smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f", META),
    ("meta", "email", "mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79", META),
    ("meta", "phone", "+1 (650)555-1212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176", META),
    ("meta", "fn", "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec", META),
    ("meta", "fn", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14", META),
    ("meta", "fn", "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c", META),
    ("tiktok", "Email_SHA256", "janedoe@gmail.com",
     "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69", TIKTOK),
    ("tiktok", "Phone_SHA256", "+37493828222",
     "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4", TIKTOK),
    ("braze", "phone", "+1 (724) 123-4567", "+17241234567", "www.braze.com"),
]  # fmt: skip
WITHOUT = {"google", "salesforce", "salesforce-mobile", "webhook"}


@pytest.mark.parametrize(("profile", "column", "value", "gives", "where"), PUBLISHED)
def test_what_a_platform_publishes_is_what_we_write(
    profile: str, column: str, value: str, gives: str, where: str
) -> None:
    assert platform(profile).column(column).value(value) == gives
    (held,) = [v for v in platform(profile).published_vectors if (v.column, v.value) == (column, value)]
    assert held.gives == gives
    assert held.source.startswith(f"https://{where}/")


def test_every_profile_has_its_published_values_or_says_that_there_are_none() -> None:
    assert {name for name, found in platforms().items() if found.vectors == "none published"} == WITHOUT
    listed = {(profile, column, value) for profile, column, value, _, _ in PUBLISHED}
    held = {(name, v.column, v.value) for name, found in platforms().items() for v in found.published_vectors}
    assert held == listed
    for name, found in platforms().items():
        assert all(source.startswith("https://") for source in found.sources), name


def test_platforms_differ_on_the_plus_sign_before_a_number_is_hashed() -> None:
    number = "+49 151 12345678"
    # printf %s 4915112345678 | sha256sum, and the same with the plus sign
    without = "8efb96404be52f6109b9db0f687274a81e9e3cc23fabd6f0da5d38baa3d2facd"
    with_it = "536afd523e19dc83fccba822ef5e4ca646111314aaf0aa286667c5bea18dd70b"
    assert platform("meta").column("phone").value(number) == without
    assert platform("tiktok").column("Phone_SHA256").value(number) == without
    assert platform("google").column("Phone").value(number) == with_it
    assert platform("braze").column("phone").value(number) == "+4915112345678"
    assert platform("salesforce-mobile").column("_MobileNumber").value(number) == "4915112345678"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+4915112345678", "+4915112345678"),
        ("0049 151 / 123-456.78", "+4915112345678"),
        ("\u202f+1\u00a0(650)\u2011555 1212", "+16505551212"),
        ("015112345678", None),
        ("+0151123456", None),
        ("+49", None),
        ("+4915112345678901", None),
        ("+49151٢345678", None),
        ("+49151x345678", None),
        ("", None),
    ],
)
def test_a_number_is_e164_or_not_sent(text: str, found: str | None) -> None:
    assert normal_form(text, ("e164",)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" Cloudy.SanFrancisco+shopping@GMAIL.com ", "cloudysanfrancisco@gmail.com"),
        ("a.b@googlemail.com", "ab@googlemail.com"),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        ("no address", None),
        ("a@b", None),
        ("a@@b.com", None),
        ("+x@gmail.com", None),
        (None, None),
    ],
)
def test_google_mailboxes_have_one_form(text: str | None, found: str | None) -> None:
    """The first and the third are the examples of Google's page."""
    assert normal_form(text, platform("google").column("Email").steps) == found


def test_limits_are_those_that_the_platforms_state() -> None:
    assert platform("meta").split == Split(rows=10_000)
    assert platform("braze").split == Split(bytes=500_000_000)
    assert platform("salesforce-mobile").split == Split(bytes=20_000_000)
    assert platform("tiktok").split == Split(bytes=999_000_000)


def test_an_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(NotFound, match=r"no profile 'metta'\. Did you mean 'meta'\? There are: machine"):
        platform("metta")


def test_a_profile_that_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="no column 'Email'"):
        Platform.model_validate(_profile(identified_by=["Email"]))
    with pytest.raises(ValueError, match=r"no step 'lowr'\. Did you mean 'lower'"):
        Platform.model_validate(_profile(columns=[{"column": "email", "from": "email", "steps": ["lowr"]}]))


def _profile(**more: Any) -> dict[str, Any]:
    return {
        "segkit_platform": 1,
        "name": "Mine",
        "sources": ["https://example.org/"],
        "format": "csv",
        "identified_by": ["email"],
        "columns": [{"column": "email", "from": "email"}],
        "vectors": "none published",
        **more,
    }


# --- rows ------------------------------------------------------------------------------------------------------------

USERS = pa.record_batch(
    {
        "uid": ["ana", "bo", "chi", "dai"],
        "mail": ["Ana@example.org", "bo@example.org", None, "nonsense"],
        "tel": ["+4915112345678", None, "+33612345678", "123"],
    }
)
ALL = np.ones(4, dtype=bool)


def _addressing(profile: str, **codes: str) -> Addressing:
    found = platform(profile)
    return Addressing(found, tuple((c, codes[c.source]) for c in found.columns if c.source in codes))


def test_a_cell_is_empty_where_the_user_may_not_be_reached_by_that_channel() -> None:
    addressing = _addressing("webhook", uid="uid", email="mail", mobile="tel")
    allowed = {"email": np.array([True, False, True, True]), "mobile": np.array([False, True, True, True])}
    assert addressing.rows(USERS, allowed).to_pylist() == [
        {"uid": "ana", "email": "Ana@example.org", "mobile": None},
        {"uid": "bo", "email": None, "mobile": None},
        {"uid": "chi", "email": None, "mobile": "+33612345678"},
        {"uid": "dai", "email": None, "mobile": None},
    ]
    assert addressing.usable(USERS, allowed, by_address=True).tolist() == [True, False, True, False]
    assert addressing.usable(USERS, allowed, by_address=False).tolist() == [True, True, True, True]


def test_what_a_platform_needs_keeps_a_row_out_and_an_empty_cell_has_no_hash() -> None:
    allowed = {"email": ALL, "mobile": ALL}
    assert _addressing("salesforce", uid="uid", email="mail").usable(USERS, allowed, by_address=True).tolist() == [
        True, True, False, False,
    ]  # fmt: skip
    meta = _addressing("meta", email="mail", mobile="tel")
    rows = meta.rows(USERS, allowed).to_pylist()
    assert rows[1]["phone"] is None
    assert rows[3] == {"email": None, "phone": None}
    assert meta.usable(USERS, allowed, by_address=False).tolist() == [True, True, True, False]


def test_a_column_that_no_label_may_fill_is_named() -> None:
    with pytest.raises(SegkitError, match=r"platform 'meta' has no column 'fname'\. A label may fill: fn, ln, country"):
        platform("meta").column("fname")
