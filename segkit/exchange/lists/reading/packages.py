"""A look into a workbook before anything reads it: its parts, how large they unpack, and what no list needs.

The sizes that a package states may lie, so every part is unpacked once, piece by piece, and forgotten.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from segkit.exchange.lists.reading.limits import ReadingLimits, Refused, megabytes

_PIECE = 1 << 20
_OVERLAP = 64
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NEEDED = "xl/workbook.xml"
_BROKEN = "it is not a whole workbook; open it in a spreadsheet program and save it again as XLSX"


def look_into(path: Path, limits: ReadingLimits) -> None:
    """Raises Refused for a package that is broken, too large, or made to do harm."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            _check_parts(parts, limits)
            left = limits.unpacked
            for part in parts:
                left -= _unpacked(package, part, left, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, KeyError):
        raise Refused(_BROKEN) from None


def _check_parts(parts: list[zipfile.ZipInfo], limits: ReadingLimits) -> None:
    names = [part.filename for part in parts]
    if len(parts) > limits.parts:
        raise Refused(f"the workbook has {len(parts):,} parts; a list has at most {limits.parts:,}")
    if len(set(names)) < len(names):
        raise Refused(_BROKEN)
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("the workbook is encrypted; save it without a password")
    if _NEEDED not in {name.lower() for name in names}:
        if "manifest.json" in names:
            raise Refused("it is an export of segkit; unpack it, and import the file of one segment that is in it")
        raise Refused("it is a zip file, but no XLSX workbook; expected XLSX or CSV")


def _unpacked(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, limits: ReadingLimits) -> int:
    size, before = 0, b""
    is_markup = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    with package.open(part) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            _check_size(size, part.compress_size, left, limits)
            if is_markup:
                _check_markup(before + piece)
                before = piece[-_OVERLAP:]
    return size


def _check_size(size: int, packed: int, left: int, limits: ReadingLimits) -> None:
    if size > left:
        raise Refused(
            f"the workbook unpacks to more than {megabytes(limits.unpacked)}; split the list into several files"
        )
    if size > limits.unpacked_freely and size > limits.ratio * max(packed, 1):
        raise Refused(
            f"a part of the workbook unpacks to more than {limits.ratio} times its size, as harmful files do; "
            "save the list as CSV"
        )


def _check_markup(text: bytes) -> None:
    if b"\0" in text[:200]:
        text = text.replace(b"\0", b"")  # UTF-16
    if b"<!" in text and _DECLARED.search(text):
        raise Refused("the workbook declares entities of its own, as harmful files do; save the list as CSV")
