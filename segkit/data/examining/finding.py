"""What the doctor finds, and what it looks at."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from segkit.data.manifest import Manifest
from segkit.data.mapping import LinkedLabels
from segkit.data.origins import Means
from segkit.data.reading import columns_of
from segkit.data.settings import AppSettings, Settings
from segkit.data.sources import FoundFile
from segkit.definitions.vocabulary import Vocabulary
from segkit.errors import DefinitionError, SegkitError

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (error), may be (warning), or is good to know (note): where, what, why it matters, what
    to do. It names places, columns and declared names, never a value of a user."""

    severity: Severity
    where: str
    what: str
    why: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what}\n  why: {self.why}\n  → {self.next_step}"

    def to_dict(self) -> dict[str, str]:
        """The finding as plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Examined:
    """One app under examination: its settings and vocabulary as they are now, and what is loaded of it, if anything."""

    workspace: Path
    settings: Settings
    name: str
    vocabulary: Vocabulary
    links: Sequence[LinkedLabels]
    manifest: Manifest | None

    @property
    def app(self) -> AppSettings:
        return self.settings.app(self.name)

    @property
    def folder(self) -> Path:
        """Where its data lies."""
        return self.workspace / "data" / self.name

    def columns_of(self, file: FoundFile) -> list[str]:
        """The columns of something that a source reads. Raises SegkitError if it cannot be read."""
        with tempfile.TemporaryDirectory() as scratch:
            return columns_of(file, Means(Path(scratch), self.settings.limits, date.max))

    def command(self, *words: str) -> str:
        """A command about this app."""
        return " ".join(["segkit", words[0], "--app", self.name, *words[1:]])


def of_error(error: SegkitError, where: str, why: str, next_step: str) -> Iterator[Finding]:
    """An error as findings, one for each problem that it has."""
    if not isinstance(error, DefinitionError):
        yield Finding("error", where, str(error), why, next_step)
        return
    for problem in error.problems:
        yield Finding("error", f"{where}, {error.subject}", str(problem), why, next_step)
