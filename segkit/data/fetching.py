"""Tables and queries of a plan copied into the load's scratch folder, one after the other, so that they are files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segkit.data.origins import Means, Origin
from segkit.data.plan import Plan
from segkit.data.sources import FoundFile
from segkit.errors import DataProblem
from segkit.files.disk import private_folder

Progress = Callable[[str, float], None]


def fetched(plan: Plan, means: Means, progress: Progress | None = None) -> Plan:
    """The plan with a Parquet file for each table and query. Raises SegkitError for one that cannot be read."""
    places: dict[tuple[str, Origin], FoundFile] = {}

    def fetch(file: FoundFile) -> FoundFile:
        if file.origin is None:
            return file
        place = (file.shown, file.origin)
        if place not in places:
            if progress is not None:
                progress(f"reading {file.shown}", 0.02)
            places[place] = _fetched(file, means, len(places))
        return places[place]

    return plan.with_files(fetch)


def _fetched(file: FoundFile, means: Means, number: int) -> FoundFile:
    assert file.origin is not None
    folder = private_folder(means.folder / f"source-{number}")
    target = folder / "rows.parquet"
    reached = file.origin.fetch(target, replace(means, folder=folder))
    return file.fetched(target, reached or file.reached)


def require_keys(plan: Plan, keyless: dict[str, int]) -> None:
    """Raises DataProblem if something that every load reads has events without a key (`keyless`: rows by its name)."""
    for new in plan.events:
        for file in new.files:
            rows = keyless.get(file.shown, 0)
            if file.state is None and rows:
                raise DataProblem(
                    f"{file.shown}: {rows:,} rows have no event key ('{new.source.key}'), and every load reads it "
                    "again, so they would count again and again. Leave them out with a `query`, or name another key."
                )
