"""Coded columns as the kernel finds them: opened once, made on demand, made again where they are damaged."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from segkit.data.coded.coding import Coding
from segkit.data.coded.day_columns import CodedDay
from segkit.data.coded.dictionaries import Dictionary, read_dictionary
from segkit.data.coded.label_columns import CodedLabel, open_label
from segkit.data.manifest import DayFile, Manifest, StoredFile
from segkit.definitions.vocabulary import Vocabulary
from segkit.engine.kernel.bounds import NotForKernel
from segkit.errors import Busy, Damaged

#: After so many vain attempts to make what is missing, no more are made: the folder may not be ours to write.
_MOST_FAILURES = 3


class Columns:
    """The coded columns of one generation of one app's data. Safe to use from several threads."""

    def __init__(self, folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> None:
        self._folder = folder
        self._manifest = manifest
        self._coding = Coding(folder, manifest, vocabulary)
        self._days: dict[str, CodedDay] = {}
        self._labels: dict[str, CodedLabel] = {}
        self._dictionaries: dict[str, Dictionary | None] = {}
        self._failures = 0
        self._others_are_at_it = False  # when an evaluation last wanted something made
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Before an evaluation: what others were making may be there by now."""
        self._others_are_at_it = False

    # --- days --------------------------------------------------------------------------------------------------------

    def days(self, files: Sequence[DayFile], cancel: threading.Event | None) -> list[CodedDay]:
        """These days. Raises NotForKernel if one is neither coded nor can be."""
        with self._lock:
            missing = [file for file in files if not self._opened(file)]
            if missing:
                self._make(missing, [], cancel)
                if not all(self._opened(file) for file in missing):
                    raise NotForKernel
            return [self._days[file.path] for file in files]

    def mend(self, files: Sequence[DayFile], cancel: threading.Event | None) -> None:
        """Makes again those of the days that are damaged. Raises NotForKernel if that cannot be done."""
        with self._lock:
            damaged = [file for file in files if not self._is_sound(file)]
            for file in damaged:
                self._days.pop(file.path, None)
            self._make(damaged, [], cancel)

    def _opened(self, file: DayFile) -> bool:
        if file.path in self._days:
            return True
        self._require_source(file)
        try:
            day = self._coding.day(file)
        except (FileNotFoundError, Damaged):
            return False
        if not self._has_its_dictionaries(day):
            return False
        self._days[file.path] = day
        return True

    def _has_its_dictionaries(self, day: CodedDay) -> bool:
        """Whether the codes of a day mean what the dictionaries say: not if one was begun anew since."""
        for code, column in day.columns.items():
            if column.kind == "string":
                found = self._fresh_dictionary(code, column.texts)
                if found is None:
                    return False
                if not found.is_wide and (found.id != column.dictionary or len(found) < column.texts):
                    return False
        return True

    def _is_sound(self, file: DayFile) -> bool:
        day = self._days.get(file.path)
        if day is None or not self._has_its_dictionaries(day):
            return False
        try:
            day.check_all()
        except Damaged:
            return False
        return True

    def _require_source(self, file: StoredFile) -> None:
        """What is made from a file that is gone or cut off is not answered from: whoever asks is told of the file."""
        try:
            size = (self._folder / file.path).stat().st_size
        except OSError:
            raise NotForKernel from None
        if size != file.size:
            raise NotForKernel

    def _make(self, days: Sequence[DayFile], labels: Sequence[str], cancel: threading.Event | None) -> None:
        if self._failures >= _MOST_FAILURES or self._others_are_at_it:
            raise NotForKernel
        self._dictionaries.clear()
        try:
            is_made = self._coding.make(days, labels, cancel)
        except Busy:
            self._others_are_at_it = True
            raise NotForKernel from None
        if not is_made:
            self._failures += 1
            raise NotForKernel

    # --- dictionaries ------------------------------------------------------------------------------------------------

    def dictionary(self, code: str) -> Dictionary:
        """The texts of a parameter. Raises NotForKernel if it has none, or too many."""
        with self._lock:
            found = self._fresh_dictionary(code, 0)
        if found is None or found.is_wide:
            raise NotForKernel
        return found

    def _fresh_dictionary(self, code: str, texts: int) -> Dictionary | None:
        """The dictionary, read again if it has fewer texts than are known to be there."""
        known = self._dictionaries.get(code)
        if known is None or (not known.is_wide and len(known) < texts):
            try:
                known = read_dictionary(self._coding.folder, code)
            except Damaged:
                known = None
            self._dictionaries[code] = known
        return known

    # --- labels ------------------------------------------------------------------------------------------------------

    def label(self, code: str, label_date: date, cancel: threading.Event | None) -> CodedLabel:
        """A label's values as of a date. Raises NotForKernel where an older history is asked for."""
        files = self._manifest.labels.get(code, ())
        if not files or label_date < max(file.data_date for file in files):
            raise NotForKernel
        with self._lock:
            if code not in self._labels:
                for file in files:
                    self._require_source(file)
                self._labels[code] = self._opened_label(code, cancel)
            return self._labels[code]

    def _opened_label(self, code: str, cancel: threading.Event | None) -> CodedLabel:
        path = self._coding.label_path(code)
        if path is None:
            raise NotForKernel
        try:
            return open_label(path, self._manifest.user_count)
        except (FileNotFoundError, Damaged):
            self._make([], [code], cancel)
        try:
            return open_label(path, self._manifest.user_count)
        except (FileNotFoundError, Damaged):
            raise NotForKernel from None
