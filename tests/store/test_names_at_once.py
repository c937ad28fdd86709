"""Names that several processes want at once, in different spellings, with a pause injected: each goes to one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from segkit.definitions.documents import name_key
from segkit.store.catalog import open_catalog

SPELLINGS = 4
#: Asks for every name in one spelling. The pause lies where another may come between: after the name was found free.
_SAVER = """
import json, random, sys, time
from datetime import UTC, datetime
from pathlib import Path
from segkit.definitions.documents import parse_document
from segkit.errors import SegkitError
from segkit.store import saving
from segkit.store.catalog import open_catalog

folder, url = Path(sys.argv[1]), sys.argv[2] or None
number, names, pause = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
chance = random.Random(number)
refuse = saving._refuse_a_taken_name

def with_a_pause(*given):
    refuse(*given)
    time.sleep(chance.random() * pause)

saving._refuse_a_taken_name = with_a_pause
spell = (
    str,
    str.upper,
    lambda name: name.replace(" ", "\\u00a0 \\u2003"),
    lambda name: name.replace("ß", "ẞ").title(),
)[number]
order = list(range(names))
chance.shuffle(order)
got = []
with open_catalog(folder, url) as catalog:
    for n in order:
        document = parse_document({"name": spell(f"straße nr {n}"), "rule": {"all": []}})
        try:
            catalog.save(document, app="shop", actor=f"saver {number}", now=datetime.now(UTC), based_on=None)
        except SegkitError as error:
            assert "exists in this app" in str(error), error
        else:
            got.append(document.name)
(folder / f"got-{number}.json").write_text(json.dumps(got))
"""


def test_200_names_in_4_spellings_are_200_segments(tmp_path: Path, database_url: str | None, full: bool) -> None:
    names, pause = (200, 0.02) if full else (25, 0.01)
    open_catalog(tmp_path, database_url).close()
    savers = [
        subprocess.Popen(
            [sys.executable, "-c", _SAVER, tmp_path, database_url or "", str(number), str(names), str(pause)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(SPELLINGS)
    ]
    ended = [(saver.communicate()[1], saver.returncode) for saver in savers]
    assert [code for _, code in ended] == [0] * SPELLINGS, ended
    got = [name for number in range(SPELLINGS) for name in json.loads((tmp_path / f"got-{number}.json").read_text())]
    with open_catalog(tmp_path, database_url) as catalog:
        saved = [segment.name for segment in catalog.segments("shop")]
    assert len(saved) == names
    assert sorted(saved) == sorted(got)
    assert {name_key(name) for name in saved} == {f"strasse nr {n}" for n in range(names)}
