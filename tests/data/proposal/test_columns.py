"""What a column of literal values is taken for: its type, its decimal places, and which personal data it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segkit.data.proposal import Looked, Proposal, Wishes, look_at
from segkit.data.proposal.model import ProposedColumn

ROWS = 6
NAIVE = [datetime(2026, 1, day, 8, 30) for day in range(1, 7)]  # noqa: DTZ001
AWARE = [moment.replace(tzinfo=UTC) for moment in NAIVE]

#: Heading, values, and: type, decimal places, personal data.
COLUMNS: dict[str, tuple[list[Any], tuple[str, int | None, str | None]]] = {
    "country": (["DE", "AT", "DE", "CH", None, "DE"], ("string", None, None)),
    "postcode": (["01067", "10115", "80331", "20095", "01099", "50667"], ("string", None, None)),
    "zip": ([10115, 80331, 20095, 50667, 70173, 60311], ("string", None, None)),
    "article_id": ([17, 18, 19, 20, 21, 22], ("string", None, None)),
    "orders": ([0, 3, 1, 12, 7, 0], ("number", None, None)),
    "orders_as_text": (["0", "3", "1", "12", "7", "0"], ("number", None, None)),
    "revenue": ([10.5, 3.25, 0.0, 99.99, 12.0, 7.1], ("number", 2, None)),
    "price in text": (["10.50", "3.25", "0.00", "99.99", "12.00", "7.10"], ("number", 2, None)),
    "weight": ([1.0625, 2.5, 3.0, 4.75, 5.0, 6.0], ("number", None, None)),
    "score": (["7", "n/a", "3", "9", "n/a", "4"], ("number", None, None)),
    "grade": (["1", "2", "3", "one", "two", "three"], ("string", None, None)),
    "born": ([date(1980, 5, day) for day in range(1, 7)], ("date", None, None)),
    "registered": (["2026-01-05", "2026-02-01", "2025-12-31", None, "2026-01-01", "2026-03-03"], ("date", None, None)),
    "last_seen": (NAIVE, ("date", None, None)),
    "last_seen_utc": (AWARE, ("date", None, None)),
    "last_login": (["2026-01-05T10:00:00Z"] * 3 + ["2026-01-05T10:00:00+01:00"] * 3, ("date", None, None)),
    "vip": ([True, False, True, None, True, False], ("bool", None, None)),
    "vip_text": (["true", "false", "true", "", "true", "false"], ("bool", None, None)),
    "is_member": ([1, 0, 1, 1, 0, 0], ("bool", None, None)),
    "children": ([1, 0, 1, 1, 0, 0], ("number", None, None)),
    "newsletter": (["yes", "no", "yes", "yes", "no", "no"], ("bool", None, None)),
    "einwilligung": (["ja", "nein", "ja", "ja", "nein", None], ("bool", None, None)),
    "tags": (["a;b", "b", "a;c", "c;b", "a", None], ("list", None, None)),
    "remark": (["one; two", "three; four", "five", "six", "seven", "eight"], ("string", None, None)),
    "interests": (['["a", "b"]', "[]", '["b"]', '["a"]', None, '["c"]'], ("list", None, None)),
    "hobbies": ([["a"], ["b", "a"], [], None, ["c"], ["a"]], ("list", None, None)),
    "e_mail": ([f"u{n}@example.com" for n in range(6)], ("string", None, "email")),
    "kontakt": ([f"u{n}@example.org" for n in range(6)], ("string", None, "email")),
    "handynummer": ([f"+4917139200{n:02}" for n in range(6)], ("string", None, "mobile")),
    "erreichbar": ([f"0171 39200{n:02}" for n in range(6)], ("string", None, "mobile")),
    "telefon": ([491713920000 + n for n in range(6)], ("string", None, "mobile")),
    "Vorname": (["Anastasia", "Bogdan", "Cyrill", "Dietlind", "Edwige", "Florestan"], ("string", None, "name")),
    "nom_de_famille": (["A", "B", "C", "D", "E", "F"], ("string", None, "name")),
    "apellido": (["A", "B", "C", "D", "E", "F"], ("string", None, "name")),
    "straße": (["Weg 1", "Weg 2", "Weg 3", "Weg 4", "Weg 5", "Weg 6"], ("string", None, "address")),
    "geburtsdatum": ([date(1971, 8, day) for day in range(1, 7)], ("date", None, "other")),
    "last_host": ([f"192.0.2.{n}" for n in range(6)], ("string", None, "other")),
    "email_consent": ([True, False, True, True, False, None], ("bool", None, None)),
    "city": (["Bonn", "Ulm", "Bonn", "Kiel", "Ulm", "Kiel"], ("string", None, None)),
}


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    columns = {"user_id": [f"u{n}" for n in range(ROWS)], **{name: values for name, (values, _) in COLUMNS.items()}}
    found = look_at(tmp_path_factory.mktemp("workspace"), "shop", users=pa.table(columns))
    yield found
    found.close()


@pytest.fixture(scope="module")
def proposal(looked: Looked) -> Proposal:
    return looked.proposal(Wishes("shop", zone="Europe/Berlin"))


def column(proposal: Proposal, name: str) -> ProposedColumn:
    assert proposal.users is not None
    return proposal.users.column(name)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_taken_for_what_its_values_are(proposal: Proposal, name: str) -> None:
    found = column(proposal, name)
    assert (found.type, found.scale, found.personal) == COLUMNS[name][1]
    assert found.role == "label"


def test_the_uid_is_found_by_its_heading(proposal: Proposal) -> None:
    assert proposal.users is not None
    assert proposal.users.named("uid") == "user_id"


def test_values_that_are_few_are_listed_and_personal_ones_never(proposal: Proposal) -> None:
    assert column(proposal, "country").values == {"DE": "Germany", "AT": "Austria", "CH": "Switzerland"}
    assert column(proposal, "city").values == {"Bonn": "Bonn", "Kiel": "Kiel", "Ulm": "Ulm"}
    for name, (_, (_, _, personal)) in COLUMNS.items():
        if personal is not None:
            assert column(proposal, name).values == {}


def test_what_stands_for_nothing_is_said_to_become_missing(proposal: Proposal) -> None:
    (note,) = column(proposal, "score").notes
    assert note == "2 of 6 values cannot be read as a number and will count as missing"


def test_names_are_as_people_would_write_them(proposal: Proposal) -> None:
    names = {name: column(proposal, name).name for name in ("last_seen_utc", "article_id", "e_mail", "nom_de_famille")}
    assert names == {
        "last_seen_utc": "Last seen utc",
        "article_id": "Article ID",
        "e_mail": "E mail",
        "nom_de_famille": "Nom de famille",
    }


def test_codes_are_plain_and_the_column_is_kept(proposal: Proposal) -> None:
    assert column(proposal, "straße").code == "strasse"
    assert column(proposal, "price in text").code == "price_in_text"


def test_addresses_are_reached_with_the_consents_that_go_with_them(proposal: Proposal) -> None:
    email, mobile = proposal.reach["email"], proposal.reach["mobile"]
    assert email.address == "e_mail"
    assert set(email.consent) == {"newsletter", "einwilligung", "email_consent"}
    assert (mobile.address, mobile.consent) == ("handynummer", ("einwilligung",))


def test_what_a_person_says_goes_before_what_was_found(looked: Looked) -> None:
    wishes = Wishes("shop", zone="Europe/Berlin")
    wishes = wishes.with_column("users", "orders", type="string", name="Bestellungen")
    wishes = wishes.with_column("users", "city", personal="address").with_column("users", "remark", kept=False)
    changed = looked.proposal(wishes)
    assert (column(changed, "orders").type, column(changed, "orders").name) == ("string", "Bestellungen")
    assert (column(changed, "city").personal, column(changed, "city").values) == ("address", {})
    assert column(changed, "remark").role == "left out"


def test_nothing_that_is_shown_holds_a_personal_value(looked: Looked, proposal: Proposal, tmp_path: Path) -> None:
    from segkit.api.starting import Start

    start = Start(tmp_path, looked, Wishes("shop", zone="Europe/Berlin"))
    shown = repr(start) + start._repr_html_() + repr(start.preview("users")) + repr(proposal)
    for name, (values, (_, _, personal)) in COLUMNS.items():
        if personal is not None:
            assert not any(str(value) in shown for value in values if len(str(value)) > 1), name
