"""CSV files as people have them: for each, the right thing or a clear refusal, and every row is accepted or refused."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from segkit.errors import DataProblem, DefinitionError

from .made import Made, Row, event

COMPOSED, APART = "Jos\u00e9", "Jose\u0301"


@dataclass(frozen=True)
class Read:
    """A file that is read: rows in the file, refused ones by reason, uids in order, and labels of them."""

    what: str
    content: bytes
    rows: int
    uids: list[str]
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    missing: dict[str, int] = field(default_factory=dict)  # words to values that became missing or were rounded
    csv: Row = field(default_factory=dict)
    name: str = "2026-05-01.csv"


NO_UID = "no uid"
BAD_UID = "a uid that is no whole number and no text"
NO_NUMBER = "values that are not a number and count as missing"
NO_DATE = "values that are not a date and count as missing"
CASES = [
    Read("a numeric uid with a missing value", b"uid,country\n1,DE\n,AT\n3,CH\n", 3, ["1", "3"],
         {"country": {"1": "DE", "3": "CH"}}, {NO_UID: 1}),
    Read("a numeric uid that became decimal for a missing value", b"uid,country\n1.0,DE\n,AT\n30.0,CH\n", 3,
         ["1", "30"], {"country": {"1": "DE", "30": "CH"}}, {NO_UID: 1}),
    Read("a uid with leading zeros is another than one without", b"uid,country\n007,DE\n7,AT\n", 2, ["007", "7"],
         {"country": {"007": "DE", "7": "AT"}}),
    Read("a uid with spaces around it is the one without", b"uid,country\n 7,DE\n7\t,AT\n\xc2\xa08\xc2\xa0,CH\n", 3,
         ["7", "8"], {"country": {"7": "AT", "8": "CH"}}, repeated=1),
    Read("a uid of letters that looks like a number with an exponent stays as it is", b"uid,country\n1e18,DE\n", 1,
         ["1e18"], {"country": {"1e18": "DE"}}),
    Read("a uid that lost digits on its way is refused", b"uid,country\n1e+18,DE\n1.23E+17,AT\n2,CH\n", 3, ["2"],
         {"country": {"2": "CH"}}, {BAD_UID: 2}),
    Read("a uid beyond what doubles hold keeps every digit",
         b"uid,country\n9007199254740993,DE\n9007199254740992,AT\n1000000000000000000,CH\n", 3,
         ["1000000000000000000", "9007199254740992", "9007199254740993"],
         {"country": {"9007199254740993": "DE", "9007199254740992": "AT", "1000000000000000000": "CH"}}),
    Read("uids of mixed case are different", b"uid,country\nAna,DE\nana,AT\n", 2, ["Ana", "ana"],
         {"country": {"Ana": "DE", "ana": "AT"}}),
    Read("uids of other Unicode forms are the same", f"uid,country\n{COMPOSED},DE\n{APART},DE\n".encode(), 2,
         [COMPOSED], {"country": {COMPOSED: "DE"}}, repeated=1),
    Read("semicolons", "uid;country\n1;a,b\n2;Österreich\n".encode(), 2, ["1", "2"],
         {"country": {"1": "a,b", "2": "Österreich"}}),
    Read("Windows-1252", "uid;country\r\n1;Österreich\r\n2;€\r\n".encode("cp1252"), 2, ["1", "2"],
         {"country": {"1": "Österreich", "2": "€"}}, csv={"encoding": "windows-1252"}),
    Read("Latin-1, packed", gzip.compress("uid,country\n1,Österreich\n".encode("latin-1")), 1, ["1"],
         {"country": {"1": "Österreich"}}, csv={"encoding": "latin-1"}, name="2026-05-01.csv.gz"),
    Read("UTF-16, little end first, says so itself", b"\xff\xfe" + "uid\tcountry\r\n1\tÖ\r\n".encode("utf-16-le"),
         1, ["1"], {"country": {"1": "Ö"}}),
    Read("UTF-16, big end first, says so itself", b"\xfe\xff" + "uid|country\n1|日本\n".encode("utf-16-be"), 1, ["1"],
         {"country": {"1": "日本"}}),
    Read("UTF-16 without a mark, as its source says", "uid,country\n1,日本\n".encode("utf-16-le"), 1, ["1"],
         {"country": {"1": "日本"}}, csv={"encoding": "utf-16-le"}),
    Read("a mark of UTF-8 goes before what the source says", "\ufeffuid,country\n1,Österreich\n".encode(), 1, ["1"],
         {"country": {"1": "Österreich"}}, csv={"encoding": "windows-1252"}),
    Read("an empty column, and columns without a name", b"uid,country,,\n1,,x,\n2,,,y\n", 2, ["1", "2"],
         {"country": {}}),
    Read("decimal commas, thousands with points or spaces",
         "uid;score;spent\n1;1.234,56;1.234,56\n2;12,5;-0,5\n3;1\u202f234\u202f567;7\n4;;\n".encode(), 4,
         ["1", "2", "3", "4"],
         {"score": {"1": 1234.56, "2": 12.5, "3": 1234567.0},
          "spent": {"1": Decimal("1234.56"), "2": Decimal("-0.50"), "3": Decimal("7.00")}}, csv={"decimal": ","}),
    Read("a decimal point where commas are said is not guessed at", b"uid;score\n1;12.5\n2;1.234\n", 2, ["1", "2"],
         {"score": {"2": 1234.0}}, missing={f"label 'score', {NO_NUMBER}": 1}, csv={"decimal": ","}),
    Read("a decimal comma where points are usual is not guessed at", b"uid;score\n1;12,5\n2;12.5\n", 2, ["1", "2"],
         {"score": {"2": 12.5}}, missing={f"label 'score', {NO_NUMBER}": 1}),
    Read("two formats of dates, and ISO beside them",
         b"uid,born\n1,25.12.1999\n2,12/25/1999\n3,1999-12-25\n4,31.02.1999\n5,\n", 5, ["1", "2", "3", "4", "5"],
         {"born": dict.fromkeys("123", date(1999, 12, 25))}, missing={f"label 'born', {NO_DATE}": 1},
         csv={"dates": ["DD.MM.YYYY", "MM/DD/YYYY"]}),
    Read("a day that two formats read differently is not guessed at",
         b"uid,born\n1,03/04/1999\n2,25/12/1999\n3,12/25/1999\n4,05/05/1999\n", 4, ["1", "2", "3", "4"],
         {"born": {"2": date(1999, 12, 25), "3": date(1999, 12, 25), "4": date(1999, 5, 5)}},
         missing={f"label 'born', {NO_DATE}": 1}, csv={"dates": ["DD/MM/YYYY", "MM/DD/YYYY"]}),
    Read("quoted line breaks, CRLF and an empty line at the end", b'uid,country\r\n1,"a\r\nb"\r\n2,""\r\n\r\n', 2,
         ["1", "2"], {"country": {"1": "a\r\nb"}}),
    Read("a header and no rows", b"uid,country\n", 0, []),
]  # fmt: skip


def write(shop: Made, content: bytes, name: str) -> None:
    path = shop.folder / "sources/users" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_each_row_is_read_right_or_refused_by_reason(shop: Made, case: Read) -> None:
    shop.users_mapping = {"csv": case.csv} if case.csv else {}
    write(shop, case.content, case.name)
    report = shop.load().role("users")
    assert shop.stored.uids().to_pylist() == case.uids
    assert {code: shop.label(code, "2026-05-01") for code in case.labels} == case.labels
    assert {count.what: count.count for count in report.refused} == case.refused
    assert {count.what: count.count for count in report.values if count.what.startswith("label")} == case.missing
    assert (report.read, report.duplicate) == (case.rows, case.repeated)
    assert report.kept + report.duplicate + sum(case.refused.values()) == case.rows


REFUSED: list[tuple[str, bytes, Row, str]] = [
    ("an unterminated quote", b'uid,country\n1,DE\n2,"secret\n3,AT\n', {}, "line 3: a quote that does not end"),
    ("an unterminated quote in UTF-16", b"\xff\xfe" + 'uid,country\n1,DE\n2,"secret\n'.encode("utf-16-le"), {},
     "line 3: a quote that does not end"),
    ("too few fields", b"uid;country\n1;DE\nsecret\n", {}, "line 3: found 1 fields; expected 2"),
    ("too many fields", b"uid;country\n1;DE\n2;secret;x\n", {}, "line 3: found 3 fields; expected 2"),
    ("Windows-1252 that is not said", "uid,country\n1,secret é\n".encode("cp1252"), {},
     'line 2: bytes that are not UTF-8; save the file as UTF-8, or say its encoding in the source\'s settings, such as '
     'csv = {encoding = "windows-1252"}'),
    ("bytes that Windows-1252 does not have", b"uid,country\n1,DE\n2,secret\x81\n", {"encoding": "windows-1252"},
     "line 3: bytes that are not cp1252"),
    ("UTF-16 that is cut off", b"\xff\xfe" + "uid,country\n1,secret\n".encode("utf-16-le")[:-1], {},
     "bytes that are not utf-16"),
    ("UTF-16 without a mark that is not said", "uid,country\n1,secret\n".encode("utf-16-be"), {}, "NUL characters"),
    ("UTF-16 of which it is not said which", "uid,country\n1,secret\n".encode("utf-16-be"), {"encoding": "utf-16"},
     "expected `encoding` as 'utf-16-le' or 'utf-16-be'"),
    ("a header that either delimiter may divide", b"uid;a,country\n1;2,secret\n", {},
     "the header does not say whether comma or semicolon stands between the columns"),
    ("a packed file that is cut off", gzip.compress(b"uid,country\n1,secret\n")[:-9], {}, "2026-05-01.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "content", "form", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_file_that_cannot_be_read_for_certain_is_refused_whole(
    shop: Made, what: str, content: bytes, form: Row, words: str
) -> None:
    shop.users_mapping = {"csv": form} if form else {}
    shop.users("2026-04-01", {"uid": "ana"})
    write(shop, content, "2026-05-01.csv.gz" if "packed" in what else "2026-05-01.csv")
    with pytest.raises(DataProblem) as refused:
        shop.load()
    assert "sources/users/2026-05-01.csv" in str(refused.value)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)
    assert not (shop.data / "manifest.json").exists()


def test_instants_are_read_by_the_formats_of_their_source_in_its_zone(shop: Made) -> None:
    shop.users("2026-05-01", {"uid": "ana"})
    shop.events_mapping = {
        "zone": "Europe/Berlin",
        "csv": {"dates": ["DD.MM.YYYY HH:mm", "M/D/YYYY h:mm:ss A", "DD.MM.YYYY"]},
    }
    texts = [
        "01.05.2026 00:30",
        "5/1/2026 1:00:00 PM",
        "02.05.2026",
        "2026-05-02T10:00:00Z",
        "2026-05-02 10:00",
        "99.99.2026",
    ]
    shop.events("a.csv", *(event("ana", "seen", text, str(number)) for number, text in enumerate(texts)))
    report = shop.load().role("events")
    assert [(at, day) for _, _, at, day in shop.stored_events()] == [
        ("2026-04-30 22:30:00", "2026-04-30"),
        ("2026-05-01 11:00:00", "2026-05-01"),
        ("2026-05-01 22:00:00", "2026-05-01"),
        ("2026-05-02 08:00:00", "2026-05-02"),
        ("2026-05-02 10:00:00", "2026-05-02"),
    ]
    assert [(count.what, count.count) for count in report.refused] == [("an instant that cannot be read", 1)]
    assert report.kept + 1 == report.read == len(texts)


def test_users_of_a_csv_file_meet_their_events_in_any_form_of_the_uid(shop: Made) -> None:
    write(shop, b"uid;country\n7.0;DE\n\xef\xbb\xbf;x\n", "2026-05-01.csv")
    shop.events("a", event("7", "seen", "2026-05-01 10:00", "k"))
    assert shop.load().role("events").kept == 1


def test_text_is_turned_into_utf8_piece_by_piece(shop: Made) -> None:
    """Characters of two and four bytes stand across the borders between pieces of a megabyte."""
    rows = "".join(f"{number};{'é𝄞' * 30}\n" for number in range(20_000))
    write(shop, b"\xff\xfe" + f"uid;country\n{rows}".encode("utf-16-le"), "2026-05-01.csv")
    report = shop.load().role("users")
    assert (report.read, report.kept) == (20_000, 20_000)
    assert set(shop.label("country", "2026-05-01").values()) == {"é𝄞" * 30}
    assert not list(shop.folder.rglob("in_utf8*"))


def test_a_file_is_read_again_once_its_source_says_how_it_is_written(shop: Made) -> None:
    write(shop, b"uid;spent\n1;1,50\n", "2026-05-01.csv")
    shop.load()
    assert shop.label("spent", "2026-05-01") == {}
    shop.users_mapping = {"csv": {"decimal": ","}}
    assert shop.load().is_new
    assert shop.label("spent", "2026-05-01") == {"1": Decimal("1.50")}
    assert not shop.load().is_new


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"encoding": "klingon"}, "found 'klingon'; expected an encoding such as"),
        ({"encoding": "rot13"}, "found 'rot13'; expected an encoding such as"),
        ({"delimiter": "x"}, "delimiter"),
        ({"dates": "DD.MM.YY"}, "found 'DD.MM.YY'; expected YYYY, MM, DD"),
        ({"dates": ["DD.MM.YYYY", "mm/dd/yyyy"]}, "found 'mm/dd/yyyy'"),
        ({"dates": "DD.MM.YYYY hh:mm"}, "expected HH, or both h and A"),
        ({"decimals": ","}, "decimals"),
    ],
)
def test_settings_that_say_nothing_known_are_refused(shop: Made, form: Row, words: str) -> None:
    shop.users_mapping = {"csv": form}
    with pytest.raises(DefinitionError) as refused:
        shop.load()
    assert words in str(refused.value)
