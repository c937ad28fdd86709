"""Every error that segkit raises on purpose, each with the exit code of the command line.

A message says where, what was found, what was expected or nearest, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segkit.masking import masked_text

if TYPE_CHECKING:
    from segkit.store.conflicts import Conflict


class SegkitError(Exception):
    """Something the person who reads the message can mend. No message holds an e-mail address or a mobile number."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(masked_text(message))


class Busy(SegkitError):
    """Another live process holds the lock; the message names it."""

    exit_code = 4


class Overtaken(Busy):
    """What was computed rests on definitions that were changed meanwhile; nothing was published."""


class Held(SegkitError):
    """A data gate held what was asked for; the last good state is still served."""

    exit_code = 3


class PartlyDone(SegkitError):
    """Some of what was asked for is done, the rest failed with the reasons in the message."""

    exit_code = 5


class Cancelled(SegkitError):
    """The caller cancelled; nothing was changed."""


class NotFound(SegkitError):
    """No such workspace, app, segment, label, event or user."""


class ImportedBefore(SegkitError):
    """The very same file was imported already; nothing was changed."""


class Forbidden(SegkitError):
    """Whoever asked has no role in the workspace that may do it."""


class StaleSave(SegkitError):
    """The segment has a newer version than the one that the save was based on; `conflict` holds both sides."""

    def __init__(self, message: str, conflict: Conflict | None = None) -> None:
        self.conflict = conflict
        super().__init__(message)


class Moved(SegkitError):
    """What a plan rests on is not as it was; nothing was changed."""


class CatalogMoved(Moved):
    """Somebody saved or deleted between reading the catalog and changing it."""


class Damaged(SegkitError):
    """A file on disk is not what was written there."""


class DataProblem(SegkitError):
    """A source cannot be read as the mapping says."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a definition: `place` such as `rule.all[1].value`, and what to do about it."""

    place: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", masked_text(self.message))

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class DefinitionError(SegkitError):
    """All problems of one definition together."""

    def __init__(self, subject: str, problems: Sequence[Problem]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        separator = "\n  " if len(self.problems) > 1 else " "
        super().__init__(f"{subject}:" + separator + "\n  ".join(str(p) for p in self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'country'?` for a word that is close to a known one, else an empty text."""
    by_fold = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f" Did you mean '{by_fold[close[0]]}'?" if close else ""
