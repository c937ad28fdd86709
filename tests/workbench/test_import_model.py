"""The import panel's model without a browser: files in pieces, bad ones, what became of rows, and hostile messages."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import segkit
from segkit.workbench.panels.importing.model import ImportModel
from tests.small_workspace import SmallWorkspace

FILE = b"E-Mail,Note\nana@example.com,%s\nnobody@example.org,\nno-address,\nANA@example.com,again\n"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorkspace]:
    """One for all tests, of which each imports another file under another name."""
    small = SmallWorkspace(tmp_path_factory.mktemp("lists") / "workspace")
    small.user("ana", email="ana@example.com", country="DE")
    small.user("bo", email="bo@example.com", country="DE")
    yield small
    small.close()


@pytest.fixture
def model(shop: SmallWorkspace) -> Iterator[ImportModel]:
    made = ImportModel(shop.app, most=1_000_000)
    yield made
    made.close()


@pytest.fixture
def ask(model: ImportModel) -> Ask:
    """Asks the model as a view does; the answer, with the bytes that came along under `bytes`."""
    told: list[dict[str, Any]] = []
    model.tell = lambda message, buffers=(): told.append({**message, "bytes": b"".join(buffers)})

    def asking(do: str, piece: bytes | None = None, **more: Any) -> dict[str, Any]:
        told.clear()
        model.receive({"do": do, "ask": 1, **more}, [] if piece is None else [piece])
        model.wait()
        return next(message for message in told if message["kind"] == "answer")

    return asking


def bring(ask: Ask, content: bytes, name: str = "spring.csv", size: int | None = None) -> dict[str, Any]:
    assert "refused" not in ask("begin", name=name, size=len(content) if size is None else size)
    for at in range(0, len(content), 40):
        assert "refused" not in ask("piece", content[at : at + 40], at=at)
    return ask("look")


def uploads(shop: SmallWorkspace) -> list[Path]:
    return list((shop.folder / "imports" / ".reading").glob("*"))


def test_a_file_that_comes_in_pieces_is_looked_at_imported_and_gone(shop: SmallWorkspace, ask: Ask) -> None:
    content = FILE % b"first"
    look = bring(ask, content)
    assert (look["file"], look["rows"], look["headings"], look["columns"]) == (
        "spring.csv", 4, ["E-Mail", "Note"], {"email": 0},
    )  # fmt: skip
    (folder,) = uploads(shop)
    (held,) = folder.iterdir()
    assert (held.name, held.read_bytes()) == ("list.csv", content)
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    report = ask("import", name="Spring", param1=1)["report"]
    counts = {key: report[key] for key in ("rows", "matched", "external", "rejected", "duplicate", "held_back")}
    assert counts == {"rows": 4, "matched": 1, "external": 1, "rejected": 1, "duplicate": 1, "held_back": 1}
    assert report["columns"] == {"email": "E-Mail", "param1": "Note"}
    (rejected,) = report["examples"]["rejected"]
    assert (rejected["row"], rejected["email"]) == (4, "n•••")
    assert rejected["reason"] == "The e-mail is no valid address; see that it is spelled right."
    assert "ana@" not in str(report)
    assert "nobody@" not in str(report)
    assert uploads(shop) == []
    assert shop.app.segment("Spring").count == 1


def test_the_rejected_rows_go_out_are_mended_and_are_added(shop: SmallWorkspace, ask: Ask) -> None:
    bring(ask, FILE % b"mend")
    made = ask("import", name="To mend")["report"]
    answer = ask("failures", list=made["id"], format="csv", at=0)
    assert (answer["name"], answer["size"]) == ("mend.csv", len(answer["bytes"]))
    assert b"no-address" in answer["bytes"]
    assert uploads(shop) == []
    bring(ask, answer["bytes"].replace(b"no-address", b"bo@example.com"), "mend.csv")
    report = ask("import", into=made["id"], mode="add")["report"]
    assert (report["name"], report["version"], report["matched"], report["list_users"]) == ("To mend", 2, 1, 2)
    versions = ask("versions", list=made["id"])["versions"]
    assert [(each["number"], each["cause"], each["mode"], each["users"]) for each in versions] == [
        (2, "a file", "add", 2), (1, "a file", "replace", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "It is a PDF, whatever its name says"),
        (b"PK\x03\x04 nothing of a workbook", ""),
        (b'email\n"ana', ""),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words_and_is_gone(
    shop: SmallWorkspace, ask: Ask, content: bytes, words: str
) -> None:
    refused = bring(ask, content)["refused"]
    assert words in refused
    assert "list.csv" not in refused
    assert str(shop.folder) not in refused
    assert uploads(shop) == []


def test_a_file_without_known_headings_says_so_and_takes_what_columns_one_names(ask: Ask) -> None:
    look = bring(ask, b"Wer,Was,P1\nana,x,y\n")
    assert look["columns"] == {}
    assert look["problem"].startswith("No column is known to hold e-mails, mobiles or uids: found ‘Wer’, ‘Was’")
    report = ask("import", name="Wer", uid=0, param1=-1)["report"]  # a heading that is known is left out, too
    assert (report["matched"], report["rejected"], report["columns"]) == (1, 0, {"uid": "Wer"})


def test_the_values_of_a_file_without_headings_are_not_shown(ask: Ask) -> None:
    look = bring(ask, b"mary@example.com,x\nana@example.com,y\n")
    assert "mary" not in str(look)
    assert look["headings"][0] == "m•••@e•••.com"
    assert look["problem"].startswith("The first row holds values instead of headings")


def test_the_same_file_again_is_asked_about_and_names_are_looked_at_as_they_are_typed(ask: Ask) -> None:
    bring(ask, FILE % b"names")
    ask("import", name="Fair")
    assert ask("name", name="Summer")["problem"] == ""
    assert ask("name", name=" fAIR ")["problem"].startswith("‘fAIR’ is in this app already, as ‘Fair’.")
    assert ask("name", name="x" * 65)["problem"].startswith("Found a name of 65 characters; expected at most 64")
    bring(ask, FILE % b"names")
    assert ask("import", name="Fair")["refused"].startswith("Not imported: ‘Fair’ exists in this app.")
    before = ask("import", name="Fair again")["before"]
    assert before.startswith("This file was imported before, into ‘Fair’ (")
    assert "--again" not in before
    assert ask("import", name="Fair again", again=True)["report"]["matched"] == 1


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_template_comes_as_a_file(ask: Ask, form: str) -> None:
    answer = ask("template", format=form, at=0)
    assert answer["name"] == f"segkit-list.{form}"
    assert answer["bytes"].startswith(b"PK" if form == "xlsx" else b"\xef\xbb\xbfemail,mobile,uid,param1")


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("begin", {"name": "x.csv", "size": 1_000_001}), ("begin", {"name": "x.csv", "size": 0}),
        ("begin", {"name": "x.csv", "size": "1"}), ("begin", {"name": "x" * 2_000, "size": 1}),
        ("piece", {"at": 0}), ("look", {}), ("import", {"name": "X"}), ("failures", {"list": "nothing", "at": 0}),
        ("template", {"format": "../../x", "at": 0}), ("template", {"format": "csv", "at": 5}),
        ("versions", {"list": "'; DROP TABLE segments"}), ("rows", {"list": "Germans", "status": 1}),
    ],
)  # fmt: skip
def test_what_is_hostile_is_refused_and_the_next_is_answered(ask: Ask, do: str, more: dict[str, Any]) -> None:
    assert ask(do, **more)["refused"]
    assert ask("name", name="Another")["problem"] == ""


def test_pieces_that_are_not_the_next_or_too_long_are_refused(shop: SmallWorkspace, ask: Ask) -> None:
    ask("begin", name="../../../etc/passwd\0.csv", size=10)
    assert ask("piece", b"12345", at=5)["refused"]
    assert ask("piece", b"12345678901", at=0)["refused"]
    assert ask("piece", b"12345", at=0)["received"] == 5
    assert ask("look")["refused"] == "The file is not here as a whole; choose it again."
    assert [path.name for folder in uploads(shop) for path in folder.iterdir()] == ["list.csv"]
    ask("discard")
    assert uploads(shop) == []


def test_columns_and_modes_that_are_none_are_refused(shop: SmallWorkspace, ask: Ask) -> None:
    bring(ask, FILE % b"columns")
    for more in ({"email": 2}, {"uid": -2}, {"mode": "overwrite"}, {"consented": "yes"}, {"region": "Germany!"}):
        assert ask("import", name="Spring", **more)["refused"]
    assert uploads(shop)


def test_a_closed_panel_leaves_no_file(shop: SmallWorkspace, model: ImportModel, ask: Ask) -> None:
    ask("begin", name="x.csv", size=3)
    assert uploads(shop)
    model.close()
    assert uploads(shop) == []


def test_who_may_not_edit_brings_nothing_in(shop: SmallWorkspace) -> None:
    path = shop.folder / "segkit.toml"
    path.write_text(path.read_text() + '[roles]\nviewer = ["vi"]\nadmin = ["tester"]\ndefault = "none"\n')
    workspace = segkit.open(shop.folder, actor="vi")
    model = ImportModel(workspace.app())
    told: list[dict[str, Any]] = []
    model.tell = lambda message, buffers=(): told.append(message)
    assert model.opening()["may_import"] is False
    model.receive({"do": "begin", "ask": 1, "name": "x.csv", "size": 3})
    model.wait()
    assert "`import_list` is not for ‘vi’" in told[0]["refused"]
    assert uploads(shop) == []
    model.close()
    workspace.close()
