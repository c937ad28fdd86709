"""The ten predefined segments, each boundary a test that reads like the definition. As of 2024-11-07, in Berlin."""

from __future__ import annotations

import pytest

from segkit.definitions import predefined
from segkit.definitions.vocabulary import EventDeclaration, LabelDeclaration, Vocabulary
from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace

YES = {"marketing_consent": True}
DEVICE = {"marketing_consent": True, "device_count": 1, "registered_at": "2023-01-01"}


def test_there_are_ten_and_their_names_are_those_of_the_definition() -> None:
    assert predefined.names() == (
        "All users who have accepted marketing",
        "Users who might return the products",
        "Newly registered users in 30 days",
        "Registered users without devices",
        "Users in silence stage",
        "Users in churn stage",
        "Users with gateways",
        "Users who prefer the in-app mall",
        "Users who give feedback on issues quite often",
        "Very satisfied users",
    )


def test_accepted_marketing_needs_a_yes_and_a_missing_consent_is_none(small: SmallWorkspace) -> None:
    small.user("yes", marketing_consent=True)
    small.user("no", marketing_consent=False)
    small.user("missing")
    assert small.members("All users who have accepted marketing") == {"yes"}


def test_low_success_rate_is_a_share_under_half_over_at_least_three_starts(small: SmallWorkspace) -> None:
    for uid, starts, successes in (
        ("1 of 3", 3, 1), ("0 of 3", 3, 0), ("2 of 4", 4, 2), ("0 of 2", 2, 0), ("1 of 3, no consent", 3, 1),
    ):  # fmt: skip
        small.user(uid, marketing_consent="no consent" not in uid)
        small.event(uid, "pairing_starts", "2024-11-01 12:00", times=starts)
        small.event(uid, "pairing_succeeds", "2024-11-01 12:30", times=successes)
    assert small.members("Users who might return the products") == {"1 of 3", "0 of 3"}


def test_much_feedback_is_three_or_more_in_the_last_90_days(small: SmallWorkspace) -> None:
    small.user("three", **YES)
    small.event("three", "feedback_submitted", "2024-10-01 10:00", times=3)
    small.user("two", **YES)
    small.event("two", "feedback_submitted", "2024-10-01 10:00", times=2)
    small.user("three, one on day 91", **YES)
    small.event("three, one on day 91", "feedback_submitted", "2024-10-01 10:00", times=2)
    small.event("three, one on day 91", "feedback_submitted", "2024-08-08 10:00")
    small.user("three, one on day 90", **YES)
    small.event("three, one on day 90", "feedback_submitted", "2024-10-01 10:00", times=2)
    small.event("three, one on day 90", "feedback_submitted", "2024-08-09 10:00")
    assert small.members("Users who might return the products") == {"three", "three, one on day 90"}


def test_newly_registered_is_1_to_30_days_ago(small: SmallWorkspace) -> None:
    for uid, day in (
        ("today", "2024-11-07"), ("day 1", "2024-11-06"), ("day 30", "2024-10-08"), ("day 31", "2024-10-07"),
    ):  # fmt: skip
        small.user(uid, marketing_consent=True, registered_at=day)
    small.user("day 30, consent missing", registered_at="2024-10-08")
    small.user("never registered", **YES)
    assert small.members("Newly registered users in 30 days") == {"day 1", "day 30"}


def test_registered_without_devices_counts_a_missing_number_as_no_device(small: SmallWorkspace) -> None:
    registered = {"marketing_consent": True, "registered_at": "2024-11-01"}
    small.user("none", device_count=0, **registered)
    small.user("missing", **registered)
    small.user("one", device_count=1, **registered)
    small.user("none, day 31", marketing_consent=True, registered_at="2024-10-07", device_count=0)
    assert small.members("Registered users without devices") == {"none", "missing"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Users in silence stage", {"day 8", "day 29", "never, registered on day 8", "never, registered on day 29"}),
        ("Users in churn stage", {"day 31", "day 300", "never, registered on day 31"}),
    ],
)
def test_silence_is_more_than_7_and_less_than_30_days_and_churn_more_than_30(
    small: SmallWorkspace, name: str, expected: set[str]
) -> None:
    for days, day in ((1, "11-06"), (7, "10-31"), (8, "10-30"), (29, "10-09"), (30, "10-08"), (31, "10-07")):
        small.user(f"day {days}", **DEVICE)
        small.event(f"day {days}", "app_used", f"2024-{day} 23:59:59")
        small.user(f"never, registered on day {days}", **{**DEVICE, "registered_at": f"2024-{day}"})
    small.user("day 300", **DEVICE)
    small.event("day 300", "app_used", "2024-01-12 08:00")
    small.user("day 8, no device", marketing_consent=True, device_count=0, registered_at="2023-01-01")
    small.event("day 8, no device", "app_used", "2024-10-30 12:00")
    small.user("day 8, consent missing", device_count=1, registered_at="2023-01-01")
    small.event("day 8, consent missing", "app_used", "2024-10-30 12:00")
    small.user("never used, never registered", marketing_consent=True, device_count=1)
    assert small.members(name) == expected


def test_the_last_use_counts_not_an_earlier_one(small: SmallWorkspace) -> None:
    small.user("ana", **DEVICE)
    small.event("ana", "app_used", "2024-10-30 12:00")
    small.event("ana", "app_used", "2024-11-05 12:00")
    assert small.members("Users in silence stage") == set()


def test_gateways_needs_the_label_and_consent(small: SmallWorkspace) -> None:
    small.user("owner", has_gateway=True, **YES)
    small.user("none", has_gateway=False, **YES)
    small.user("owner, no consent", has_gateway=True, marketing_consent=False)
    assert small.members("Users with gateways") == {"owner"}


@pytest.mark.parametrize("act", ["product_browsed", "added_to_cart", "added_to_favourites", "order_paid"])
def test_preferring_the_mall_is_any_act_in_it_in_the_last_30_days(small: SmallWorkspace, act: str) -> None:
    for uid, at in (
        ("day 30", "2024-10-08 00:00"), ("day 31", "2024-10-07 23:59:59"), ("yesterday", "2024-11-06 23:59:59"),
        ("today", "2024-11-07 00:00"),
    ):  # fmt: skip
        small.user(uid, **YES)
        small.event(uid, act, at)
    small.user("no act", **YES)
    assert small.members("Users who prefer the in-app mall") == {"day 30", "yesterday"}


def test_feedback_quite_often_is_more_than_2_in_the_last_90_days(small: SmallWorkspace) -> None:
    for uid, times in (("two", 2), ("three", 3)):
        small.user(uid, **YES)
        small.event(uid, "feedback_submitted", "2024-08-09 00:00", times=times)
    small.user("three, consent missing")
    small.event("three, consent missing", "feedback_submitted", "2024-08-09 00:00", times=3)
    assert small.members("Users who give feedback on issues quite often") == {"three"}


def test_very_satisfied_is_active_without_feedback_in_the_last_30_days(small: SmallWorkspace) -> None:
    for uid in ("active", "active with feedback", "active with feedback on day 31", "inactive"):
        small.user(uid, **YES)
    for uid in ("active", "active with feedback", "active with feedback on day 31"):
        small.event(uid, "app_used", "2024-10-08 00:00")
    small.event("active with feedback", "feedback_submitted", "2024-10-20 10:00")
    small.event("active with feedback on day 31", "feedback_submitted", "2024-10-07 23:59:59")
    small.event("inactive", "app_used", "2024-10-07 23:59:59")
    assert small.members("Very satisfied users") == {"active", "active with feedback on day 31"}


def test_a_workspace_changes_a_threshold_by_name(small: SmallWorkspace) -> None:
    small.app_settings = "predefined = {often_more_than = 1}"
    small.user("two", **YES)
    small.event("two", "feedback_submitted", "2024-11-01 00:00", times=2)
    assert small.members("Users who give feedback on issues quite often") == {"two"}


def test_a_threshold_that_does_not_exist_is_named_with_the_nearest() -> None:
    with pytest.raises(SegkitError, match=r"no threshold 'silent_more'. Did you mean 'silent_more_than'\?"):
        predefined.predefined_segments("shop", Vocabulary(), {"silent_more": 3})


def test_a_segment_whose_words_the_vocabulary_lacks_is_unavailable_and_says_what_is_missing() -> None:
    vocabulary = Vocabulary(
        labels=(
            LabelDeclaration(code="marketing_consent", name="Consent", type="bool"),
            LabelDeclaration(code="has_gateway", name="Gateway", type="bool"),
        ),
        events=(EventDeclaration(code="app_used", name="Used the app"),),
    )
    found = {p.document.name: p for p in predefined.predefined_segments("shop", vocabulary, {})}
    assert [name for name, p in found.items() if p.is_available] == [
        "All users who have accepted marketing",
        "Users with gateways",
    ]
    assert found["Very satisfied users"].missing == ("event feedback_submitted",)


def test_every_threshold_says_its_unit_and_what_it_means() -> None:
    for name, threshold in predefined.thresholds().items():
        assert threshold.unit in ("days", "times", "share"), name
        assert threshold.description.endswith("."), name
