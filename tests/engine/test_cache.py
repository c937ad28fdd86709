"""The cache of leaves never gives a wrong answer: every part of a key counts, and a file is believed only whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import segkit
from segkit.data.manifest import Manifest
from segkit.data.settings import EvaluationSettings, Limits
from segkit.definitions.conditions import Condition, Leaf
from segkit.definitions.documents import parse_rule
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine import cache_key, evaluator
from segkit.engine.bitmap import Bitmap
from segkit.engine.cache import BitmapCache, DiskCache
from segkit.engine.cache_key import KeyParts, Keys
from segkit.engine.evaluator import DuckEvaluator
from tests.oracle.generate import as_of_dates, make_app
from tests.oracle.measuring import Rule
from tests.oracle.rules import random_rules
from tests.oracle.workspace_files import write_workspace
from tests.oracle.world import build
from tests.small_workspace import SmallWorkspace

AS_OF = date(2024, 11, 7)
KEY = "ab" * 32


@pytest.fixture(autouse=True)
def kept_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "_WORTH_A_FILE", 0)


def leaf(**said: Any) -> Leaf:
    found = parse_rule(said)
    assert isinstance(found, Leaf)
    return found


PAID = leaf(event="order_paid", window={"last": 1})
EVER = leaf(event="order_paid", window={"all": True})
GERMAN = leaf(label="country", op="eq", value="DE")
TENTH = leaf(sample=10, seed="a")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Manifest, Vocabulary]]:
    """What the shop's keys are made of."""
    made = filled(SmallWorkspace(tmp_path_factory.mktemp("keys") / "workspace"))
    yield made.app.manifest, made.app.vocabulary
    made.close()


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    return filled(small)


def filled(small: SmallWorkspace) -> SmallWorkspace:
    small.user("ana", country="DE")
    small.user("bo", country="AT")
    small.event("ana", "order_paid", at="2024-11-05 10:00", amount=1.0)
    small.event("bo", "order_paid", at="2024-11-06 10:00", amount=1.0)
    return small


# --- keys ------------------------------------------------------------------------------------------------------------


def test_every_part_of_a_key_alone_makes_another_key() -> None:
    parts = KeyParts(*(field.name for field in dataclasses.fields(KeyParts)))
    keys = {dataclasses.replace(parts, **{field.name: "another"}).key() for field in dataclasses.fields(KeyParts)}
    assert len(keys | {parts.key()}) == len(dataclasses.fields(KeyParts)) + 1


def with_day(manifest: Manifest, place: int, **changed: Any) -> Manifest:
    days = list(manifest.days)
    days[place] = days[place].model_copy(update=changed)
    return manifest.model_copy(update={"days": tuple(days)})


def with_label(manifest: Manifest, **changed: Any) -> Manifest:
    files = tuple(file.model_copy(update=changed) for file in manifest.labels["country"])
    return manifest.model_copy(update={"labels": {**manifest.labels, "country": files}})


def updated(name: str, value: Any) -> Callable[[Manifest], Manifest]:
    return lambda manifest: manifest.model_copy(update={name: value})


def with_file(name: str) -> Callable[[Manifest], Manifest]:
    def changed(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={name: getattr(manifest, name).model_copy(update={"sha256": "0" * 64})})

    return changed


#: A change of the data, and which of (PAID, EVER, GERMAN, TENTH) may be other users then.
CHANGES: dict[str, tuple[Callable[[Manifest], Manifest], str]] = {
    "the app": (updated("app", "other"), "PEGT"),
    "how many users": (updated("user_count", 3), "PEGT"),
    "who is dead": (updated("dead", (1,)), "PEGT"),
    "the users": (with_file("users"), "PEGT"),
    "who is there when": (with_file("presence"), "PEGT"),
    "the zone": (updated("zone", "UTC"), "PEGT"),
    "the zone data of the load": (updated("tzdata", "1999z"), "PEGT"),
    "a day in the window": (lambda m: with_day(m, 1, sha256="0" * 64), "PE"),
    "its columns": (lambda m: with_day(m, 1, columns=()), "PE"),
    "its date": (lambda m: with_day(m, 1, day=date(2024, 10, 1)), "PE"),
    "a day outside of it": (lambda m: with_day(m, 0, sha256="0" * 64), "E"),
    "a day that is gone": (lambda m: m.model_copy(update={"days": m.days[1:]}), "E"),
    "a label": (lambda m: with_label(m, sha256="0" * 64), "G"),
    "its date of change": (lambda m: with_label(m, data_date=date(2024, 1, 1)), "G"),
    "that its whole history is known": (updated("whole_labels", ("country",)), ""),
    "nothing but the number of the generation": (updated("generation", 99), ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_data_makes_other_keys_of_just_the_leaves_that_read_it(
    change: str, loaded: tuple[Manifest, Vocabulary]
) -> None:
    manifest, vocabulary = loaded
    make, told = CHANGES[change]
    before, after = Keys(manifest, vocabulary, "1"), Keys(make(manifest), vocabulary, "1")
    leaves = {"P": PAID, "E": EVER, "G": GERMAN, "T": TENTH}
    assert "".join(n for n, one in leaves.items() if before.of(one, AS_OF) != after.of(one, AS_OF)) == told
    assert (before.of_base(AS_OF) != after.of_base(AS_OF)) == (told == "PEGT")


def test_the_date_of_a_label_that_is_read_counts_where_it_is_not_as_of(loaded: tuple[Manifest, Vocabulary]) -> None:
    (manifest, vocabulary), before_the_load = loaded, date(2019, 1, 1)
    whole = manifest.model_copy(update={"whole_labels": ("country",)})
    known = Keys(manifest, vocabulary, "1").of(GERMAN, before_the_load)
    assert known != Keys(whole, vocabulary, "1").of(GERMAN, before_the_load)


def test_vocabulary_evaluator_date_leaf_and_zone_data_count(
    loaded: tuple[Manifest, Vocabulary], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, vocabulary = loaded
    other = Vocabulary(labels=vocabulary.labels, parameters=vocabulary.parameters, events=vocabulary.events[1:])
    keys = Keys(manifest, vocabulary, "1")
    found = [
        keys.of(PAID, AS_OF),
        keys.of(PAID, AS_OF + timedelta(days=1)),
        keys.of(PAID.model_copy(update={"value": 2}), AS_OF),
        keys.of(leaf(event="order_paid", window={"last": 2}), AS_OF),
        keys.of(leaf(event="app_used", window={"last": 1}), AS_OF),
        Keys(manifest, other, "1").of(PAID, AS_OF),
        Keys(manifest, vocabulary, "2").of(PAID, AS_OF),
        keys.of_base(AS_OF),
    ]
    monkeypatch.setattr(cache_key, "tzdata_version", lambda: "1999z")
    found.append(Keys(manifest, vocabulary, "1").of(PAID, AS_OF))
    assert len(set(found)) == len(found)


# --- on disk ---------------------------------------------------------------------------------------------------------


def bitmap(size: int, seed: int) -> Bitmap:
    return Bitmap.from_flags(np.random.default_rng(seed).random(size) < 0.3)


def test_a_file_is_found_again_and_only_under_its_own_key(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "c", 10**9)
    cache.put(KEY, bitmap(1003, 1))
    assert cache.get(KEY) == bitmap(1003, 1)
    other = "cd" * 32
    (tmp_path / "c" / f"{KEY}.bits").rename(tmp_path / "c" / f"{other}.bits")
    assert cache.get(other) is None
    assert list((tmp_path / "c").iterdir()) == []


def test_every_flipped_bit_and_every_cut_is_a_miss(tmp_path: Path, full: bool) -> None:
    cache, path = DiskCache(tmp_path, 10**9), tmp_path / f"{KEY}.bits"
    cache.put(KEY, bitmap(203, 1))
    good, chance = path.read_bytes(), Random(1)
    for _ in range(len(good) * 8 if full else 100):
        bit = chance.randrange(len(good) * 8)
        path.write_bytes(good[: bit >> 3] + bytes([good[bit >> 3] ^ (1 << (bit & 7))]) + good[(bit >> 3) + 1 :])
        assert cache.get(KEY) is None
        path.write_bytes(good[: chance.randrange(len(good))])
        assert cache.get(KEY) is None
    path.write_bytes(good)
    assert cache.get(KEY) == bitmap(203, 1)


def test_both_bounds_are_kept_and_the_least_recently_used_go(tmp_path: Path) -> None:
    one = len(bitmap(80_000, 0).packed)
    cache = BitmapCache(3 * one, DiskCache(tmp_path, 6 * one))
    for number in range(40):
        cache.put(f"{number:064}", bitmap(80_000, number))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 7 * one
        assert cache.get(f"{0:064}") is not None or number > 0
    assert len(cache._found) == 3
    assert cache.get(f"{39:064}") == bitmap(80_000, 39)
    assert cache.get(f"{1:064}") is None


def test_a_disk_that_refuses_costs_nothing_but_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segkit.engine.cache.write_bytes", full_disk)
    cache = BitmapCache(10**6, DiskCache(tmp_path, 10**6))
    cache.put(KEY, bitmap(8, 1))
    assert cache.get(KEY) == bitmap(8, 1)
    assert BitmapCache(10**6, DiskCache(tmp_path, 10**6)).get(KEY) is None


def test_another_process_answers_from_the_disk_what_one_has_counted(shop: SmallWorkspace) -> None:
    rule = parse_rule(
        {"all": [{"event": "order_paid", "window": {"last": 30}}, {"label": "country", "op": "not_empty"}]}
    )
    assert shop.members(rule) == {"ana", "bo"}
    shop.reopen()
    assert shop.members(rule) == {"ana", "bo"}
    assert shop.app.evaluator().kernel.answered == 0  # type: ignore[union-attr]
    for path in (shop.app.folder / "cache").rglob("*.bits"):
        assert b"country" not in path.read_bytes()


def test_erasing_takes_the_cache_with_it(shop: SmallWorkspace) -> None:
    assert shop.members(PAID) == {"bo"}
    before = set((shop.app.folder / "cache").rglob("*.bits"))
    assert before
    shop.workspace.erase("bo")
    assert not before & set((shop.app.folder / "cache").rglob("*.bits"))
    assert shop.members(PAID) == set()


# --- edits -----------------------------------------------------------------------------------------------------------


class Edited:
    """A rule under random edits: leaves come from many random rules, and are put in, taken out, exchanged, negated."""

    def __init__(self, rules: list[Rule], chance: Random) -> None:
        self._leaves = [leaf for rule in rules for leaf in _leaves_of(rule)]
        self._chance = chance
        self._now = [chance.choice(self._leaves) for _ in range(3)]

    def next(self) -> Condition:
        chance, now = self._chance, self._now
        place = chance.randrange(len(now))
        edit = chance.randrange(4)
        if edit == 0 and len(now) < 6:
            now.append(chance.choice(self._leaves))
        elif edit == 1 and len(now) > 2:
            del now[place]
        elif edit == 2:
            now[place] = now[place]["not"] if "not" in now[place] else {"not": now[place]}
        else:
            now[place] = chance.choice(self._leaves)
        return parse_rule({chance.choice(("all", "any")): list(now)})


def _leaves_of(rule: Rule) -> Iterator[Rule]:
    inside = [*rule.get("all", []), *rule.get("any", []), *([rule["not"]] if "not" in rule else [])]
    if not inside and not {"all", "any", "not", "mute"} & set(rule):
        yield rule
    for child in inside:
        yield from _leaves_of(child)


def test_random_edits_with_the_cache_pick_the_users_that_they_pick_without(tmp_path: Path, full: bool) -> None:
    """10,000 with `--full`. Memory is so small that much is read from the disk, or gone; dates go to and fro."""
    raw = make_app(3)
    write_workspace(raw, tmp_path, until=raw.stages()[-1])
    workspace = segkit.open(tmp_path)
    workspace.load()
    app = workspace.app(raw.name)
    dates, chance = as_of_dates(raw, 5)[:3], Random("edits")
    edited = {day: Edited(random_rules(build(raw), day, {}, 3, 40), chance) for day in dates}
    given: dict[str, Any] = {"folder": app.folder, "manifest": app.manifest, "vocabulary": app.vocabulary}
    spill = tmp_path / "spill"
    cached = DuckEvaluator(**given, limits=Limits(), spill=spill, evaluation=EvaluationSettings(cache="1MB"))
    cached._cache._most_bytes = 600
    plain = DuckEvaluator(**given, limits=Limits(), spill=spill, evaluation=EvaluationSettings(cache="0MB"))
    plain._cache._most_bytes = 0
    for number in range(10_000 if full else 40):
        day = chance.choice(dates)
        rule = edited[day].next()
        found, expected = cached.evaluate([rule], day)[0], plain.evaluate([rule], day)[0]
        assert found.members == expected.members, f"edit {number}, {day}: {rule}"
    assert len(cached._cache._found) > 20
    assert len(plain._cache._found) == 0
    workspace.close()
