"""Coded columns: made from the durable copy, checked whenever they are read, and made again; never believed blindly."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from segkit.api.doctor import examine
from segkit.data.coded import coding, dictionaries
from segkit.data.coded.checking import check_of
from segkit.data.coded.coding import Coding
from segkit.data.coded.dictionaries import Growing, read_dictionary
from segkit.data.coded.label_columns import open_label
from segkit.data.coded.units import units_of
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import parse_rule
from segkit.files.locks import Lock
from tests.small_workspace import SmallWorkspace

SOLD = {"event": "order_paid", "window": {"last": 30}, "where": {"param": "category", "op": "eq", "value": "lamp"}}
SPENT = {"event": "order_paid", "measure": "sum", "of": "amount", "op": "ge", "value": 10, "window": {"last": 30}}
GERMAN = {"label": "country", "op": "eq", "value": "DE"}
RULES: list[Condition] = [parse_rule(rule) for rule in (SOLD, SPENT, GERMAN)]
EXPECTED = [{"ana"}, {"ana", "bo"}, {"ana", "cy"}]


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for uid, country in (("ana", "DE"), ("bo", "AT"), ("cy", "DE"), ("di", None)):
        small.user(uid, country=country, email=f"{uid}@example.org", tags=["a", uid])
    small.event("ana", "order_paid", at="2024-11-05 10:00", amount=12.5, category="lamp")
    small.event("bo", "order_paid", at="2024-11-05 11:00", amount=10.0, category="lock")
    small.event("cy", "order_paid", at="2024-11-06 12:00", amount=9.99)
    return small


def answers(shop: SmallWorkspace) -> list[set[str]]:
    """What is answered with nothing in memory; the kernel must have answered all of it."""
    shop.app.close()
    found = [shop.members(rule) for rule in RULES]
    kernel = shop.app.evaluator().kernel
    assert kernel is not None
    assert kernel.answered == len(RULES)
    return found


def coded(shop: SmallWorkspace) -> Path:
    return shop.app.folder / "coded" / str(shop.app.manifest.nothing_before)


def files(shop: SmallWorkspace) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (shop.app.folder / "coded").rglob("*.arrow")}


def coding_of(shop: SmallWorkspace) -> Coding:
    return Coding(shop.app.folder, shop.app.manifest, shop.app.vocabulary)


# --- made and made again ---------------------------------------------------------------------------------------------


def test_what_a_rule_asks_for_is_coded_on_demand_and_answered_from(shop: SmallWorkspace) -> None:
    assert answers(shop) == EXPECTED
    names = sorted(path.relative_to(coded(shop)).as_posix().partition("-")[0] for path in coded(shop).rglob("*.arrow"))
    assert names == ["days/2024", "days/2024", "dictionaries/category.arrow", "labels/country"]


def test_a_load_codes_what_is_new_and_leaves_the_other_days_as_they_are(
    shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "WORTH_IT", 0)
    assert answers(shop) == EXPECTED
    before = files(shop)
    shop.event("di", "order_paid", at="2024-11-06 13:00", amount=1.0, category="hub")
    shop.write()
    shop.workspace.load(rebuild=True)
    after = files(shop)
    kept = [name for name in before if before[name] == after.get(name)]
    assert sorted(Path(name).name[:10] for name in kept if "days" in name) == ["2024-11-05"]
    assert sorted(Path(name).name[:10] for name in after if "days" in name) == ["2024-11-05", "2024-11-06"]
    assert read_dictionary(coded(shop), "category").texts.to_pylist() == ["lamp", "lock", "hub"]  # type: ignore[union-attr]
    assert answers(shop) == EXPECTED


def test_dictionaries_only_grow_and_keep_their_codes(tmp_path: Path) -> None:
    growing = Growing(tmp_path)
    assert growing.codes("sku", pa.array(["b", "a"])).tolist() == [1, 2]  # type: ignore[union-attr]
    growing.save()
    again = Growing(tmp_path)
    assert again.codes("sku", pa.array(["c", "a"])).tolist() == [3, 2]  # type: ignore[union-attr]
    again.save()
    found = read_dictionary(tmp_path, "sku")
    assert found is not None
    assert found.texts.to_pylist() == ["b", "a", "c"]
    assert found.id == growing.of("sku").id


def test_a_parameter_with_too_many_texts_is_left_to_duckdb(
    shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionaries, "MOST_TEXTS", 1)
    assert shop.members(RULES[0]) == {"ana"}
    found = read_dictionary(coded(shop), "category")
    assert found is not None
    assert (found.is_wide, len(found)) == (True, 0)
    assert shop.app.evaluator().kernel.answered == 0  # type: ignore[union-attr]
    assert shop.members(RULES[1]) == {"ana", "bo"}
    assert shop.app.evaluator().kernel.answered == 1  # type: ignore[union-attr]


# --- damage ----------------------------------------------------------------------------------------------------------


def flipped(path: Path, chance: Random) -> None:
    data = bytearray(path.read_bytes())
    bit = chance.randrange(len(data) * 8)
    data[bit >> 3] ^= 1 << (bit & 7)
    path.write_bytes(data)


def cut(path: Path, chance: Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def lost(path: Path, chance: Random) -> None:
    path.unlink()


def of_another_day(path: Path, chance: Random) -> None:
    path.write_bytes(chance.choice(sorted(path.parent.iterdir())).read_bytes())


@pytest.mark.parametrize("harm", [flipped, cut, lost, of_another_day])
def test_what_is_damaged_is_made_again_and_never_answered_from(
    harm: Callable[[Path, Random], None], shop: SmallWorkspace, full: bool
) -> None:
    answers(shop)
    chance = Random(harm.__name__)
    for _ in range(400 if full else 4):
        harm(chance.choice(sorted(coded(shop).rglob("*.arrow"))), chance)
        assert answers(shop) == EXPECTED
    assert not [f for f in examine(shop.workspace, deep=True) if "coded" in f.where and f.severity == "error"]


def test_a_value_that_was_changed_is_not_counted(shop: SmallWorkspace) -> None:
    answers(shop)
    (path,) = [path for path in (coded(shop) / "days").iterdir() if path.name.startswith("2024-11-05")]
    good, amounts = path.read_bytes(), np.array([1250, 1000], np.int16)  # of Ana and Bo, in cents
    assert good.count(amounts.tobytes()) == 1
    for bit in (5, 9, 12):
        changed = np.array([1250, 1000 ^ (1 << bit)], np.int16)
        path.write_bytes(good.replace(amounts.tobytes(), changed.tobytes()))
        assert answers(shop) == EXPECTED
        assert path.read_bytes() == good


def test_the_doctor_tells_of_damage_and_that_answers_are_right(shop: SmallWorkspace) -> None:
    answers(shop)
    (path,) = (coded(shop) / "labels").iterdir()
    cut(path, Random(1))
    (finding,) = [f for f in examine(shop.workspace, deep=True) if "coded" in f.where]
    assert finding.severity == "warning"
    assert "1 coded files are not what was written" in finding.what
    assert answers(shop) == EXPECTED
    assert [f for f in examine(shop.workspace, deep=True) if "coded" in f.where] == []


def test_a_dictionary_that_is_begun_anew_is_not_mistaken_for_the_old_one(shop: SmallWorkspace) -> None:
    answers(shop)
    (coded(shop) / "dictionaries" / "category.arrow").unlink()
    growing = Growing(coded(shop))
    growing.codes("category", pa.array(["lock", "lamp"]))
    growing.save()
    assert answers(shop) == EXPECTED


def test_days_that_were_coded_by_different_dictionaries_are_not_counted_together(shop: SmallWorkspace) -> None:
    kinds = {"event": "order_paid", "measure": "distinct", "of": "category", "op": "eq", "value": 2}
    shop.event("ana", "order_paid", at="2024-11-06 12:00", category="lock")
    assert shop.members(parse_rule({**kinds, "window": {"ago": [2, 1]}})) == set()  # lamp is 1 on the 5th
    cut(coded(shop) / "dictionaries" / "category.arrow", Random(1))
    assert shop.members(parse_rule({**kinds, "window": {"last": 2}})) == {"ana"}  # lock is 1 on the 6th
    assert shop.members({**SOLD, "window": {"last": 2}}) == {"ana"}
    assert shop.app.evaluator().kernel.answered == 3  # type: ignore[union-attr]


def test_where_nothing_can_be_coded_duckdb_answers(shop: SmallWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.app.evaluator()

    def full_disk(path: Path, *rest: Any, **named: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segkit.data.coded.checking.writing", full_disk)
    assert [shop.members(rule) for rule in RULES] == EXPECTED
    assert shop.app.evaluator().kernel.answered == 0  # type: ignore[union-attr]


def test_while_somebody_else_is_coding_duckdb_answers_and_the_next_evaluation_looks_again(
    shop: SmallWorkspace,
) -> None:
    evaluator = shop.app.evaluator()
    with Lock(shop.app.folder / "coded.lock", "another process"):
        assert [shop.members(rule) for rule in RULES] == EXPECTED
        assert evaluator.kernel.answered == 0  # type: ignore[union-attr]
    evaluator._cache._found.clear()
    assert [shop.members(rule) for rule in RULES] == EXPECTED
    assert evaluator.kernel.answered == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("harm", [cut, lost])
def test_a_day_whose_durable_copy_is_gone_is_not_answered_from_its_coded_one(
    harm: Callable[[Path, Random], None], shop: SmallWorkspace
) -> None:
    answers(shop)
    (path,) = [shop.app.folder / day.path for day in shop.app.manifest.days if day.day == date(2024, 11, 5)]
    harm(path, Random(1))
    shop.app.close()
    with pytest.raises(Exception, match="stored data cannot be read"):
        shop.members(RULES[0])


def test_a_durable_copy_that_is_another_is_not_coded(shop: SmallWorkspace) -> None:
    days = {day.day: day for day in shop.app.manifest.days}
    first, second = days[date(2024, 11, 5)], days[date(2024, 11, 6)]
    (shop.app.folder / first.path).write_bytes((shop.app.folder / second.path).read_bytes())
    assert not coding_of(shop).make([first])
    assert coding_of(shop).make([second])


# --- persons ---------------------------------------------------------------------------------------------------------


def test_of_a_personal_label_only_its_presence_is_coded(shop: SmallWorkspace) -> None:
    assert shop.members({"label": "email", "op": "not_empty"}) == {"ana", "bo", "cy", "di"}
    assert shop.members({"label": "email", "op": "is_empty"}) == set()
    assert shop.app.evaluator().kernel.answered == 2  # type: ignore[union-attr]
    assert not any(b"example.org" in data for data in files(shop).values())
    assert shop.members({"label": "email", "op": "eq", "value": "bo@example.org"}) == {"bo"}
    assert not any(b"example.org" in data for data in files(shop).values())


def test_erasing_somebody_takes_everything_coded_with_them(shop: SmallWorkspace) -> None:
    answers(shop)
    assert any(b"lamp" in data for data in files(shop).values())
    shop.workspace.erase("ana")
    assert not any(b"lamp" in data for data in files(shop).values())
    assert answers(shop) == [set(), {"bo"}, {"cy"}]
    assert not any(b"lamp" in data for data in files(shop).values())


def test_coded_files_are_for_their_owner_only_and_no_part_of_a_backup(shop: SmallWorkspace, tmp_path: Path) -> None:
    answers(shop)
    assert {os.stat(name).st_mode & 0o777 for name in files(shop)} == {0o600}
    shop.workspace.backup(tmp_path / "b.zip")
    assert not [name for name in zipfile.ZipFile(tmp_path / "b.zip").namelist() if "coded" in name]


# --- labels and numbers ----------------------------------------------------------------------------------------------


def test_lists_that_would_look_alike_are_told_apart(shop: SmallWorkspace) -> None:
    shop.user("ed", tags=["a,b"])
    shop.user("fi", tags=["a", "b"])
    shop.user("gu", tags=[""])
    shop.user("hy", tags=[])
    assert shop.members({"label": "tags", "op": "contains", "value": "a"}) == {"ana", "bo", "cy", "di", "fi"}
    assert shop.members({"label": "tags", "op": "contains", "value": ""}) == {"gu"}
    assert shop.members({"label": "tags", "op": "not_empty"}) == {"ana", "bo", "cy", "di", "ed", "fi", "gu"}
    assert shop.app.evaluator().kernel.answered == 3  # type: ignore[union-attr]
    path = coding_of(shop).label_path("tags")
    assert path is not None
    assert len(open_label(path, 8).values) == 8  # type: ignore[arg-type]


def test_lists_with_the_marks_between_values_are_left_to_duckdb(shop: SmallWorkspace) -> None:
    shop.user("ed", tags=["a\x1fb"])
    assert shop.members({"label": "tags", "op": "contains", "value": "a"}) == {"ana", "bo", "cy", "di"}
    assert shop.app.evaluator().kernel.answered == 0  # type: ignore[union-attr]


def test_decimals_are_whole_units_whatever_their_sign() -> None:
    values = pa.array(["-1.50", "0.01", None, "99999999999999.99"], pa.string()).cast(pa.decimal128(18, 2))
    units = units_of(values.slice(1), 2)
    assert (units[0], units[2]) == (1, 9999999999999999)
    assert units_of(values, 2)[0] == -150


def test_a_check_moves_with_every_bit_and_with_blocks_that_change_places() -> None:
    values = np.arange(5_000, dtype=np.int32)
    right = check_of(values)
    for place in range(0, 5_000, 7):
        other = values.copy()
        other[place] ^= 1 << (place % 31)
        assert check_of(other) != right
    assert check_of(np.concatenate([values[1024:2048], values[:1024], values[2048:]])) != right
