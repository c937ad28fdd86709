"""The oracle on hand-written rows: who is in is literal here, so that the oracle can be trusted elsewhere."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from .compare import satisfies
from .days import DAY, Days, moment_of
from .handwritten import Written, at, day, people

EVERYBODY: dict[str, Any] = {"all": []}


def count(op: str = "ge", value: Any = 1, event: str = "a", **more: Any) -> dict[str, Any]:
    return {"event": event, "op": op, "value": value, "window": {"all": True}, **more}


def label(code: str, op: str, *value: Any) -> dict[str, Any]:
    return {"label": code, "op": op, **({"value": value[0]} if value else {})}


# First instants of days as zdump's transitions (tzdata 2024 and later) give them.
@pytest.mark.parametrize(
    ("zone", "date_", "first"),
    [
        ("America/Havana", "2024-03-10", "2024-03-10T05:00"),  # 0:00 does not exist: the day begins at 1:00
        ("America/Havana", "2024-11-03", "2024-11-03T04:00"),  # 0:00 exists twice
        ("America/Havana", "2024-11-04", "2024-11-04T05:00"),
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00"),
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00"),  # the hour before midnight exists twice
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),
        ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00"),
        ("Asia/Beirut", "2022-10-30", "2022-10-29T22:00"),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00"),
        ("Australia/Lord_Howe", "2024-04-08", "2024-04-07T13:30"),
        ("Asia/Kathmandu", "2024-05-01", "2024-04-30T18:15"),
        ("Europe/Berlin", "2024-03-31", "2024-03-30T23:00"),
        ("Europe/Berlin", "2024-04-01", "2024-03-31T22:00"),
    ],
)
def test_a_local_day_begins_at_its_first_instant(zone: str, date_: str, first: str) -> None:
    days = Days(zone)
    instant = days.first_instant(day(date_))
    assert moment_of(instant) == at(first)
    assert [days.day_of(instant + beside) for beside in (-1, 0, 1)] == [day(date_) - DAY, day(date_), day(date_)]


def test_a_naive_instant_is_a_wall_clock_of_its_source_the_first_of_two() -> None:
    app = Written(zone="Europe/Berlin", events={"zone": "America/New_York"})
    app.user("ana")
    app.event("ana", "a", datetime.fromisoformat("2024-11-03 01:30"))  # twice: EDT counts, 05:30 UTC
    app.event("ana", "b", datetime.fromisoformat("2024-03-10 02:30"))  # never: as before the change, 07:30 UTC
    twice, never = sorted(app.world().events["ana"], key=lambda event: event.name)
    assert moment_of(twice.at) == at("2024-11-03T05:30")
    assert moment_of(never.at) == at("2024-03-10T07:30")


def test_negative_forms_are_complements_and_include_users_without_a_value() -> None:
    app = Written()
    app.user("de", country="DE", likes=["x"], born=day("2024-02-28"))
    app.user("at", country="AT", likes=["y"], born=day("2023-02-28"))
    app.user("none")
    assert app.members(label("country", "ne", "DE")) == {"at", "none"}
    assert app.members(label("country", "not_in", ["DE", "AT"])) == {"none"}
    assert app.members(label("country", "not_contains", "D")) == {"at", "none"}
    assert app.members(label("likes", "not_contains", ["x", "z"])) == {"at", "none"}
    assert app.members(label("born", "not_in_last", 30)) == {"at", "none"}
    assert app.members({"not": label("country", "eq", "DE")}) == {"at", "none"}


def test_nothing_compares_with_a_missing_number() -> None:
    app = Written()
    for uid, score in (("none", None), ("nan", math.nan), ("inf", math.inf), ("-inf", -math.inf), ("5", 5.0)):
        app.user(uid, score=score)
    missing = {"none", "nan", "inf", "-inf"}
    assert app.members(label("score", "le", 5)) == app.members(label("score", "ge", 5)) == {"5"}
    assert app.members(label("score", "ne", 5)) == app.members(label("score", "is_empty")) == missing


def test_empty_is_a_missing_value_an_empty_text_and_an_empty_list() -> None:
    app = Written()
    app.user("none")
    app.user("empty", country="", likes=[])
    app.user("full", country=" ", likes=[""])
    assert app.members(label("country", "is_empty")) == app.members(label("likes", "is_empty")) == {"none", "empty"}
    assert app.members(label("country", "eq", "")) == {"empty"}


def test_texts_compare_after_nfc_and_by_case() -> None:
    app = Written()
    app.user("composed", country="caf\u00e9", likes=["caf\u00e9"])
    app.user("decomposed", country="cafe\u0301", likes=["cafe\u0301"])
    app.user("other case", country="CAF\u00c9")
    assert app.members(label("country", "eq", "cafe\u0301")) == {"composed", "decomposed"}
    assert app.members(label("country", "ends_with", "\u00e9")) == {"composed", "decomposed"}
    assert app.members(label("likes", "contains_all", ["caf\u00e9", "cafe\u0301"])) == {"composed", "decomposed"}


def test_doubles_compare_as_they_are_and_decimals_as_their_text() -> None:
    app = Written()
    app.user("third", score=0.1 + 0.2, balance=Decimal("0.30"))
    app.user("rounded", score=0.3, balance=Decimal("0.305"))
    assert app.members(label("score", "eq", 0.3)) == {"rounded"}
    assert app.members(label("balance", "eq", 0.3)) == {"third", "rounded"}
    assert app.members(label("score", "gt", 2**53 + 1)) == set()


def test_more_digits_than_the_scale_round_half_even() -> None:
    app = people("u")
    for text in ("0.125", "0.135", "-0.005", "0.0051"):
        app.event("u", "a", "2024-02-01", amount=Decimal(text), ratio=text)
    params = [event.params for event in app.world().events["u"]]
    assert sorted(str(found["amount"]) for found in params) == ["-0.00", "0.01", "0.12", "0.14"]
    assert str(params[0]["ratio"]) == "0.125000"


@pytest.mark.parametrize(
    ("op", "value", "days_ago"),
    [
        ("days_ago_gt", 7, {8, 30, 31}),
        ("days_ago_lt", 7, {0, 1, 6}),
        ("days_ago_between", [7, 30], {7, 8, 30}),
        ("days_ago_between", [0, 1], {0, 1}),
        ("in_last", 7, {1, 6, 7}),
        ("in_last", 0, set()),
        ("not_in_last", 7, {-8, -7, -1, 0, 8, 30, 31}),
        ("in_next", 7, {0, -1, -7}),
        ("in_next", 0, {0}),
        ("before", "2024-02-23", {8, 30, 31}),
        ("after", "2024-02-23", {-8, -7, -1, 0, 1, 6}),
        ("on", "2024-02-23", {7}),
        ("between", ["2024-02-23", "2024-02-24"], {6, 7}),
    ],
)
def test_days_ago_are_whole_days_between_a_date_and_as_of(op: str, value: Any, days_ago: set[int]) -> None:
    app = Written()
    for ago in (-8, -7, -1, 0, 1, 6, 7, 8, 30, 31):
        app.user(str(ago), born=day("2024-03-01") - DAY * ago)
    assert app.members(label("born", op, value)) == {str(ago) for ago in days_ago}


def test_an_instant_as_a_date_label_is_read_as_its_local_date() -> None:
    app = Written(zone="America/Havana")
    app.user("sat", born=at("2024-03-10T04:59:59.999999"))
    app.user("sun", born=at("2024-03-10T05:00"))
    assert app.members(label("born", "on", "2024-03-10"), "2024-04-01") == {"sun"}


def test_samples_are_the_first_8_bytes_of_sha256() -> None:
    # By `sha256sum` and `bc`: spring:ana 524, spring:cy 5636, spring:Zoë 6167, spring:007 3693, spring:bo 8767.
    app = people("ana", "bo", "cy", "007", "Zoë")
    assert app.members({"sample": 5.24, "seed": "spring"}) == set()
    assert app.members({"sample": 5.25, "seed": "spring"}) == {"ana"}
    assert app.members({"sample": 61.67, "seed": "spring"}) == {"ana", "007", "cy"}
    assert app.members({"sample": 61.68, "seed": "spring"}) == {"ana", "007", "cy", "Zoë"}
    assert app.members({"sample": 100, "seed": ""}) == {"ana", "bo", "cy", "007", "Zoë"}
    assert app.members({"not": {"sample": 30.02, "seed": ""}}) >= {"ana"}  # :ana is 3002


def test_users_come_go_and_come_back() -> None:
    app = Written()
    app.user("first")
    app.user("since", since=day("2024-01-15"))
    app.user("goes", gone=day("2024-01-20"))
    for snapshot in ("2024-02-01", "2024-03-01"):
        app.user("late", snapshot)
        app.user("goes", snapshot, gone=day("2024-01-20") if snapshot == "2024-02-01" else None)
    assert app.members(EVERYBODY, "2023-06-01") == {"first", "goes"}
    assert app.members(EVERYBODY, "2024-01-15") == {"first", "since", "goes"}
    assert app.members(EVERYBODY, "2024-01-20") == {"first", "since"}
    assert app.members(EVERYBODY, "2024-02-01") == {"first", "since", "late"}
    assert app.members(EVERYBODY, "2024-03-01") == {"first", "since", "late", "goes"}
    assert app.members(label("country", "ne", "DE"), "2024-01-20") == {"first", "since"}


def test_users_absent_from_a_snapshot_are_gone_where_the_mapping_says_so() -> None:
    for absent, there in (("keep", {"ana", "bo"}), ("gone", {"ana"})):
        app = Written(users={"absent": absent})
        for snapshot in ("2024-01-01", "2024-02-01", "2024-03-01"):
            app.user("ana", snapshot)
            if snapshot != "2024-02-01":
                app.user("bo", snapshot)
        assert app.members(EVERYBODY, "2024-02-01") == there
        assert app.members(EVERYBODY, "2024-01-31") == app.members(EVERYBODY, "2024-03-01") == {"ana", "bo"}


def test_labels_read_as_of_a_date_and_before_the_first_load_as_of_it() -> None:
    app = Written()
    app.user("moves", country="DE")
    app.user("moves", "2024-02-01", country="AT")
    app.user("moves", "2024-03-01", country=None)
    app.user("early", "2024-02-01", country="AT", since=day("2023-01-01"))
    assert app.members(label("country", "eq", "DE"), "2023-05-05") == {"moves"}
    assert app.members(label("country", "eq", "DE"), "2024-01-31") == {"moves"}
    assert app.members(label("country", "is_empty"), "2024-01-31") == {"early"}
    assert app.members(label("country", "eq", "AT"), "2024-02-01") == {"moves", "early"}
    assert app.members(label("country", "is_empty"), "2024-03-01") == {"moves"}


def test_links_with_validity_hold_by_their_days() -> None:
    app = people("ana", "bo")
    rows = [
        {"uid": "ana", "kind": "hub", "since": at("2024-02-01T00:00"), "until": day("2024-02-10")},
        {"uid": "ana", "kind": "lamp", "since": day("2024-02-05"), "until": None},
    ]
    derived = {
        "links": {"type": "number", "derived": {"link": "links", "measure": "count"}},
        "hub": {"type": "bool", "derived": {"link": "links", "measure": "exists", "where": {"kind": ["hub", "x"]}}},
        "kinds": {"type": "list", "derived": {"link": "links", "measure": "list", "of": "kind"}},
    }
    app.link({"2024-01-01": rows}, derived, valid_from="since", valid_to="until")
    assert app.members(label("links", "eq", 0), "2024-01-31") == {"ana", "bo"}
    for as_of, number in (("2024-02-01", 1), ("2024-02-09", 2), ("2024-02-10", 1)):
        assert app.members(label("links", "eq", number), as_of) == {"ana"}
    assert app.members(label("hub", "eq", True), "2024-02-09") == {"ana"}
    assert app.members(label("hub", "eq", False), "2024-02-10") == {"ana", "bo"}
    assert app.members(label("kinds", "contains_all", ["hub", "lamp"]), "2024-02-09") == {"ana"}
    assert app.members(label("kinds", "is_empty"), "2024-02-09") == {"bo"}


def test_links_without_validity_are_snapshots() -> None:
    app = people("ana", "bo")
    snapshots = {"2024-01-01": [{"uid": "ana"}, {"uid": "ana"}], "2024-02-01": [{"uid": "bo"}]}
    app.link(snapshots, {"links": {"type": "number", "derived": {"link": "links", "measure": "count"}}})
    for as_of in ("2023-01-01", "2024-01-31"):
        assert app.members(label("links", "eq", 2), as_of) == {"ana"}
    assert app.members(label("links", "eq", 0), "2024-02-01") == {"ana"}
    assert app.members(label("links", "eq", 1), "2024-02-01") == {"bo"}


def test_muted_conditions_are_as_if_they_were_not_there() -> None:
    app = Written()
    app.user("de", country="DE")
    app.user("at", country="AT")
    german = label("country", "eq", "DE")
    muted = {**german, "mute": True}
    austrian = label("country", "eq", "AT")
    assert app.members(muted) == app.members({"not": muted}) == app.members({"any": [muted]}) == {"de", "at"}
    assert app.members({"all": [muted, austrian]}) == app.members({"any": [muted, austrian]}) == {"at"}
    assert app.members({"any": [{"not": {"all": [muted]}}, austrian]}) == {"at"}
    assert app.members({"any": []}) == app.members({"any": [{"any": []}, muted]}) == set()
    assert app.members({"all": [{"all": []}, german]}) == {"de"}


def test_a_segment_condition_reads_the_other_rule_as_of_the_same_date() -> None:
    app = people("ana", "bo", "cy")
    app.event("ana", "a", "2024-02-29")
    app.event("bo", "a", "2024-02-01")
    app.segments = {"fresh": {"event": "a", "window": {"last": 1}}, "stale": {"not": {"segment": "fresh"}}}
    assert app.members({"segment": "stale"}) == {"bo", "cy"}
    assert app.members({"segment": "stale"}, "2024-02-02") == {"ana", "cy"}
    assert app.members({"all": [{"segment": "stale"}, count(window={"last": 90})]}) == {"bo"}


def test_uids_are_text_in_one_form() -> None:
    app = people("007", "7", "ANA", "ana")
    app.event(7, "a", "2024-02-01")
    app.event("ANA", "a", "2024-02-01")
    assert app.members(count()) == {"7", "ANA"}


def test_a_positive_comparison_of_no_value_is_false() -> None:
    positive = {"eq": "x", "in": ["x"], "contains": "x", "between": [1, 2], "in_next": 1, "not_empty": None}
    for op, value in positive.items():
        assert not satisfies(None, op, value, day("2024-03-01"))
