"""Whom loads keep out: hashes that SQL and Python agree on, and no work at all where nobody was erased."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from segkit.data.keeping_out import KeepingOut
from segkit.data.kept_out import KeptOut, Kind, carry_over, keep_out, normal_form, read_kept_out
from segkit.data.work import Work
from segkit.errors import Damaged


def is_kept_out(kept_out: KeptOut, kind: Kind, value: str) -> bool:
    query = f"SELECT {kept_out.condition(kind, normal_form(kind, '$value'))}"
    bound = {name: found for name, found in {**kept_out.values(), "value": value}.items() if f"${name}" in query}
    found: Any = duckdb.connect().execute(query, bound).fetchall()[0][0]
    return bool(found)


def test_sql_finds_what_python_hashed(tmp_path: Path) -> None:
    keep_out(tmp_path, [("shop", "uid", "ünal 7"), ("shop", "email", "a@ö.de"), ("shop", "mobile", "+49151")])
    kept_out = read_kept_out(tmp_path, "shop")
    assert is_kept_out(kept_out, "uid", "ünal 7")
    assert is_kept_out(kept_out, "email", " A@Ö.de ")
    assert is_kept_out(kept_out, "mobile", "+49 (151)")
    assert not is_kept_out(kept_out, "uid", "Ünal 7")
    assert not is_kept_out(kept_out, "uid", "a@ö.de")
    assert not is_kept_out(read_kept_out(tmp_path, "other"), "uid", "ünal 7")
    [path] = (tmp_path / "erasures").glob("kept-out-*.json")
    ring = json.loads(path.read_text())
    expected = hmac.new(bytes.fromhex(ring["key"]), "shop\0uid\0ünal 7".encode(), hashlib.sha256).hexdigest()
    assert expected in {entry["hash"] for entry in ring["entries"]}
    assert "nal" not in path.read_text()


def test_an_erasure_keeps_its_name_when_it_is_done_again(tmp_path: Path) -> None:
    first = keep_out(tmp_path, [("shop", "uid", "ana"), ("shop", "email", "ana@x.de")])
    assert keep_out(tmp_path, [("shop", "email", "ana@x.de"), ("shop", "uid", "ana2")]) == first
    assert keep_out(tmp_path, [("shop", "uid", "bo")]) != first
    assert read_kept_out(tmp_path, "shop").erasure_of("uid", "ana2") == first
    assert read_kept_out(tmp_path, "shop").erasure_of("uid", "cem") is None


def test_the_list_of_one_workspace_is_carried_into_another_with_its_key(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    keep_out(old, [("shop", "uid", "ana")])
    keep_out(new, [("shop", "uid", "bo")])
    assert carry_over(old, new) == 1
    assert carry_over(old, new) == 0
    kept_out = read_kept_out(new, "shop")
    assert is_kept_out(kept_out, "uid", "ana")
    assert is_kept_out(kept_out, "uid", "bo")


def test_a_damaged_list_stops_the_load(tmp_path: Path) -> None:
    keep_out(tmp_path, [("shop", "uid", "ana")])
    [path] = (tmp_path / "erasures").glob("kept-out-*.json")
    path.write_text("{")
    with pytest.raises(Damaged, match="says who was erased"):
        read_kept_out(tmp_path, "shop")


def test_where_nobody_was_erased_a_load_asks_nothing_more(tmp_path: Path) -> None:
    keep_out(tmp_path, [("other", "uid", "ana")])

    class Idle:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"the load asked for {name}")

    out = KeepingOut(cast(Work, Idle()), read_kept_out(tmp_path, "shop"))
    out.meet("SELECT uid FROM rows")
    out.leave_out("snapshot", 4)
    out.look_at_users([], cast(Any, None), cast(Any, None), "UTC", None, tmp_path)
    assert out.left("snapshot", 4) == 0
