"""What each source looked like when it was accepted: its columns, and the values of those that are used.

A look only widens: with the first files of a source, and with what is accepted later. It holds no value of a user: of
values without a name it keeps fingerprints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

#: So many values, or names of events, are remembered; a column with more of them is not watched for new ones.
MOST_VALUES = 1_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnLook(_Part):
    """A column of a source, used or not."""

    forms: tuple[str, ...] = ()  # every form it was accepted in: classes of types, of texts also how they are written
    scale: int = 0  # decimal places of its decimals, the most that were accepted
    is_optional: bool = False  # files without it were accepted


class UseLook(_Part):
    """A column that is read as something: a label, a parameter, the uid … Shares are the greatest that were accepted
    in one file."""

    rows: int = 0  # that could have a value
    present: int = 0  # that had one
    missing: float = 0.0  # share of rows without a value, where each needs one
    unreadable: float = 0.0  # share of values that cannot be read
    rounded: float = 0.0  # share of values with more digits than declared
    repeated: float = 0.0  # share of keys that stand there again
    others: tuple[str, ...] | None = ()  # fingerprints of values without a name; None: too many to be watched


class SourceLook(_Part):
    """One source."""

    columns: dict[str, ColumnLook] = {}
    uses: dict[str, UseLook] = {}  # by what it is used for and how it is read
    events: dict[str, int] = {}  # rows by their event's name in the source, declared or not

    def knows(self, column: str) -> bool:
        """Whether files with the column were accepted."""
        return column in self.columns


def fingerprint(value: str) -> str:
    """What is kept in the place of a value."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def widened(look: ColumnLook | None, form: str | None, scale: int) -> ColumnLook:
    """With a file's form of a column taken in; None: the file lacks it."""
    look = look or ColumnLook()
    if form is None:
        return look.model_copy(update={"is_optional": True})
    forms = tuple(sorted({*look.forms, form} - {""}))
    return look.model_copy(update={"forms": forms, "scale": max(look.scale, scale)})


def bounded(found: Iterable[str]) -> tuple[str, ...] | None:
    """Fingerprints in order; None if there are too many to be kept."""
    some = sorted(set(found))
    return None if len(some) > MOST_VALUES else tuple(some)
