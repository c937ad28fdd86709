"""What a source reads: files that its pattern names, or a table or query that is fetched; what each was when read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from segkit.data.dialect_settings import AS_USUAL, CsvFormat
from segkit.data.duck_tables import DuckTable
from segkit.data.file_queries import FileQuery
from segkit.data.manifest import SourceFile
from segkit.data.origins import Origin, State, paths_matching, shown_path, state_of_file
from segkit.data.postgres_tables import PostgresTable
from segkit.data.settings import EventsSource, Source
from segkit.errors import DataProblem
from segkit.files.hashing import sha256_of_text

ENDINGS = (".parquet", ".csv", ".csv.gz")
_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What a source reads, as it is now: a file; or a table or query (`origin`), which is one once it is `fetched`.

    `shown` is its path in words: relative to the workspace where it lies inside. Without a state every load reads it.
    """

    path: Path
    shown: str
    state: State | None
    csv: CsvFormat = AS_USUAL
    origin: Origin | None = None
    reached: str = ""

    def recorded(self, role: str, load: int, keyless_rows: int = 0) -> SourceFile:
        """What the manifest keeps of it."""
        state = self.state or State(0, 0)
        return SourceFile(
            role=role,
            path=self.shown,
            size=state.size,
            modified_ns=state.modified_ns,
            load=load,
            keyless_rows=keyless_rows,
            fingerprint=state.fingerprint,
            form=self.form,
            reached=self.reached,
        )

    @property
    def real(self) -> Path:
        """Where its bytes lie, whatever links lead there."""
        return self.path.resolve()

    @property
    def size(self) -> int:
        """How many bytes are to be read."""
        return self.path.stat().st_size

    @property
    def is_parquet(self) -> bool:
        return self.path.name.endswith(".parquet")

    @property
    def form(self) -> str:
        """What tells how it is read, where that is not as usual: read in another way it is not what was read."""
        is_usual = self.origin is not None or self.is_parquet or self.csv == AS_USUAL
        return "" if is_usual else sha256_of_text(self.csv.model_dump_json())[:16]

    def is_as(self, record: SourceFile) -> bool:
        """Whether it still is what was read."""
        return record.path == self.shown and record.form == self.form and _same(self.state, record)

    def fetched(self, path: Path, reached: str) -> FoundFile:
        """As the Parquet file that it was copied into."""
        return replace(self, path=path, reached=reached)


def _same(state: State | None, record: SourceFile) -> bool:
    if state is None:
        return False
    if state.fingerprint and record.fingerprint:
        return state.fingerprint == record.fingerprint
    return (state.size, state.modified_ns) == (record.size, record.modified_ns)


def files_of(workspace: Path, source: Source) -> list[FoundFile]:
    """What a source reads now. Raises DataProblem for what is not there, or neither Parquet nor CSV."""
    by_content = source.fingerprint == "content"
    if source.files is not None:
        return [_found(workspace, path, source) for path in paths_matching(workspace, source.files)]
    origin: Origin
    if source.duckdb is not None and source.table is not None:
        path = workspace / source.duckdb
        origin = DuckTable(path, shown_path(workspace, path), source.table, by_content)
    elif source.postgres is not None:
        since, overlap = (source.since, source.overlap) if isinstance(source, EventsSource) else (None, None)
        origin = PostgresTable(source.postgres, source.place, source.table, source.query, since, overlap)
    else:
        origin = FileQuery(workspace, source.place, source.query or "", source.reads, by_content)
    return [FoundFile(workspace / "nowhere", source.place, origin.state(), origin=origin)]


def _found(workspace: Path, path: Path, source: Source) -> FoundFile:
    shown = shown_path(workspace, path)
    if not path.name.endswith(ENDINGS):
        raise DataProblem(f"{shown}: neither Parquet nor CSV; expected a name that ends in {', '.join(ENDINGS)}")
    state = state_of_file(path, shown, by_content=source.fingerprint == "content")
    return FoundFile(path, shown, state, source.csv)


def read_on(file: FoundFile, records: Iterable[SourceFile]) -> FoundFile:
    """A table that grows, from where the newest of the records says that it was read to."""
    newest = max((record for record in records if record.path == file.shown), key=lambda r: r.load, default=None)
    if newest is None or not newest.reached or not isinstance(file.origin, PostgresTable):
        return file
    return replace(file, origin=replace(file.origin, watermark=newest.reached), reached=newest.reached)


def require_unchanged(files: Iterable[FoundFile]) -> None:
    """Raises DataProblem if something is no longer what it was when the load began."""
    for file in files:
        if file.state is None:
            continue
        if file.origin is not None:
            now = file.origin.state()
        else:
            now = state_of_file(file.path, file.shown, by_content=bool(file.state.fingerprint))
        if now is not None and not _same(now, file.recorded("", 0)):
            raise DataProblem(f"{file.shown}: changed while it was read; run the load again once the sources are still")


def date_in_name(file: FoundFile) -> date:
    """The data date that a file's name gives. Raises DataProblem if there is none, or more than one."""
    found = _DATE.findall(file.path.name)
    if len(set(found)) == 1:
        try:
            return date.fromisoformat(found[0])
        except ValueError:
            pass
    what = f"found {' and '.join(found)}" if found else "found no date"
    raise DataProblem(f'{file.shown}: {what} in the name; `data_date = "file"` expects one such as 2026-01-31')
