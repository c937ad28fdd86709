"""What is installed: versions that segkit's answers are held against, and drivers that the settings ask for."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Iterator

import duckdb

from segkit.data.examining.finding import Finding
from segkit.data.settings import Settings

DUCKDB, SQLITE, PYTHON = "2.0.", (3, 35, 0), (3, 11)


def examine_versions(settings: Settings) -> Iterator[Finding]:
    """Everything about what is installed here."""
    if not duckdb.__version__.startswith(DUCKDB):
        yield Finding(
            "error", "versions", f"duckdb {duckdb.__version__} is installed; expected {DUCKDB}x",
            "counts are held exact on that one, and another may answer otherwise", f"pip install 'duckdb=={DUCKDB}*'",
        )  # fmt: skip
    if sqlite3.sqlite_version_info < SQLITE and settings.catalog is None:
        yield Finding(
            "error", "versions", f"SQLite {sqlite3.sqlite_version} is built into this Python; expected 3.35 or newer",
            "the catalog asks for RETURNING, which came with it", "use a newer Python, or a PostgreSQL `catalog`",
        )  # fmt: skip
    if sys.version_info < PYTHON:
        yield Finding("error", "versions", f"Python {sys.version.split()[0]}; expected 3.11 or newer",
                      "segkit is not tested on it", "install a newer Python")  # fmt: skip
    sources = [s for app in settings.apps.values() for s in (*app.users, *app.events, *app.links)]
    asks_postgres = settings.catalog is not None or any(source.postgres is not None for source in sources)
    if asks_postgres and importlib.util.find_spec("psycopg") is None:
        yield Finding(
            "error", "versions", "the settings name a PostgreSQL, and its driver is not installed",
            "nothing that asks it can go on", "pip install 'segkit[team]'",
        )  # fmt: skip
