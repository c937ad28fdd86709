"""Several processes that save at once, and processes that are killed while they save: nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from segkit.errors import SegkitError, StaleSave
from segkit.store.catalog import Catalog, open_catalog
from tests.store.making import Start, document, wait_for

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def add_tag(catalog: Catalog, segment_id: str, tag: str, actor: str) -> int:
    """Adds a tag to what is there, again and again until nobody saved in between; the version that has it."""
    while True:
        held = catalog.segment("shop", segment_id)
        changed = held.document.model_copy(update={"tags": (*held.document.tags, tag)})
        try:
            return catalog.save(changed, app="shop", actor=actor, now=NOON, based_on=held.version).number
        except StaleSave:
            continue


def save_ten_tags(folder: Path, url: str | None, segment_id: str, number: int) -> None:
    with open_catalog(folder, url) as own:
        for turn in range(10):
            add_tag(own, segment_id, f"{number}-{turn}", f"saver {number}")


def test_processes_that_save_at_once_lose_no_update(
    tmp_path: Path, database_url: str | None, catalog: Catalog, start: Start
) -> None:
    first = catalog.save(document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None)
    wait_for([start(save_ten_tags, tmp_path, database_url, first.segment_id, number) for number in range(5)])
    history = catalog.versions(first.segment_id)
    assert [v.number for v in history] == list(range(1, 52))
    assert sorted(history[-1].document.tags) == sorted(f"{n}-{t}" for n in range(5) for t in range(10))
    for before, after in pairwise(history):
        assert after.document.tags[:-1] == before.document.tags
        assert after.actor == f"saver {after.document.tags[-1].split('-')[0]}"


def save_with_keys(folder: Path, url: str | None) -> None:
    with open_catalog(folder, url) as own:
        for n in range(10):
            own.save(
                document(f"Name {n}"), app="shop", actor="ana", now=NOON, based_on=None, idempotency_key=f"key {n}"
            )


def test_trying_again_with_one_key_from_several_processes_saves_once(
    tmp_path: Path, database_url: str | None, catalog: Catalog, start: Start
) -> None:
    wait_for([start(save_with_keys, tmp_path, database_url) for _ in range(4)])
    assert sorted(s.name for s in catalog.segments("shop")) == sorted(f"Name {n}" for n in range(10))
    assert {s.version for s in catalog.segments("shop")} == {1}


def refer_to_each(folder: Path, url: str | None, children: int) -> None:
    with open_catalog(folder, url) as own:
        for n in range(children):
            try:
                parent = document(f"Parent {n}", rule={"segment": f"Child {n}"})
                own.save(parent, app="shop", actor="bo", now=NOON, based_on=None)
            except SegkitError:
                continue


def delete_each(folder: Path, url: str | None, children: int) -> None:
    with open_catalog(folder, url) as own:
        for n in range(children):
            try:
                own.delete("shop", f"Child {n}", actor="cy", now=NOON)
            except SegkitError:
                continue


def test_deleting_and_referring_at_once_leaves_no_reference_to_what_is_gone(
    tmp_path: Path, database_url: str | None, catalog: Catalog, start: Start
) -> None:
    children = 12
    for n in range(children):
        catalog.save(document(f"Child {n}"), app="shop", actor="ana", now=NOON, based_on=None)
    wait_for([start(work, tmp_path, database_url, children) for work in (refer_to_each, delete_each)])
    there = {s.name for s in catalog.segments("shop")}
    assert all((f"Child {n}" in there) == (f"Parent {n}" in there) for n in range(children))


def save_until_killed(folder: Path, url: str | None, segment_id: str, round_: int) -> None:
    written = os.open(folder / "acknowledged", os.O_WRONLY | os.O_APPEND)
    with open_catalog(folder, url) as own:
        for turn in range(100_000):
            tag = f"{round_}-{turn}"
            number = add_tag(own, segment_id, tag, "killed")
            os.write(written, f"{tag} {number}\n".encode())


def test_no_acknowledged_save_is_lost_when_its_process_is_killed(
    tmp_path: Path, database_url: str | None, catalog: Catalog, start: Start, full: bool
) -> None:
    """A child writes down each save that returned, until it is killed at a random moment; all are in the catalog."""
    chance = random.Random(7)
    segment_id = catalog.save(document("Quiet"), app="shop", actor="ana", now=NOON, based_on=None).segment_id
    acknowledged = tmp_path / "acknowledged"

    for round_ in range(200 if full else 5):
        catalog.close()  # the one that is killed is the only one there, and leaves its log behind
        acknowledged.write_text("")
        child = start(save_until_killed, tmp_path, database_url, segment_id, round_)
        patience = time.monotonic() + 300
        while time.monotonic() < patience and acknowledged.stat().st_size == 0:
            time.sleep(0.005)  # until it has begun
        time.sleep(chance.random() * 0.1)
        child.kill()
        child.join()
        history = catalog.versions(segment_id)
        assert [v.number for v in history] == list(range(1, len(history) + 1))
        assert catalog.segment("shop", segment_id).version == len(history)
        last_of = {v.document.tags[-1]: v.number for v in history if v.document.tags}
        for line in acknowledged.read_text().splitlines():
            tag, number = line.split()
            assert last_of[tag] == int(number)
        # One save may have been made and not acknowledged; to begin anew keeps the documents small.
        shorter = history[-1].document.model_copy(update={"tags": ()})
        catalog.save(shorter, app="shop", actor="ana", now=NOON, based_on=len(history))
    if database_url is None:
        with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
