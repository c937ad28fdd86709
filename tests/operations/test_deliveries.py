"""Exports on their way to a storage: each once, later where it cannot be at once, and never where it may not."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from segkit import label
from segkit.api.doctor import examine
from segkit.errors import PartlyDone, SegkitError
from segkit.exchange import delivery
from segkit.operations.delivering import send_deliveries, send_everything
from segkit.operations.sending import TRIES, Sending
from tests.small_workspace import SmallWorkspace

fsspec = pytest.importorskip("fsspec")

REACH = """
[apps.shop.reach.email]
address = "email"
consent = ["marketing_consent"]
"""
DUE = """
[[exports]]
name = "lists"
app = "shop"
segments = ["Ones"]
target = "{target}"
"""


class Far:
    """A storage elsewhere that takes what it is sent, or does not."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.url = folder.as_uri()
        self.fails = 0  # so many times
        self.calls: list[tuple[str, bool]] = []  # key, and whether it was said to be sent again
        real = delivery.deliver

        def deliver(path: Path, target: str, *, key: str, again: bool = False, **more: Any) -> delivery.Delivery:
            self.calls.append((key, again))
            if self.fails:
                self.fails -= 1
                raise SegkitError("the storage said no.")
            return real(path, target, key=key, again=again, **more)

        monkeypatch.setattr("segkit.operations.delivering.deliver", deliver)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Far:
    return Far(tmp_path / "far", monkeypatch)


@pytest.fixture
def shop(small: SmallWorkspace, far: Far) -> SmallWorkspace:
    for uid in ("ana", "bo", "cem"):
        small.user(uid, score=1, marketing_consent=True, email=f"{uid}@example.org")
    small.app_settings, small.settings = REACH, DUE.format(target=far.url)
    small.app.save_rule("Ones", label("score") == 1)
    return small


def _later(shop: SmallWorkspace, **by: float) -> None:
    now = shop.workspace.clock()
    shop.workspace.clock = lambda: now + timedelta(**by)


def _rows(path: Path) -> dict[str, list[str]]:
    """The uids of every file of a zip, by piece."""
    with zipfile.ZipFile(path) as archive:
        entries = json.loads(archive.read("manifest.json"))["segments"]
        return {e["piece"]: [row["uid"] for row in csv.DictReader(io.TextIOWrapper(archive.open(e["file"])))]
                for e in entries}  # fmt: skip


def test_what_could_not_be_delivered_stays_on_record_and_goes_later_with_the_same_key(
    shop: SmallWorkspace, far: Far
) -> None:
    far.fails = 1
    (made,) = shop.app.export_due()
    assert (made.status, made.file) == ("failed", "exports/shop-lists-2024-11-07.zip")
    assert "‘lists’ was not delivered: the storage said no; `segkit notify` tries again" in made.reason
    assert far.names == []
    assert len(shop.workspace.catalog.exports("shop")) == 1
    (finding,) = [f for f in examine(shop.workspace) if "delivery" in f.where]
    assert "did not arrive: the storage said no" in finding.what
    _later(shop, minutes=5)
    assert send_everything(shop.workspace) == Sending(1)
    assert far.names == ["shop-lists-2024-11-07.zip"]
    assert far.calls == [(far.calls[0][0], False), (far.calls[0][0], True)]
    (again,) = shop.app.export_due()
    assert (again.status, len(far.calls)) == ("made before", 2)
    (entry,) = shop.workspace.catalog.audit("shop", action="deliver")
    assert (entry.subject, entry.detail["place"]) == ("lists", f"{far.url}/shop-lists-2024-11-07.zip")


def test_the_next_night_delivers_what_waits(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 2
    assert shop.app.export_due()[0].status == "failed"
    _later(shop, minutes=5)
    assert shop.app.export_due()[0].status == "failed"
    _later(shop, minutes=5)
    assert shop.app.export_due()[0].status == "made before"
    assert far.names == ["shop-lists-2024-11-07.zip"]


def test_after_many_tries_it_is_given_up_and_said_so_until_somebody_asks_again(shop: SmallWorkspace, far: Far) -> None:
    far.fails = TRIES
    shop.app.export_due()
    for _ in range(TRIES - 1):
        _later(shop, days=2)
        send_deliveries(shop.workspace)
    (again,) = shop.app.export_due()
    assert (again.status, again.reason) == ("failed", "it was not delivered: the storage said no")
    assert [entry.subject for entry in shop.workspace.catalog.audit("shop", action="delivery given up")] == ["lists"]
    assert send_deliveries(shop.workspace) == Sending(0, 0, 1)
    assert send_deliveries(shop.workspace, again=True) == Sending(1)
    assert shop.app.export_due()[0].status == "made before"


def test_by_hand_it_is_said_that_it_waits(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 1
    with pytest.raises(PartlyDone, match=r"shop-.*\.zip is written, and on record. export ‘by hand’ was not"):
        shop.app.export(["Ones"], target=far.url)
    _later(shop, minutes=5)
    assert send_deliveries(shop.workspace).delivered == 1


def test_an_address_with_a_secret_is_kept_nowhere_but_in_the_settings(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 1
    secret = far.url.replace("file://", "file://user:hidden@")
    with pytest.raises(PartlyDone):
        shop.app.export(["Ones"], target=secret)
    (message,) = shop.workspace.catalog.outbox.messages()
    assert "hidden" not in json.dumps(message.body)
    _later(shop, minutes=5)
    (problem,) = send_deliveries(shop.workspace).problems
    assert "may hold a secret; export again; it is given up" in problem


def test_users_whose_consent_may_have_changed_since_are_not_delivered_late(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 1
    with pytest.raises(PartlyDone):
        shop.app.export(["Ones"], target=far.url, channel="email")
    shop.user("ana", score=1, marketing_consent=False, email="ana@example.org")
    shop.write()
    shop.workspace.load()
    _later(shop, minutes=5)
    (problem,) = send_deliveries(shop.workspace).problems
    assert "somebody may have said no; export again; it is given up" in problem
    assert far.names == []


def test_what_is_gone_or_not_what_was_written_is_not_delivered(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 2
    for name in ("gone", "other"):
        with pytest.raises(PartlyDone):
            shop.app.export(["Ones"], shop.folder / "exports" / f"{name}.zip", target=f"{far.url}/{name}")
    (shop.folder / "exports" / "gone.zip").unlink()
    (shop.folder / "exports" / "other.zip").write_bytes(b"PK")
    _later(shop, minutes=5)
    problems = send_deliveries(shop.workspace).problems
    assert ["gone.zip is not there any more" in problems[0], "other.zip is not what was written" in problems[1]] == [
        True,
        True,
    ]
    assert far.names == []


def test_a_newer_export_takes_the_place_of_one_that_waits(shop: SmallWorkspace, far: Far) -> None:
    far.fails = 1
    with pytest.raises(PartlyDone):
        shop.app.export(["Ones"], shop.folder / "exports" / "old.zip", target=far.url)
    shop.app.export(["Ones"], shop.folder / "exports" / "new.zip", target=far.url)
    _later(shop, days=1)
    assert send_deliveries(shop.workspace, again=True) == Sending()
    assert far.names == ["new.zip"]
    assert not [f for f in examine(shop.workspace) if "delivery" in f.where]


def test_who_may_not_export_delivers_nothing(shop: SmallWorkspace, far: Far) -> None:
    shop.settings += '[roles]\nadmin = ["tester"]\neditor = ["edi"]\n'
    shop.write()
    shop.reopen()
    far.fails = 1
    shop.app.export_due()
    _later(shop, minutes=5)
    shop.workspace.actor = "edi"
    assert send_deliveries(shop.workspace, again=True) == Sending()
    assert (far.names, len(far.calls)) == ([], 1)
    shop.workspace.actor = "tester"
    assert send_deliveries(shop.workspace, again=True) == Sending(1)


# --- changes, where an export before did not arrive ------------------------------------------------------------------


def _move(shop: SmallWorkspace, **scores: int) -> None:
    for uid, score in scores.items():
        shop.user(uid, score=score, marketing_consent=True, email=f"{uid}@example.org")
    shop.write()
    shop.workspace.load()
    shop.app.refresh()


def _changes(shop: SmallWorkspace, far: Far, name: str, *, arrives: bool) -> dict[str, list[str]]:
    path = shop.folder / "exports" / f"{name}.zip"
    far.fails = 0 if arrives else 1
    if arrives:
        shop.app.export(["Ones"], path, target=far.url, changes=True)
    else:
        with pytest.raises(PartlyDone):
            shop.app.export(["Ones"], path, target=far.url, changes=True)
    return _rows(path)


def test_changes_after_an_export_that_nobody_knows_the_end_of_are_right_in_either_case(
    shop: SmallWorkspace, far: Far
) -> None:
    assert _changes(shop, far, "first", arrives=True) == {"entered": ["ana", "bo", "cem"], "left": []}
    _move(shop, ana=2, dora=1)
    assert _changes(shop, far, "second", arrives=False) == {"entered": ["dora"], "left": ["ana"]}
    _move(shop, ana=1, dora=2, bo=2)
    # Had the second arrived, ana were out and dora in; had it not, ana were in and dora never.
    assert _changes(shop, far, "third", arrives=True) == {"entered": ["ana"], "left": ["bo", "dora"]}
    assert _changes(shop, far, "fourth", arrives=True) == {"entered": [], "left": []}


def test_an_export_that_was_never_tried_counts_for_nothing(
    shop: SmallWorkspace, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    _changes(shop, far, "first", arrives=True)
    _move(shop, ana=2)
    with monkeypatch.context() as patched:
        patched.setattr("segkit.api.exporting._deliver", lambda *given: None)  # killed before the first try
        shop.app.export(["Ones"], shop.folder / "exports" / "second.zip", target=far.url, changes=True)
    _move(shop, bo=2)
    assert _changes(shop, far, "third", arrives=True) == {"entered": [], "left": ["ana", "bo"]}
    assert far.names == ["first.zip", "third.zip"]


def test_a_storage_that_has_the_file_is_left_alone_when_it_is_sent_again(tmp_path: Path) -> None:
    path, there = tmp_path / "users.zip", tmp_path / "far"
    path.write_bytes(b"users")
    target = there.as_uri()
    delivery.deliver(path, target, key="k")
    placed = (there / "users.zip").stat()
    assert delivery.deliver(path, target, key="k", again=True).place == f"{target}/users.zip"
    assert (there / "users.zip").stat().st_ino == placed.st_ino
    (there / "users.zip").write_bytes(b"other")
    delivery.deliver(path, target, key="k", again=True)
    assert (there / "users.zip").read_bytes() == b"users"


def test_the_instant_of_a_delivery_is_the_workspaces(shop: SmallWorkspace) -> None:
    shop.workspace.clock = lambda: datetime(2024, 11, 8, 4, tzinfo=UTC)
    shop.app.export_due()
    (message,) = shop.workspace.catalog.outbox.messages()
    assert message.sent_at == datetime(2024, 11, 8, 4, tzinfo=UTC)
