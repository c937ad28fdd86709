"""The encoding of a CSV file, by its marks and bytes: UTF-8, UTF-16, GB18030 or Windows-1252.

Only the last two can be taken for one another: Chinese text is pairs of high bytes of which most are of everyday
characters, western text has single high bytes among letters.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from segkit.exchange.lists.reading.limits import Refused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1 << 20
_EVERYDAY = range(0xB0, 0xD8)  # the first bytes of the 3,755 most used characters
_PUNCTUATION = range(0xA1, 0xA4)


def encoding_of(path: Path) -> str:
    """The encoding of a file, or one as which its bytes make sense. Raises Refused where none does."""
    with path.open("rb") as stream:
        head = stream.read(_PIECE)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked:
        return marked
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 5 and min(even, odd) * 10 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    if decodes(path, "utf-8"):
        return "utf-8"
    if _is_chinese(_high_piece(path)) and decodes(path, "gb18030"):
        return "gb18030"
    if decodes(path, "cp1252"):
        return "cp1252"
    if decodes(path, "gb18030"):
        return "gb18030"
    raise Refused("its characters are of no encoding that is known here; save it as UTF-8")


def decodes(path: Path, encoding: str) -> bool:
    """Whether every byte of a file is of an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _high_piece(path: Path) -> bytes:
    """A piece of the file from its first line on that is not ASCII."""
    with path.open("rb") as stream:
        for line in iter(lambda: stream.readline(_PIECE), b""):
            if not line.isascii():
                return line + stream.read(_PIECE)
    return b""


def _is_chinese(piece: bytes) -> bool:
    everyday = others = place = 0
    while place < len(piece):
        first = piece[place]
        if first < 0x80:
            place += 1
            continue
        second = piece[place + 1] if place + 1 < len(piece) else 0
        if second >= 0xA1 and (first in _EVERYDAY or first in _PUNCTUATION):
            everyday += 1
        else:
            others += 1
        place += 2 if second >= 0x40 else 1
    return everyday > others
