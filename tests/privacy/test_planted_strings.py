"""50 planted personal strings: a good and a failing night leave none of them outside `exports/`, `data/`, `imports/`.

`sources/` are the user's own files. In the catalog a rule's literals and personas stand in the documents, which are the
definition itself, and nowhere else.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import segkit
from segkit.errors import SegkitError
from segkit.nightly import run_night
from tests.privacy.decoding import told_in
from tests.privacy.planted import (
    DOCUMENTS,
    EMAILS,
    LABELS,
    NAMES,
    PLANTED,
    UIDS,
    declare,
    write_events,
    write_workspace,
)

Run = Callable[..., subprocess.CompletedProcess[str]]
MEANT = ("sources", "data", "imports", "exports")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[segkit.api.Workspace]:
    folder = tmp_path / "workspace"
    write_workspace(folder)
    workspace = segkit.open(folder, actor="night")
    workspace.load()
    for document in DOCUMENTS:
        workspace.app().save(document)
    given = tmp_path / "list.csv"
    rows = [f"{EMAILS[0]},,{NAMES[0]}", f",{UIDS[1]},{NAMES[1]}", f"{EMAILS[7]},{NAMES[2]},", f"{NAMES[3]},,"]
    given.write_text("\n".join(["email,uid,param1", *rows]) + "\n")
    report = workspace.app().import_list(given, name="Given")
    assert report.rows == 4
    assert [planted for planted in PLANTED if planted in repr(report) + report._repr_html_()] == []
    yield workspace
    workspace.close()


def leaks(folder: Path) -> list[str]:
    """Where a planted string stands that must not be there."""
    found = told_in(folder, PLANTED, MEANT)
    return [str(f) for f in found if not (f.file.startswith("catalog.sqlite") and f.place in _OF_DOCUMENTS)]


#: The catalog's bytes hold its documents, so that only its cells can be told apart.
_OF_DOCUMENTS = ("versions.document", "raw")


def break_the_night(folder: Path) -> None:
    """Values that do not fit, users that nobody knows, labels of another type, an export without its segment."""
    odd = {"uid": [f"{NAMES[1]} x"], "mail": [EMAILS[4]], "mobile": ["x"], "full_name": [NAMES[2]], "born": [NAMES[3]]}
    pq.write_table(pa.table(odd), folder / "sources" / "users2.parquet")
    write_events(folder, "events2", [EMAILS[5], NAMES[4]], [NAMES[5], EMAILS[6]])
    declare(folder, [{**label, "type": "number"} if label["code"] == "mobile" else label for label in LABELS])


def test_there_are_50_of_them_and_the_search_sees_them_where_they_are_meant_to_be(shop: segkit.api.Workspace) -> None:
    assert len(set(PLANTED)) == 50
    shop.app().export_due()
    assert {found.string for found in told_in(shop.folder, PLANTED, ("sources", "imports", "exports"))} == set(PLANTED)
    given = {found.string for found in told_in(shop.folder, PLANTED, ("sources", "data", "exports", "catalog.sqlite"))}
    assert given >= {EMAILS[0], EMAILS[7], UIDS[1], *NAMES[:4]}
    exported = {found.string for found in told_in(shop.folder, PLANTED, ("sources", "data", "catalog.sqlite"))}
    assert exported >= {*UIDS[:3], *EMAILS[:3], *NAMES[:3]}


def test_a_good_night_leaves_none(
    shop: segkit.api.Workspace, segkit_process: Run, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        report = run_night(shop)
    assert report.failed == []
    told = capfd.readouterr()
    texts = [repr(report), caplog.text, told.out, told.err, repr(shop.audit()), shop.audit()._repr_html_()]
    done = segkit_process("nightly", "-w", shop.folder)
    texts += [done.stdout, done.stderr]
    assert [planted for planted in PLANTED for text in texts if planted in text] == []
    assert (shop.folder / "exports" / "shop-crm-2024-11-07.zip").exists()
    assert leaks(shop.folder) == []


def test_a_failing_night_leaves_none(shop: segkit.api.Workspace, segkit_process: Run, tmp_path: Path) -> None:
    break_the_night(shop.folder)
    shop.close()
    done = segkit_process("nightly", "-w", shop.folder, code=5)
    assert "load" in done.stderr
    assert "By mobile" in done.stderr
    texts = [done.stdout, done.stderr]
    with pytest.raises(SegkitError) as failed:
        segkit.open(shop.folder, actor="night").load()
    texts += [str(failed.value), repr(failed.value)]
    for words in (
        "doctor",
        "load --rebuild",
        "load --rebuild --accept-drift",
        "load --last",
        "history;By name",
        "audit",
    ):
        done = _whatever_comes(shop.folder, *words.replace(" --", ";--").split(";"))
        texts += [done.stdout, done.stderr]
    assert [planted for planted in PLANTED for text in texts if planted in text] == []
    assert leaks(shop.folder) == []


def _whatever_comes(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command, however it ends."""
    command = [sys.executable, "-m", "segkit.cli", *words, "-w", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nobody_is_told_of_a_persona_or_a_uid_in_clear(shop: segkit.api.Workspace, segkit_process: Run) -> None:
    app = shop.app()
    document = {**DOCUMENTS[2], "id": app.segment("By name").id, "personas": {"in": [UIDS[1]]}}
    with pytest.raises(SegkitError) as refused:
        app.save(document)
    shown = [str(refused.value), repr(app.members("By mail", labels=["mail", "mobile", "full_name"]))]
    shown += [repr(app.evidence(UIDS[0], "By mail")), repr(app.values("full_name")), repr(app.estimate("By name"))]
    shown += [app.estimate("By address")._repr_html_(), repr(app.history("By mobile")), repr(app.document("By mail"))]
    done = segkit_process("members", "By mail", "--labels", "mail,full_name", "-w", shop.folder)
    shown += [done.stdout, done.stderr]
    assert [planted for planted in PLANTED for text in shown if planted in text] == []
    clear = app.members("By mail", labels=["mail"], unmask=True)
    assert clear["uid"].tolist() == UIDS[:3]
    assert clear["mail"].tolist() == EMAILS[:3]
    (entry,) = shop.audit(action="unmask")
    assert entry.detail == {"labels": ["uid", "mail"], "users": 3, "as_of": "2024-11-07"}
    assert app.evidence(UIDS[0], "By mail", unmask=True)[0].seen == EMAILS[0]
    assert shop.audit(action="unmask", limit=1)[0].detail["labels"] == ["mail"]
