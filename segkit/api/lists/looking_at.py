"""What a file of a list holds, before it is imported: how many rows, and which column seems to be what."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.api.lists.importing import columns_in
from segkit.api.lists.keeping import FOLDER, reading_folder
from segkit.errors import SegkitError
from segkit.exchange.lists.headings import FIELDS
from segkit.exchange.lists.reading.reader import reading
from segkit.files.disk import private_folder

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class ListLook:
    """A file of a list. `columns` are places of `headings` by field; `problem` is why it cannot be imported so."""

    rows: int
    written: str  # such as `CSV, utf-8, semicolon`
    headings: tuple[str, ...] = field(repr=False)  # as they stand in the file: one without headings has values there
    columns: dict[str, int] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    sheets_left_out: tuple[str, ...] = ()
    problem: str = ""


def look_at_list(app: App, path: Path, cancel: threading.Event | None) -> ListLook:
    """Reads a file and keeps nothing; see `App.look_at_list`."""
    private_folder(app.workspace.folder / FOLDER)
    scratch = private_folder(reading_folder(app.workspace.folder))
    with reading(path, scratch, cancel=cancel) as cells:
        parts = [cells.format.upper(), *(part for part in (cells.encoding, cells.delimiter) if part)]
        rows = cells.table.num_rows
        columns, problem = {}, "" if rows else "there are headings, and no rows below them"
        try:
            found = columns_in(app, cells, {}, path)
            columns = {name: place for name, place in found.places.items() if name in FIELDS}
        except SegkitError as error:
            problem = str(error).removeprefix(f"{path.name}: ")
        return ListLook(rows, ", ".join(parts), cells.headings, columns, cells.sheets, cells.left_out, problem)
