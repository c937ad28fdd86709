"""A DuckDB connection of its own for rows that are to be copied into a Parquet file: it reads what it is given alone.

It is not the connection of the load, so that neither reaches what the other may. Of DuckDB's messages only those about
the words of a query are passed on; others may quote rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from segkit.data.origins import Means
from segkit.data.sql import filled, listed, quoted
from segkit.errors import Cancelled, SegkitError

SOURCE = "source"
#: Parquet would make doubles of these, and lose digits.
_WIDE = ("HUGEINT", "UHUGEINT")


@contextlib.contextmanager
def connected(
    means: Means, *, attached: Path | None = None, paths: Iterable[str] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads one attached DuckDB file, or the given paths, and writes into the means' folder alone."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": means.limits.threads,
            "memory_limit": means.limits.memory,
            "python_enable_replacements": False,  # a name in SQL is no variable of Python's
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        if attached is not None:
            connection.execute(filled("ATTACH {file} AS {name} (READ_ONLY)", file=_literal(str(attached)), name=SOURCE))
            connection.execute(filled("USE {name}", name=SOURCE))
        folder = _literal(str(means.folder))
        for setting in (
            "SET TimeZone = 'UTC'",
            filled("SET temp_directory = {folder}", folder=folder),
            filled("SET max_temp_directory_size = {size}", size=_literal(means.limits.spill)),
            filled("SET allowed_directories = [{folder}]", folder=folder),
            filled("SET allowed_paths = [{paths}]", paths=listed(map(_literal, sorted(set(paths))))),
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            connection.execute(setting)
        with means.interrupting(connection.interrupt):
            yield connection
    except duckdb.InterruptException:
        raise Cancelled("cancelled; nothing was changed") from None
    except duckdb.OutOfMemoryException:
        raise SegkitError(
            "fetching needs more than segkit.toml allows; raise its [limits] memory or spill, or make room on disk"
        ) from None
    finally:
        connection.close()


def copy(rows: duckdb.DuckDBPyRelation, target: Path) -> None:
    """Writes rows into a Parquet file; whole numbers that it has no type for as text, which keeps every digit."""
    columns = [_kept(name, str(type_)) for name, type_ in zip(rows.columns, rows.types, strict=True)]
    rows.project(listed(columns)).write_parquet(str(target))


def _kept(name: str, type_: str) -> str:
    wide = type_.removesuffix("[]") in _WIDE and type_.count("[]") <= 1
    text = "VARCHAR[]" if type_.endswith("[]") else "VARCHAR"
    return filled("CAST({x} AS {text}) AS {x}", x=quoted(name), text=text) if wide else quoted(name)


def about_the_words(error: duckdb.Error) -> str | None:
    """What an error says of a query's own words; None for one that may quote rows."""
    about = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException)
    return str(error).splitlines()[0] if isinstance(error, about) else None


def _literal(text: str) -> str:
    """A text where no value can be bound."""
    return "'" + text.replace("'", "''") + "'"
