"""From files of literal rows to a proposed app: roles of columns, events with what they carry, linked tables, zones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segkit
from segkit.api import Start
from segkit.errors import DataProblem, NotFound, SegkitError

EVENTS = """event_id,customer_id,at,what,amount,page
e1,c1,2026-01-05 08:00:00,bought,10.50,
e2,c1,2026-01-06 09:00:00,viewed,,home
e3,c2,2026-01-06 10:00:00,viewed,,shop
e4,c3,2026-01-07 11:00:00,bought,3.25,
e5,c2,2026-01-08 12:00:00,viewed,,home
"""
USERS = """customer_id,country,first_name,email,opt_in
c1,DE,Anastasia,c1@example.com,true
c2,AT,Bogdan,c2@example.com,false
c3,DE,Cyrill,c3@example.com,true
"""
CARDS = """customer_id,card,valid_from,valid_to,is_gold
c1,K1,2025-01-01,2025-06-01,false
c1,K2,2025-06-01,,true
c3,K3,2025-02-01,,false
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (("events.csv", EVENTS), ("users.csv", USERS), ("cards.csv", CARDS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def started(files: Path, **more: object) -> Start:
    wanted: dict[str, object] = {"users": files / "users.csv", "events": files / "events.csv", "zone": "Europe/Berlin"}
    return segkit.init(files / "shop", **{**wanted, "event_name": "what", **more})  # type: ignore[arg-type]


def test_each_column_of_events_has_its_role(files: Path) -> None:
    events = started(files).proposal.events
    assert events is not None
    assert {column.column: column.role for column in events.columns} == {
        "event_id": "key", "customer_id": "uid", "at": "time", "what": "name",
        "amount": "parameter", "page": "parameter",
    }  # fmt: skip


def test_an_event_carries_the_parameters_that_its_rows_have(files: Path) -> None:
    found = {event.code: event.parameters for event in started(files).proposal.event_list}
    assert found == {"viewed": ("page",), "bought": ("amount",)}


def test_without_a_table_of_users_they_are_those_of_the_events(files: Path) -> None:
    proposal = started(files, users=None).proposal
    assert (proposal.users, proposal.user_count) == (None, 3)


def test_one_name_for_all_events_where_no_column_has_them(tmp_path: Path) -> None:
    pq.write_table(pa.table({"user_id": [1, 2], "at": ["2026-01-05", "2026-01-06"]}), tmp_path / "orders.parquet")
    proposal = segkit.init(tmp_path / "shop", events=tmp_path / "orders.parquet", zone="UTC").proposal
    assert [event.code for event in proposal.event_list] == ["orders"]
    assert proposal.events is not None
    assert proposal.events.constant == "orders"


def test_a_column_that_repeats_or_is_missing_once_is_no_event_key(tmp_path: Path) -> None:
    rows = {"user_id": [1, 2, 3], "at": ["2026-01-05"] * 3, "order_id": [7, 8, 8], "event_id": ["a", "b", None]}
    pq.write_table(pa.table(rows), tmp_path / "orders.parquet")
    proposal = segkit.init(tmp_path / "shop", events=tmp_path / "orders.parquet", zone="UTC").proposal
    assert proposal.events is not None
    assert proposal.events.named("key") is None


def test_one_repeat_among_many_keys_is_seen(tmp_path: Path) -> None:
    for last, key in ((199, "order_id"), (0, None)):
        rows = {"user_id": ["ana"] * 200, "at": ["2026-01-05"] * 200, "order_id": [*range(199), last]}
        start = segkit.init(tmp_path / "shop", events=pa.table(rows), zone="UTC")
        assert start.proposal.events is not None
        assert start.proposal.events.named("key") == key


def test_the_zone_of_naive_instants_is_asked_for_and_never_guessed(files: Path) -> None:
    start = started(files, zone=None)
    assert len(start.open) == 1
    assert "events.at name" in start.open[0]
    assert "--zone" in start.open[0]
    with pytest.raises(SegkitError, match="no time zone"):
        start.write()
    assert not (files / "shop").exists()
    assert not start.set_zone("Europe/Berlin").open


def test_a_zone_that_there_is_not_is_answered_with_the_nearest(files: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean 'Europe/Berlin'"):
        started(files, zone="Europe/Berlinn")


def test_instants_with_an_offset_leave_nothing_open(tmp_path: Path) -> None:
    rows = {"user_id": [1, 2], "at": ["2026-01-05T10:00:00Z", "2026-01-06T10:00:00+01:00"]}
    pq.write_table(pa.table(rows), tmp_path / "orders.parquet")
    assert segkit.init(tmp_path / "shop", events=tmp_path / "orders.parquet").open == ()


def test_a_linked_table_gives_labels_that_follow_its_validity(files: Path) -> None:
    start = started(files, links={"cards": files / "cards.csv"})
    (link,) = start.proposal.links
    assert (link.named("uid"), link.named("valid_from"), link.named("valid_to")) == (
        "customer_id", "valid_from", "valid_to",
    )  # fmt: skip
    found = {label.code: (label.type, label.derived) for label in start.proposal.derived}
    assert {code: type_ for code, (type_, _) in found.items()} == {
        "cards_count": "number", "has_cards": "bool", "cards_card": "list", "cards_is_gold": "bool",
    }  # fmt: skip
    assert found["cards_is_gold"][1]["where"] == {"is_gold": True}


def test_columns_of_a_table_with_one_row_a_user_are_labels_of_their_own(files: Path) -> None:
    start = started(files, users=None, links={"people": (files / "users.csv", "customer_id")})
    labels = {label.code: label.type for label in start.proposal.derived}
    assert labels == {"has_people": "bool", "country": "list", "opt_in": "bool"}


def test_a_column_that_is_not_there_is_answered_with_the_nearest(files: Path) -> None:
    with pytest.raises(DataProblem, match=r"no column 'costumer_id'.* Did you mean 'customer_id'"):
        started(files, event_uid="costumer_id")
    with pytest.raises(NotFound, match=r"no file or folder .*Did you mean 'users.csv'"):
        started(files, users=files / "user.csv")


def test_what_a_person_changes_holds_and_the_rest_is_proposed_anew(files: Path) -> None:
    start = started(files)
    start.set_role("events", "key", None)
    start.change("events", "amount", scale=3, name="Paid")
    assert start.proposal.events is not None
    assert start.proposal.events.column("event_id").role == "parameter"
    assert (start.proposal.events.column("amount").scale, start.proposal.events.column("amount").name) == (3, "Paid")
    start.set_role("events", "name", "page")
    assert {event.source_name for event in start.proposal.event_list} == {"home", "shop"}
    with pytest.raises(SegkitError, match=r"no role 'tme'.*Did you mean 'time'"):
        start.set_role("events", "tme", "at")


def test_the_first_rows_are_shown_as_they_will_be_understood(files: Path) -> None:
    start = started(files, zone="Europe/Berlin", event_zone="UTC")
    preview = start.preview("events", rows=2)
    assert preview.headings == ("customer_id", "at", "what", "event_id", "Amount", "Page")
    assert preview.rows[0] == ("c1", "2026-01-05 09:00:00", "bought", "e1", "10.50", "–")
    people = start.preview("users", rows=1)
    assert people.rows[0] == ("c1", "Germany", "A•••", "c•••@e•••.com", "yes")


# --- written ---------------------------------------------------------------------------------------------------------


def test_what_is_written_loads_and_counts(files: Path) -> None:
    start = started(files, links={"cards": files / "cards.csv"})
    start.write()
    workspace = start.workspace()
    (report,) = workspace.load()
    assert (report.users, report.events) == (3, 5)
    app = workspace.app()
    assert app.estimate({"label": "cards_is_gold", "op": "eq", "value": True}, "2026-01-09").count == 1
    assert app.estimate({"event": "bought", "window": {"last": 30}}, "2026-01-09").count == 2
    assert app.estimate({"label": "country", "op": "eq", "value": "DE"}, "2026-01-09").reach == {"email": 2}
    assert (
        app.estimate({"label": "country", "op": "eq", "value": "DE"}, "2026-01-09").sentence
        == "Users whose country is Germany."
    )
    workspace.close()


def test_tables_of_python_are_kept_as_parquet_below_the_workspace(tmp_path: Path) -> None:
    users = pd.DataFrame({"user_id": [1, 2, 3], "plan": ["a", "b", "a"]})
    events = pa.table({"user_id": [1, 2], "at": ["2026-01-05T10:00:00Z"] * 2, "event": ["x", "x"]})
    start = segkit.init(tmp_path / "shop", users=users, events=events, zone="UTC", event_name="event")
    start.write()
    workspace = start.workspace()
    (report,) = workspace.load()
    assert (report.users, report.events) == (3, 2)
    assert sorted(path.name for path in (tmp_path / "shop/sources/shop").iterdir()) == ["events", "users"]
    workspace.close()


def test_a_frame_whose_column_mixes_types_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="column 'odd'"):
        segkit.init(tmp_path, users=pd.DataFrame({"user_id": [1, 2], "odd": [{"a": 1}, 7]}))


def test_a_folder_is_read_as_a_pattern_so_that_it_may_grow(files: Path) -> None:
    folder = files / "log"
    folder.mkdir()
    (folder / "one.csv").write_text(EVENTS)
    start = started(files, events=folder)
    start.write()
    workspace = start.workspace()
    workspace.load()
    (folder / "two.csv").write_text(
        "event_id,customer_id,at,what,amount,page\ne9,c2,2026-01-09 08:00:00,bought,1.00,\n"
    )
    (report,) = workspace.load()
    assert report.events == 6
    workspace.close()


def test_an_app_is_added_beside_others_and_nothing_of_theirs_changes(files: Path) -> None:
    started(files).write()
    before = (files / "shop/segkit.toml").read_text()
    started(files, app="second", zone="UTC").write()
    after = (files / "shop/segkit.toml").read_text()
    assert after.startswith(before)
    assert segkit.open(files / "shop").app_names == ("shop", "second")


def test_what_may_have_been_changed_by_hand_is_not_written_over(files: Path) -> None:
    started(files).write()
    labels = files / "shop/vocabulary/shop/labels.yaml"
    labels.write_text(labels.read_text().replace("Country", "Where they live"))
    settings = (files / "shop/segkit.toml").read_text()
    with pytest.raises(SegkitError, match="has the app 'shop' already"):
        started(files).write()
    assert "Where they live" in labels.read_text()
    written = started(files, zone="UTC").write(force=True)
    assert "Where they live" not in labels.read_text()
    kept = {path.name: path.read_text() for path in written.backups}
    assert "Where they live" in kept["labels.yaml.before-1"]
    assert kept["segkit.toml.before-1"] == settings
    assert segkit.open(files / "shop").settings.app("shop").zone == "UTC"


def test_no_value_of_a_person_stands_in_what_is_written(files: Path) -> None:
    start = started(files)
    start.write()
    text = "".join(path.read_text() for path in (files / "shop").rglob("*") if path.is_file())
    assert not any(value in text for value in ("Anastasia", "Bogdan", "@example.com"))
