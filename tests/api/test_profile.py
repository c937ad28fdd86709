"""Everything known of one user, on a few literal users and two nights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segkit
from segkit.api import App
from segkit.errors import NotFound, SegkitError

ROWS: dict[str, list[tuple[object, ...]]] = {
    "2024-11-01": [("ana", "ana@example.com", "+4915112345678", "DE", "Schmidt"), ("bo", None, None, "AT", None)],
    "2024-11-03": [
        ("ana", "ana@example.com", "+4915112345678", "FR", "Schmidt"),
        ("bo", "bo@example.com", None, "AT", None),
    ],
}
EVENTS: list[tuple[object, ...]] = [
    ("ana", "app_used", "2024-10-30T09:00:00Z", None),
    ("ana", "order_paid", "2024-11-01T10:00:00Z", 12.5),
    ("ana", "app_used", "2024-11-01T23:30:00Z", None),  # the day after, in Berlin
    ("ana", "app_used", "2024-11-03T08:00:00Z", None),
]
DEVICES: list[tuple[object, ...]] = [("ana", "hub"), ("ana", "lamp")]
SETTINGS = """segkit = 1
[gates]
off = ["fresh", "missing_days"]
[apps.shop]
zone = "Europe/Berlin"
as_of = 2024-11-04
[[apps.shop.users]]
files = "sources/users/*.parquet"
uid = "uid"
data_date = "file"
[[apps.shop.events]]
files = "sources/events.parquet"
uid = "uid"
time = "at"
name = "event"
[[apps.shop.links]]
name = "devices"
files = "sources/devices.parquet"
uid = "uid"
"""
LABELS = """segkit: 1
labels:
- {code: country, name: Country, category: Place, type: string, values: {DE: Germany}}
- {code: email, name: E-mail, category: Contact, type: string, personal: email}
- {code: mobile, name: Mobile, category: Contact, type: string, personal: mobile}
- {code: surname, name: Surname, category: Contact, type: string, personal: name}
- {code: devices, name: Devices, category: Things, type: list, derived: {link: devices, measure: list, of: kind}}
- {code: orders, name: Orders, category: Shopping, type: number,
   derived: {event: order_paid, measure: count, window: {last: 90}}}
"""
VOCABULARY = """segkit: 1
parameters:
- {code: amount, name: Amount, type: number, scale: 2, unit: €}
events:
- {code: app_used, name: Used the app}
- {code: order_paid, name: Paid an order, parameters: [amount]}
"""


def _table(path: Path, names: str, rows: Sequence[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(zip(names.split(), row, strict=True)) for row in rows]), path)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("profile")
    for day, rows in ROWS.items():
        _table(folder / f"sources/users/{day}.parquet", "uid email mobile country surname", rows)
    _table(folder / "sources/events.parquet", "uid event at amount", EVENTS)
    _table(folder / "sources/devices.parquet", "uid kind", DEVICES)
    (folder / "segkit.toml").write_text(SETTINGS)
    vocabulary = folder / "vocabulary" / "shop"
    vocabulary.mkdir(parents=True)
    (vocabulary / "labels.yaml").write_text(LABELS)
    (vocabulary / "events.yaml").write_text(VOCABULARY)
    workspace = segkit.open(folder, actor="tester")
    workspace.load()
    made = workspace.app()
    germans = {"label": "country", "op": "eq", "value": "DE"}
    made.save({"name": "Germans", "cycle": "daily", "rule": germans}, publish=False)
    made.save({"name": "All", "cycle": "daily", "rule": {"all": []}}, publish=False)
    made.save({"name": "None", "cycle": "daily", "rule": {"any": []}}, publish=False)
    for day in ("2024-11-01", "2024-11-02", "2024-11-03", "2024-11-04"):
        made.refresh(["Germans", "All", "None"], day)
    yield made
    workspace.close()


def test_labels_come_by_category_with_since_when(app: App) -> None:
    found = app.profile("ana")
    told = {(each.category, each.name): (each.text, each.since_text) for each in found.labels}
    assert told == {
        ("Place", "Country"): ("FR", "since 3 Nov 2024"),
        ("Contact", "E-mail"): ("a•••@e•••.com", "since at least 1 Nov 2024"),
        ("Contact", "Mobile"): ("+49•••78", "since at least 1 Nov 2024"),
        ("Contact", "Surname"): ("S•••", "since at least 1 Nov 2024"),
        ("Things", "Devices"): told["Things", "Devices"],
        ("Shopping", "Orders"): ("1", ""),
    }
    assert told["Things", "Devices"][0] == "hub, lamp"
    assert list(found.by_category()) == ["Place", "Contact", "Shopping"]
    assert [each.code for each in found.by_link()["devices"]] == ["devices"]


def test_an_earlier_date_has_the_labels_and_events_of_then(app: App) -> None:
    found = app.profile("ana", "2024-11-02")
    assert [each.text for each in found.labels if each.code == "country"] == ["Germany"]
    assert (found.timeline.days, found.timeline.events) == (2, 2)
    assert [(each.name, each.words) for each in found.memberships] == [
        ("All", "in since at least 1 Nov 2024"), ("Germans", "in since at least 1 Nov 2024"),
    ]  # fmt: skip


def test_events_are_a_timeline_by_local_day_page_by_page(app: App) -> None:
    found = app.profile("ana", days=2).timeline
    assert (found.days, found.events, str(found.first), str(found.last)) == (4, 4, "2024-10-30", "2024-11-03")
    assert [(str(day.day), [f"{row.at:%H:%M} {row.name}" for row in day.rows]) for day in found.shown] == [
        ("2024-11-03", ["09:00 Used the app"]),
        ("2024-11-02", ["00:30 Used the app"]),
    ]
    assert found.next_before == date(2024, 11, 2)
    rest = app.profile("ana", days=2, before=found.next_before).timeline
    assert [str(day.day) for day in rest.shown] == ["2024-11-01", "2024-10-30"]
    assert rest.shown[0].rows[0].parameters == (("Amount", "12.5 €"),)
    assert rest.next_before is None
    assert app.profile("bo").activity == "No events before that day."


def test_segments_say_in_since_and_was_in_from_what_was_published(app: App) -> None:
    told = {each.name: each.words for each in app.profile("ana").memberships}
    assert told == {
        "Germans": "was in from at least 1 Nov 2024 to 2 Nov 2024",
        "All": "in since at least 1 Nov 2024",
    }


@pytest.mark.parametrize("who", ["ana", "ANA@example.com", "+49 151 12345678", "0049 151/1234-5678"])
def test_somebody_is_found_by_uid_e_mail_or_mobile(app: App, who: str) -> None:
    assert app.profile(who).uid == "ana"


def test_an_address_is_that_of_the_date(app: App) -> None:
    assert app.profile("bo@example.com").uid == "bo"
    with pytest.raises(NotFound):
        app.profile("bo@example.com", "2024-11-02")


def test_personal_data_is_shown_on_record_only(app: App) -> None:
    hidden = app.profile("ana")
    everything = f"{hidden.words} {hidden._repr_html_()} {hidden.to_dict()} {hidden.data.to_string()}"
    assert "ana@example.com" not in everything
    assert "15112345678" not in everything
    assert "Schmidt" not in everything
    assert hidden.is_masked
    shown = app.profile("ana", unmask=True)
    assert "ana@example.com" in shown.words
    (entry,) = app.workspace.catalog.audit(action="unmask")
    assert entry.detail == {"labels": ["email", "mobile", "surname"], "users": 1, "as_of": "2024-11-04"}


def test_it_is_data_words_and_a_page(app: App) -> None:
    found = app.profile("ana", days=1)
    data = found.to_dict()
    assert data["segments"][0]["since"] == "2024-11-01"
    assert data["events"]["shown"][0]["events"][0]["event"] == "app_used"
    assert found.title == "ana in shop as of 4 Nov 2024: a user from the first load on."
    assert "Germans" in found._repr_html_()
    with pytest.raises(SegkitError, match="at least 1"):
        app.profile("ana", days=0)
