"""Making the coded columns that are missing: by a load of what it brought, and on demand of what an evaluation asks.

Best effort throughout: what cannot be coded (a full disk, a damaged source, somebody else at it) is left to DuckDB,
which reads the durable copy. Nothing here is ever the only copy of anything.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from segkit.data.coded.checking import remove
from segkit.data.coded.day_columns import CodedDay, open_day
from segkit.data.coded.dictionaries import Growing
from segkit.data.coded.kinds import CACHE, FOLDER, coded_folder, day_path, label_kinds, label_path, parameter_kinds
from segkit.data.manifest import DayFile, Manifest
from segkit.definitions.vocabulary import Vocabulary
from segkit.errors import Busy, Damaged
from segkit.files.atomic import sweep
from segkit.files.locks import Lock

if TYPE_CHECKING:
    from segkit.data.coded.coding_days import CodedRows

LOCK = "coded.lock"
#: Fewer events than this are coded when somebody asks for them: loading them is quicker than the coding.
WORTH_IT = 200_000
_PATIENCE = 600.0  # seconds; coding takes less
_AT_ONCE = 2_000_000  # rows that wait for their dictionaries
_FAILURES = (OSError, Damaged, ValueError, KeyError, pa.ArrowException)


class Coding:
    """The coded columns of one generation of an app's data. `folder` is the app's data folder."""

    def __init__(self, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._app_folder = folder
        self._folder = coded_folder(folder, manifest)
        self._manifest = manifest
        self._vocabulary = vocabulary
        self._labels = label_kinds(manifest, vocabulary)

    # --- where what lies ---------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        return self._folder

    def kinds(self, file: DayFile) -> dict[str, str]:
        """What is coded of the parameters of a day."""
        return parameter_kinds(file, self._vocabulary)

    def day_path(self, file: DayFile) -> Path:
        return day_path(self._folder, file, self.kinds(file))

    def label_path(self, code: str) -> Path | None:
        """Where a label lies; None for one of which nothing is stored."""
        kind = self._labels.get(code)
        return None if kind is None else label_path(self._folder, self._manifest, code, kind)

    def day(self, file: DayFile) -> CodedDay:
        """A day that is coded. Raises FileNotFoundError or Damaged."""
        return open_day(self.day_path(file), file.sha256)

    # --- making ------------------------------------------------------------------------------------------------------

    def make(
        self, days: Iterable[DayFile] = (), labels: Iterable[str] = (), cancel: threading.Event | None = None
    ) -> bool:
        """Codes these days and labels, whatever is there of them; whether all could be.

        Stops early once `cancel` is set. Raises Busy if somebody else is at it.
        """
        try:
            with Lock(self._app_folder / LOCK, "coding columns"):
                self._make(list(days), labels, cancel)
        except _FAILURES:
            return False
        return True

    def _make(self, days: Sequence[DayFile], labels: Iterable[str], cancel: threading.Event | None) -> None:
        from segkit.data.coded.coding_days import CodedRows  # with Parquet: answering alone needs none of it
        from segkit.data.coded.coding_labels import write_label

        sweep(self._folder)  # whoever was killed while writing a file left the file itself to be made
        dictionaries, waiting, rows = Growing(self._folder), list[CodedRows](), 0
        for file in days:
            if cancel is not None and cancel.is_set():
                break
            waiting.append(CodedRows(self._app_folder, file, self.kinds(file), dictionaries))
            rows += file.rows
            if rows >= _AT_ONCE:
                self._write(waiting, dictionaries)
                waiting, rows = [], 0
        self._write(waiting, dictionaries)
        for code in labels:
            path = self.label_path(code)
            if path is not None and not (cancel is not None and cancel.is_set()):
                files, size = self._manifest.labels[code], self._manifest.user_count
                write_label(path, self._app_folder, files, self._labels[code], size)

    def _write(self, waiting: Sequence[CodedRows], dictionaries: Growing) -> None:
        dictionaries.save()
        for coded in waiting:
            coded.write(self._folder)

    def bring_up_to_date(self, cancel: threading.Event | None = None) -> None:
        """After a load: removes what no generation that counts is made of, and codes what is new, if it is worth it."""
        self.sweep()
        if sum(file.rows for file in self._manifest.days) >= WORTH_IT:
            days = [file for file in self._manifest.days if not self.day_path(file).exists()]
            labels = [code for code in self._labels if not self._is_there(code)]
            with suppress(Busy):
                self.make(days, labels, cancel)

    def _is_there(self, code: str) -> bool:
        path = self.label_path(code)
        return path is not None and path.exists()

    # --- removing ----------------------------------------------------------------------------------------------------

    def leftovers(self) -> Iterator[Path]:
        """Files that nothing of this generation is coded in."""
        wanted = {self.day_path(file) for file in self._manifest.days}
        wanted |= {path for path in map(self.label_path, self._labels) if path is not None}
        texts = {code for file in self._manifest.days for code, kind in self.kinds(file).items() if kind == "string"}
        wanted |= {self._folder / "dictionaries" / f"{code}.arrow" for code in texts}
        return (path for path in self._folder.rglob("*.arrow") if path not in wanted)

    def sweep(self) -> None:
        """Removes what is left over."""
        if self._folder.is_dir():
            sweep(self._folder)
            for path in list(self.leftovers()):
                remove(path)


def remove_older(app_folder: Path, manifest: Manifest) -> None:
    """Removes what was coded, and who was counted, before somebody was erased: dictionaries may hold their words.

    Waits for who is coding; nobody can code it again, for what it was made from is gone too. Raises Busy.
    """
    current = str(manifest.nothing_before)
    parents = [parent for parent in (app_folder / FOLDER, app_folder / CACHE) if parent.is_dir()]
    older = [path for parent in parents for path in parent.iterdir() if path.name != current]
    if older:
        with Lock(app_folder / LOCK, "removing coded columns", wait=_PATIENCE):
            for path in older:
                shutil.rmtree(path, ignore_errors=True)
