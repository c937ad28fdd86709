"""What readers of stored data find, and what a report tells of a load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segkit.definitions.windows import Days

from .made import DERIVED, LABELS, Made, day, event, user


@pytest.fixture
def loaded(shop: Made) -> Made:
    shop.labels, shop.link_mapping = [*LABELS, *DERIVED], {}
    shop.users("2026-05-01", user("ana", country="DE"), user("bo"))
    shop.devices("2026-05-01", {"uid": "ana", "kind": "hub", "is_hub": True})
    shop.events("a", *(event("ana", "seen", f"2026-05-0{n} 10:00", f"{n}") for n in (1, 2, 4)))
    shop.load()
    return shop


def days_of(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


def test_a_window_reads_the_files_of_its_days_and_none_from_as_of_on(loaded: Made) -> None:
    everything = Days(None, day("2026-05-03"))
    assert days_of(loaded.stored.day_paths(everything, day("2026-05-03"))) == ["2026-05-01", "2026-05-02"]
    assert days_of(loaded.stored.day_paths(Days(day("2026-05-02"), day("2026-05-09")), day("2026-05-09"))) == [
        "2026-05-02",
        "2026-05-04",
    ]
    assert loaded.stored.day_paths(Days(day("2026-05-04"), day("2026-05-05")), day("2026-05-04")) == []


def test_a_label_reads_only_files_that_hold_changes_up_to_its_date(loaded: Made) -> None:
    loaded.users("2026-05-03", user("ana", country="AT"))
    loaded.load()
    assert len(loaded.stored.label_paths("country", day("2026-05-02"))) == 1
    assert len(loaded.stored.label_paths("country", day("2026-05-03"))) == 2
    assert loaded.stored.label_paths("nothing", day("2026-05-03")) == []


def test_files_are_verified_by_presence_size_and_if_asked_by_content(loaded: Made) -> None:
    assert loaded.stored.verify(deep=True) == []
    first, second, third = (loaded.data / file.path for file in loaded.manifest.days)
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    data = bytearray(third.read_bytes())
    data[100] ^= 1
    third.write_bytes(data)
    shallow, deep = loaded.stored.verify(), loaded.stored.verify(deep=True)
    assert [text.split(" ", 1)[1].split(" ")[0:2] for text in shallow] == [
        ["is", "missing"],
        ["has", shallow[1].split()[2]],
    ]
    assert [text for text in deep if text not in shallow] == [
        f"{loaded.manifest.days[2].path} is not what was written: its sha256 is another"
    ]


def test_a_report_is_plain_data_and_a_few_lines_without_any_value_of_a_user(shop: Made) -> None:
    shop.users("2026-05-01", user("ana@example.org", country="Narnia", spent=0.123), user(None))
    shop.events("a", event("ana@example.org", "seen", "2026-05-01 10:00", "secret-key"), event("x", "seen", None, "k"))
    report = shop.load()
    text = json.dumps(report.to_dict()) + "\n".join(report.words())
    assert not any(value in text for value in ("ana@example.org", "Narnia", "0.123", "secret-key"))
    assert report.words() == [
        "shop: generation 1, data dates 2026-05-01; 1 users (1 new), 1 events, 1 days written",
        "users: 2 rows read from 1 file; 1 kept, 1 refused",
        "  refused, no uid: 1 (sources/users/2026-05-01.parquet row 2)",
        "  label 'spent', values with more than 2 decimals, rounded half to even: 1 "
        "(sources/users/2026-05-01.parquet row 1)",
        "events: 2 rows read from 1 file; 1 kept, 1 refused",
        "  refused, no instant: 1 (sources/events/a.parquet row 2)",
    ]
