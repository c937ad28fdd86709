"""Hostile names of files and of lists: nothing is written outside, and every file of a list has a name of ours."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from segkit.errors import SegkitError
from tests.small_workspace import SmallWorkspace

_PARTS = (
    "../", "..\\", "/tmp/", "C:\\", "\u202e", "\u200f", "CON", "NUL.csv", "a" * 200, "~", "$(touch x)", "%2e%2e%2f",
    ";", "'", " ", ".", "\u202egpj", "\n", "a/b", "-rf", "é", "\0",
)  # fmt: skip


def outside(folder: Path) -> set[Path]:
    """What lies beside the workspace, or in it where no import belongs."""
    ours = {"imports", "snapshots", "locks"}
    found = {path.relative_to(folder.parent) for path in folder.parent.rglob("*")}
    return {path for path in found if not (path.parts[0] == folder.name and ours & set(path.parts[1:2]))}


def name_of_a_file(name: str, number: int) -> str:
    """As near to a name as a file system has it, at most 255 bytes."""
    text = name.replace("/", "\u2215").replace("\0", "\u2400")
    return text.encode()[:240].decode(errors="ignore") + str(number)


def test_hostile_names_of_files_and_lists_write_nothing_outside(small: SmallWorkspace, full: bool) -> None:
    count = 300 if full else 6
    chance = Random("names")
    small.user("ana")
    place = small.folder.parent / "given"
    place.mkdir()
    (place / "plain.csv").write_text("uid\nana\n")
    small.app.import_list(place / "plain.csv", name="Plain")
    before = outside(small.folder)
    refused = 0
    for number in range(count):
        name = "".join(chance.choices(_PARTS, k=4))[:60] + str(number)
        path = place / name_of_a_file("".join(chance.choices(_PARTS, k=4)), number)
        path.write_text(f"uid,param1\nana,{number}\nnobody-{number},\n")
        try:
            report = small.app.import_list(path, name=name)
        except SegkitError:  # such as a name with a line break
            refused += 1
            report = small.app.import_list(path, name=f"List {number}")
        assert small.app.list_failures(report.id, place / "mend.csv") == 1
        path.unlink()
        (place / "mend.csv").unlink()
    assert outside(small.folder) == before
    assert refused < count
    files = [path for path in (small.folder / "imports").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert len(files) == 2 * count + 2
    ours = re.compile(r"00001-[a-z0-9]{6}-(rows|result)\.parquet")
    assert [path.name for path in files if not ours.fullmatch(path.name)] == []
