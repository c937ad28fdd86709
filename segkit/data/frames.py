"""Tables at hand in Python (pandas, Arrow, a relation) written as a Parquet file where a source's pattern finds it.

What is missing in pandas, NaN and NaT among it, is missing in the file. The file appears whole or not at all, for its
owner only; the same table added twice is one file, untouched.
"""

from __future__ import annotations

import glob
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from segkit.data.mapping import EVENTS, USERS, link_role
from segkit.data.settings import AppSettings, EventsSource, LinkSource, Source, UsersSource
from segkit.errors import DataProblem, NotFound, SegkitError, nearest
from segkit.files.atomic import writing
from segkit.files.hashing import HashingStream

if TYPE_CHECKING:
    import pandas as pd

_MARK = b"segkit.sha256"
_OPEN = re.compile(r"[*?\[]")


def add_frame(
    workspace: Path, app: AppSettings, role: str, frame: Any, *, data_date: date | None = None, files: str | None = None
) -> Path:
    """Writes a table for the next load; the file. `role`: users, events, or a link's name. `files`: the pattern of the
    source to write for, where there are several.

    Raises NotFound for a role or pattern that the settings do not have, DataProblem for a table that does not fit it.
    """
    source = _source(app, role, files)
    _require_a_fitting_date(role, source, data_date)
    table = arrow_table(frame, role)
    _require_columns(role, source, table)
    digest = _digest(table)
    path = _place(workspace, source, _stem(source, data_date, digest), role)
    if _holds(path, digest):
        return path
    with writing(path) as temporary:
        pq.write_table(table.replace_schema_metadata({_MARK: digest}), temporary, compression="zstd")
    return path


# --- for which source -------------------------------------------------------------------------------------------------


def _source(app: AppSettings, role: str, files: str | None) -> Source:
    sources = _sources(app, role)
    patterns = [source.files for source in sources if source.files is not None]
    if files is not None and files not in patterns:
        raise NotFound(
            f"{role}: no source with files = '{files}'.{nearest(files, patterns)} There is: {patterns or 'none'}"
        )
    fitting = [source for source in sources if source.files is not None and files in (None, source.files)]
    if not fitting:
        raise SegkitError(
            f"{role}: segkit.toml has no source with `files`, where a table could be put; give it one, such as "
            f'files = "sources/{role}/*.parquet"'
        )
    if len(fitting) > 1:
        raise SegkitError(
            f"{role}: several sources could take the table; name one: files={' or '.join(map(repr, patterns))}"
        )
    return fitting[0]


def _sources(app: AppSettings, role: str) -> Sequence[Source]:
    links = {link.name: link for link in app.links}
    if role == USERS:
        return app.users
    if role == EVENTS:
        return app.events
    name = role.removeprefix(link_role(""))
    if name not in links:
        known = [USERS, EVENTS, *links]
        raise NotFound(f"no source '{role}'.{nearest(role, known)} The app has: {', '.join(known)}.")
    return [links[name]]


def _require_a_fitting_date(role: str, source: Source, day: date | None) -> None:
    is_asked = isinstance(source, UsersSource | LinkSource) and source.data_date == "file"
    if is_asked and day is None:
        raise SegkitError(
            f"{role}: expected data_date, the day that the table shows; its source has it in the file's name"
        )
    if not is_asked and day is not None:
        raise SegkitError(
            f'{role}: data_date goes with sources of users and links that have data_date = "file"; expected none here'
        )


def _require_columns(role: str, source: Source, table: pa.Table) -> None:
    for column, what in _mapped(source):
        if column not in table.column_names:
            found = ", ".join(table.column_names) or "no columns"
            raise DataProblem(
                f"{role}: the table has no column '{column}' for {what}.{nearest(column, table.column_names)} "
                f"It has: {found}."
            )


def _mapped(source: Source) -> list[tuple[str, str]]:
    """The columns that a source names, and what for."""
    names = [(source.uid, "the uid")]
    if isinstance(source, EventsSource):
        names.append((source.time, "the time"))
        names += [] if source.name.startswith("=") else [(source.name, "the event's name")]
        names += [(source.key, "the event key")] if source.key else []
        return names + [(column, f"parameter '{code}'") for code, column in source.columns.items()]
    more = ("known_from", "gone_at") if isinstance(source, UsersSource) else ("valid_from", "valid_to")
    return names + [(column, name) for name in more if (column := getattr(source, name)) is not None]


# --- the table --------------------------------------------------------------------------------------------------------


def arrow_table(frame: Any, what: str) -> pa.Table:
    """A pandas frame, Arrow table, or what gives one, as an Arrow table. Raises DataProblem for what is none."""
    if _is_pandas(frame):
        table = _of_pandas(frame, what)
    elif hasattr(frame, "to_arrow_table"):
        table = frame.to_arrow_table()
    else:
        try:
            table = pa.table(frame)
        except (TypeError, ValueError, pa.ArrowException):
            raise DataProblem(
                f"{what}: found {type(frame).__name__}; expected a pandas frame, an Arrow table or a DuckDB relation"
            ) from None
    repeated = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if repeated:
        raise DataProblem(f"{what}: the table has the column '{repeated[0]}' twice; expected each once")
    return table.combine_chunks()


def _is_pandas(frame: Any) -> bool:
    pandas = sys.modules.get("pandas")  # whoever has a frame of it has imported it
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def _of_pandas(frame: pd.DataFrame, what: str) -> pa.Table:
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    arrays = [_of_series(frame.iloc[:, place], name, what) for place, name in enumerate(map(str, frame.columns))]
    return pa.table(arrays, names=[str(name) for name in frame.columns])


def _of_series(series: pd.Series[Any], name: str, what: str) -> pa.Array:
    try:
        found = pa.Array.from_pandas(series)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise DataProblem(
            f"{what}, column '{name}': values of several types, or of one that a file cannot hold; expected text, "
            "numbers, dates, instants, true and false, or lists of these"
        ) from None
    return found.storage if isinstance(found, pa.ExtensionArray) else found


def _digest(table: pa.Table) -> str:
    """What tells one table from another."""
    stream = HashingStream()
    with pa.ipc.new_stream(pa.PythonFile(stream, mode="w"), table.schema.remove_metadata()) as writer:
        writer.write_table(table.replace_schema_metadata(None))
    return stream.sha256


# --- where it goes ----------------------------------------------------------------------------------------------------


def _stem(source: Source, data_date: date | None, digest: str) -> str:
    """Events add up, so each table has a file of its own; of one day, or of now, there is one table of users."""
    if isinstance(source, EventsSource):
        return f"added-{digest[:16]}"
    return f"added-{data_date}" if data_date is not None else "added"


def _place(workspace: Path, source: Source, stem: str, role: str) -> Path:
    """A path that the source's pattern finds."""
    pattern = source.files or ""
    path = Path(_filled_in(pattern, stem))
    if not path.name.endswith(".parquet") or _OPEN.search(str(path)) or not _finds(pattern, path):
        raise SegkitError(
            f"{role}: no Parquet file could have a name that '{pattern}' finds; expected a pattern such as "
            f"'sources/{role}/*.parquet' or 'sources/{role}/*'"
        )
    found = workspace / path
    if not _OPEN.search(pattern) and found.exists() and _mark_of(found) is None:
        raise SegkitError(
            f"{role}: '{pattern}' is a file that was not made here, and would be replaced; expected a pattern such as "
            f"'sources/{role}/*.parquet'"
        )
    return found


def _filled_in(pattern: str, stem: str) -> str:
    """The pattern with the stem for the first `*` of its last part, and for folders of any name the fewest."""
    *folders, name = pattern.split("/")
    kept = [folder.replace("*", "added") for folder in folders if folder != "**"]
    name = name.replace("*", stem, 1).replace("*", "")
    is_open = pattern.endswith("*") and not name.endswith(".parquet")
    return "/".join([*kept, f"{name}.parquet" if is_open else name])


def _finds(pattern: str, path: Path) -> bool:
    """Whether a pattern finds a path; asked of an empty file in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / str(path).lstrip("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
        found = glob.glob(str(Path(glob.escape(folder)) / pattern.lstrip("/")), recursive=True)
        return str(inside) in found


def _holds(path: Path, digest: str) -> bool:
    return path.exists() and _mark_of(path) == digest.encode()


def _mark_of(path: Path) -> bytes | None:
    """The digest of the table that was written there; None for a file that was not written here."""
    try:
        metadata: dict[bytes, bytes] | None = pq.read_schema(path).metadata
    except (OSError, pa.ArrowException):
        return None
    return (metadata or {}).get(_MARK)
