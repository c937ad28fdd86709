"""Tables of a DuckDB file and queries over files: read exactly, again when they have changed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import duckdb
import pytest

from segkit.data.doctor import examine_data
from segkit.data.settings import read_settings
from segkit.errors import Busy, Cancelled, DataProblem, DefinitionError

from .made import APP, Made, Row, event, user

BIG = 2**100 + 1
USERS_TABLE = {"files": None, "data_date": None, "duckdb": "shop.duckdb", "table": "crm.people"}


def in_duckdb(shop: Made, *statements: str) -> None:
    shop.folder.mkdir(exist_ok=True)
    with duckdb.connect(str(shop.folder / "shop.duckdb")) as connection:
        for statement in ("CREATE SCHEMA IF NOT EXISTS crm", *statements):
            connection.execute(statement)


@pytest.fixture
def people(shop: Made) -> Made:
    """Users in a DuckDB file, and one event of ana."""
    in_duckdb(
        shop,
        "CREATE TABLE crm.people (uid VARCHAR, country VARCHAR, spent DOUBLE)",
        "INSERT INTO crm.people VALUES ('ana', 'DE', 1.25), ('bo', NULL, 2.50)",
    )
    shop.users_mapping = dict(USERS_TABLE)
    shop.events("a", event("ana", "seen", "2026-05-01 10:00", "1"))
    return shop


# --- a DuckDB file ----------------------------------------------------------------------------------------------------


def test_a_table_of_a_duckdb_file_is_read_when_it_has_changed_and_else_not(people: Made) -> None:
    report = people.load()
    assert people.stored.uids().to_pylist() == ["ana", "bo"]
    assert people.label("country", "2026-05-02") == {"ana": "DE"}
    assert (report.role("users").read, report.role("users").kept) == (2, 2)
    assert not people.load().is_new
    in_duckdb(people, "UPDATE crm.people SET country = 'AT' WHERE uid = 'bo'")
    assert people.load().is_new
    assert people.label("country", "2026-05-02") == {"ana": "DE", "bo": "AT"}


def test_every_type_keeps_all_that_it_says(shop: Made) -> None:
    in_duckdb(
        shop,
        f"CREATE TABLE crm.people AS SELECT {BIG}::HUGEINT AS uid, 'DE'::ENUM('DE', 'AT') AS country, "
        "0.1::DECIMAL(38, 20) + 0.00 AS spent, '2026-02-03'::TIMESTAMP_S AS born, [1, 2]::HUGEINT[] AS likes, "
        "TRUE AS vip, 1e300 AS score",
    )
    shop.users_mapping = dict(USERS_TABLE)
    shop.load()
    assert shop.stored.uids().to_pylist() == [str(BIG)] == ["1267650600228229401496703205377"]
    found = {
        code: list(shop.label(code, "2026-12-01").values()) for code in ("country", "born", "likes", "vip", "score")
    }
    assert found == {
        "country": ["DE"], "born": [date(2026, 2, 3)], "likes": [["1", "2"]], "vip": [True], "score": [1e300],
    }  # fmt: skip


def test_a_view_is_read_and_one_that_reads_other_files_is_not(people: Made) -> None:
    secret = people.users("2026-01-01", user("eve"))
    in_duckdb(people, "CREATE VIEW crm.some AS SELECT * FROM crm.people WHERE uid = 'ana'",
              f"CREATE VIEW crm.others AS SELECT * FROM '{secret}'")  # fmt: skip
    people.users_mapping["table"] = "crm.some"
    people.load()
    assert people.stored.uids().to_pylist() == ["ana"]
    people.users_mapping["table"] = "crm.others"
    with pytest.raises(DataProblem, match=r"shop\.duckdb: 'crm\.others' is a view that reads other files"):
        people.load()


def test_a_table_that_is_not_there_is_refused_with_the_nearest(people: Made) -> None:
    people.users_mapping["table"] = "crm.peple"
    with pytest.raises(DataProblem) as refused:
        people.load()
    assert str(refused.value) == ("shop.duckdb: no table 'crm.peple'. Did you mean 'crm.people'? It has: crm.people.")


HOLDING = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO crm.people VALUES ('cem', 'CH', 3)")
print("open", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_process_writes_is_refused_by_its_number_and_read_afterwards(people: Made) -> None:
    command = [sys.executable, "-c", HOLDING, str(people.folder / "shop.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(Busy, match=f"shop.duckdb: process {writer.pid} has it open for writing"):
            people.load()
        assert not (people.data / "manifest.json").exists()
        writer.communicate("")
    people.load()
    assert people.stored.uids().to_pylist() == ["ana", "bo", "cem"]
    in_duckdb(people, "DELETE FROM crm.people")  # whoever comes next may write: nothing holds the file


def test_a_file_that_this_process_has_open_is_refused(people: Made) -> None:
    with duckdb.connect(str(people.folder / "shop.duckdb")), pytest.raises(Busy, match="open in this very process"):
        people.load()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_what_is_no_duckdb_file_is_refused(people: Made, content: bytes) -> None:
    (people.folder / "shop.duckdb").write_bytes(content)
    with pytest.raises(DataProblem, match=r"shop\.duckdb: (cannot be read as a DuckDB file|no table)"):
        people.load()
    (people.folder / "shop.duckdb").unlink()
    with pytest.raises(DataProblem, match=r"shop\.duckdb: no such file"):
        people.load()


def test_events_of_a_table_that_grows_count_once_by_their_key(shop: Made) -> None:
    shop.users("2026-05-01", user("ana"))
    first = "('ana', 'seen', TIMESTAMPTZ '2026-05-01 10:00+00', 'k1')"
    in_duckdb(shop, f'CREATE TABLE log AS SELECT * FROM (VALUES {first}) t(uid, event, "at", id)')
    shop.events_mapping = {"files": None, "duckdb": "shop.duckdb", "table": "log"}
    shop.load()
    in_duckdb(shop, "INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2026-05-02 10:00+00', 'k2')")
    report = shop.load().role("events")
    assert (report.read, report.kept, report.duplicate) == (2, 1, 1)
    assert len(shop.stored_events()) == 2
    in_duckdb(shop, "INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2026-05-03 10:00+00', NULL)")
    shop.load()
    in_duckdb(shop, "INSERT INTO log VALUES ('ana', 'seen', TIMESTAMPTZ '2026-05-04 10:00+00', 'k4')")
    with pytest.raises(DataProblem, match=r"changed since it was read, and 1 of its rows had no event key"):
        shop.load()


# --- a query over files -----------------------------------------------------------------------------------------------

JOIN = """
-- each order belongs to whoever owns the card; a user's own row says the rest
SELECT p.uid, p.country, sum(o.amount) AS spent
FROM 'sources/raw/people.parquet' p LEFT JOIN read_csv('sources/raw/orders*.csv', delim = ';') o USING (uid)
GROUP BY ALL --"""


@pytest.fixture
def queried(shop: Made) -> Made:
    """Users that a query makes of a Parquet file and of CSV files."""
    raw = shop.folder / "sources/raw"
    raw.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT * FROM (VALUES ('ana', 'DE'), ('bo', 'AT')) t(uid, country)) TO '{raw}/people.parquet'")
    (raw / "orders1.csv").write_text("uid;amount\nana;1.25\n", encoding="utf-8")
    (raw / "orders2.csv").write_text("uid;amount\nana;2.25\n", encoding="utf-8")
    query(shop, JOIN)
    return shop


def query(shop: Made, text: str, **more: object) -> None:
    reads = ["sources/raw/people.parquet", "sources/raw/orders*.csv"]
    shop.users_mapping = {"files": None, "data_date": None, "query": text, "reads": reads} | more


def test_a_query_is_read_when_its_words_or_its_files_have_changed_and_else_not(queried: Made) -> None:
    queried.load()
    assert {uid: str(value) for uid, value in queried.label("spent", "2026-12-01").items()} == {"ana": "3.50"}
    assert not queried.load().is_new
    (queried.folder / "sources/raw/orders3.csv").write_text("uid;amount\nbo;4\n", encoding="utf-8")
    assert queried.load().is_new
    assert {uid: str(value) for uid, value in queried.label("spent", "2026-12-01").items()} == {
        "ana": "3.50",
        "bo": "4.00",
    }
    query(queried, JOIN.replace("p.country", "upper(p.country) AS country"))
    assert queried.load().is_new
    assert not queried.load().is_new


def test_the_folder_that_a_process_is_in_does_not_matter(
    queried: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    (other / "sources/raw").mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT 'eve' AS uid, 'XX' AS country) TO '{other}/sources/raw/people.parquet'")
    monkeypatch.chdir(other)
    queried.load()
    assert queried.stored.uids().to_pylist() == ["ana", "bo"]


OTHER_FILE = "may read the files of its `reads` and nothing else"
FORBIDDEN = [
    ("another file", "SELECT * FROM '{secret}'", OTHER_FILE),
    ("another file by going up", "SELECT * FROM 'sources/raw/../secret.parquet'", OTHER_FILE),
    ("a file of the system", "SELECT content AS uid FROM read_text('/etc/hostname')", OTHER_FILE),
    ("names of files", "SELECT file AS uid FROM glob('{folder}/**')", OTHER_FILE),
    ("the network", "SELECT * FROM read_csv('https://example.org/users.csv')", OTHER_FILE),
    ("a database beside it", "SELECT * FROM read_duckdb('{folder}/shop.duckdb')", OTHER_FILE),
    ("writing", "COPY (SELECT 1) TO '{target}'", "found COPY; expected one SELECT"),
    ("writing within", "WITH x AS (COPY (SELECT 1 AS a) TO '{people}' (FORMAT parquet, USE_TMP_FILE false)) "
     "SELECT * FROM x", "found COPY inside the SELECT"),
    ("inserting within", "WITH x AS (INSERT INTO t VALUES (1)) SELECT 1 AS uid", "found INSERT inside the SELECT"),
    ("a query in a text", "SELECT * FROM query('WITH x AS (COPY (SELECT 1) TO ''{people}'' (USE_TMP_FILE false)) "
     "SELECT 1')", "found the function query"),
    ("a query in a text that is called by another name", 'SELECT * FROM main."QUERY"(\'SELECT 1\')',
     "found the function query"),
    ("attaching", "ATTACH '{folder}/shop.duckdb'", "found ATTACH; expected one SELECT"),
    ("a setting", "SET enable_external_access = true", "found SET; expected one SELECT"),
    ("a setting by a function", "SELECT * FROM enable_logging()", "failed on the rows of its files"),
    ("an extension", "INSTALL httpfs", "found LOAD; expected one SELECT"),
    ("two statements", "SELECT 1 AS uid; SELECT 2 AS uid", "found SELECT, SELECT; expected one SELECT"),
    ("nothing", "-- nothing", "found nothing; expected one SELECT"),
    ("no SQL", "SELEC uid", "syntax error"),
    ("no such column", "SELECT nme FROM 'sources/raw/people.parquet'", '"nme" not found'),
    ("a variable of Python", "SELECT * FROM secret_frame", "secret_frame"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "words"), FORBIDDEN, ids=[case[0] for case in FORBIDDEN])
def test_a_query_does_nothing_but_read_the_files_it_names(queried: Made, what: str, text: str, words: str) -> None:
    secret_frame = duckdb.sql("SELECT 'eve' AS uid")
    assert secret_frame is not None
    folder = queried.folder
    in_duckdb(queried, "CREATE TABLE secret AS SELECT 'eve' AS uid")
    duckdb.sql(f"COPY (SELECT 'eve' AS uid) TO '{folder}/sources/secret.parquet'")
    people, target = folder / "sources/raw/people.parquet", folder / "target.parquet"
    before = people.read_bytes()
    secret = folder / "sources/secret.parquet"
    query(queried, text.format(secret=secret, folder=folder, people=people, target=target))
    with pytest.raises(DataProblem) as refused:
        queried.load()
    assert words in str(refused.value)
    assert "eve" not in str(refused.value)
    assert people.read_bytes() == before
    assert not target.exists()
    assert not (queried.data / "manifest.json").exists()


def test_what_fails_on_a_row_is_said_without_the_row(queried: Made) -> None:
    query(queried, "SELECT CAST(country AS INTEGER) AS uid FROM 'sources/raw/people.parquet'")
    with pytest.raises(DataProblem, match=r"failed on the rows of its files \(Conversion\)") as refused:
        queried.load()
    assert "DE" not in str(refused.value)


def test_a_pattern_of_reads_without_files_is_refused(queried: Made) -> None:
    query(queried, JOIN, reads=["sources/raw/*.json"])
    with pytest.raises(DataProblem, match=r"no file matches 'sources/raw/\*\.json' of its `reads`"):
        queried.load()


def test_a_query_over_much_is_cancelled_soon(queried: Made) -> None:
    query(queried, "SELECT sum(a.range + b.range) AS uid FROM range(10000000) a, range(10000000) b")
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        queried.load(cancel=cancel)
    assert not (queried.data / ".load").exists()


# --- which of them, and how changes are seen --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"files": None}, "found none of them; expected exactly one of `files`"),
        ({"duckdb": "a.duckdb", "table": "t"}, "found `files` and `duckdb`; expected exactly one"),
        ({"files": None, "duckdb": "a.duckdb"}, "expected `duckdb` with `table`"),
        ({"files": None, "query": "SELECT 1"}, "expected `query` with `reads`"),
        ({"files": None, "postgres": "URL"}, "expected `postgres` with `table` or `query`"),
        ({"files": None, "postgres": "URL", "table": "t", "query": "SELECT 1"}, "`postgres` with `table` or `query`"),
        ({"reads": ["a"]}, "`reads` goes with a `query`"),
        ({"files": None, "duckdb": "a.duckdb", "table": "a.b.c", "data_date": None}, "found 'a.b.c'"),
        ({"files": None, "duckdb": "a.duckdb", "table": "t"}, '`data_date = "file"` reads it from the names'),
        ({"files": None, "duckdb": "a", "table": "t", "csv": {"decimal": ","}, "data_date": None}, "`csv` goes with"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_together_are_refused(shop: Made, mapping: Row, words: str) -> None:
    shop.users_mapping = mapping
    with pytest.raises(DefinitionError) as refused:
        shop.load()
    assert words in str(refused.value)


def touched(path: Path, seconds: int) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def test_a_file_that_was_only_touched_is_new_by_its_time_and_not_by_its_content(shop: Made) -> None:
    shop.users_mapping = {"fingerprint": "content"}
    path = shop.users("2026-05-01", user("ana"))
    shop.load()
    touched(path, 60)
    assert not shop.load().is_new
    shop.users_mapping = {}
    assert shop.load().is_new


def test_a_change_that_keeps_size_and_time_is_seen_by_content_where_that_is_asked_for(shop: Made) -> None:
    def overwrite(country: str) -> None:
        path = shop.folder / "sources/users/2026-05-01.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"uid,country\nana,{country}\n", encoding="utf-8")
        os.utime(path, ns=(10**18, 10**18))

    overwrite("DE")
    shop.load()
    overwrite("AT")
    assert not shop.load().is_new
    shop.users_mapping = {"fingerprint": "content"}
    assert not shop.load().is_new  # what was read is taken at its word until it changes
    shop.load(rebuild=True)
    overwrite("CH")
    assert shop.load().is_new
    assert shop.label("country", "2026-05-01") == {"ana": "CH"}


# --- the doctor -------------------------------------------------------------------------------------------------------


def test_the_doctor_looks_into_tables_and_queries_too(people: Made) -> None:
    people.users_mapping["uid"] = "uuid"
    people.write_settings()
    found = [finding.what for finding in examine_data(people.folder, read_settings(people.folder), APP)]
    assert any("shop.duckdb, table crm.people has no column 'uuid'. Did you mean 'uid'?" in what for what in found)
    people.users_mapping |= {"uid": "uid", "table": "crm.nothing"}
    people.write_settings()
    found = [finding.what for finding in examine_data(people.folder, read_settings(people.folder), APP)]
    assert any("no table 'crm.nothing'" in what for what in found)


def test_what_a_killed_writer_left_in_the_log_beside_the_file_is_read(people: Made) -> None:
    people.load()
    command = [sys.executable, "-c", HOLDING, str(people.folder / "shop.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        writer.kill()
    assert people.load().is_new
    assert people.stored.uids().to_pylist() == ["ana", "bo", "cem"]
    assert not people.load().is_new
