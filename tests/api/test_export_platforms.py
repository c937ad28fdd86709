"""Exports for platforms, of a real workspace: addresses by channel and consent, labels, control groups, changes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from segkit import label
from segkit.errors import SegkitError
from segkit.exchange.exports import ExportResult
from tests.small_workspace import SmallWorkspace

REACH = """
[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
"""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def files_of(result: ExportResult | Path) -> dict[str, list[str]]:
    """The lines of each file of an export by its piece."""
    path = result if isinstance(result, Path) else result.path
    with zipfile.ZipFile(path) as found:
        entries = json.loads(found.read("manifest.json"))["segments"]
        return {e.get("piece", ""): found.read(e["file"]).decode().splitlines() for e in entries}


def manifest_of(result: ExportResult) -> Any:
    return json.loads(zipfile.ZipFile(result.path).read("manifest.json"))


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE", marketing_consent=True, email="Ana@Example.org", score=1.5, tags=["a"])
    small.user("bo", country="DE", marketing_consent=False, email="bo@example.org")
    small.user("chi", country="DE", marketing_consent=True, email="no address")
    small.app_settings = REACH
    small.app.save_rule("Germans", label("country") == "DE")
    return small


def test_meta_gets_hashes_of_those_who_said_yes(shop: SmallWorkspace) -> None:
    result = shop.app.export(["Germans"], profile="meta", columns={"country": "country"})
    assert files_of(result) == {"": ["email,country", f"{sha256('ana@example.org')},{sha256('de')}"]}
    told = manifest_of(result)
    assert (told["platform"]["profile"], told["platform"]["vectors"]) == ("meta", "6 published values")
    assert [column["code"] for column in told["columns"]] == ["email", "country"]
    entry = told["segments"][0]
    assert entry["held_back"] == {"no address that Meta custom audience may have": 2}
    assert entry["count"] == 3


def test_a_channel_and_a_platform_tell_their_reasons_apart(shop: SmallWorkspace) -> None:
    entry = manifest_of(shop.app.export(["Germans"], profile="google", channel="email"))["segments"][0]
    assert entry["held_back"] == {
        "no consent for e-mail": 1,
        "no address that Google Customer Match may have": 1,
    }


def test_json_lines_carry_typed_labels(shop: SmallWorkspace) -> None:
    result = shop.app.export(["Germans"], profile="webhook", labels=["score", "tags"])
    assert files_of(result)[""] == ['{"uid":"ana","email":"Ana@Example.org","score":1.5,"tags":["a"]}']


def test_braze_gets_labels_as_attributes(shop: SmallWorkspace) -> None:
    assert files_of(shop.app.export(["Germans"], profile="braze", labels=["score"]))[""] == [
        "external_id,email,score",
        "ana,Ana@Example.org,1.5",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "meta", "labels": ["score"]}, "has no columns of one's own; found labels score. A label may fill"),
        ({"profile": "meta", "columns": {"email": "email"}}, "fills its column 'email' itself"),
        ({"profile": "meta", "columns": {"fn": "nmae"}}, "no label 'nmae'"),
        ({"profile": "meta", "format": "xlsx"}, "profile 'meta' is written as csv, found format 'xlsx'"),
        ({"profile": "mta"}, "no profile 'mta'. Did you mean 'meta'"),
        ({"profile": "salesforce-mobile"}, "MobileConnect needs _Locale; name a label for it"),
        ({"profile": "salesforce-mobile", "columns": {"_Locale": "country"}}, "so that consent can be checked"),
        ({"columns": {"fn": "country"}}, "expected a profile such as 'meta' with it"),
        ({"holdout": 10}, "expected a seed, such as --seed spring"),
        ({"holdout": 100, "seed": "s"}, "from 0 to below 100"),
        ({"variants": {"A": 50, "B": 49}, "seed": "s"}, "the variants come to 99 percent"),
        ({"variants": {"left": 100}, "seed": "s"}, "variant 'left'"),
        ({"variants": {"../A": 100}, "seed": "s"}, "variant '../A'"),
    ],
)
def test_what_does_not_fit_together_is_said_before_anything_is_written(
    shop: SmallWorkspace, options: Any, message: str
) -> None:
    with pytest.raises(SegkitError) as caught:
        shop.app.export(["Germans"], **options)
    assert message in str(caught.value)
    assert not (shop.folder / "exports").exists()


def test_an_app_that_says_nothing_of_reach_sends_nothing_to_platforms(small: SmallWorkspace) -> None:
    small.user("ana", country="DE", marketing_consent=True, email="ana@example.org")
    small.app.save_rule("Germans", label("country") == "DE")
    with pytest.raises(SegkitError, match=r"audience is sent addresses; expected \[apps.shop.reach.email\]"):
        small.app.export(["Germans"], profile="meta")


# --- control groups and variants -------------------------------------------------------------------------------------


def _drawn(seed: str, uid: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{uid}".encode()).digest()[:8], "big") % 10_000


def _crowd(small: SmallWorkspace, users: int = 2_000) -> list[str]:
    uids = [f"u{n:05}" for n in range(users)]
    for uid in uids:
        small.user(uid, country="DE", marketing_consent=True, email=f"{uid}@example.org")
    small.app.save_rule("Germans", label("country") == "DE")
    return uids


def test_a_control_group_is_kept_back_by_hash_and_the_rest_is_split(small: SmallWorkspace) -> None:
    uids = _crowd(small)
    result = small.app.export(["Germans"], holdout=10, seed="spring", variants={"A": 30, "B": 70})
    control = {uid for uid in uids if _drawn("spring", uid) < 1_000}
    a = {uid for uid in uids if _drawn("spring/variants", uid) < 3_000} - control
    found = {piece: set(lines[1:]) for piece, lines in files_of(result).items()}
    assert found == {"A": a, "B": set(uids) - a - control}
    assert 150 < len(control) < 250
    entry = manifest_of(result)["segments"][0]
    rest = len(uids) - len(control)
    assert entry["held_back"] == {"control group": len(control)}
    assert entry["control_group"] == {
        "percent": 10, "seed": "spring", "users": len(control), "of": 2_000, "share": round(len(control) / 20, 2),
    }  # fmt: skip
    assert entry["variants"]["A"] == {
        "percent": 30,
        "users": len(a),
        "of": rest,
        "share": round(100 * len(a) / rest, 2),
    }
    recorded = small.workspace.catalog.exports("shop")[0].detail
    assert recorded["draw"][entry["id"]] == {key: entry[key] for key in ("control_group", "variants")}
    assert (recorded["holdout"], recorded["seed"]) == (10, "spring")
    assert small.members({"sample": 10, "seed": "spring"}) == control


def test_the_control_group_is_the_same_next_time_and_another_with_another_seed(small: SmallWorkspace) -> None:
    _crowd(small)
    first, again, other = (
        files_of(small.app.export(["Germans"], small.folder / f"{n}.zip", holdout=25, seed=seed))
        for n, seed in enumerate(("a", "a", "b"))
    )
    assert first == again != other


# --- changes ---------------------------------------------------------------------------------------------------------


def test_changes_are_who_entered_and_who_left_since_the_last_export(small: SmallWorkspace) -> None:
    for uid, day in (("ana", "2024-11-01"), ("bo", "2024-11-03"), ("chi", "2024-11-06")):
        small.user(uid, country="DE")
        small.event(uid, "app_used", at=f"{day} 12:00")
    from segkit import event

    small.app.save_rule("Recent", event("app_used").last(3))
    shop = small.app
    first = shop.export(["Recent"], small.folder / "1.zip", changes=True, labels=["country"])
    assert files_of(first) == {"entered": ["uid,country", "chi,DE"], "left": ["uid"]}
    assert manifest_of(first)["changes_since"] is None
    shop.refresh(["Recent"], "2024-11-05")
    second = shop.export(["Recent"], small.folder / "2.zip", "2024-11-05", changes=True, labels=["country"])
    assert files_of(second) == {"entered": ["uid,country", "bo,DE"], "left": ["uid", "chi"]}
    assert manifest_of(second)["changes_since"]["export"] == 1
    third = shop.export(["Recent"], small.folder / "3.zip", "2024-11-05", changes=True)
    assert files_of(third) == {"entered": ["uid"], "left": ["uid"]}
    assert manifest_of(third)["segments"][0]["held_back"] == {"in the last export already": 1}


def test_changes_count_from_the_last_export_to_the_same_place_whole_or_not(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.app.save_rule("Germans", label("country") == "DE")
    small.app.export(["Germans"], small.folder / "1.zip")
    other = small.app.export(["Germans"], small.folder / "2.zip", changes=True, target="elsewhere")
    assert files_of(other)["entered"] == ["uid", "ana"]
    same = small.app.export(["Germans"], small.folder / "3.zip", changes=True)
    assert files_of(same) == {"entered": ["uid"], "left": ["uid"]}


def test_who_withdrew_consent_leaves_the_platform_by_what_identifies_them(shop: SmallWorkspace) -> None:
    first = shop.app.export(["Germans"], shop.folder / "1.zip", profile="meta", columns={"country": "country"})
    assert len(files_of(first)[""]) == 2
    from tests.api.test_export_consent import load_later

    load_later(shop, {"ana": {"marketing_consent": False, "email": "Ana@Example.org"}})
    second = shop.app.export(
        ["Germans"], shop.folder / "2.zip", profile="meta", columns={"country": "country"}, changes=True
    )
    assert files_of(second) == {"entered": ["email,country"], "left": ["email", sha256("ana@example.org")]}


def test_what_was_sent_is_kept_as_bits_and_damage_is_said(small: SmallWorkspace) -> None:
    small.user("ana", country="DE")
    small.app.save_rule("Germans", label("country") == "DE")
    small.app.export(["Germans"], small.folder / "1.zip")
    (kept,) = (small.folder / "sent" / "shop").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"ana" not in kept.read_bytes()
    kept.write_bytes(b"x")
    with pytest.raises(SegkitError, match="Export everybody once, without the changes only"):
        small.app.export(["Germans"], small.folder / "2.zip", changes=True)
