"""Corners that once went wrong: what leaves with an export, what a muted reference reads, dates, loads in between."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import segkit
from segkit import event, label, segment
from segkit.compile.predicates import date_bounds
from segkit.data.demo import write_demo
from segkit.definitions.documents import read_document
from segkit.errors import PartlyDone, SegkitError
from segkit.nightly import raise_what_failed, run_night
from tests.small_workspace import SmallWorkspace


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", marketing_consent=True, tags=["a", "b"])
    small.user("bo", country="DE", marketing_consent=True, tags=[])
    small.user("cy", country="", marketing_consent=False)
    small.event("ana", "app_used", "2024-11-01 09:00")
    return small


def replace_users(shop: SmallWorkspace, rows: dict[str, list[object]]) -> None:
    """A later snapshot of users arrives and is loaded."""
    path = shop.folder / "sources" / "users.parquet"
    table = pq.read_table(path)
    settings = shop.folder / "segkit.toml"
    text = settings.read_text().replace('"sources/users.parquet"', '"sources/users*.parquet"')
    settings.write_text(text.replace("data_date = 2020-01-01", 'data_date = "file"\nabsent = "gone"'))
    path.rename(path.with_name("users-2020-01-01.parquet"))
    missing = [None] * len(rows["uid"])
    new = {name: rows.get(name, missing) for name in table.schema.names}
    pq.write_table(type(table).from_pydict(new, schema=table.schema), path.with_name("users-2024-11-05.parquet"))
    shop.reopen()
    shop.workspace.load(rebuild=True)


def test_an_export_of_a_once_segment_has_who_is_still_there_with_labels_of_its_date(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Germans", "cycle": "once", "rule": {"label": "country", "op": "eq", "value": "DE"}})
    replace_users(shop, {"uid": ["ana", "cy"], "country": ["DE", None], "marketing_consent": [False, False]})
    result = shop.app.export(["Germans"], labels=["marketing_consent"])
    with zipfile.ZipFile(result.path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".csv")]
        rows = list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8")))
    assert rows == [["uid", "marketing_consent"], ["ana", "false"]]


def test_a_muted_reference_is_not_read(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Once", "cycle": "once", "rule": {"all": []}})
    rule = {"all": [{"segment": "Once", "mute": True}, {"label": "country", "op": "eq", "value": "DE"}]}
    assert shop.members(rule, as_of="2024-10-01") == {"ana", "bo"}


def test_a_reader_of_a_once_segment_does_not_need_its_rule_to_hold_any_more(shop: SmallWorkspace) -> None:
    shop.app.save({"name": "Scored", "cycle": "once", "rule": {"label": "score", "op": "is_empty"}})
    shop.app.save_rule("Scored Germans", segment("Scored") & (label("country") == "DE"))
    labels = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    labels.write_text(labels.read_text().replace('"code": "score"', '"code": "points"'))
    report = shop.app.refresh()
    assert [row.name for row in report.failed] == []
    assert shop.members("Scored Germans") == {"ana", "bo"}


def test_a_parent_stays_up_to_date_however_it_is_refreshed(shop: SmallWorkspace) -> None:
    shop.app.save_rule("Child", label("country") == "DE")
    shop.app.save_rule("Parent", ~segment("Child"))
    for names in (None, ["Parent"], None):
        report = shop.app.refresh(names)
    assert {row.status for row in report.segments} == {"up to date"}


def test_a_name_in_another_spelling_is_taken_by_estimate_and_save_alike(shop: SmallWorkspace) -> None:
    rule = {"segment": "ALL users  who have accepted marketing"}
    assert shop.app.estimate(rule).count == 2
    assert shop.app.save({"name": "The same", "rule": rule}).count == 2


def test_strict_history_refuses_every_reader_before_the_first_load_and_publishes_nothing(shop: SmallWorkspace) -> None:
    shop.app_settings = "strict_history = true"
    app = shop.app
    for ask in (
        lambda: app.estimate(label("country") == "DE", "2019-01-01"),
        lambda: app.members(label("country") == "DE", "2019-01-01"),
        lambda: app.base("2019-01-01"),
        lambda: app.refresh(as_of="2019-01-01"),
    ):
        with pytest.raises(SegkitError, match="labels are known from 2020-01-01 on"):
            ask()
    assert all(info.count is None for info in app.segments())


def test_what_lies_after_the_apps_own_date_is_not_published(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="lies after 2024-11-07"):
        shop.app.refresh(as_of="2030-01-01")


def test_values_counts_empty_texts_and_lists_as_no_value(shop: SmallWorkspace) -> None:
    assert shop.app.values("country")[1] == shop.app.estimate(label("country").is_empty()).count == 1
    assert shop.app.values("tags")[1] == shop.app.estimate(label("tags").is_empty()).count == 2


def test_personal_data_is_not_searched(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="holds personal data"):
        shop.app.values("email", search="ana@")


def test_dates_at_the_ends_of_the_calendar_are_not_beyond_them() -> None:
    from datetime import date

    nothing = (date.max, date.min)
    assert date_bounds("after", date.max, date(2024, 1, 1)) == nothing
    assert date_bounds("before", date.min, date(2024, 1, 1)) == nothing
    assert date_bounds("days_ago_gt", 3_000_000, date(2024, 1, 1)) == nothing
    assert date_bounds("in_last", 3_000_000, date(2024, 1, 1)) == (None, date(2023, 12, 31))


def test_an_average_with_too_many_decimals_is_refused_before_it_is_evaluated(shop: SmallWorkspace) -> None:
    with pytest.raises(SegkitError, match="at most 27 decimals"):
        shop.app.estimate(event("order_paid").avg("amount").last(9) > 1e-39)


def test_a_share_compares_exactly_with_a_double_of_many_digits(small: SmallWorkspace) -> None:
    # 1,000 of 3,000 is below 0.33333333333333337 and above 0.3333333333333333, the doubles beside one third.
    small.user("ana")
    small.event("ana", "pairing_starts", "2024-11-01 09:00", times=3_000)
    small.event("ana", "pairing_succeeds", "2024-11-01 09:00", times=1_000)
    share = event("pairing_succeeds").share(of=event("pairing_starts")).last(30)
    assert small.members(share < 0.33333333333333337) == {"ana"}
    assert small.members(share > 0.3333333333333333) == {"ana"}
    assert small.members(share.between(0.3333333333333333, 0.33333333333333337)) == {"ana"}


def test_a_load_in_between_leaves_whoever_is_asking_with_what_they_have(shop: SmallWorkspace) -> None:
    old = shop.app.evaluator()
    labels = shop.folder / "vocabulary" / "shop" / "labels.yaml"
    labels.write_text(labels.read_text() + " ")
    assert shop.app.evaluator() is not old
    assert old.base(shop.app.as_of).count == 3


def test_one_apps_broken_source_leaves_the_others_nights_and_ends_as_partly_done(tmp_path: Path) -> None:
    write_demo(tmp_path / "demo", users=1_000)
    workspace = segkit.open(tmp_path / "demo", actor="tester")
    workspace.load()
    app = workspace.app("smart-home")
    app.save(read_document(tmp_path / "demo" / "definitions" / "smart-home" / "1_silent_gateway_owners.yaml"))
    broken = tmp_path / "demo" / "sources" / "grocery" / "users" / "2018-01-02.parquet"
    broken.write_bytes(b"PAR1 not at all")
    report = run_night(workspace)
    assert [reason.split(":")[:2] for reason in report.failed] == [["grocery", " load"]]
    assert [made["status"] for made in report.exports] == ["made"]
    assert report.refreshes["grocery"]["base"] == 2_469
    with pytest.raises(PartlyDone):
        raise_what_failed(report)
