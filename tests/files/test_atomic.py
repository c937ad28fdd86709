"""Whole or not at all: what is at a path after kills, failures of the disk, and sweeping."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segkit.files import atomic, disk
from segkit.files.atomic import is_temporary, sweep, sweep_of, write_bytes, write_text, write_through, writing
from segkit.files.disk import Disk, private_folder

# Writes one version after the other for ever: a kilobyte or megabytes of one letter, and their sha256 at the end.
WRITER = """
import hashlib, sys
from pathlib import Path
from segkit.files.atomic import write_bytes, writing

def versions():
    while True:
        for n, letter in enumerate(b"abcdefgh"):
            body = bytes([letter]) * (1_000 if n % 2 else 3_000_000)
            yield body + hashlib.sha256(body).hexdigest().encode()

path, how = Path(sys.argv[1]), sys.argv[2]
for content in versions():
    if how == "bytes":
        write_bytes(path, content)
    else:
        with writing(path) as temporary, temporary.open("wb") as file:
            for at in range(0, len(content), 100_000):
                file.write(content[at:at + 100_000])
    print("written", flush=True)
"""

HANGING = """
import sys, time
from pathlib import Path
from segkit.files.atomic import writing
with writing(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    print(temporary.name, flush=True)
    time.sleep(600)
"""


@contextmanager
def child(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has printed its first line and is killed (-9) at the latest at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as made:
        try:
            yield made
        finally:
            made.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_whole(content: bytes) -> bool:
    return hashlib.sha256(content[:-64]).hexdigest().encode() == content[-64:]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_text_and_callbacks_arrive(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"\0\1")
    write_bytes(tmp_path / "empty", b"")
    write_text(tmp_path / "b", "München\r\n")
    write_through(tmp_path / "c", lambda path: path.write_bytes(b"by path"))
    assert (tmp_path / "a").read_bytes() == b"\0\1"
    assert (tmp_path / "empty").read_bytes() == b""
    assert (tmp_path / "b").read_bytes() == "München\r\n".encode()
    assert (tmp_path / "c").read_bytes() == b"by path"
    assert names(tmp_path) == ["a", "b", "c", "empty"]


def test_files_and_made_folders_are_the_owners_only_even_if_the_writer_replaced_the_file(tmp_path: Path) -> None:
    def replacing(path: Path) -> None:
        path.unlink()
        path.write_bytes(b"new")
        path.chmod(0o644)

    write_through(tmp_path / "x" / "y" / "f", replacing)
    assert mode(tmp_path / "x" / "y" / "f") == 0o600
    assert mode(tmp_path / "x") == mode(tmp_path / "x" / "y") == 0o700


def test_a_folder_that_exists_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    assert private_folder(shared) == shared
    assert mode(shared) == 0o755


def test_the_old_file_stays_until_the_block_ends_and_the_temporary_name_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    write_bytes(path, b"old")
    with writing(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temporary.parent == path.parent
        assert is_temporary(temporary)
        assert not temporary.name.endswith(".parquet")
    assert path.read_bytes() == b"new"
    assert not is_temporary(path)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    def half(path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    write_bytes(tmp_path / "f", b"old")
    with pytest.raises(error):
        write_through(tmp_path / "f", half)
    assert (tmp_path / "f").read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


def test_names_of_the_longest_kind_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 127)
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


class FailingDisk(Disk):
    """Fails at the n-th call of one kind; writes seven bytes at a time."""

    def __init__(self, kind: str, n: int) -> None:
        self.kind, self.left = kind, n

    def _count(self, kind: str) -> None:
        if kind == self.kind:
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.ENOSPC, f"injected at {kind}")

    def write(self, fd: int, data: memoryview) -> int:
        self._count("write")
        return super().write(fd, data[:7])

    def sync(self, fd: int) -> None:
        self._count("sync")
        super().sync(fd)

    def rename(self, source: Path, target: Path) -> None:
        self._count("rename")
        super().rename(source, target)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    def use(kind: str, n: int) -> None:
        broken = FailingDisk(kind, n)
        monkeypatch.setattr(atomic, "DISK", broken)
        monkeypatch.setattr(disk, "DISK", broken)

    return use


def test_what_a_dead_process_left_of_one_file_is_swept_and_nothing_else(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = f"{process.pid}-1-0.segkit-tmp"
    for name in (f".audit.anchor.{left}", f".other.{left}", "audit.anchor"):
        (tmp_path / name).touch()
    with writing(tmp_path / "audit.anchor"):
        sweep_of(tmp_path / "audit.anchor")
        assert len(list(tmp_path.iterdir())) == 3  # with the one that is being written
    assert {path.name for path in tmp_path.iterdir()} == {f".other.{left}", "audit.anchor"}


@pytest.mark.parametrize(("kind", "n"), [("write", 1), ("write", 2), ("write", 3), ("sync", 1), ("rename", 1)])
def test_a_failing_disk_leaves_the_old_file_whole_and_is_reported(
    tmp_path: Path, failing: Callable[[str, int], None], kind: str, n: int
) -> None:
    write_bytes(tmp_path / "f", b"the old content")
    failing(kind, n)
    with pytest.raises(OSError, match=f"injected at {kind}"):
        write_bytes(tmp_path / "f", b"the new, longer content")
    assert (tmp_path / "f").read_bytes() == b"the old content"
    assert names(tmp_path) == ["f"]


def test_a_failing_fsync_of_the_folder_is_reported_and_the_file_is_whole(
    tmp_path: Path, failing: Callable[[str, int], None]
) -> None:
    write_bytes(tmp_path / "f", b"old")
    failing("sync", 2)
    with pytest.raises(OSError, match="injected at sync"):
        write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert names(tmp_path) == ["f"]


def test_short_writes_are_continued(tmp_path: Path, failing: Callable[[str, int], None]) -> None:
    failing("nothing", 0)
    write_bytes(tmp_path / "f", bytes(range(256)))
    assert (tmp_path / "f").read_bytes() == bytes(range(256))


def test_the_file_is_synced_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    class Noting(Disk):
        def sync(self, fd: int) -> None:
            calls.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")

        def rename(self, source: Path, target: Path) -> None:
            calls.append("rename")
            super().rename(source, target)

    monkeypatch.setattr(atomic, "DISK", Noting())
    monkeypatch.setattr(disk, "DISK", Noting())
    write_bytes(tmp_path / "f", b"x")
    write_bytes(tmp_path / "new" / "f", b"x")
    assert calls == ["file", "rename", "folder", "folder", "file", "rename", "folder"]


@pytest.mark.parametrize("how", ["bytes", "block"])
def test_after_every_kill_the_file_is_a_whole_old_or_new_one(
    tmp_path: Path, request: pytest.FixtureRequest, how: str
) -> None:
    kills = 500 if request.config.getoption("--full", default=False) else 25
    path = tmp_path / "f"
    seen, leftovers, delays = set(), 0, random.Random(2)
    for _ in range(kills):
        with child(WRITER, path, how) as writer:
            for _ in range(delays.randint(1, 6)):
                begun = time.monotonic()
                assert first_line(writer) == "written"
            time.sleep(delays.uniform(0, time.monotonic() - begun))  # somewhere in the next write
            writer.send_signal(signal.SIGKILL)
        if path.exists():
            content = path.read_bytes()
            assert is_whole(content)
            seen.add(content[:1])
        leftovers += len(sweep(tmp_path))
        assert names(tmp_path) in ([], ["f"])
    assert len(seen) > 1
    assert leftovers > 0, "no kill came during a write, so this showed nothing"


def test_sweeping_spares_the_living_and_removes_what_the_dead_left_behind_at_any_depth(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    (tmp_path / ".looks.like.segkit-tmp").write_bytes(b"")
    with child(HANGING, below / "f") as dying, writing(below / "g") as ours:
        theirs = below / first_line(dying)
        assert sweep(tmp_path) == []
        dying.kill()
        dying.wait()
        assert sweep(tmp_path) == [theirs]
        assert ours.exists()
    assert names(below) == ["g"]
    assert names(tmp_path) == [".looks.like.segkit-tmp", "a"]


def test_sweeping_spares_a_writer_whose_number_means_nothing_here(tmp_path: Path) -> None:
    # As in another container: the file is being written, though no process here has that number.
    with child(HANGING, tmp_path / "f") as writer:
        foreign = tmp_path / ".f.4194304-77-0.segkit-tmp"
        (tmp_path / first_line(writer)).rename(foreign)
        assert sweep(tmp_path) == []
        assert foreign.exists()
    assert sweep(tmp_path) == [foreign]


def test_a_process_number_that_is_used_again_does_not_protect_a_leftover(tmp_path: Path) -> None:
    leftover = tmp_path / f".f.{os.getpid()}-1-0.segkit-tmp"
    leftover.write_bytes(b"half")
    assert sweep(tmp_path) == [leftover]
