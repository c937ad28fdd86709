"""Labels derived from a linked table: snapshots by data date, and rows that say for which days they hold."""

from __future__ import annotations

from typing import Any

import pytest

from segkit.errors import DataProblem, DefinitionError

from .made import DERIVED, LABELS, Made, Row, user

HUB, LAMP = {"kind": "hub", "is_hub": True}, {"kind": "lamp", "is_hub": False}
VALIDITY = {"valid_from": "bound", "valid_to": "unbound"}


def device(uid: Any, what: Row, bound: str | None = None, unbound: str | None = None) -> Row:
    return {"uid": uid, **what, "bound": bound, "unbound": unbound}


@pytest.fixture
def home(shop: Made) -> Made:
    shop.labels, shop.link_mapping = [*LABELS, *DERIVED], {}
    return shop


def as_of(shop: Made, day: str) -> dict[str, tuple[Any, ...]]:
    """Count, whether there is a hub, kinds, by user."""
    labels = [shop.label(code, day) for code in ("devices", "has_hub", "kinds")]
    return {uid: tuple(label[uid] for label in labels) for uid in labels[0]}


def test_everybody_has_a_value_also_without_any_row(home: Made) -> None:
    home.users("2026-05-01", user("ana"), user("bo"))
    home.devices("2026-05-01", device("ana", LAMP), device("ana", HUB), device("ana", LAMP))
    home.load()
    assert as_of(home, "2026-05-01") == {"ana": (3.0, True, ["hub", "lamp"]), "bo": (0.0, False, [])}
    assert as_of(home, "2020-01-01") == as_of(home, "2026-05-01")


def test_everybody_has_a_value_where_no_linked_file_has_come_yet(home: Made) -> None:
    home.users("2026-05-01", user("ana"))
    home.load()
    assert as_of(home, "2026-05-01") == {"ana": (0.0, False, [])}


def test_a_snapshot_holds_until_the_next_one(home: Made) -> None:
    home.users("2026-05-01", user("ana"), user("bo"))
    home.devices("2026-05-01", device("ana", LAMP))
    home.load()
    home.devices("2026-05-05", device("bo", HUB))
    home.load()
    assert as_of(home, "2026-05-04") == {"ana": (1.0, False, ["lamp"]), "bo": (0.0, False, [])}
    assert as_of(home, "2026-05-05") == {"ana": (0.0, False, []), "bo": (1.0, True, ["hub"])}


def test_a_user_who_comes_later_has_what_was_linked_before(home: Made) -> None:
    home.users("2026-05-01", user("ana"))
    home.devices("2026-05-02", device("bo", HUB))
    report = home.load()
    assert (report.role("link:devices").kept, report.role("link:devices").orphan) == (0, 1)
    assert set(home.manifest.labels_aside) == {"devices", "has_hub", "kinds"}
    home.users("2026-05-04", user("ana"), user("bo"), user("cem"))
    home.load()
    assert as_of(home, "2026-05-04")["bo"] == (1.0, True, ["hub"])
    assert as_of(home, "2026-05-01")["bo"] == (0.0, False, [])
    assert as_of(home, "2026-05-01")["cem"] == (0.0, False, [])
    assert home.manifest.labels_aside == {}


def test_linked_rows_hold_for_the_days_that_they_say(home: Made) -> None:
    home.link_mapping = VALIDITY
    home.users("2026-06-01", user("ana"), user("bo"))
    home.devices(
        "2026-06-01",
        device("ana", LAMP, "2026-05-01", "2026-05-10"),
        device("ana", HUB, "2026-05-05", None),
        device("ana", LAMP, None, "2026-04-02"),  # since always
        device("bo", LAMP, "2026-05-03", "2026-05-03"),  # never
        device("bo", LAMP, "2026-05-07", "2026-05-03"),  # never
    )
    home.load()
    assert home.manifest.whole_labels == ("devices", "has_hub", "kinds")
    days = ("2026-04-01", "2026-04-02", "2026-05-01", "2026-05-04", "2026-05-05", "2026-05-09", "2026-05-10")
    assert [as_of(home, day)["ana"] for day in days] == [
        (1.0, False, ["lamp"]),
        (0.0, False, []),
        (1.0, False, ["lamp"]),
        (1.0, False, ["lamp"]),
        (2.0, True, ["hub", "lamp"]),
        (2.0, True, ["hub", "lamp"]),
        (1.0, True, ["hub"]),
    ]
    assert {as_of(home, day)["bo"][0] for day in days} == {0.0}


def test_a_later_file_replaces_the_whole_history(home: Made) -> None:
    home.link_mapping = VALIDITY
    home.users("2026-06-01", user("ana"))
    home.devices("2026-06-01", device("ana", LAMP, "2026-05-01", "2026-05-10"))
    home.load()
    home.devices("2026-06-02", device("ana", LAMP, "2026-05-03", None))
    home.devices("2026-05-30", device("ana", LAMP, "2020-01-01", None))  # older than what is loaded: says nothing
    home.load()
    assert [as_of(home, day)["ana"][0] for day in ("2026-05-02", "2026-05-03", "2026-05-20")] == [0.0, 1.0, 1.0]
    assert not home.load().is_new


def test_with_validity_too_later_users_have_what_was_linked_before(home: Made) -> None:
    home.link_mapping = VALIDITY
    home.users("2026-06-01", user("ana"))
    home.devices("2026-06-01", device("bo", HUB, "2026-05-01", None))
    home.load()
    home.users("2026-06-03", user("ana"), user("bo"), user("cem"))
    home.load()
    assert as_of(home, "2026-05-02") == {
        "ana": (0.0, False, []), "bo": (1.0, True, ["hub"]), "cem": (0.0, False, []),
    }  # fmt: skip
    assert as_of(home, "2026-04-30")["bo"] == (0.0, False, [])


def test_rows_without_a_uid_are_refused_and_counted(home: Made) -> None:
    home.users("2026-05-01", user("ana"))
    home.devices("2026-05-01", device(None, HUB), device("ana", LAMP))
    report = home.load().role("link:devices")
    assert [(found.what, found.count) for found in report.refused] == [("no uid", 1)]
    assert (report.read, report.kept) == (2, 1)


def test_a_condition_may_name_several_values_and_is_exact(home: Made) -> None:
    where = {"kind": ["o\u0308l", "hub"]}
    home.labels = [{"code": "n", "type": "number", "derived": {"link": "devices", "measure": "count", "where": where}}]
    home.users("2026-05-01", user("ana"))
    kinds = ("\u00f6l", "Hub", "hub", None)
    home.devices("2026-05-01", *(device("ana", {"kind": kind, "is_hub": None}) for kind in kinds))
    home.load()
    assert home.label("n", "2026-05-01") == {"ana": 2.0}


def test_a_derived_label_that_is_declared_later_has_its_history(home: Made) -> None:
    home.labels = list(LABELS)
    home.users("2026-05-01", user("ana"))
    home.devices("2026-05-01", device("ana", LAMP))
    home.devices("2026-05-03", device("ana", LAMP), device("ana", HUB))
    home.load()
    home.labels = [*LABELS, *DERIVED]
    assert home.load().is_new
    assert [as_of(home, day)["ana"][0] for day in ("2026-05-01", "2026-05-03")] == [1.0, 2.0]


def test_a_label_derived_from_an_unknown_link_is_refused_by_name(home: Made) -> None:
    home.link_mapping = {"name": "gadgets"}
    home.users("2026-05-01", user("ana"))
    with pytest.raises(DefinitionError, match=r"label 'kinds': no link 'devices' in segkit\.toml"):
        home.load()


def test_a_column_that_a_derived_label_asks_for_must_be_there(home: Made) -> None:
    home.users("2026-05-01", user("ana"))
    home.devices("2026-05-01", {"uid": "ana", "is_hub": True})
    with pytest.raises(DataProblem, match="no column 'kind' for label 'kinds', column 'kind'"):
        home.load()
