"""Rows for a platform: each user's addresses in the platform's normal form, hashed where it wants that.

An address stands in a row only where the user may be reached by its channel; who has none left has no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.exchange.cells import texts
from segkit.exchange.normal_forms import normal_form
from segkit.exchange.platforms import Column, Platform

#: By channel, which of a batch's users may be reached by it.
Allowed = Mapping[str, NDArray[np.bool_]]
_CHANNELS = ("email", "mobile")


@dataclass(frozen=True, slots=True)
class Addressing:
    """How the columns of a platform are filled from batches of users; `more` are labels that follow as they are."""

    platform: Platform
    filled: tuple[tuple[Column, str], ...]  # a column of the platform, and the one of the batch that it is made of
    more: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*(column.column for column, _ in self.filled), *self.more)

    def usable(self, batch: pa.RecordBatch, allowed: Allowed, *, by_address: bool) -> NDArray[np.bool_]:
        """Which users have a row: all that is needed, and what the platform finds them by.

        `by_address`: an address that may be used is asked for, whatever else they can be found by.
        """
        present = {c.column: self._present(c, code, batch, allowed) for c, code in self.filled}
        nobody = np.zeros(batch.num_rows, dtype=bool)
        found = np.logical_or.reduce([nobody, *(present[n] for n in self.platform.identified_by if n in present)])
        if by_address:
            addresses = [present[c.column] for c, _ in self.filled if c.source in _CHANNELS]
            found &= np.logical_or.reduce([nobody, *addresses])
        for column, _ in self.filled:
            if column.needed:
                found &= present[column.column]
        return np.asarray(found, dtype=bool)

    def rows(self, batch: pa.RecordBatch, allowed: Allowed) -> pa.RecordBatch:
        """The platform's columns of the same users."""
        made = [self._values(column, code, batch, allowed) for column, code in self.filled]
        kept = [batch.column(name) for name in self.more]
        return pa.RecordBatch.from_arrays([*made, *kept], names=list(self.columns))

    def _present(self, column: Column, code: str, batch: pa.RecordBatch, allowed: Allowed) -> NDArray[np.bool_]:
        found = [normal_form(text, column.steps) is not None for text in _texts(batch, code)]
        return np.asarray(found, dtype=bool) & _may(column, batch, allowed)

    def _values(self, column: Column, code: str, batch: pa.RecordBatch, allowed: Allowed) -> pa.Array:
        may = _may(column, batch, allowed)
        values = [column.value(text) if ok else None for text, ok in zip(_texts(batch, code), may, strict=True)]
        return pa.array(values, pa.string())


def _texts(batch: pa.RecordBatch, code: str) -> Sequence[str | None]:
    found: list[str | None] = texts(batch.column(code)).to_pylist()
    return found


def _may(column: Column, batch: pa.RecordBatch, allowed: Allowed) -> NDArray[np.bool_]:
    return allowed[column.source] if column.source in _CHANNELS else np.ones(batch.num_rows, dtype=bool)
