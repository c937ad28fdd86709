"""An export as a whole: what is in the zip, what is refused, and that it is whole or not there."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segkit.errors import SegkitError
from segkit.files.disk import DISK


def test_the_manifest_says_which_users_these_are_and_by_which_rule(exporter: Any, label: Any) -> None:
    shop = exporter()
    shop.labels = [label("mail", "string", personal="email"), label("spent", "number", scale=2, unit="€")]
    export = shop.rows([("ana", "a@example.org", None)])
    (segment,) = export.result.segments
    content = export.only
    assert export.manifest == {
        "segkit_export": 1,
        "app": "smart-home",
        "as_of": "2026-06-01",
        "made_at": "2026-06-01T04:00:00Z",
        "actor": "dana",
        "data_generation": 7,
        "engine": "duckdb-1",
        "format": "csv",
        "profile": "machine",
        "how_values_are_written": export.manifest["how_values_are_written"],
        "columns": [
            {"code": "uid", "name": "User", "type": "string"},
            {"code": "mail", "name": "Mail", "type": "string", "personal": "email"},
            {"code": "spent", "name": "Spent", "type": "number", "unit": "€", "scale": 2},
        ],
        "segments": [
            {
                "id": "sg_1",
                "name": "Silent owners",
                "kind": "custom",
                "version": 3,
                "as_of": "2026-06-01",
                "computed_at": "2026-06-01T03:12:00Z",
                "count": 1,
                "rows": 1,
                "held_back": {},
                "file": "Silent_owners-sg_1.csv",
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "disarmed": {},
                "rule": {
                    "words": "Users who own a gateway.",
                    "document": {"segkit": 1, "rule": {"label": "gateway", "op": "eq", "value": True}},
                },
            }
        ],
    }
    assert export.result.sha256 == hashlib.sha256(export.result.path.read_bytes()).hexdigest()
    assert export.result.size == export.result.path.stat().st_size
    assert (segment.rows, segment.file, segment.sha256) == (
        1,
        *(export.manifest["segments"][0][k] for k in ("file", "sha256")),
    )


def test_several_segments_have_a_file_each(exporter: Any, part: Any, batch: Any) -> None:
    parts = [
        part([batch([], [("ana",), ("bo",)])], 2, segment_id="sg_1", name="One"),
        part([], 0, segment_id="sg_2", name="Nobody"),
    ]
    export = exporter().parts(parts)
    assert export.zip.namelist() == ["One-sg_1.csv", "Nobody-sg_2.csv", "manifest.json"]
    assert [export.zip.read(s.file) for s in export.result.segments] == [b"uid\r\nana\r\nbo\r\n", b"uid\r\n"]
    assert export.result.rows == 2


def test_personas_do_not_leave(exporter: Any, part: Any, batch: Any) -> None:
    document = {"segkit": 1, "personas": {"out": ["zoe-who-is-not-in-it"]}, "rule": {"all": []}}
    export = exporter().parts([part([batch([], [("ana",)])], 1, document=document)])
    assert b"zoe" not in export.zip.read("manifest.json")


def test_a_result_shows_counts_and_no_user(exporter: Any) -> None:
    result = exporter(mail="string").rows([("ana", "a@example.org")]).result
    assert repr(result) == f"out.zip: 1 segment, 1 row, {result.size:,} bytes\n           1  Silent owners"
    for shown in (repr(result), repr(result.segments), result._repr_html_()):
        assert "ana" not in shown
        assert "example.org" not in shown


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_same_input_gives_the_same_bytes(exporter: Any, format: str) -> None:
    shop = exporter(city="string", days="number")
    rows = [(f"u{n}", f"city {n % 7}", float(n)) for n in range(500)]
    first = shop.rows(rows, format=format, path=shop.folder / "first.zip").result
    assert shop.rows(rows, format=format, path=shop.folder / "second.zip").result.sha256 == first.sha256


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_files_and_folders_are_the_owners_only(exporter: Any, format: str) -> None:
    shop = exporter()
    export = shop.rows([("ana",)], format=format, path=shop.folder / "new" / "folder" / "out.zip")
    path = export.result.path
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]
    assert {info.external_attr >> 16 for info in export.zip.infolist()} == {0o600}
    assert {info.date_time for info in export.zip.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# --- refused ---------------------------------------------------------------------------------------------------------


def test_imported_segments_are_refused_by_name_before_anything_is_written(exporter: Any, part: Any) -> None:
    shop = exporter()
    parts = [
        part([], 0, segment_id="sg_1", name="Fine"),
        part([], 0, segment_id="sg_2", name="Spring list", kind="imported"),
        part([], 0, segment_id="sg_3", name="Fair list", kind="imported"),
    ]
    with pytest.raises(SegkitError, match="‘Spring list’, ‘Fair list’: imported segments are never exported"):
        shop.parts(parts)
    assert list(shop.folder.iterdir()) == []


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize(("count", "found"), [(3, "found 2 users; .* is 3"), (1, "found at least 2 users; .* is 1")])
def test_rows_that_are_not_as_many_as_the_count_are_refused(
    exporter: Any, part: Any, batch: Any, format: str, count: int, found: str
) -> None:
    shop = exporter()
    with pytest.raises(SegkitError, match=rf"‘Silent owners’: {found}\. Nothing was written\. `segkit refresh"):
        shop.parts([part([batch([], [("ana",), ("bo",)])], count)], format=format)
    assert list((shop.folder / "exports").iterdir()) == []


def test_other_columns_than_the_chosen_ones_are_refused(exporter: Any, part: Any, batch: Any, label: Any) -> None:
    shop = exporter(city="string")
    with pytest.raises(SegkitError, match="found columns uid, mail; expected uid, city"):
        shop.parts([part([batch([label("mail", "string")], [("ana", "x")])], 1)])


def test_a_user_without_a_uid_is_refused(exporter: Any) -> None:
    with pytest.raises(SegkitError, match="with a uid in every row"):
        exporter().rows([("ana",), (None,)])


def test_one_segment_twice_is_refused(exporter: Any, part: Any) -> None:
    with pytest.raises(SegkitError, match="the same segment twice"):
        exporter().parts([part([], 0), part([], 0)])


def test_one_label_twice_and_a_label_called_uid_are_refused(exporter: Any, label: Any) -> None:
    shop = exporter()
    for code in ("city", "uid"):
        shop.labels = [label("city", "string"), label(code, "string")]
        with pytest.raises(SegkitError, match=f"column '{code}' would be there twice"):
            shop.rows([])


def test_no_segment_at_all_is_refused(exporter: Any) -> None:
    with pytest.raises(SegkitError, match="no segment to export"):
        exporter().parts([])


def test_xlsx_for_programs_is_refused(exporter: Any) -> None:
    with pytest.raises(SegkitError, match="found profile 'machine' for xlsx; expected spreadsheet"):
        exporter().rows([], format="xlsx", profile="machine")


def test_a_format_that_is_not_there_is_refused(exporter: Any) -> None:
    with pytest.raises(SegkitError, match="no export format 'ods'; expected csv or xlsx"):
        exporter().rows([], format="ods")


def test_a_folder_as_the_name_of_the_zip_is_refused(exporter: Any, tmp_path: Path) -> None:
    with pytest.raises(SegkitError, match="is a folder; expected the name of the zip"):
        exporter().rows([], path=tmp_path)


def test_a_naive_instant_is_a_mistake_of_the_caller(exporter: Any) -> None:
    with pytest.raises(ValueError, match="naive"):
        exporter().rows([], made_at=datetime(2026, 6, 1))  # noqa: DTZ001


# --- whole or not there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_users_that_fail_half_way_leave_what_was_there_before(
    exporter: Any, part: Any, batch: Any, format: str
) -> None:
    shop = exporter()
    before = shop.rows([("ana",)], format=format).result

    def failing() -> Iterator[pa.RecordBatch]:
        yield batch([], [("bo",)] * 1000)
        raise RuntimeError("the query was interrupted")

    fine = part([batch([], [("cy",)])], 1, segment_id="sg_0")
    with pytest.raises(RuntimeError, match="interrupted"):
        shop.parts([fine, part(failing(), 2000)], format=format)
    assert [path.name for path in before.path.parent.iterdir()] == ["out.zip"]
    assert hashlib.sha256(before.path.read_bytes()).hexdigest() == before.sha256


@pytest.mark.parametrize("call", ["sync", "rename"])
def test_a_disk_that_fails_at_the_end_leaves_nothing(exporter: Any, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    shop = exporter()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (shop.folder / "exports").mkdir()
    monkeypatch.setattr(DISK, call, full)
    with pytest.raises(
        SegkitError, match=r"out\.zip could not be written to .*: No space left on device; at least 4,096 more"
    ):
        shop.rows([("ana",)])
    assert list((shop.folder / "exports").iterdir()) == []


KILLED = """
    import os, signal, sys
    from datetime import UTC, date, datetime
    from pathlib import Path
    import pyarrow as pa
    from segkit.exchange.exports import ExportPart, write_export

    def dying():
        yield pa.record_batch({"uid": ["ana"] * 50_000})
        os.kill(os.getpid(), signal.SIGKILL)
        yield pa.record_batch({"uid": ["bo"]})

    now, day = datetime(2026, 6, 1, tzinfo=UTC), date(2026, 6, 1)
    part = ExportPart(segment_id="sg_1", name="x", kind="custom", words="", document={}, version=1, as_of=day,
                      computed_at=now, count=50_001, batches=dying())
    write_export(Path(sys.argv[1]), [part], format="xlsx", app="a", as_of=day, made_at=now, actor="x",
                 data_generation=1, engine="e", labels=[])
"""


def test_a_killed_export_leaves_nothing_under_its_name_and_its_users_go_with_the_next_sweep(exporter: Any) -> None:
    from segkit.files.atomic import sweep

    shop = exporter()
    target = shop.folder / "exports" / "out.zip"
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(target)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert not target.exists()
    assert any(path.is_dir() for path in target.parent.iterdir())
    sweep(target.parent)
    shop.rows([("ana",)])
    assert os.listdir(target.parent) == ["out.zip"]


# --- names -----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd",
    "C:\\x",
    "\\\\server\\share",
    "nul\x00byte",
    "CON",
    "com1.txt",
    "aux",
    ".",
    "..",
    "...",
    "~/x",
    "-rf",
    ".hidden",
    "a\u202egpj.exe",
    "\u200f\u200e",
    "line\nbreak",
    "manifest.json",
    "x" * 255,
    "ü" * 255,
    "🙂" * 64,
    "a/b",
    "a:b",
    "A/B",
    "*?<>|\"",
    "\ud800",
    "$(reboot)",
    "%2e%2e%2f",
    "",
]  # fmt: skip
HOSTILE += [
    f"{before}{name}{after}"
    for before in ("", "../", "..\\", "/", "\u202e", " ", "./")
    for name in ("CON", "nul", "a\x00b", "LPT1", "é" * 127, "x" * 255, "..", "~root", "a\u200fb", "C:")
    for after in ("", "/..", ".txt", "\x00", "\u202d")
][: 300 - len(HOSTILE)]


def test_hostile_names_and_ids_write_nothing_outside_and_every_name_is_ours(
    exporter: Any, part: Any, batch: Any, tmp_path: Path
) -> None:
    parts = [
        part([batch([], [(f"u{n}",)])], 1, segment_id=f"{other}{n}", name=name)
        for n, (name, other) in enumerate(zip(HOSTILE, reversed(HOSTILE), strict=True))
    ]
    assert len(parts) == 300
    shop = exporter()
    before = sorted(tmp_path.rglob("*"))
    export = shop.parts(parts)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "exports", tmp_path / "exports" / "out.zip"])
    names = export.zip.namelist()
    assert len({name.casefold() for name in names}) == len(HOSTILE) + 1
    for name in names:
        assert len(name.encode()) <= 255
        assert name == Path(name).name
        assert not set(name) & set('/\\:*?"<>|\0\n\u202e\u200e\u200f$~ ')
        assert name[0] not in "-."
    export.zip.extractall(tmp_path / "there")
    assert sorted(p.name for p in (tmp_path / "there").iterdir()) == sorted(names)
    assert [export.zip.read(s.file) for s in export.result.segments] == [
        f"uid\r\nu{n}\r\n".encode() for n in range(len(HOSTILE))
    ]
    assert len(export.manifest["segments"]) == len(HOSTILE)


def test_names_that_become_the_same_are_told_apart(exporter: Any, part: Any) -> None:
    parts = [part([], 0, segment_id=id, name=name) for id, name in (("sg_a", "A/B"), ("sg_A", "a:b"), ("sg?A", "A B"))]
    assert exporter().parts(parts).zip.namelist() == [
        "A_B-sg_a.csv",
        "a_b-sg_A-2.csv",
        "A_B-sg_A-3.csv",
        "manifest.json",
    ]


def test_the_zip_is_one_that_other_programs_read(exporter: Any) -> None:
    path = exporter(city="string").rows([("ana", "Zürich")]).result.path
    assert zipfile.ZipFile(path).testzip() is None
    assert zipfile.is_zipfile(path)


# --- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_users_stream_a_batch_at_a_time(exporter: Any, part: Any, format: str) -> None:
    shop = exporter()
    size, batches = 500, 60
    held: list[int] = []

    def users() -> Iterator[pa.RecordBatch]:
        for number in range(batches):
            held.append(pa.total_allocated_bytes())
            yield pa.record_batch({"uid": [f"user-{number}-{n:0100}" for n in range(size)]})

    shop.parts([part(users(), size * batches)], format=format)
    one_batch = size * 110
    assert max(held) - held[0] < 8 * one_batch < size * batches * 100 / 2


def test_a_day_in_another_zone_is_said_in_utc(exporter: Any) -> None:
    from datetime import timedelta, timezone

    made_at = datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert exporter().rows([], made_at=made_at).manifest["made_at"] == "2026-05-31T23:30:00Z"
    assert made_at.astimezone(UTC).day == 31
