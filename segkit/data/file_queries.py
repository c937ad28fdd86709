"""A query over files, in DuckDB's SQL, by the workspace's owner: it reads the files that its source names, no others.

What it may be is looked at before it runs: one SELECT, in whose whole tree there is no other statement, and no function
that makes a query of a text. DuckDB lets whoever may read a path also write it, and 2.0 allows COPY inside WITH.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from segkit.data.duck_copies import about_the_words, connected, copy
from segkit.data.origins import Means, State, paths_matching, pattern_below, shown_path, state_of_files
from segkit.errors import DataProblem

_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_FUNCTIONS_OF_TEXT = frozenset({"query", "query_table", "json_execute_serialized_sql"})


@dataclass(frozen=True, slots=True)
class FileQuery:
    """One query and the patterns of the files that it may read."""

    workspace: Path
    shown: str
    query: str
    reads: tuple[str, ...]
    by_content: bool

    def state(self) -> State:
        return state_of_files(self._paths(), by_content=self.by_content, also=self.query)

    def columns(self, means: Means) -> list[str]:
        return self._run(means, None)

    def fetch(self, target: Path, means: Means) -> None:
        self._run(means, target)

    def _paths(self) -> dict[str, Path]:
        """The files that it may read, by what they are called."""
        found: dict[str, Path] = {}
        for pattern in self.reads:
            paths = paths_matching(self.workspace, pattern)
            if not paths:
                raise DataProblem(f"{self.shown}: no file matches '{pattern}' of its `reads`; mend it in segkit.toml")
            found |= {shown_path(self.workspace, path): path for path in paths}
        return found

    def _run(self, means: Means, target: Path | None) -> list[str]:
        paths = self._paths()
        absolute = {pattern: pattern_below(self.workspace, pattern) for pattern in self.reads}
        plain = {shown: glob.escape(str(path)) for shown, path in paths.items()}
        allowed = [*absolute.values(), *plain.values(), *map(str, paths.values())]
        try:
            require_a_mere_select(self.query, self.shown)
            with connected(means, paths=allowed) as connection:
                rows = connection.sql(_with_paths(self.query, plain | absolute))
                if target is not None:
                    copy(rows, target)
                return list(rows.columns)
        except duckdb.PermissionException as error:
            raise DataProblem(
                f"{self.shown}: {about_the_words(error)}. It may read the files of its `reads` and nothing else, "
                f"written as they stand there: {', '.join(self.reads)}."
            ) from None
        except duckdb.Error as error:
            said = about_the_words(error)
            if said is None:
                kind = type(error).__name__.removesuffix("Exception")
                said = f"failed on the rows of its files ({kind}); run it in DuckDB to see which"
            raise DataProblem(f"{self.shown}: {said}") from None


def require_a_mere_select(query: str, shown: str) -> None:
    """Raises DataProblem unless a text is one SELECT that can change nothing."""
    statements = duckdb.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(found.type.name for found in statements) or "nothing"
        raise DataProblem(f"{shown}: found {kinds}; expected one SELECT")
    with duckdb.connect(":memory:") as connection:
        (text,) = connection.execute("SELECT json_serialize_sql($query)", {"query": query}).fetchall()[0]
    tree = json.loads(text)
    if tree["error"]:
        raise DataProblem(f"{shown}: not a plain SELECT; expected none of PIVOT and the like")
    for node in _nodes(tree):
        kind, function = str(node.get("type")), str(node.get("function_name", "")).lower()
        if kind.endswith("_NODE") and kind not in _NODES:
            word = kind.partition("_")[0]
            raise DataProblem(f"{shown}: found {word} inside the SELECT; expected a query that changes nothing")
        if function in _FUNCTIONS_OF_TEXT:
            raise DataProblem(f"{shown}: found the function {function}; expected the query itself in its place")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    below: list[Any] = [tree]
    while below:
        node = below.pop()
        if isinstance(node, dict):
            yield node
        below += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _with_paths(query: str, paths: dict[str, str]) -> str:
    """The query with absolute paths for those that are written as `reads` has them."""
    for name, path in sorted(paths.items(), key=lambda item: -len(item[0])):
        query = query.replace(_text(name), _text(path))
    return query


def _text(content: str) -> str:
    return "'" + content.replace("'", "''") + "'"
