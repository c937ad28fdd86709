"""What a person hands over as a source: files, a folder or a pattern of them, a table of a database or of Python."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

import pyarrow as pa

from segkit.data.dialect_settings import CsvFormat
from segkit.data.dialects import Question, sniff
from segkit.data.frames import arrow_table
from segkit.data.settings import UsersSource
from segkit.data.sources import ENDINGS, FoundFile, files_of
from segkit.errors import DataProblem, NotFound, nearest

if TYPE_CHECKING:
    import pandas as pd

#: A path, a folder, a pattern; a pandas DataFrame or an Arrow table.
Source = Union[str, "os.PathLike[str]", pa.Table, "pd.DataFrame"]
#: Settings of which the likeliest is taken, since whoever looks at the rows sees whether it is right.
_LIKELY = ("encoding", "delimiter")
#: Files that are looked at, of a source that has more.
MOST_FILES = 24
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class CsvWish:
    """How a person says that their CSV files are written; None where they have not said."""

    encoding: str | None = None
    decimal: str | None = None
    dates: tuple[str, ...] = ()

    def settings(self) -> dict[str, object]:
        """What was said, as `csv` of a source has it."""
        found = {
            "encoding": self.encoding,
            "decimal": self.decimal,
            "dates": [*self.dates],
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class Given:
    """One source: what its settings say of it, its files as they are now, or the table that was handed over."""

    stem: str  # a word for it
    settings: Mapping[str, object]  # where it comes from, as `segkit.toml` has it
    files: tuple[FoundFile, ...] = ()
    table: pa.Table | None = field(default=None, repr=False)
    open: tuple[str, ...] = ()  # what its files leave open, and nobody may guess
    notes: tuple[str, ...] = ()

    @property
    def csv(self) -> CsvFormat:
        """How its CSV files are read."""
        return CsvFormat.model_validate(self.settings.get("csv", {}))

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.files[0].shown if self.files else f"the table for {self.settings.get('files')}"


def given(source: Source, workspace: Path, home: str, role: str, csv: CsvWish) -> Given:
    """The source that a person means. `home` is the folder below the workspace where a table of Python's is written.

    Raises NotFound where no file is there, DataProblem for what is neither Parquet nor CSV.
    """
    if not isinstance(source, str | os.PathLike):
        return Given(role, {"files": f"{home}/{role}/*.parquet"}, table=arrow_table(source, role))
    text = os.fspath(source)
    found = _of_database(text, workspace)
    if found is not None:
        return found
    place = Path(text).expanduser()
    if place.exists():
        pattern, stem = _of_path(place.absolute())
    elif _PATTERN.search(text):
        pattern, stem = str(place.absolute()), _stem(place.parent.name or "events")
    else:
        raise NotFound(f"{role}: no file or folder '{text}'.{_nearest_file(place)} Name a file, a folder or a pattern.")
    settings = {"files": _below(pattern, workspace)}
    files = _found(settings, workspace)
    if not files:
        raise NotFound(f"{role}: no file matches '{text}'; expected names that end in {', '.join(ENDINGS)}")
    return _with_dialect(Given(stem, settings, files), workspace, role, csv)


def _found(settings: Mapping[str, object], workspace: Path) -> tuple[FoundFile, ...]:
    """What the load would read by these settings."""
    return tuple(files_of(workspace, UsersSource.model_validate({"uid": "-", **settings})))


def _of_database(text: str, workspace: Path) -> Given | None:
    """`shop.duckdb:orders` and `postgres:SHOP_URL:orders`, if it is one of them."""
    duck = re.fullmatch(r"(.+\.(?:duckdb|ddb|db)):([^:]+)", text)
    if duck:
        place = Path(duck[1]).expanduser().absolute()
        if not place.is_file():
            raise NotFound(
                f"no file '{duck[1]}'.{_nearest_file(place)} Expected a DuckDB file and a table, FILE:TABLE."
            )
        settings = {"duckdb": _below(str(place), workspace), "table": duck[2]}
        return Given(duck[2].rpartition(".")[2], settings, _found(settings, workspace))
    if text.startswith("postgres:"):
        _, _, rest = text.partition(":")
        variable, colon, table = rest.partition(":")
        if not (variable and colon and table):
            raise NotFound(f"'{text}': expected postgres:VARIABLE:TABLE; VARIABLE of the environment holds the URL")
        settings = {"postgres": variable, "table": table}
        return Given(table.rpartition(".")[2], settings, _found(settings, workspace))
    return None


def _with_dialect(found: Given, workspace: Path, role: str, wish: CsvWish) -> Given:
    """With how its CSV files seem to be written, as far as a person has not said. Not guessed: what days and numbers
    mean. An encoding that is only likely is taken, and said."""
    csv_files = [file for file in found.files if not file.is_parquet]
    if not csv_files:
        return found
    dialects = [sniff(file.path, file.shown) for file in spread(csv_files)]
    settings: dict[str, object] = {}
    for dialect in dialects:
        settings |= dialect.settings()
    dates = dict.fromkeys(text for dialect in dialects for text in dialect.settings().get("dates", ()))
    settings |= {"dates": [*dates]} if dates else {}
    settings |= wish.settings()
    notes, questions = [], []
    for question in {question for dialect in dialects for question in dialect.questions}:
        if question.setting in wish.settings():
            continue
        if question.setting in _LIKELY:
            notes.append(_likely(question))
        else:
            questions.append(f"{role}: {question.why}. Give --{question.setting}: {' or '.join(question.choices)}.")
    keys = {**found.settings, "csv": settings} if settings else found.settings
    return replace(
        found, settings=keys, files=_found(keys, workspace), open=tuple(sorted(questions)), notes=tuple(sorted(notes))
    )


def _likely(question: Question) -> str:
    if question.setting == "encoding":
        return f"read as {question.choices[0]}, which is likely and not certain: see how names and cities read"
    return f"columns parted by {question.choices[0]!r}, which is likely and not certain"


def spread(files: Sequence[FoundFile], most: int = MOST_FILES) -> list[FoundFile]:
    """At most so many files, from all over the source."""
    if len(files) <= most:
        return list(files)
    step = (len(files) - 1) / (most - 1)
    return [files[round(at * step)] for at in range(most)]


def _of_path(place: Path) -> tuple[str, str]:
    """The pattern for a file or a folder, so that what is put into the folder later is read too; and a word for it."""
    if place.is_file():
        return glob.escape(str(place)), _stem(place.name)
    endings = {ending for ending in ENDINGS for _ in [*place.rglob(f"*{ending}")][:1]}
    if not endings:
        raise NotFound(f"{place}: no file there that ends in {', '.join(ENDINGS)}")
    if len(endings) > 1:
        kinds = " and ".join(sorted(endings))
        raise DataProblem(f"{place}: holds files of several kinds, {kinds}; name one kind, such as '{place}/*.parquet'")
    (ending,) = endings
    deep = "" if any(place.glob(f"*{ending}")) else "**/"
    return f"{glob.escape(str(place))}/{deep}*{ending}", _stem(place.name)


def _below(pattern: str, workspace: Path) -> str:
    """The pattern relative to the workspace if it lies there, else absolute: a night finds it from any folder."""
    start = glob.escape(str(workspace)) + os.sep
    for root in (start, str(workspace) + os.sep):
        if pattern.startswith(root):
            return pattern.removeprefix(root)
    return pattern


def _stem(name: str) -> str:
    return re.sub(r"(\.(parquet|csv|tsv|txt|gz))+$", "", name, flags=re.IGNORECASE) or "events"


def _nearest_file(place: Path) -> str:
    folder = place.parent
    return nearest(place.name, [p.name for p in folder.iterdir()]) if folder.is_dir() else ""


def app_name_of(folder: str) -> str:
    """The name of an app after its folder: small letters, digits, - and _."""
    name = re.sub(r"[^a-z0-9_-]+", "-", folder.casefold()).strip("-_")[:64]
    return name or "app"
