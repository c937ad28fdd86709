"""The file that one membership lies in: a short header that says what it is, and the packed bits, compressed.

Header, 40 bytes, little-endian: magic `SEGKITBM`, format (u16), codec (u16; 1 is Zstandard), 4 zero bytes, users (u64),
users in it (u64), bytes that follow (u64). Then the bits as `Bitmap.to_bytes` gives them, compressed.
"""

from __future__ import annotations

import struct

import pyarrow as pa

from segkit.engine.bitmap import Bitmap

MAGIC = b"SEGKITBM"
FORMAT = 1
ZSTANDARD = 1
_HEADER = struct.Struct("<8sHH4xQQQ")
_MOST_USERS = 1 << 40


def encode(bitmap: Bitmap) -> bytes:
    """The file's content."""
    packed: bytes = pa.Codec("zstd").compress(bitmap.to_bytes(), asbytes=True)
    return _HEADER.pack(MAGIC, FORMAT, ZSTANDARD, bitmap.size, bitmap.count, len(packed)) + packed


def decode(content: bytes) -> Bitmap:
    """The set in a file's content. Raises ValueError with what was found and what was expected."""
    if len(content) < _HEADER.size:
        raise ValueError(f"found {len(content)} bytes; expected at least {_HEADER.size}")
    magic, version, codec, users, count, length = _HEADER.unpack_from(content)
    if magic != MAGIC or users > _MOST_USERS:
        raise ValueError("it does not begin as a membership does")
    if (version, codec) != (FORMAT, ZSTANDARD):
        expected = f"expected format {FORMAT} with codec {ZSTANDARD}"
        raise ValueError(f"found format {version} with codec {codec}; {expected}: upgrade segkit")
    if len(content) != _HEADER.size + length:
        raise ValueError(f"found {len(content):,} bytes; expected {_HEADER.size + length:,}")
    bitmap = Bitmap.from_bytes(_decompressed(content[_HEADER.size :], (users + 7) // 8), users)
    if bitmap.count != count:
        raise ValueError(f"found {bitmap.count:,} users; expected {count:,}")
    return bitmap


def _decompressed(packed: bytes, size: int) -> bytes:
    try:
        found: bytes = pa.Codec("zstd").decompress(packed, decompressed_size=size, asbytes=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"its bits cannot be decompressed ({error})") from None
    if len(found) != size:
        raise ValueError(f"found {len(found):,} bytes of bits; expected {size:,}")
    return found
