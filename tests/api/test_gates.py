"""A planted fault holds exactly what it should: the rest is published, the last good one is served, and it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from segkit.errors import Held, NotFound
from tests.data.made import event
from tests.nightly_shop import EVE, GERMANS, NIGHT, OTHERS, UIDS, NightlyShop, findings, statuses

GOOD = {"Germans": (60, "2026-06-09"), "Others": (40, "2026-06-09"), "VIPs": (50, "2026-06-09"),
        "Everybody": (100, "2026-06-09")}  # fmt: skip
ALL_HELD = dict.fromkeys(GOOD, "held")
ALL_PUBLISHED = dict.fromkeys(GOOD, "published")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[NightlyShop]:
    made = NightlyShop(tmp_path / "shop")
    made.evening()
    yield made
    made.close()


def test_a_good_night_publishes_everything(shop: NightlyShop) -> None:
    assert shop.served() == GOOD
    shop.bring()
    report = shop.night()
    assert (statuses(report), report.gates) == (ALL_PUBLISHED, ())
    assert {as_of for _, as_of in shop.served().values()} == {"2026-06-10"}


def test_sources_without_yesterday_hold_the_app_and_the_last_good_one_is_served(shop: NightlyShop) -> None:
    shop.bring_users(NIGHT)
    report = shop.night()
    assert statuses(report) == ALL_HELD
    assert findings(report) == [("fresh", "", "2026-06-08")]
    assert {row.reason for row in report.held} == {
        "the newest events are of 2026-06-08; expected some of 2026-06-09 or later"
    }
    assert shop.served() == GOOD


def test_a_missing_day_holds_until_its_events_come(shop: NightlyShop) -> None:
    shop.bring()
    shop.night()
    shop.bring_events(NIGHT.replace(day=11))
    report = shop.night(as_of=NIGHT.replace(day=12))
    assert findings(report) == [("missing_days", "", "2026-06-10")]
    assert statuses(report) == ALL_HELD
    shop.bring_events(NIGHT)
    assert statuses(shop.night(as_of=NIGHT.replace(day=12))) == ALL_PUBLISHED


def test_drift_holds_the_app_on_what_it_had_until_a_load_goes_through(shop: NightlyShop) -> None:
    shop.bring_users(NIGHT)
    rows = [{**event(uid, "seen", f"{EVE} 12:00", f"{EVE} {uid}"), "amount": "much"} for uid in UIDS]
    shop.made.events(EVE.isoformat(), *rows, types={"amount": pa.string()})
    report = shop.night()
    assert statuses(report) == ALL_HELD
    assert {finding.gate for finding in report.gates} == {"drift", "fresh"}
    (drift,) = [finding for finding in report.gates if finding.gate == "drift"]
    assert f"sources/events/{EVE}.parquet, column 'amount'" in drift.sentence
    assert shop.served() == GOOD
    shop.bring_events(EVE)
    shop.load()
    assert statuses(shop.refresh()) == ALL_PUBLISHED


def test_drift_on_record_holds_although_everything_else_is_as_it_should_be(shop: NightlyShop) -> None:
    shop.bring_events(EVE)
    shop.write(NIGHT)
    shop.load()
    rows = [{**event(uid, "seen", f"{NIGHT} 12:00", f"{NIGHT} {uid}"), "amount": "much"} for uid in UIDS]
    late = shop.made.events(NIGHT.isoformat(), *rows, types={"amount": pa.string()})
    shop.load()
    assert findings(shop.refresh()) == [("drift", "", "1 difference")]
    late.unlink()  # what was wrong is taken away: there is nothing new, and nothing is wrong any more
    shop.load()
    assert statuses(shop.refresh()) == ALL_PUBLISHED


def test_orphans_above_their_share_hold_the_app_until_their_users_come(shop: NightlyShop) -> None:
    shop.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    shop.bring()
    strangers = [f"x{number:03}" for number in range(25)]
    shop.bring_events(EVE, [*UIDS, *strangers])
    report = shop.night()
    assert findings(report) == [("orphans", "", "20.0 %")]
    assert statuses(report) == ALL_HELD
    shop.bring_users(NIGHT, uids=[*UIDS, *strangers])
    assert shop.night().gates == ()


@pytest.mark.parametrize(
    ("germans", "found"),
    [
        (66, None),  # +10 %
        (54, None),  # −10 %
        (90, None),  # +50 %: not more than its limit
        (30, None),  # −50 %
        (91, "60 → 91 (+51.7 %)"),
        (29, "60 → 29 (−51.7 %)"),
        (0, "60 → 0 (−100.0 %)"),
    ],
)
def test_a_size_that_changed_too_much_holds_the_segment_and_its_reader_and_nobody_else(
    shop: NightlyShop, germans: int, found: str | None
) -> None:
    shop.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    shop.bring(germans=germans)
    report = shop.night()
    if found is None:
        assert (statuses(report), report.gates) == (ALL_PUBLISHED, ())
        assert shop.served()["Germans"] == (germans, "2026-06-10")
        return
    assert findings(report) == [("size", "Germans", found)]
    assert statuses(report) == ALL_PUBLISHED | {"Germans": "held", "Others": "held"}
    reasons = {row.name: row.reason for row in report.held}
    assert reasons["Germans"].startswith("it had 60 users as of 2026-06-09 and would have ")
    assert reasons["Others"] == f"it refers to ‘Germans’, which is held: {reasons['Germans']}"
    served = shop.served()
    assert (served["Germans"], served["Others"]) == (GOOD["Germans"], GOOD["Others"])
    assert (served["VIPs"], served["Everybody"]) == ((50, "2026-06-10"), (100, "2026-06-10"))


def test_a_limit_of_ten_percent_holds_what_changed_by_half_and_not_what_changed_by_ten(shop: NightlyShop) -> None:
    shop.more = "[gates]\nsize_percent = 10\nfloor = 0"
    shop.bring(germans=66)
    report = shop.night()
    # 40 others became 34, which is 15 % fewer.
    assert findings(report) == [("size", "Others", "40 → 34 (−15.0 %)")]
    assert statuses(report) == ALL_PUBLISHED | {"Others": "held"}


def test_a_persona_holds_its_segment_and_is_a_finding(shop: NightlyShop) -> None:
    info = shop.app.segment("Germans")
    shop.app.save({**GERMANS, "id": info.id, "personas": {"in": [UIDS[59]]}})
    shop.bring(germans=59)
    report = shop.night()
    assert findings(report) == [("personas", "Germans", "broken")]
    assert statuses(report) == ALL_PUBLISHED | {"Germans": "held", "Others": "held"}
    assert UIDS[59] not in str(report.to_dict())


def test_a_changed_rule_is_somebodys_own_act_and_no_gate_holds_it(shop: NightlyShop) -> None:
    info = shop.app.segment("Germans")
    shop.app.save({**GERMANS, "id": info.id, "rule": {"any": []}}, publish=False)
    shop.bring()
    assert statuses(shop.night()) == ALL_PUBLISHED


def test_what_is_let_through_is_published_and_on_record(shop: NightlyShop) -> None:
    shop.more = "[apps.shop.gates]\nsegments = {Others = 1000}"
    shop.bring(germans=0)
    report = shop.night(accept=["germans"])
    assert statuses(report) == ALL_PUBLISHED
    assert [finding.accepted for finding in report.gates] == ["tester"]
    (entry,) = shop.workspace.catalog.audit("shop", action="accept gate")
    assert (entry.actor, entry.subject) == ("tester", "Germans")
    assert (entry.detail["gate"], entry.detail["found"], entry.detail["limit"]) == (
        "size", "60 → 0 (−100.0 %)", "±50 %",
    )  # fmt: skip


def test_a_night_run_again_goes_on_with_what_was_let_through(shop: NightlyShop) -> None:
    shop.bring_users(NIGHT)
    shop.night(accept=["fresh"])
    report = shop.refresh()  # nobody has to say it twice
    assert (statuses(report), [finding.accepted for finding in report.gates]) == (
        dict.fromkeys(GOOD, "up to date"), ["tester"],
    )  # fmt: skip
    assert len(shop.workspace.catalog.audit("shop", action="accept gate")) == 1
    # The next night is another matter.
    assert statuses(shop.night(as_of=NIGHT.replace(day=11))) == ALL_HELD


def test_another_name_lets_nothing_through_and_an_unknown_one_is_refused(shop: NightlyShop) -> None:
    from segkit.nightly import run_night

    shop.bring_users(NIGHT)
    assert statuses(shop.night(accept=["size", "Germans"])) == ALL_HELD
    with pytest.raises(NotFound, match=r"--accept 'frsh': no gate or segment\. Did you mean 'fresh'\?"):
        run_night(shop.workspace, accept=["frsh"])


def test_a_refresh_of_named_segments_publishes_and_says_what_gates_found(shop: NightlyShop) -> None:
    shop.bring_users(NIGHT, germans=0)
    shop.write(NIGHT)
    shop.load()
    report = shop.app.refresh(["Germans"])
    assert statuses(report) == {"Germans": "published", "Others": "published"}
    assert [note for note in report.notes if "named" in note] == [
        "the newest events are of 2026-06-08; expected some of 2026-06-09 or later; published because it was named",
        "‘Germans’: it had 60 users as of 2026-06-09 and would have none (−100.0 %); expected at most 50 % more or "
        "fewer; published because it was named",
        "‘Others’: it had 40 users as of 2026-06-09 and would have 100 (+150.0 %); expected at most 50 % more or "
        "fewer; published because it was named",
    ]


def test_a_size_limit_for_no_segment_is_told(shop: NightlyShop) -> None:
    shop.more = "[apps.shop.gates]\nsegments = {Germens = 10}"
    shop.bring()
    notes = shop.night().notes
    assert "segkit.toml has a size limit for ‘Germens’, which is no segment of this app" in notes


EXPORTS = """
[[exports]]
name = "germans"
app = "shop"
segments = ["Germans"]
[[exports]]
name = "vips"
app = "shop"
segments = ["VIPs"]
"""


def exported(shop: NightlyShop) -> dict[str, str]:
    (exports,) = shop.workspace.night().export().made.values()
    return {each.name: each.status for each in exports}


def test_a_due_export_waits_for_its_held_segment_and_is_made_once_that_is_let_through(shop: NightlyShop) -> None:
    shop.more = EXPORTS
    shop.bring(germans=0)
    shop.night()
    (exports,) = shop.workspace.night().export().made.values()
    assert {each.name: each.status for each in exports} == {"germans": "held", "vips": "made"}
    assert exports[0].reason.startswith("‘Germans’ is held: it had 60 users as of 2026-06-09 and would have none")
    shop.refresh(accept=["size"])
    assert exported(shop) == {"germans": "made", "vips": "made before"}


def test_every_due_export_waits_while_a_gate_holds_the_data(shop: NightlyShop) -> None:
    shop.more = EXPORTS
    shop.bring_users(NIGHT)
    shop.night()
    assert exported(shop) == {"germans": "held", "vips": "held"}
    assert list((shop.folder / "exports").glob("*")) == []
    shop.refresh(accept=["fresh"])
    assert exported(shop) == {"germans": "made", "vips": "made"}


def test_one_exports_failure_leaves_the_others(shop: NightlyShop) -> None:
    shop.more = EXPORTS.replace('"Germans"', '"Nobody knows"')
    shop.bring()
    shop.night()
    assert exported(shop) == {"germans": "failed", "vips": "made"}


def test_held_is_exit_code_3(shop: NightlyShop) -> None:
    shop.bring_users(NIGHT)
    with pytest.raises(Held, match="all 4 segments held: the newest events are of 2026-06-08") as caught:
        shop.night().raise_what_is_not_published()
    assert caught.value.exit_code == 3


def test_a_reader_of_a_held_segment_alone_is_no_finding(shop: NightlyShop) -> None:
    assert OTHERS["rule"] == {"not": {"segment": "Germans"}}
    shop.bring(germans=0)
    assert findings(shop.night()) == [
        ("size", "Germans", "60 → 0 (−100.0 %)"),
        ("size", "Others", "40 → 100 (+150.0 %)"),
    ]
