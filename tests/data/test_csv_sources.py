"""CSV is read strictly, as text; what is wrong is said by its place, and never by what stands there."""

from __future__ import annotations

import gzip

import pytest

from segkit.errors import DataProblem

from .made import Made, user

SECRET = "ana@example.org"


def users_csv(shop: Made, content: bytes, name: str = "2026-05-01.csv") -> None:
    path = shop.folder / "sources/users" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f'uid,country\n1,DE\n2,"{SECRET}\n3,x\n', "line 3: a quote that does not end"),
        (f'uid,country\n1,DE\n2,"{SECRET}"x\n3,x\n', "line 3: a quote that does not end"),
        (f"uid,country\n1,DE\n{SECRET}\n", "line 3: found 1 fields; expected 2"),
        (f"uid,country\n1,DE\n2,{SECRET},x\n", "line 3: found 3 fields; expected 2"),
        (f"uid,country\n1,{SECRET}\xff\n", "line 2: bytes that are not UTF-8"),
        (f"uid,country\n1,x\r\n2,y\n3,{SECRET}\r\n", "line ends are all alike"),
        ("uid,uid\n1,x\n", "found the column 'uid' twice in the header"),
        ("", "empty; expected CSV with the names of the columns"),
    ],
)
def test_what_is_not_csv_is_refused_by_its_place_without_its_content(shop: Made, content: str, words: str) -> None:
    users_csv(shop, content.encode("latin-1"))
    with pytest.raises(DataProblem) as refused:
        shop.load()
    assert words in str(refused.value)
    assert "sources/users/2026-05-01.csv" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert not (shop.data / "manifest.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        'uid,country\n1,"a, ""b""\nc"\n2,\n',
        '\ufeffuid,country\r\n1,"a, ""b""\nc"\r\n2,""\r\n',
        'uid;country\n1;"a, ""b""\nc"\n2;\n',
        'uid\tcountry\n1\t"a, ""b""\nc"\n2\t',
    ],
)
def test_quotes_line_breaks_marks_and_separators_are_read(shop: Made, content: str) -> None:
    users_csv(shop, content.encode("utf-8"))
    shop.load()
    assert shop.stored.uids().to_pylist() == ["1", "2"]
    assert shop.history("country") == {"1": [("2026-05-01", 'a, "b"\nc')]}


def test_a_packed_file_is_read(shop: Made) -> None:
    users_csv(shop, gzip.compress(b"uid,country\nana,DE\n"), "2026-05-01.csv.gz")
    shop.load()
    assert shop.label("country", "2026-05-01") == {"ana": "DE"}


def test_values_keep_their_zeros_and_words(shop: Made) -> None:
    users_csv(shop, b"uid,country\n007,NULL\n1e3,nan\nNA,true\n")
    shop.load()
    assert shop.label("country", "2026-05-01") == {"007": "NULL", "1e3": "nan", "NA": "true"}


def test_parquet_and_csv_may_stand_side_by_side_under_strange_names(shop: Made) -> None:
    users_csv(shop, b"uid,country\nana,DE\n", "2026-05-01 [a]*?.csv")
    users_csv(shop, b"uid,country\nzoe,DE\n", "2026-05-01 [a]x.csv")
    shop.users("2026-05-01 {b}'\"", user("bo"))
    report = shop.load()
    assert shop.stored.uids().to_pylist() == ["ana", "bo", "zoe"]
    assert report.role("users").read == 3


def test_a_file_of_another_kind_is_refused(shop: Made) -> None:
    users_csv(shop, b"{}", "2026-05-01.json")
    with pytest.raises(DataProblem, match=r"neither Parquet nor CSV"):
        shop.load()


@pytest.mark.parametrize("content", [b"", b"hello, this is no Parquet file", b"PAR1" + bytes(40) + b"PAR1"])
def test_what_is_not_parquet_is_refused_by_name(shop: Made, content: bytes) -> None:
    users_csv(shop, content, "2026-05-01.parquet")
    with pytest.raises(DataProblem, match=r"sources/users/2026-05-01\.parquet: cannot be read as Parquet"):
        shop.load()


def test_a_damaged_page_is_refused_by_the_name_of_its_file(shop: Made) -> None:
    rows = [user(f"u{n}", country=f"country {n}") for n in range(5000)]
    shop.users("2026-05-02", user("ana"))
    path = shop.users("2026-05-01", *rows)
    data = bytearray(path.read_bytes())
    data[200:1200] = bytes(1000)
    path.write_bytes(data)
    with pytest.raises(DataProblem, match=r"sources/users/2026-05-01\.parquet: cannot be read as Parquet"):
        shop.load()
