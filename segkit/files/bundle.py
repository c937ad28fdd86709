"""Many files in one: a zip that lists each with its sha256 and ends with the sha256 of itself. Believed only whole.

The list is the last member, `segkit-contents.json`; the zip's comment is `sha256 ` and the hash of all bytes before
it. Any zip program reads such a file; only `verified` says whether it is what was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from segkit.errors import Damaged
from segkit.files.disk import DISK, PRIVATE_FILE, private_folder, sync

CONTENTS = "segkit-contents.json"
_MARK = b"sha256 "
_COMMENT = len(_MARK) + 64
_DATED = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20
_IN_ONE_PIECE = 1 << 24  # files up to this size are read again if they change meanwhile
_TRIES = 3
_PACKED = (".parquet", ".bits", ".zip", ".xlsx", ".gz", ".png", ".zst")
_LOCAL = struct.Struct("<4s5H3L2H")  # the header before each member's bytes
_MOST_CONTENTS = 1 << 30


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its name with /, its bytes, and when it was last changed (nanoseconds since the epoch)."""

    name: str
    size: int
    sha256: str
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds, and what its writer said about it."""

    about: Mapping[str, Any]
    members: tuple[Member, ...]


def write_bundle(path: Path, files: Iterable[tuple[str, Path]], about: Mapping[str, Any]) -> tuple[Contents, list[str]]:
    """Writes files under names of their own into one at `path`; its contents, and who changed while being read.

    What changed is in the bundle as it was read; what is gone when its turn comes is not. Raises OSError if the disk
    refuses.
    """
    members, changed = [], []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, file in files:
            try:
                member, is_steady = _add(archive, name, file)
            except FileNotFoundError:
                continue
            members.append(member)
            if not is_steady:
                changed.append(name)
        contents = Contents(about, tuple(members))
        text = json.dumps({"about": dict(about), "members": [asdict(m) for m in members]}, ensure_ascii=False, indent=1)
        archive.writestr(_info(CONTENTS), text.encode())
        archive.comment = _MARK + b"0" * 64
    with path.open("r+b") as whole:
        found = _hash_before_comment(whole)
        whole.seek(-64, os.SEEK_END)
        whole.write(found.encode())
    return contents, changed


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[Member, bool]:
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size <= _IN_ONE_PIECE:
            return _add_small(archive, name, path)
        digest, size = hashlib.sha256(), 0
        with archive.open(_info(name), "w", force_zip64=True) as member:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                member.write(piece)
        after = os.fstat(file.fileno())
    return Member(name, size, digest.hexdigest(), before.st_mtime_ns), _state(before) == _state(after)


def _add_small(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[Member, bool]:
    for _ in range(_TRIES):
        before = path.stat()
        content = path.read_bytes()
        is_steady = _state(before) == _state(path.stat())
        if is_steady:
            break
    archive.writestr(_info(name), content)
    return Member(name, len(content), hashlib.sha256(content).hexdigest(), before.st_mtime_ns), is_steady


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATED)
    info.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, which has the modes
    info.external_attr = PRIVATE_FILE << 16
    return info


# --- reading ---------------------------------------------------------------------------------------------------------


def verified(path: Path) -> Contents:
    """The contents of a bundle that is, to the last bit, what was written.

    Raises Damaged with the first member that is cut off or changed; OSError if it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _COMMENT))
        comment = file.read()
        if comment != _MARK + _hash_before_comment(file).encode():
            raise Damaged(f"{path}: {_first_problem(file, size)}. It is not restored from; take another copy.")
    try:
        with zipfile.ZipFile(path) as archive:
            return _contents(path, archive)
    except zipfile.BadZipFile as error:
        raise Damaged(f"{path}: {error}; expected a backup that segkit wrote") from None


def _hash_before_comment(file: IO[bytes]) -> str:
    left = max(0, file.seek(0, os.SEEK_END) - _COMMENT)
    file.seek(0)
    digest = hashlib.sha256()
    while left and (piece := file.read(min(_PIECE, left))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


def _contents(path: Path, archive: zipfile.ZipFile) -> Contents:
    names = archive.namelist()
    if names[-1:] != [CONTENTS] or archive.getinfo(CONTENTS).file_size > _MOST_CONTENTS:
        raise Damaged(f"{path}: found no {CONTENTS} at its end; expected a backup that segkit wrote")
    try:
        listed = json.loads(archive.read(CONTENTS))
        contents = Contents(dict(listed["about"]), tuple(Member(**member) for member in listed["members"]))
    except (ValueError, TypeError, KeyError):
        raise Damaged(f"{path}: its {CONTENTS} is not what segkit writes") from None
    if names[:-1] != [member.name for member in contents.members] or len(set(names)) < len(names):
        raise Damaged(f"{path}: its files are not those that {CONTENTS} lists")
    for member in contents.members:
        if not is_safe(member.name):
            raise Damaged(f"{path}: its member {member.name!r} has a name that could lead elsewhere")
    return contents


def is_safe(name: str) -> bool:
    """Whether a member's name stays below the folder that it is unpacked into, on every system."""
    parts = PurePosixPath(name).parts
    is_plain = bool(parts) and not name.startswith("/") and "/".join(parts) == name
    return is_plain and not any(c in name for c in "\\:\0") and not any(part in (".", "..") for part in parts)


def _first_problem(file: IO[bytes], size: int) -> str:
    """Which member is not whole, by walking from one to the next; the list at the end may be gone."""
    file.seek(0)
    last = ""
    while (header := file.read(_LOCAL.size)) and header[:4] == b"PK\3\4":
        name, problem = _walk_over(file, header, size)
        if problem:
            return f"{name or 'what follows ' + (last or 'the beginning')} {problem}"
        last = name
    if last == CONTENTS:
        return "the directory at its end is cut off or changed"
    if not last:
        return "it does not begin as a backup does"
    return f"what follows {last} is cut off or changed"


def _walk_over(file: IO[bytes], header: bytes, size: int) -> tuple[str, str]:
    """A member's name, and what is wrong with it. Leaves the file behind it."""
    if len(header) < _LOCAL.size:
        return "", "is cut off"
    _, _, _, method, _, _, crc, packed, _, name_length, extra_length = _LOCAL.unpack(header)
    name = file.read(name_length).decode("utf-8", "replace")
    extra = file.read(extra_length)
    if packed == 0xFFFFFFFF and extra[:2] == b"\1\0" and len(extra) >= 20:
        packed = int.from_bytes(extra[12:20], "little")
    if file.tell() + packed > size:
        return name, "is cut off"
    return name, "" if _crc_of(file, packed, method) == crc else "is not what was written there"


def _crc_of(file: IO[bytes], left: int, method: int) -> int | None:
    """The checksum of the next member's bytes; none if they cannot be unpacked."""
    unpack = zlib.decompressobj(-15) if method == zipfile.ZIP_DEFLATED else None
    crc = 0
    while left and (piece := file.read(min(_PIECE, left))):
        left -= len(piece)
        try:
            crc = zlib.crc32(unpack.decompress(piece) if unpack else piece, crc)
        except zlib.error:
            return None
    return crc


def unpack(path: Path, contents: Contents, folder: Path) -> None:
    """Writes every member below `folder`, for the owner only, with its date; each is compared with its sha256.

    `contents` are those that `verified` gave. Raises Damaged with the member that differs, OSError if the disk refuses.
    """
    folders = {folder}
    with zipfile.ZipFile(path) as archive:
        for member in contents.members:
            target = folder / member.name
            folders.add(private_folder(target.parent))
            with archive.open(member.name) as source:
                found = _written(source, target, member.size)
            if found != (member.size, member.sha256):
                raise Damaged(f"{path}: {member.name} is not what {CONTENTS} says; nothing was restored")
            os.utime(target, ns=(member.modified_ns, member.modified_ns))
    for each in folders:
        sync(each)


def _written(source: IO[bytes], target: Path, most: int) -> tuple[int, str]:
    """How many bytes went to a new file, one more than `most` at the most, and their sha256."""
    fd = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
    digest, size = hashlib.sha256(), 0
    try:
        while size <= most and (piece := source.read(min(_PIECE, most + 1 - size))):
            digest.update(piece)
            size += len(piece)
            left = memoryview(piece)
            while left:
                left = left[DISK.write(fd, left) :]
        DISK.sync(fd)
    finally:
        os.close(fd)
    return size, digest.hexdigest()
