"""Who a user is, when he was there, and what his uid looks like."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from segkit.errors import DataProblem, DefinitionError

from .made import Made, event, user

COMING_AND_GOING = {"known_from": "since", "gone_at": "gone"}


def test_users_of_the_first_load_have_always_been_known_later_ones_from_their_data_date(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    shop.users("2026-05-03", user("ana"), user("bo"))
    shop.load()
    shop.users("2026-05-07", user("cem"))
    shop.load()
    assert shop.presence() == {
        "ana": [(None, None)],
        "bo": [("2026-05-03", None)],
        "cem": [("2026-05-07", None)],
    }


def test_a_known_from_column_gives_the_day_and_empty_is_as_if_there_were_none(shop: Made) -> None:
    shop.users_mapping = COMING_AND_GOING
    shop.users("2026-05-01", user("ana", since="2026-02-01", gone=None), user("bo", since=None, gone=None))
    shop.users("2026-05-03", user("cem", since="2026-01-15", gone=None), user("dee", since=None, gone=None))
    shop.load()
    assert shop.presence() == {
        "ana": [("2026-02-01", None)],
        "bo": [(None, None)],
        "cem": [("2026-01-15", None)],
        "dee": [("2026-05-03", None)],
    }


def test_a_user_goes_and_comes_back(shop: Made) -> None:
    shop.users_mapping = COMING_AND_GOING
    for name, gone in {"01": None, "03": "2026-05-02", "05": "2026-05-02", "07": None, "09": "2026-05-08"}.items():
        shop.users(f"2026-05-{name}", user("ana", since=None, gone=gone))
        shop.load()
    assert shop.presence() == {"ana": [(None, "2026-05-02"), ("2026-05-07", "2026-05-08")]}


def test_a_user_who_will_be_gone_is_not_back_before_that(shop: Made) -> None:
    shop.users_mapping = COMING_AND_GOING
    shop.users("2026-05-01", user("ana", since=None, gone="2026-05-20"))
    shop.users("2026-05-03", user("ana", since=None, gone=None))
    shop.load()
    assert shop.presence() == {"ana": [(None, "2026-05-20")]}
    shop.users("2026-05-21", user("ana", since=None, gone=None))
    shop.load()
    assert shop.presence() == {"ana": [(None, "2026-05-20"), ("2026-05-21", None)]}


def test_an_instant_as_known_from_is_read_as_its_local_date(shop: Made) -> None:
    shop.zone, shop.users_mapping = "Europe/Berlin", COMING_AND_GOING
    instants = {"since": pa.timestamp("us", "UTC"), "gone": pa.timestamp("us", "UTC")}
    shop.users("2026-06-01", {"uid": "ana", "since": "2026-05-01 22:30", "gone": None}, types=instants)
    shop.load()
    assert shop.presence() == {"ana": [("2026-05-02", None)]}


def test_absent_users_are_kept_by_default_and_gone_where_the_source_says_so(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"), user("bo"))
    shop.users("2026-05-03", user("bo"))
    shop.load()
    assert shop.presence()["ana"] == [(None, None)]
    shop.users_mapping = {"absent": "gone"}
    shop.users("2026-05-05", user("ana"))
    shop.load()
    assert shop.presence() == {"ana": [(None, None)], "bo": [(None, "2026-05-05")]}
    shop.users("2026-05-07", user("bo"))
    shop.load()
    assert shop.presence() == {"ana": [(None, "2026-05-07")], "bo": [(None, "2026-05-05"), ("2026-05-07", None)]}


def test_a_snapshot_cut_into_files_is_one_snapshot(shop: Made) -> None:
    shop.users_mapping = {"absent": "gone"}
    shop.users("2026-05-01-a", user("ana"))
    shop.users("2026-05-01-b", user("bo"))
    shop.load()
    shop.users("2026-05-01-b", user("bo"), user("cem"))  # changed, so read again with its other half
    shop.load()
    assert shop.presence() == {"ana": [(None, None)], "bo": [(None, None)], "cem": [("2026-05-01", None)]}


def test_numbers_are_dense_in_the_order_of_uids_and_never_given_again(shop: Made) -> None:
    shop.users("2026-05-01", user("bo"), user("ana"))
    shop.load()
    shop.users("2026-05-03", user("cem"), user("aaa"))
    shop.load()
    assert shop.stored.uids().to_pylist() == ["ana", "bo", "aaa", "cem"]
    assert (shop.stored.user_no_of("aaa"), shop.stored.user_no_of("nobody")) == (2, None)


# --- uids ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "uid"),
    [
        ("ana", pa.string(), "ana"),
        (" \u00a0ana\u2003", pa.string(), "ana"),
        ("Zoe\u0308", pa.string(), "Zo\u00eb"),
        ("007", pa.string(), "007"),
        ("ANA", pa.string(), "ANA"),
        (7, pa.int64(), "7"),
        (2**63, pa.uint64(), "9223372036854775808"),
        (7.0, pa.float64(), "7"),
        (-0.0, pa.float64(), "0"),
        (Decimal("7.00"), pa.decimal128(10, 2), "7"),
        ("ana", pa.dictionary(pa.int32(), pa.string()), "ana"),
    ],
)
def test_a_uid_is_text_in_one_form(shop: Made, raw: Any, kind: pa.DataType, uid: str) -> None:
    shop.users("2026-05-01", {"uid": raw}, types={"uid": kind})
    shop.load()
    assert shop.stored.uids().to_pylist() == [uid]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "no uid"),
        (float("nan"), "no uid"),
        (7.5, "a uid that is no whole number and no text"),
        (2.0**53, "a uid that is no whole number and no text"),
        (float("inf"), "a uid that is no whole number and no text"),
    ],
)
def test_what_names_nobody_is_refused_and_counted(shop: Made, raw: Any, reason: str) -> None:
    shop.users("2026-05-01", {"uid": 7.0}, {"uid": raw}, types={"uid": pa.float64()})
    (refused,) = shop.load().role("users").refused
    assert (refused.what, refused.count, refused.examples) == (
        reason, 1, ("sources/users/2026-05-01.parquet row 2",)
    )  # fmt: skip
    assert shop.stored.uids().to_pylist() == ["7"]


def test_uids_of_other_types_are_refused_whole(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": True}, types={"uid": pa.bool_()})
    (refused,) = shop.load().role("users").refused
    assert refused.count == 1


def test_whole_numbers_and_their_text_are_the_same_user(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": 7}, types={"uid": pa.int64()})
    shop.events("a", event("7", "seen", "2026-05-01 10:00", "1"))
    shop.events("b", event(7.0, "seen", "2026-05-01 11:00", "2"), types={"uid": pa.float64()})
    shop.load()
    assert [row[0] for row in shop.stored_events()] == ["7", "7"]


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_uid_that_stands_twice_the_smallest_content_counts(shop: Made, turned: bool) -> None:
    rows = [user("ana", country="DE", score=2.0), user("ana", country="AT", score=9.0), user("bo")]
    shop.users("2026-05-01", *(rows[::-1] if turned else rows))
    report = shop.load().role("users")
    assert shop.label("country", "2026-05-01") == {"ana": "AT"}
    assert shop.label("score", "2026-05-01") == {"ana": 9.0}
    assert (report.read, report.kept, report.duplicate) == (3, 2, 1)


# --- more than one source, or none -----------------------------------------------------------------------------------


def test_without_a_users_source_the_users_are_those_of_the_events(shop: Made) -> None:
    shop.write_settings()
    shop.labels = []
    shop.events("a", event("bo", "seen", "2026-05-01 10:00", "1"), event("ana", "seen", "2026-05-02 10:00", "2"))
    settings = (shop.folder / "segkit.toml").read_text()
    start = settings.index("[[apps.shop.users]]")
    end = settings.index("[[apps.shop.events]]")
    without = settings[:start] + settings[end:]
    (shop.folder / "segkit.toml").write_text(without)
    shop.write_settings = lambda: None  # type: ignore[method-assign]
    shop.load()
    assert shop.presence() == {"ana": [(None, None)], "bo": [(None, None)]}
    shop.events("b", event("cem", "seen", "2026-05-04 10:00", "3"))
    shop.load()
    assert shop.presence()["cem"] == [("2026-05-05", None)]


def test_absent_gone_needs_a_single_users_source(shop: Made) -> None:
    shop.users_mapping = {"absent": "gone"}
    shop.users("2026-05-01", user("ana"))
    shop.write_settings()
    path = shop.folder / "segkit.toml"
    more = '\n[[apps.shop.users]]\nfiles = "sources/more/*"\nuid = "uid"\n'
    path.write_text(path.read_text() + more)
    shop.write_settings = lambda: None  # type: ignore[method-assign]
    with pytest.raises(DefinitionError, match='absent = "gone" with more than one users source'):
        shop.load()


def test_the_first_load_needs_users(shop: Made) -> None:
    shop.events("a", event("bo", "seen", "2026-05-01 10:00", "1"))
    with pytest.raises(DataProblem, match=r"users: no file matches 'sources/users/\*'"):
        shop.load()
