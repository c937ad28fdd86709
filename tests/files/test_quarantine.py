"""What is damaged is moved aside whole, with the reason, and never lost."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from segkit.files import quarantine as module
from segkit.files.disk import Disk
from segkit.files.hashing import sha256_of
from segkit.files.quarantine import set_aside


def record_of(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.with_name(path.name + ".reason.json").read_text("utf-8"))
    return found


def test_a_damaged_file_is_moved_with_a_record_of_why(tmp_path: Path) -> None:
    damaged = tmp_path / "data" / "2026-01-01.parquet"
    damaged.parent.mkdir()
    damaged.write_bytes(b"not parquet")
    now = set_aside(damaged, tmp_path / "quarantine", "sha256 is not the one in the manifest")
    assert now == tmp_path / "quarantine" / "2026-01-01.parquet"
    assert now.read_bytes() == b"not parquet"
    assert not damaged.exists()
    record = record_of(now)
    assert str(record.pop("at")).endswith("+00:00")
    assert record == {
        "from": "data/2026-01-01.parquet",
        "reason": "sha256 is not the one in the manifest",
        "size": 11,
        "sha256": hashlib.sha256(b"not parquet").hexdigest(),
    }
    assert (tmp_path / "quarantine").stat().st_mode & 0o777 == 0o700
    assert now.with_name(now.name + ".reason.json").stat().st_mode & 0o777 == 0o600


def test_a_second_file_of_that_name_overwrites_neither_file_nor_record(tmp_path: Path) -> None:
    kept = []
    for n in range(3):
        (tmp_path / "f").write_text(f"version {n}")
        kept.append(set_aside(tmp_path / "f", tmp_path / "quarantine", f"reason {n}"))
    assert [path.name for path in kept] == ["f", "f.2", "f.3"]
    assert [path.read_text() for path in kept] == ["version 0", "version 1", "version 2"]
    assert [record_of(path)["reason"] for path in kept] == ["reason 0", "reason 1", "reason 2"]


def test_a_file_whose_record_somebody_removed_is_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "f").write_text("kept by hand")
    (tmp_path / "f").write_text("new")
    assert set_aside(tmp_path / "f", tmp_path / "quarantine", "bad").name == "f.2"
    assert (tmp_path / "quarantine" / "f").read_text() == "kept by hand"


def test_a_folder_can_be_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / "generation-7").mkdir()
    (tmp_path / "generation-7" / "a").write_text("x")
    now = set_aside(tmp_path / "generation-7", tmp_path / "quarantine", "incomplete")
    assert (now / "a").read_text() == "x"
    assert record_of(now)["sha256"] is None


def test_a_name_of_the_longest_kind_can_be_set_aside(tmp_path: Path) -> None:
    long = tmp_path / ("n" * 255)
    long.write_text("x")
    assert set_aside(long, tmp_path / "quarantine", "bad").read_text() == "x"


def test_what_is_not_there_is_an_error_and_leaves_no_record(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        set_aside(tmp_path / "missing", tmp_path / "quarantine", "bad")
    assert list(tmp_path.rglob("*.json")) == []


def test_a_failing_rename_leaves_the_file_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OtherDisk(Disk):
        def rename(self, source: Path, target: Path) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(module, "DISK", OtherDisk())
    (tmp_path / "f").write_text("x")
    with pytest.raises(OSError, match="cross-device"):
        set_aside(tmp_path / "f", tmp_path / "quarantine", "bad")
    assert (tmp_path / "f").read_text() == "x"
    assert list((tmp_path / "quarantine").iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 2**18, 2**18 + 1, 3_000_000])
def test_the_sha256_is_that_of_the_whole_file(tmp_path: Path, size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    (tmp_path / "f").write_bytes(content)
    assert sha256_of(tmp_path / "f") == hashlib.sha256(content).hexdigest()
