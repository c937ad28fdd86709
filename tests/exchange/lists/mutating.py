"""Lists damaged in every way that is known, seeded: the same number gives the same file."""

from __future__ import annotations

import io
import itertools
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import xlsxwriter

from tests.exchange.lists.made_workbooks import SHEET

_CELLS = (
    "ana@example.com", "BO@example.com", "new@example.org", "broken", "", "+49 151 12345678", "015112345679", "12",
    "007", "lee", "nobody", "größe", "上海", "=1+1", "'+x", "a;b", "a,b", "a\tb", 'a"b', "a\nb", " pad ",
)  # fmt: skip
_FORMULAS = ("=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example")', "@SUM(1)", "+1+1", "=WEBSERVICE(A1)", "-2+3")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030", "latin-1", "utf-32", "shift_jis")
_HEADINGS = ("email", "mobile", "uid", "param1")
Change = Callable[[Random], bytes]


def mutated(number: int, folder: Path) -> Path:
    """The file of a number, in `folder`; its name says what was done to it."""
    rng = Random(number)
    kinds = CSV if number % 2 else XLSX
    name = list(kinds)[(number // 2) % len(kinds)]
    path = folder / f"{number:05}-{name}.{'csv' if number % 2 else 'xlsx'}"
    path.write_bytes(kinds[name](rng))
    return path


# --- CSV --------------------------------------------------------------------------------------------------------------


def _rows(rng: Random, cells: tuple[str, ...] = _CELLS) -> list[list[str]]:
    return [[rng.choice(cells) for _ in _HEADINGS] for _ in range(rng.randrange(1, 60))]


def _text(rng: Random, delimiter: str = ",", cells: tuple[str, ...] = _CELLS) -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if re.search(r'[",;\t\n]', cell) else cell

    lines = [delimiter.join(map(quoted, row)) for row in [list(_HEADINGS), *_rows(rng, cells)]]
    return rng.choice(("\n", "\r\n", "\r")).join(lines) + "\n"


def _encoded(rng: Random) -> bytes:
    return _text(rng, rng.choice(",;\t")).encode(rng.choice(_ENCODINGS), "replace")


def _flipped(rng: Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.randrange(1, 20)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _cut(rng: Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def _swapped(rng: Random) -> bytes:
    text = list(_text(rng, rng.choice(",;\t")))
    places = [place for place, mark in enumerate(text) if mark in ",;\t"]
    for place in rng.sample(places, len(places) // 3):
        text[place] = rng.choice(",;\t|")
    return "".join(text).encode()


def _wrong_encoding(rng: Random) -> bytes:
    mark = rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b""))
    return mark + _encoded(rng) + _text(rng).encode(rng.choice(_ENCODINGS), "replace")


def _open_quote(rng: Random) -> bytes:
    text = _text(rng)
    place = rng.randrange(len(text))
    return (text[:place] + '"' + text[place:]).encode()


def _wide(rng: Random) -> bytes:
    heading = ",".join((*_HEADINGS, *(f"c{number}" for number in range(16_384))))
    return (heading + "\n" + "x," * 16_384 + "\n").encode()


def _long_cell(rng: Random) -> bytes:
    return _text(rng).encode() + b'"' + rng.choice((b"x", b"\n", b'""')) * 10_000_000 + b'"\n'


CSV: dict[str, Change] = {
    "bits": lambda rng: _flipped(rng, _encoded(rng)),
    "cut": lambda rng: _cut(rng, _encoded(rng)),
    "delimiters": _swapped,
    "encoding": _wrong_encoding,
    "quote": _open_quote,
    "wide": _wide,
    "long": _long_cell,
    "formulas": lambda rng: _text(rng, cells=_FORMULAS).encode(),
    "noise": lambda rng: b"email,uid\n" + rng.randbytes(rng.randrange(1, 5_000)),
    "ragged": lambda rng: re.sub(rb",", lambda _: rng.choice((b",", b",,", b"", b"\n")), _text(rng).encode()),
    "empty": lambda rng: rng.choice((b"", b"\n", b"\0" * 99, b"email", b"email\n", b"\xef\xbb\xbf", b",,,\n" * 99)),
}


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _book(rng: Random, cells: tuple[str, ...] = _CELLS) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet("List")
        for place, row in enumerate([list(_HEADINGS), *_rows(rng, cells)]):
            sheet.write_row(place, 0, [place if place and rng.random() < 0.1 else cell for cell in row])
    return packed.getvalue()


def _with(content: bytes, part: str, change: Callable[[bytes], bytes], **added: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        assert not part or part in before.namelist()
        for info in before.infolist():
            found = before.read(info)
            after.writestr(info.filename, change(found) if info.filename == part else found)
        for name, more in added.items():
            after.writestr(name, more)
    return packed.getvalue()


def _in_sheet(rng: Random, change: Callable[[bytes], bytes]) -> bytes:
    return _with(_book(rng), SHEET, change)


def _lying(rng: Random) -> bytes:
    stated = rng.choice((b"A1:XFD1048576", b"A1:A1", b"A1:ZZ9", b"", b"A0", b"XFD9999999:A1", b"1:1"))
    return _in_sheet(rng, lambda xml: re.sub(rb'dimension ref="[^"]*"', b'dimension ref="' + stated + b'"', xml))


def _far(rng: Random) -> bytes:
    place = rng.choice((b"XFD1048576", b"ZZ1048576", b"A1048576", b"A99999999", b"AAAA1", b"ZZ2"))
    cell = b'<row r="%s"><c r="%s"><v>1</v></c></row></sheetData>' % (re.sub(rb"\D", b"", place), place)
    return _in_sheet(rng, lambda xml: xml.replace(b"</sheetData>", cell))


def _bomb(rng: Random) -> bytes:
    size = rng.choice((5_000_000, 30_000_000, 120_000_000))
    where = rng.choice(("xl/sharedStrings.xml", SHEET, "xl/media/image1.png"))
    filler = {SHEET: b"<row><c><v>1</v></c></row>", "xl/sharedStrings.xml": b"<si><t>x</t></si>"}.get(where, b"\0")
    if where.endswith(".png"):
        return _with(_book(rng), "", bytes, **{where: filler * size})
    end = b"</sheetData>" if where == SHEET else b"</sst>"
    return _with(_book(rng), where, lambda xml: xml.replace(end, filler * (size // len(filler)) + end))


def _entities(rng: Random) -> bytes:
    steps = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij"))
    declared = f'<!DOCTYPE x [<!ENTITY a "lol">{steps}<!ENTITY f SYSTEM "file:///etc/hostname">]>'.encode()
    part = rng.choice((SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"))

    def declare(xml: bytes) -> bytes:
        start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
        return xml[:start] + declared + xml[start:].replace(b"<t>", b"<t>&j;&f;")

    return _with(_book(rng), part, declare)


def _wide_sheet(rng: Random) -> bytes:
    cell = b'<c t="inlineStr"><is><t>x</t></is></c>'
    row = b"<row>" + cell * 16_384 + b"</row></sheetData>"
    return _in_sheet(rng, lambda xml: xml.replace(b"</sheetData>", row))


def _long_text(rng: Random) -> bytes:
    text = rng.randbytes(50).hex().encode() * 100_000
    row = b'<row><c t="inlineStr"><is><t>' + text + b"</t></is></c></row></sheetData>"
    return _in_sheet(rng, lambda xml: xml.replace(b"</sheetData>", row))


def _false_sizes(rng: Random) -> bytes:
    content = bytearray(_book(rng))
    start = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, start + 24, rng.choice((0, 1, 0xFFFFFFFE)))
    return bytes(content)


def _wrong_references(rng: Random) -> bytes:
    return _in_sheet(
        rng,
        lambda xml: re.sub(rb"<v>\d+</v>", lambda _: b"<v>%d</v>" % rng.choice((0, 3, 99_999, -1, 2**63)), xml),
    )


XLSX: dict[str, Change] = {
    "bits": lambda rng: _flipped(rng, _book(rng)),
    "cut": lambda rng: _cut(rng, _book(rng)),
    "sheet bits": lambda rng: _in_sheet(rng, lambda xml: _flipped(rng, xml)),
    "sheet cut": lambda rng: _in_sheet(rng, lambda xml: _cut(rng, xml)),
    "string bits": lambda rng: _with(_book(rng), "xl/sharedStrings.xml", lambda xml: _flipped(rng, xml)),
    "dimension": _lying,
    "far": _far,
    "bomb": _bomb,
    "entities": _entities,
    "wide": _wide_sheet,
    "long": _long_text,
    "formulas": lambda rng: _book(rng, _FORMULAS),
    "sizes": _false_sizes,
    "references": _wrong_references,
}
