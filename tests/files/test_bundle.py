"""Many files in one: back as they were, or refused with the member that is not."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
import zipfile
from pathlib import Path

import pytest

from segkit.errors import Damaged
from segkit.files.bundle import CONTENTS, is_safe, unpack, verified, write_bundle

FILES = {"a.txt": b"some text " * 50, "data/b.parquet": bytes(range(256)) * 3, "empty": b"", "ü/ß.bits": b"\0\1"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    sources = tmp_path / "sources"
    for name, content in FILES.items():
        path = sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(5, 1_700_000_000_123_456_789))
    target = tmp_path / "bundle.zip"
    contents, changed = write_bundle(target, [(name, sources / name) for name in FILES], {"made": "here"})
    assert changed == []
    assert [m.sha256 for m in contents.members] == [hashlib.sha256(content).hexdigest() for content in FILES.values()]
    return target


def test_what_was_put_in_comes_out_for_the_owner_only_with_its_date(bundle: Path, tmp_path: Path) -> None:
    contents = verified(bundle)
    assert contents.about == {"made": "here"}
    out = tmp_path / "out"
    out.mkdir(0o700)
    unpack(bundle, contents, out)
    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == FILES
    assert {stat.S_IMODE(p.stat().st_mode) for p in out.rglob("*") if p.is_file()} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in out.rglob("*") if p.is_dir()} == {0o700}
    assert {p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()} == {1_700_000_000_123_456_789}


def test_any_zip_program_reads_it(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*FILES, CONTENTS]


def test_every_flipped_bit_is_found_wherever_it_is(bundle: Path) -> None:
    good = bundle.read_bytes()
    chance = random.Random(20260601)
    for bit in chance.sample(range(len(good) * 8), 400):
        flipped = bytearray(good)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        bundle.write_bytes(flipped)
        with pytest.raises(Damaged):
            verified(bundle)
    bundle.write_bytes(good)
    verified(bundle)


def test_a_changed_member_is_named(bundle: Path) -> None:
    good = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        places = {info.filename: info.header_offset for info in archive.infolist()}
    for name, word in (("data/b.parquet", FILES["data/b.parquet"]), ("ü/ß.bits", FILES["ü/ß.bits"])):
        at = good.index(word, places[name])
        bundle.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        with pytest.raises(Damaged, match=f"{name} is not what was written there"):
            verified(bundle)


def test_every_truncation_is_found_and_names_where_it_is_cut(bundle: Path) -> None:
    good = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        places = {info.filename: info.header_offset for info in archive.infolist()}
    cuts = {
        0: "it does not begin as a backup does",
        10: "what follows the beginning is cut off",
        places["data/b.parquet"] + 100: "data/b.parquet is cut off",
        places["data/b.parquet"]: "what follows a.txt is cut off or changed",
        len(good) - 1: "the directory at its end is cut off or changed",
    }
    for length, told in cuts.items():
        bundle.write_bytes(good[:length])
        with pytest.raises(Damaged, match=told):
            verified(bundle)


@pytest.mark.parametrize(
    "name", ["../a", "/etc/a", "a/../../b", "a//b", "./a", "", "a\\b", "c:a", "a/", ".", "..", "a\0"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    assert not is_safe(name)
    source = tmp_path / "source"
    source.write_bytes(b"x")
    if name and "\0" not in name:
        write_bundle(tmp_path / "bundle.zip", [(name, source)], {})
        with pytest.raises(Damaged, match=r"could lead elsewhere|are not those"):
            verified(tmp_path / "bundle.zip")


@pytest.mark.parametrize("name", ["a", ".hidden", "a/b.c", "ü/ß", "...", "a b"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert is_safe(name)


def test_a_bundle_that_was_made_by_others_with_another_content_than_it_lists_is_refused(
    bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        listed = json.loads(archive.read(CONTENTS))
    for change in ({"sha256": "0" * 64}, {"size": 1}, {"size": 10**12}):
        crafted = tmp_path / "crafted.zip"
        source = tmp_path / "sources" / "a.txt"
        write_bundle(crafted, [("a.txt", source)], {})
        contents = verified(crafted)
        wrong = type(contents)({}, (type(contents.members[0])(**{**listed["members"][0], **change}),))
        out = tmp_path / f"out-{change}".replace(":", "")
        out.mkdir()
        with pytest.raises(Damaged, match=r"a\.txt is not what"):
            unpack(crafted, wrong, out)


def test_what_is_gone_when_its_turn_comes_is_left_out(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"x")
    write_bundle(tmp_path / "b.zip", [("gone", tmp_path / "gone"), ("there", there)], {})
    assert [m.name for m in verified(tmp_path / "b.zip").members] == ["there"]
