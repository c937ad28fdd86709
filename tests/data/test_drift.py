"""Files of another kind than what was accepted hold the load, by name, and nothing is loaded until they are taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from segkit.data.doctor import examine_data
from segkit.data.manifest import all_files
from segkit.data.settings import read_settings
from segkit.data.watching.drift import Acceptance, Drifted
from segkit.data.watching.judging import REPEATED, is_too_many
from segkit.errors import DataProblem, Held

from .made import LABELS, Made, event, user

WHEN = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE = [f"u{number:02}" for number in range(30)]
USERS, EVENTS, DEVICES = "sources/users/2026-05-02", "sources/events/b", "sources/devices/2026-05-02"


def users(**columns: Any) -> list[dict[str, Any]]:
    """Thirty users, all alike but for the uid; a column may be a function of the user's number."""
    usual = {"country": "DE", "score": 1.5, "spent": 2.25, "born": "1990-01-31", "vip": True, "likes": ["tea"]}
    return [
        user(uid, **{name: value(number) if callable(value) else value for name, value in (usual | columns).items()})
        for number, uid in enumerate(PEOPLE)
    ]


def events(day: str = "2026-05-03", name: str = "bought", **columns: Any) -> list[dict[str, Any]]:
    """An event of each user."""
    rows = []
    for number, uid in enumerate(PEOPLE):
        row = event(uid, name, f"{day} 10:{number:02}", f"{day}-{number}", 9.5, "lamp")
        rows.append(row | {key: value(number) if callable(value) else value for key, value in columns.items()})
    return rows


def devices(**columns: Any) -> list[dict[str, Any]]:
    """A device of each user."""
    return [{"uid": uid, "kind": "hub", "is_hub": True} | columns for uid in PEOPLE]


def without(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


@pytest.fixture
def loaded(shop: Made) -> Made:
    """A shop whose sources are accepted: countries have names, devices give a label."""
    names = {"DE": "Germany", "AT": "Austria"}
    shop.labels = [label | ({"values": names} if label["code"] == "country" else {}) for label in LABELS]
    shop.labels += [{"code": "kinds", "type": "list", "derived": {"link": "devices", "measure": "list", "of": "kind"}}]
    shop.link_mapping = {}
    shop.users("2026-05-01", *users())
    shop.events("a", *events("2026-05-01"))
    shop.devices("2026-05-01", *devices())
    shop.load()
    return shop


def everything(shop: Made) -> dict[str, bytes]:
    """The bytes of the current generation: its manifest, and every file that it names."""
    files = [shop.data / "manifest.json", *(shop.data / file.path for file in all_files(shop.manifest))]
    return {path.relative_to(shop.data).as_posix(): path.read_bytes() for path in files}


def held(shop: Made, **options: Any) -> str:
    """What holds a load, in words; the previous generation is as it was, and nothing half done lies about."""
    before = everything(shop)
    with pytest.raises(Drifted) as caught:
        shop.load(**options)
    assert isinstance(caught.value, Held)
    assert caught.value.exit_code == 3
    assert everything(shop) == before
    generations = {path.name for path in shop.data.glob("g*")}
    assert generations == {name.split("/")[0] for name in before if "/" in name}
    return str(caught.value)


def taken(shop: Made, *columns: str) -> Any:
    """The report of a load that takes drift, in these columns or in all."""
    return shop.load(accept=Acceptance("tester", WHEN, frozenset(columns) or None))


def put(path: str) -> Callable[..., Any]:
    """Writes the file of that path."""

    def write(shop: Made, rows: list[dict[str, Any]], **types: pa.DataType) -> None:
        folder, name = Path(path).parts[1:]
        shop._file(f"{folder}/{name}", rows, types)

    return write


put_users, put_events, put_devices = put(USERS), put(EVENTS), put(DEVICES)

#: Each kind of drift: what is put there, the file and the column that must be named, words of what is found.
KINDS: dict[str, tuple[Callable[[Made], None], str, str, str]] = {
    "a column of a label that is gone": (
        lambda shop: put_users(shop, without(users(), "country")),
        f"{USERS}.parquet, column 'country' (label 'country')", "gone", "it held text so far",
    ),
    "a column of a parameter that is gone": (
        lambda shop: put_events(shop, without(events(), "amount")),
        f"{EVENTS}.parquet, column 'amount' (parameter 'amount')", "gone", "it held numbers so far",
    ),
    "text where numbers were": (
        lambda shop: put_users(shop, users(score="high"), score=pa.string()),
        f"{USERS}.parquet, column 'score' (label 'score')", "holds text", "it held numbers so far",
    ),
    "a list where text was": (
        lambda shop: put_users(shop, users(country=["DE"]), country=pa.list_(pa.string())),
        f"{USERS}.parquet, column 'country' (label 'country')", "holds lists", "it held text so far",
    ),
    "uids that become numbers": (
        lambda shop: put_events(shop, events(uid=lambda number: number), uid=pa.int64()),
        f"{EVENTS}.parquet, column 'uid'", "holds numbers", "it held text that is no whole number so far",
    ),
    "naive times where instants were": (
        lambda shop: put_events(shop, events(at=datetime(2026, 5, 3, 10)), at=pa.timestamp("us")),  # noqa: DTZ001
        f"{EVENTS}.parquet, column 'at' (instant)", "holds times without a zone", "instants, times with a zone so far",
    ),
    "dates written in another way": (
        lambda shop: put_users(shop, users(born="31.01.1990"), born=pa.string()),
        f"{USERS}.parquet, column 'born' (label 'born')", "holds text", "it held dates so far",
    ),
    "decimals of more places than are declared, by their type": (
        lambda shop: put_users(shop, users(spent=Decimal("2.2500")), spent=pa.decimal128(18, 4)),
        f"{USERS}.parquet, column 'spent' (label 'spent')", "its type has 4 decimal places", "declares 2",
    ),
    "numbers of more decimals than are declared": (
        lambda shop: put_events(shop, events(amount=9.555)),
        f"{EVENTS}.parquet, column 'amount' (parameter 'amount')", "30 of 30 values have more than the 2 decimals",
        "none",
    ),
    "a column that is all missing of a sudden": (
        lambda shop: put_users(shop, users(vip=None)),
        f"{USERS}.parquet, column 'vip' (label 'vip')", "all of 30 values are missing", "100% of 30 rows had a value",
    ),
    "a column that is all missing, of no type": (
        lambda shop: put_users(shop, users(vip=None), vip=pa.null()),
        f"{USERS}.parquet, column 'vip' (label 'vip')", "all of 30 values are missing", "100% of 30 rows had a value",
    ),
    "values without a name where all had one": (
        lambda shop: put_users(shop, users(country=lambda number: "XX" if number < 6 else "DE")),
        f"{USERS}.parquet, column 'country' (label 'country')", "1 new values without a name, in 6 of 30",
        "have a name",
    ),
    "events of a name that is not declared": (
        lambda shop: put_events(shop, [*events(), *events("2026-05-04", name="returned")[:5]]),
        f"{EVENTS}.parquet, column 'event' (event name)", "the event 'returned' in 5 rows", "no such name was there",
    ),
    "uids that are missing": (
        lambda shop: put_events(shop, events(uid=lambda number: None if number < 7 else PEOPLE[number])),
        f"{EVENTS}.parquet, column 'uid'", "7 of 30 rows have no value", "none was accepted so far",
    ),
    "instants that are missing": (
        lambda shop: put_events(shop, events(at=lambda number: None if number < 7 else "2026-05-03 10:00")),
        f"{EVENTS}.parquet, column 'at' (instant)", "7 of 30 rows have no value", "none was accepted so far",
    ),
    "event keys that are no longer unique": (
        lambda shop: put_events(shop, events(id=lambda number: f"k{number // 2}")),
        f"{EVENTS}.parquet, column 'id' (event key)", "15 of 30 values stand there again", "none was accepted so far",
    ),
    "users that stand there twice": (
        lambda shop: put_users(shop, users() + users()[:8]),
        f"{USERS}.parquet, column 'uid'", "8 of 38 values stand there again", "none was accepted so far",
    ),
    "a linked table whose column is of another type": (
        lambda shop: put_devices(shop, devices(kind=7), kind=pa.int64()),
        f"{DEVICES}.parquet, column 'kind' (label 'kinds', column 'kind')", "holds numbers", "it held text so far",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_drift_holds_the_load_by_name_and_is_taken_when_accepted(loaded: Made, kind: str) -> None:
    plant, place, now, was = KINDS[kind]
    plant(loaded)
    generation = loaded.manifest.generation
    (line,) = [line for line in held(loaded).splitlines() if place in line]
    assert now in line
    assert was in line.partition(now)[2]
    report = taken(loaded)
    assert loaded.manifest.generation == report.generation == generation + 1
    assert any(str(drift) in line for drift in report.drift)
    assert not loaded.load().is_new


CSV_KINDS: dict[str, tuple[str, str, str]] = {
    "dates in another format": ("born", "31.01.1990", "holds text of another form than 2026-01-31"),
    "text where numbers were": ("score", "high", "30 of 30 values are not what it is read as (double)"),
    "words where true and false were": ("vip", "perhaps", "30 of 30 values are not what it is read as (bool)"),
}


@pytest.mark.parametrize("kind", CSV_KINDS)
def test_texts_of_another_kind_hold_the_load_of_a_csv_file_too(shop: Made, kind: str) -> None:
    column, value, words = CSV_KINDS[kind]
    shop.users("2026-05-01.csv", *users(likes="tea"))
    shop.events("a", *events())
    shop.load()
    shop.users("2026-05-02.csv", *users(likes="tea", **{column: value}))
    (line,) = [line for line in held(shop).splitlines() if f"2026-05-02.csv, column '{column}'" in line]
    assert words in line
    taken(shop)
    assert set(shop.label(column, "2026-05-02").values()) == {None}


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ("2026-05-03T10:00:00+02:00", "2026-05-03 10:00:00", "times as text without an offset"),
        ("2026-05-03 10:00:00", "2026-05-03T10:00:00Z", "times as text with an offset"),
        ("2026-05-03T10:00:00Z", "2026-05-03", "dates as text"),
    ],
)
def test_texts_that_gain_or_lose_their_offset_hold_the_load(shop: Made, first: str, then: str, words: str) -> None:
    shop.users("2026-05-01", *users())
    shop.events("a.csv", *events(at=first))
    shop.load()
    shop.events("b.csv", *events("2026-05-04", at=then))
    assert f"sources/events/b.csv, column 'at' (instant): holds {words}" in held(shop)
    assert taken(shop).role("events").kept == 30


def test_uids_that_were_numbers_in_a_csv_file_and_become_words_hold_the_load(shop: Made) -> None:
    shop.users("2026-05-01.csv", *[row | {"uid": f"{number}"} for number, row in enumerate(users(likes=""))])
    shop.events("a", *events())
    shop.load()
    shop.users("2026-05-02.csv", *users(likes=""))
    words = "holds text that is no whole number; it held whole numbers as text so far"
    assert f"2026-05-02.csv, column 'uid': {words}" in held(shop)


# --- all of it together, and what cannot be taken --------------------------------------------------------------------


def test_everything_that_differs_is_told_together(loaded: Made) -> None:
    put_users(loaded, without(users(score="high", vip=None), "country"), score=pa.string())
    put_events(loaded, events(amount=9.555))
    put_devices(loaded, devices(kind=7), kind=pa.int64())
    text = held(loaded)
    for column in ("country", "score", "vip", "amount", "kind"):
        assert f"column '{column}'" in text
    assert text.endswith("segkit load --app shop --accept-drift amount country kind score vip")


def test_drift_that_is_not_named_still_holds_the_load(loaded: Made) -> None:
    put_users(loaded, users(score="high", vip=None), score=pa.string())
    text = held(loaded, accept=Acceptance("tester", WHEN, frozenset({"score"})))
    assert "column 'vip'" in text
    assert "column 'score'" not in text
    assert text.endswith("--accept-drift score vip")
    assert {drift.column for drift in taken(loaded, "score", "vip").drift} == {"score", "vip"}


def test_a_mapped_column_that_is_gone_cannot_be_taken(loaded: Made) -> None:
    put_events(loaded, without(events(), "at"))
    put_users(loaded, without(users(), "country"))
    text = held(loaded)
    assert f"{EVENTS}.parquet, column 'at' (instant): gone; it held instants" in text
    assert "no row can be read without it" in text
    assert f"{USERS}.parquet, column 'country'" in text
    with pytest.raises((Drifted, DataProblem), match="'at'"):
        taken(loaded)


def test_no_value_of_a_user_is_told(loaded: Made) -> None:
    put_users(loaded, users(country=lambda number: f"secret-{number}", score="secret", born=None), score=pa.string())
    assert "secret" not in held(loaded)
    assert "secret" not in (loaded.data / "held.json").read_text()
    taken(loaded)
    assert "secret" not in (loaded.data / "manifest.json").read_text()


# --- what is no drift ------------------------------------------------------------------------------------------------


def test_a_single_odd_value_is_reported_and_holds_nothing(loaded: Made) -> None:
    loaded.labels = [label for label in loaded.labels if "derived" not in label]
    rows = [row | {"uid": f"{row['uid']}-{turn}"} for turn in range(10) for row in users()]
    rows[7]["spent"], rows[9]["country"], rows[11]["uid"] = 0.123, "XX", None
    put_users(loaded, rows)
    report = loaded.load().role("users")
    assert (report.read, report.kept, [found.count for found in report.refused]) == (300, 299, [1])
    assert [found.count for found in report.values] == [1]


@pytest.mark.parametrize(
    ("odd", "of", "accepted", "is_held"),
    [
        (1, 50, 0.0, False),  # a single one, though it is 2 %
        (4, 50, 0.0, False),  # fewer than five, and not half of them
        (5, 50, 0.0, True),
        (1, 2, 0.0, True),  # half of them
        (1, 3, 0.0, False),
        (0, 0, 0.0, False),
        (10, 1_000, 0.0, False),  # 1 %, and no more
        (11, 1_000, 0.0, True),
        (60, 1_000, 0.03, False),  # twice what was accepted, and no more
        (61, 1_000, 0.03, True),
        (1_000, 1_000, 1.0, False),  # all of them were accepted
        (1_000, 1_000, 0.6, True),
    ],
)
def test_odd_values_hold_a_load_from_one_in_a_hundred_on_if_they_are_five_or_half(
    odd: int, of: int, accepted: float, is_held: bool
) -> None:
    assert is_too_many(odd, of, accepted) is is_held


@pytest.mark.parametrize(("repeated", "is_held"), [(200, False), (201, True)])
def test_repeated_keys_hold_a_load_above_a_fifth_since_some_are_delivered_twice(repeated: int, is_held: bool) -> None:
    assert is_too_many(repeated, 1_000, 0.0, REPEATED) is is_held


def test_a_new_column_that_nobody_declared_is_noted_once(loaded: Made) -> None:
    put_users(loaded, [row | {"kind": "x"} for row in users()])
    report = loaded.load()
    assert f"{USERS}.parquet: the column 'kind' is new; nothing is read from it" in report.notes
    loaded.users("2026-05-03", *[row | {"kind": "x"} for row in users()])
    assert loaded.load().notes == ()


def test_a_column_that_is_new_and_declared_is_no_drift_but_holds_the_load_once_it_is_gone(loaded: Made) -> None:
    loaded.labels = [*loaded.labels, {"code": "kind", "type": "string"}]
    put_users(loaded, [row | {"kind": "x"} for row in users()])
    loaded.load()
    loaded.users("2026-05-03", *users())
    assert "sources/users/2026-05-03.parquet, column 'kind' (label 'kind'): gone" in held(loaded)


def test_whole_numbers_and_doubles_take_turns_as_missing_values_come_and_go(loaded: Made) -> None:
    put_users(loaded, users(score=7), score=pa.int64())
    assert loaded.load().drift == ()


def test_a_night_with_few_rows_is_not_held_for_values_that_happen_to_be_missing(loaded: Made) -> None:
    put_users(loaded, [user("ana", country="DE")])
    put_events(loaded, [event("ana", "seen", "2026-05-04 10:00", "x")])
    assert loaded.load().drift == ()


def test_a_parameter_is_missing_in_events_that_do_not_carry_it(loaded: Made) -> None:
    put_events(loaded, events(name="seen", amount=None, kind=None))
    assert loaded.load().drift == ()


def test_what_was_taken_once_is_no_drift_again_and_what_was_there_before_neither(loaded: Made) -> None:
    put_users(loaded, users(score="1"), score=pa.string())
    taken(loaded)
    loaded.users("2026-05-03", *users(score="2"), types={"score": pa.string()})
    loaded.users("2026-05-04", *users(score=3.5))
    assert loaded.load().drift == ()


def test_files_that_were_read_before_are_not_judged_again(loaded: Made) -> None:
    loaded.users("2026-05-03", *users(score="high"), types={"score": pa.string()})
    taken(loaded)
    loaded.labels = [*loaded.labels, {"code": "kind", "type": "string"}]
    loaded.users("2026-05-04", *[row | {"kind": "x"} for row in users()])
    loaded.load()
    # It comes late, so the whole history is read again: files without the new column, and one with text for scores.
    put_users(loaded, [row | {"kind": "x"} for row in users()])
    assert loaded.load().drift == ()
    assert loaded.load(rebuild=True).drift == ()


def test_a_rebuild_holds_new_files_against_what_was_accepted(loaded: Made) -> None:
    put_users(loaded, users(score="high"), score=pa.string())
    assert "column 'score'" in held(loaded, rebuild=True)


def test_files_of_several_kinds_are_all_accepted_when_they_come_first(shop: Made) -> None:
    shop.users("2026-05-01", *users(score="1"), types={"score": pa.string()})
    shop.users("2026-05-02", *without(users(), "country"))
    shop.events("a", *events())
    shop.load()
    shop.users("2026-05-03", *without(users(score="1"), "country"), types={"score": pa.string()})
    assert shop.load().drift == ()


def test_a_label_that_is_declared_anew_is_judged_by_what_it_is_read_as_now(shop: Made) -> None:
    shop.users("2026-05-01", *users(country="seven"))
    shop.events("a", *events())
    shop.load()
    shop.labels = [*LABELS, {"code": "rank", "type": "number", "column": "country"}]
    shop.users("2026-05-02", *users(country="eight"))
    assert shop.load().drift == ()


def test_what_is_known_of_values_stays_within_bounds(shop: Made) -> None:
    shop.labels = [{"code": "country", "type": "string", "values": {"DE": "Germany"}}]
    shop.users("2026-05-01", *[user(f"u{number}", country=f"c{number}") for number in range(1_500)])
    shop.events("a", *events())
    shop.load()
    (look,) = [use for key, use in shop.manifest.looks["users|sources/users/*"].uses.items() if "country" in key]
    assert look.others is None
    shop.users("2026-05-02", *users(country="new"))
    assert shop.load().drift == ()


# --- tables and queries ----------------------------------------------------------------------------------------------


def make_people(shop: Made, query: str) -> None:
    """A table of people in a DuckDB file, newly made."""
    path = shop.folder / "sources" / "people.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE OR REPLACE TABLE people AS {query}")


TABLE = {"files": None, "data_date": None, "duckdb": "sources/people.duckdb", "table": "people"}
PLAIN = "SELECT 'u' || i AS uid, 'DE' AS country, 1.5 AS score FROM range(30) t(i)"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 'u' || i AS uid, 'DE' AS country FROM range(30) t(i)", "column 'score' (label 'score'): gone"),
        (
            "SELECT 'u' || i AS uid, 7 AS country, 1.5 AS score FROM range(30) t(i)",
            "column 'country' (label 'country')",
        ),
        ("SELECT i AS uid, 'DE' AS country, 1.5 AS score FROM range(30) t(i)", "column 'uid': holds numbers"),
        ("SELECT 'u' || i AS uid, NULL AS country, 1.5 AS score FROM range(30) t(i)", "all of 30 values are missing"),
    ],
)
def test_a_table_of_another_kind_holds_the_load_and_the_doctor_knows_it_is_gone(
    shop: Made, query: str, words: str
) -> None:
    shop.users_mapping = dict(TABLE)
    make_people(shop, PLAIN)
    shop.events("a", *events())
    shop.load()
    make_people(shop, query)
    shop.write_settings()
    before = examine_data(shop.folder, read_settings(shop.folder), "shop")
    text = held(shop)
    assert words in text
    assert "sources/people.duckdb, table people, column" in text
    if "gone" in words:
        assert any(finding.severity == "error" and "gone" in finding.what for finding in before)
    assert any(
        finding.severity == "error" and "table people" in finding.where
        for finding in examine_data(shop.folder, read_settings(shop.folder), "shop")
    )
    taken(shop)
    assert shop.manifest.generation == 2


def test_a_query_over_files_of_another_kind_holds_the_load(shop: Made) -> None:
    people = shop.users("2026-05-01", *users())
    reads = {"files": None, "data_date": None, "reads": ["sources/users/*"]}
    shop.users_mapping = reads | {"query": f"SELECT * FROM read_parquet('{people.relative_to(shop.folder)}')"}
    shop.events("a", *events())
    shop.load()
    shop.users("2026-05-01", *users(score="high"), types={"score": pa.string()})
    assert "column 'score' (label 'score'): holds text; it held numbers so far" in held(shop)
    assert taken(shop).drift
