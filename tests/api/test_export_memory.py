"""Exports of very many users take little memory, and a workbook of more than a sheet holds opens.

A sample by default; 10 million users and a workbook of 2 million with `--full` (about 20 minutes).
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.exports import measured

LIMIT_MB = 1_000


def test_an_export_takes_less_than_a_gigabyte_however_many_users_it_has(tmp_path: Path, full: bool) -> None:
    users, book = (10_000_000, 2_000_000) if full else (60_000, 3_000)
    for told in measured(tmp_path / "workspace", users, book):
        print(told)
        assert told["peak_mb"] < LIMIT_MB, told
