"""Imported lists of an app: from file to snapshot, changed, matched again, paged through, handed to who sends."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from segkit.errors import Overtaken, SegkitError
from tests.small_workspace import SmallWorkspace

REACH = """
[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
"""


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", email="Ana@Example.com", marketing_consent=True, country="DE")
    small.user("bo", email="bo@example.com", marketing_consent=False, country="DE")
    small.user("007", email="kim@example.com", marketing_consent=True, country="AT")
    small.settings = REACH
    return small


def file(shop: SmallWorkspace, *rows: str, name: str = "list.csv") -> Path:
    shop.folder.parent.mkdir(parents=True, exist_ok=True)
    path = shop.folder.parent / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def of(shop: SmallWorkspace, name: str) -> set[str]:
    return shop.members({"segment": name})


def addresses(shop: SmallWorkspace, name: str) -> list[tuple[Any, ...]]:
    table = shop.app.audience(name).table
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def test_a_file_becomes_a_list_whose_users_rules_may_read(shop: SmallWorkspace) -> None:
    path = file(shop, "E-Mail,uid,param1", "ANA@example.com,,gold", ",007,", "new@example.org,,", "broken,,", ",007,")
    report = shop.app.import_list(path, name="Spring", description="Fair in May")
    assert (report.rows, report.matched, report.external, report.rejected, report.duplicate) == (5, 2, 1, 1, 1)
    assert (report.list_users, report.list_external, report.held_back) == (2, 1, 1)
    assert report.reasons == {"The e-mail is no valid address; see that it is spelled right.": 1}
    assert report.columns == {"email": "E-Mail", "uid": "uid", "param1": "param1"}
    assert of(shop, "Spring") == {"ana", "007"}
    assert shop.members({"all": [{"label": "country", "op": "eq", "value": "DE"}, {"not": {"segment": "Spring"}}]}) == {
        "bo"
    }
    info = shop.app.segment("spring")
    assert (info.kind, info.count, info.description, info.is_stale) == ("imported", 2, "Fair in May", False)


def test_its_rows_are_private_and_hold_no_more_than_they_must(shop: SmallWorkspace) -> None:
    report = shop.app.import_list(file(shop, "email", "ana@example.com"), name="Spring")
    shop.app.import_list(file(shop, "email", "bo@example.com"), into="Spring")
    folder = shop.folder / "imports" / "shop" / report.id
    files = sorted(folder.iterdir())
    assert len(files) == 2  # the rows and the last result; those of the first version are gone
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list((shop.folder / "imports" / ".reading").iterdir())
    assert all(len(version.files) == 2 for version in shop.app.list_versions("Spring"))


def test_a_list_is_replaced_added_to_and_removed_from(shop: SmallWorkspace) -> None:
    app = shop.app
    app.import_list(file(shop, "email", "ana@example.com", "x@example.org"), name="Spring")
    added = app.import_list(file(shop, "email", "bo@example.com", "x@example.org"), into="Spring", mode="add")
    assert (of(shop, "Spring"), added.list_users, added.list_external) == ({"ana", "bo"}, 2, 1)
    removed = app.import_list(file(shop, "email,uid", "x@example.org,", ",ana"), into="Spring", mode="remove")
    assert (of(shop, "Spring"), removed.list_external) == ({"bo"}, 0)
    replaced = app.import_list(file(shop, "uid", "007"), into="Spring")
    assert (of(shop, "Spring"), replaced.version) == ({"007"}, 4)
    assert [v.cause for v in app.list_versions("Spring")] == ["import"] * 4


def test_one_person_is_added_and_taken_off_by_hand(shop: SmallWorkspace) -> None:
    app = shop.app
    app.import_list(file(shop, "uid", "ana"), name="Spring")
    app.add_to_list("Spring", email="bo@example.com", params=("gold",))
    app.add_to_list("Spring", email="x@example.org", consented=True)
    assert of(shop, "Spring") == {"ana", "bo"}
    app.take_off_list("Spring", uid="ana")
    assert of(shop, "Spring") == {"bo"}
    with pytest.raises(SegkitError, match="that person is not in it"):
        app.take_off_list("Spring", uid="ana")
    with pytest.raises(SegkitError, match=r"‘Spring’ was not changed\. No user has this uid"):
        app.add_to_list("Spring", uid="nobody")
    assert app.list_versions("Spring")[0].external == 1


def test_an_external_address_that_registers_becomes_a_user_with_the_next_load(shop: SmallWorkspace) -> None:
    shop.app.import_list(
        file(shop, "email,param1", "New@Example.org,gold", "ana@example.com,"), name="Spring", consented=True
    )
    shop.user("new", email="new@example.org", marketing_consent=False)
    shop.write()
    [report] = shop.workspace.load()
    assert "list ‘Spring’: 1 external addresses are users by now" in report.words()
    assert of(shop, "Spring") == {"ana", "new"}
    newest = shop.app.list_versions("Spring")[0]
    assert (newest.cause, newest.number, newest.matched, newest.external) == ("match", 2, 2, 0)
    assert shop.app.segment("Spring").count == 2
    # What the importer stated of an address says nothing of a user, who is asked by the app itself.
    assert addresses(shop, "Spring") == [("ana", "Ana@Example.com", None, None, None)]


def test_the_same_file_twice_is_recognised(shop: SmallWorkspace) -> None:
    path = file(shop, "uid", "ana")
    shop.app.import_list(path, name="Spring")
    with pytest.raises(SegkitError, match=r"list\.csv was imported before, into ‘Spring’ .*nothing was changed"):
        shop.app.import_list(path, name="Autumn")
    assert shop.app.import_list(path, into="Spring", again=True).version == 2


def test_an_audience_is_who_consents_at_this_moment_and_is_on_record(shop: SmallWorkspace) -> None:
    rows = ("email,uid,param1,param2", "x@example.org,,'=1+1,", ",bo,,", "ana@example.com,,gold,007", ",007,,")
    shop.app.import_list(file(shop, *rows), name="Spring")
    app = shop.app
    assert addresses(shop, "Spring") == [
        ("007", "kim@example.com", None, None, None),
        ("ana", "Ana@Example.com", "gold", "007", None),
    ]
    found = app.audience("Spring")
    assert (found.users, found.external, sum(found.held_back.values())) == (2, 0, 2)
    app.import_list(file(shop, *rows), into="Spring", consented=True, again=True)
    assert (None, "x@example.org", "=1+1", None, None) in addresses(shop, "Spring")
    entry = shop.workspace.catalog.audit("shop", action="audience", limit=1)[0]
    assert (entry.actor, entry.detail["users"], entry.detail["external"]) == ("tester", 2, 1)
    assert "example" not in repr(entry.detail) + repr(found)


def test_a_channel_that_the_settings_do_not_describe_reaches_nobody(shop: SmallWorkspace) -> None:
    shop.app.import_list(file(shop, "uid", "ana"), name="Spring")
    with pytest.raises(
        SegkitError, match=r"does not say who can be reached by mobile; expected \[apps\.shop\.reach\.mob"
    ):
        shop.app.audience("Spring", "mobile")


def test_consent_that_was_withdrawn_since_is_seen(shop: SmallWorkspace) -> None:
    shop.app.import_list(file(shop, "uid", "ana", "007"), name="Spring")
    shop.user("ana", email="Ana@Example.com", marketing_consent=False)
    shop.write()
    shop.workspace.load()
    assert [row[0] for row in addresses(shop, "Spring")] == ["007"]


def test_rows_are_paged_through_masked_with_what_became_of_them(shop: SmallWorkspace) -> None:
    shop.app.import_list(
        file(shop, "email,param1", "ana@example.com,secret", "x@y,1", "ANA@example.com,2"), name="Spring"
    )
    page = shop.app.list_rows("Spring")
    assert page.to_dict("records") == [
        {
            "row": 2, "email": "a•••@e•••.com", "mobile": None, "uid": None, "param1": "s•••", "param2": None,
            "param3": None, "status": "matched", "reason": "",
        },
        {
            "row": 3, "email": "x•••@•••y", "mobile": None, "uid": None, "param1": "1•••", "param2": None,
            "param3": None, "status": "rejected",
            "reason": "The e-mail is no valid address; see that it is spelled right.",
        },
        {
            "row": 4, "email": "A•••@e•••.com", "mobile": None, "uid": None, "param1": "2•••", "param2": None,
            "param3": None, "status": "duplicate", "reason": "The same person as in row 2.",
        },
    ]  # fmt: skip
    assert list(shop.app.list_rows("Spring", "rejected")["row"]) == [3]
    assert list(shop.app.list_rows("Spring", after=1, limit=1)["row"]) == [3]


@pytest.mark.parametrize("name", ["mend.csv", "mend.xlsx"])
def test_rejected_rows_go_out_come_back_the_same_and_are_taken_once_mended(shop: SmallWorkspace, name: str) -> None:
    app = shop.app
    first = app.import_list(file(shop, "email,uid", "ana@example,", ",nobody", ",007"), name="Spring")
    mend = shop.folder.parent / name
    assert app.list_failures("Spring", mend) == 2
    again = app.import_list(mend, into="Spring", mode="add")
    assert (again.rows, again.rejected, again.reasons) == (2, 2, first.reasons)
    assert of(shop, "Spring") == {"007"}
    mended = file(shop, "email,mobile,uid,param1,param2,param3,row,reason", "ana@example.com,,,,,,2,x", ",,bo,,,,3,x")
    assert app.import_list(mended, into="Spring", mode="add").accepted == 2
    assert of(shop, "Spring") == {"ana", "bo", "007"}


@pytest.mark.parametrize(
    ("format", "profile"), [("csv", "machine"), ("csv", "spreadsheet"), ("xlsx", None), ("parquet", None)]
)
def test_what_we_export_imports_again_as_the_same_members(shop: SmallWorkspace, format: Any, profile: Any) -> None:
    import zipfile

    for uid in ("+4915112345678", "'-5", "=x", "00012345678901234567890", "a,b", 'a"b', "x;+y", "_x0041_", "Ünï"):
        shop.user(uid)
    shop.user("odd", email="n/a", tags=["a", "b"])  # an address that no list would take, and its own user's
    shop.user("twin", email="BO@example.com")
    app = shop.app
    app.save({"name": "All", "rule": {"all": []}})
    labels = ["email", "country", "tags", "score"]
    result = app.export(["All"], shop.folder.parent / "out.zip", labels=labels, format=format, profile=profile)
    with pytest.raises(SegkitError, match=r"out\.zip: it is an export of segkit; unpack it, and import the file"):
        app.import_list(result.path, name="Back")
    with zipfile.ZipFile(result.path) as archive:
        (member,) = [found for found in archive.namelist() if found != "manifest.json"]
        path = shop.folder.parent / f"members.{format}"
        path.write_bytes(archive.read(member))
    report = app.import_list(path, name="Back")
    assert (report.rejected, report.duplicate, report.external) == (0, 0, 0)
    assert of(shop, "Back") == of(shop, "All")
    assert report.matched == 14
    assert report.columns == {"uid": "uid", "email": "email"}


def test_a_list_is_neither_listed_nor_exported_nor_evaluated(shop: SmallWorkspace) -> None:
    app = shop.app
    app.import_list(file(shop, "uid", "ana"), name="Spring")
    with pytest.raises(SegkitError, match="its rows are never listed"):
        app.members("Spring")
    with pytest.raises(SegkitError, match="never exported"):
        app.export(["Spring"])
    with pytest.raises(SegkitError, match="has no rule to evaluate"):
        app.refresh(["Spring"])
    assert of(shop, "Spring") == {"ana"}


def test_what_does_not_fit_is_said_and_changes_nothing(shop: SmallWorkspace) -> None:
    app = shop.app
    app.save({"name": "Rule", "rule": {"all": []}})
    good = file(shop, "uid", "ana")
    app.import_list(good, name="Spring")
    other = file(shop, "uid", "bo", name="other.csv")
    bad = file(shop, "uid", '"bo', name="bad.csv")
    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "expected the name of a new list"),
        ({"name": "A", "into": "Spring"}, "expected the name of a new list"),
        ({"name": "spring"}, "‘Spring’ is the name of an imported list; choose another; `--into` imports into it"),
        ({"name": "Rule"}, "‘Rule’ is the name of a custom segment; choose another"),
        ({"into": "Rule"}, "‘Rule’ is a custom segment, not an imported list"),
        ({"name": "A", "mode": "add"}, "mode add is for a list that there is"),
        ({"name": "A", "region": "Deutschland"}, "expected the two letters of a country"),
        ({"name": "A", "mapping": {"email": "city"}}, "no column is headed ‘city’"),
    ]
    for arguments, said in refused:
        with pytest.raises(SegkitError, match=said.replace("(", r"\(")):
            app.import_list(other, **arguments)
    with pytest.raises(SegkitError, match="never ends"):
        app.import_list(bad, into="Spring")
    assert [v.number for v in app.list_versions("Spring")] == [1]
    assert {s.name for s in app.segments() if s.kind == "imported"} == {"Spring"}


def test_a_file_of_rows_that_was_changed_is_noticed(shop: SmallWorkspace) -> None:
    app = shop.app
    report = app.import_list(file(shop, "uid", "ana"), name="Spring")
    rows = next((shop.folder / "imports" / "shop" / report.id).glob("*-rows.parquet"))
    pq.write_table(pq.read_table(rows), rows, compression="none")
    with pytest.raises(SegkitError, match="the rows of a list are not what was written there"):
        app.audience("Spring")
    app.import_list(file(shop, "uid", "bo"), name="Whole")
    shop.user("new")
    shop.write()
    [told] = shop.workspace.load()
    assert [note for note in told.notes if note.startswith("list ‘Spring’ is not matched again: ")] == list(told.notes)
    assert told.notes != ()
    assert [app.list_versions(name)[0].cause for name in ("Spring", "Whole")] == ["import", "match"]


def test_an_import_that_fails_at_the_end_leaves_nothing(shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = shop.app
    report = app.import_list(file(shop, "uid", "ana"), name="Spring")
    folder = shop.folder / "imports" / "shop" / report.id
    before = sorted(folder.iterdir())

    def fail(*_: Any) -> None:
        raise SegkitError("the disk is full")

    monkeypatch.setattr(shop.workspace.catalog, "record_list", fail)
    tries: list[dict[str, Any]] = [{"into": "Spring"}, {"name": "Other"}]
    for arguments in tries:
        with pytest.raises(SegkitError, match="the disk is full"):
            app.import_list(file(shop, "uid", "bo"), **arguments)
    assert sorted(folder.iterdir()) == before
    assert of(shop, "Spring") == {"ana"}
    assert "Other" not in app.definitions()


def test_a_version_that_somebody_else_made_meanwhile_is_not_made_again(shop: SmallWorkspace) -> None:
    shop.app.import_list(file(shop, "uid", "ana"), name="Spring")
    (held,) = shop.app.list_versions("Spring")
    with pytest.raises(Overtaken, match="the list was changed by somebody else meanwhile"):
        shop.workspace.catalog.record_list((), held)
    assert shop.app.list_versions("Spring") == (held,)


def test_how_far_an_import_is_can_be_heard(shop: SmallWorkspace) -> None:
    told: list[tuple[str, float]] = []
    shop.app.import_list(
        file(shop, "uid", "ana"), name="Spring", progress=lambda step, share: told.append((step, share))
    )
    assert list(dict.fromkeys(step for step, _ in told)) == [
        "Reading the file", "Looking up users", "Keeping the list",
    ]  # fmt: skip
    assert any(0 < share < 1 for _, share in told)


def test_a_file_without_rows_does_not_empty_a_list(shop: SmallWorkspace) -> None:
    shop.app.import_list(file(shop, "uid", "ana"), name="Spring")
    with pytest.raises(
        SegkitError, match=r"list\.csv: there are headings, and no rows below them; nothing was changed"
    ):
        shop.app.import_list(file(shop, "uid"), into="Spring")
    with pytest.raises(SegkitError, match="found a folder; expected a list as XLSX or CSV"):
        shop.app.import_list(shop.folder.parent, into="Spring")
    assert of(shop, "Spring") == {"ana"}


def test_an_address_that_is_none_is_taken_beside_what_tells_whose_it_is(shop: SmallWorkspace) -> None:
    shop.user("odd", email="n/a")
    rows = ("uid,email", "odd,n/a", "ana,n/a", "nobody,n/a", ",n/a")
    report = shop.app.import_list(file(shop, *rows), name="Spring")
    assert (report.matched, report.rejected) == (1, 3)
    assert of(shop, "Spring") == {"odd"}
