"""A catalog on each of the two databases."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from segkit.definitions.documents import Document
from segkit.store.catalog import Catalog, open_catalog
from tests.store.making import Start, document


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The database of a new catalog: none for SQLite in the workspace."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("new_postgresql")()
    return url


@pytest.fixture
def catalog(tmp_path: Path, database_url: str | None) -> Iterator[Catalog]:
    with open_catalog(tmp_path, database_url, patience=10) as opened:
        yield opened


@pytest.fixture
def sqlite_catalog(tmp_path: Path) -> Iterator[Catalog]:
    with open_catalog(tmp_path) as opened:
        yield opened


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """A document by name, and whatever else is given of it."""
    return document


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs a function of a module in a child process; the child ends with 0, or 1 and a traceback.

    The child comes from a process without threads: one that forks in the midst of threads may crash.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["segkit.api", "psycopg"])
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    children: list[BaseProcess] = []

    def run(work: Callable[..., object], *given: object) -> BaseProcess:
        child = context.Process(target=work, args=given)
        child.start()
        children.append(child)
        return child

    yield run
    for child in children:
        child.kill()
        child.join()
