"""What a CSV file's sample says of how it is written, and what it leaves open."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from segkit.data.dialect_settings import CsvFormat
from segkit.data.dialects import sniff
from segkit.errors import DataProblem


def write(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


CERTAIN: list[tuple[str, str | bytes, dict[str, Any]]] = [
    ("all as usual", "uid,born,spent\n1,1999-12-25,1.50\n2,,\n", {}),
    ("ISO instants", "uid,at\n1,2026-05-01 10:00:00\n2,2026-05-01T10:00:00.5Z\n", {}),
    ("semicolons, decimal commas", "uid;spent\n1;1.234,56\n2;7\n", {"decimal": ","}),
    ("decimal commas with many digits", "uid;spent\n1;0,5125\n", {"decimal": ","}),
    ("days before months, for one day is after the twelfth", "uid,born\n1,03/04/1999\n2,25/12/1999\n",
     {"dates": ["DD/MM/YYYY"]}),
    ("months before days", "uid,born\n1,3/4/1999\n2,12/25/1999\n", {"dates": ["M/D/YYYY"]}),
    ("days without zeros", "uid,born\n1,3.4.1999\n2,25.12.1999\n", {"dates": ["D.M.YYYY"]}),
    ("German days, with points", "uid;born\n1;03.04.1999 10:30\n2;25.12.1999 11:00\n", {"dates": ["DD.MM.YYYY HH:mm"]}),
    ("two formats in two columns", "uid,a,b\n1,25/12/1999,25.12.1999\n", {"dates": ["D/M/YYYY", "D.M.YYYY"]}),
    ("two formats in one column, each value of one", "uid,a\n1,25.12.1999\n2,12/25/1999\n3,1999-12-25\n",
     {"dates": ["D.M.YYYY", "M/D/YYYY"]}),
    ("one column says how another is read", "uid,a,b\n1,25/12/1999,03/04/1999\n", {"dates": ["DD/MM/YYYY"]}),
    ("hours until twelve", "uid,at\n1,12/25/2026 3:04 PM\n", {"dates": ["M/D/YYYY h:mm A"]}),
    ("UTF-8 with more than ASCII", "uid,city\n1,Zürich\n", {}),
    ("a mark of UTF-16", b"\xff\xfe" + "uid\tcity\n1\tZürich\n".encode("utf-16-le"), {}),
    ("telephone numbers, versions and addresses are no numbers and no dates",
     "uid,phone,version,ip\n1,+49 30 123,1.2.3,10.0.0.1\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "content", "settings"), CERTAIN, ids=[case[0] for case in CERTAIN])
def test_what_is_certain_is_proposed_without_a_question(
    tmp_path: Path, what: str, content: str | bytes, settings: dict[str, Any]
) -> None:
    found = sniff(write(tmp_path, content))
    assert (found.settings(), found.questions) == (settings, ())
    CsvFormat.model_validate(found.settings())


OPEN: list[tuple[str, str | bytes, str, tuple[str, ...]]] = [
    ("days or months", "uid,born\n1,03/04/1999\n2,05/06/1999\n", "dates", ("DD/MM/YYYY", "MM/DD/YYYY")),
    ("a day that is the same both ways tells nothing", "uid,born\n1,02/02/1999\n2,03/04/1999\n", "dates",
     ("DD/MM/YYYY", "MM/DD/YYYY")),
    ("both orders stand in one column, and one value fits both",
     "uid,born\n1,25/12/1999\n2,12/25/1999\n3,03/04/1999\n", "dates", ("DD/MM/YYYY", "MM/DD/YYYY")),
    ("thousands or decimals", "uid;spent\n1;1.234\n2;12.500\n", "decimal", (".", ",")),
    ("both marks", "uid;a;b;c\n1;1,5;1.5;2,5\n", "decimal", (",", ".")),
    ("either delimiter", "uid;a,b\n1;2,3\n", "delimiter", (",", ";")),
    ("an encoding that no byte tells", "uid,city\n1,Zürich\n".encode("cp1252"), "encoding",
     ("windows-1252", "iso-8859-15", "windows-1250")),
    ("UTF-16 without a mark", "uid,city\n1,Zurich\n".encode("utf-16-be"), "encoding", ("utf-16-be", "utf-16-le")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "content", "setting", "choices"), OPEN, ids=[case[0] for case in OPEN])
def test_what_is_open_is_asked_with_the_likeliest_first(
    tmp_path: Path, what: str, content: str | bytes, setting: str, choices: tuple[str, ...]
) -> None:
    (question,) = sniff(write(tmp_path, content)).questions
    assert (question.setting, question.choices) == (setting, choices)


def test_what_is_said_holds_no_value(tmp_path: Path) -> None:
    content = b"uid;name;born;spent\nsecret1;secret2;03/04/1999;77.123,45\n" + "x;secrét;;\n".encode("cp1252")
    found = sniff(write(tmp_path, content))
    said = " ".join([*found.evidence, *map(str, found.questions)])
    assert not any(value in said for value in ("secr", "03/04", "77.123"))
    assert found.evidence[1:] == (
        "delimiter: semicolons make 4 columns of the header",
        "decimal: 'spent' has 1 values with a decimal comma",
    )
    assert [question.columns for question in found.questions] == [(), ("born",)]


def test_a_large_file_is_looked_at_in_part_and_its_end_for_its_encoding(tmp_path: Path) -> None:
    rows = b"1,Zurich\n" * 400_000
    assert sniff(write(tmp_path, b"uid,city\n" + rows)).encoding == "utf-8"
    ended = write(tmp_path, b"uid,city\n" + rows + "2,Zürich\n".encode("cp1252"))
    assert sniff(ended).encoding == "windows-1252"
    assert sniff(write(tmp_path, b"uid,city\n" + rows + "2,Zürich\n".encode() * 100_000)).encoding == "utf-8"


def test_a_packed_file_is_looked_into_and_what_is_none_is_refused(tmp_path: Path) -> None:
    packed = write(tmp_path, gzip.compress(b"uid;spent\n1;1,5\n"), "people.csv.gz")
    assert sniff(packed).settings() == {"decimal": ","}
    with pytest.raises(DataProblem, match=r"people\.csv\.gz: cannot be read"):
        sniff(write(tmp_path, b"no packed file", "people.csv.gz"))
    with pytest.raises(DataProblem, match=r"people\.csv: empty"):
        sniff(write(tmp_path, b""))
