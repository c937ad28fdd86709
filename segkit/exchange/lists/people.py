"""The app's users as a list finds them: by uid, and by the normal forms of their e-mails and mobiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.lists.identifiers import KINDS, Kind, forms, trimmed

#: What a look-up says instead of a user number.
SEVERAL, UNKNOWN, MISSING = -1, -2, -3
_EMPTY = pa.nulls(0, pa.large_string())  # unlike `pa.array`, does not import pandas


class Lookup:
    """Users by one kind of identifier."""

    def __init__(self, found: pa.Array, user_nos: np.ndarray) -> None:
        present = found.is_valid().to_numpy(zero_copy_only=False)
        encoded = found.filter(pa.array(present)).dictionary_encode()
        codes, owners = encoded.indices.to_numpy(), user_nos[present]
        self._values = encoded.dictionary
        self._owner = np.full(len(self._values), UNKNOWN, dtype=np.int64)
        self._owner[codes] = owners
        shared = np.bincount(codes, minlength=len(self._values)) > 1
        self._owner[shared] = SEVERAL
        order = np.argsort(owners, kind="stable")
        self._sorted, self._code = owners[order], codes[order]

    def find(self, asked: pa.Array) -> np.ndarray:
        """The number of each form's user, or SEVERAL, UNKNOWN, MISSING."""
        places = pc.index_in(asked, value_set=self._values)
        known = places.is_valid().to_numpy(zero_copy_only=False)
        found = np.full(len(asked), UNKNOWN, dtype=np.int64)
        found[known] = self._owner[places.filter(pa.array(known)).to_numpy()]
        found[asked.is_null().to_numpy(zero_copy_only=False)] = MISSING
        return found

    def belongs(self, asked: pa.Array, user_nos: np.ndarray) -> np.ndarray:
        """Whether each form is one of that very user, who may share it with others."""
        places = pc.fill_null(pc.index_in(asked, value_set=self._values), -1).to_numpy(zero_copy_only=False)
        if not len(self._sorted):
            return np.zeros(len(asked), dtype=bool)
        at = np.minimum(np.searchsorted(self._sorted, user_nos), len(self._sorted) - 1)
        own = np.where(self._sorted[at] == user_nos, self._code[at], -2)
        return np.asarray(own == places)


@dataclass(frozen=True, slots=True)
class People:
    """Who can be found: those that the app knows and that are not gone."""

    lookups: dict[Kind, Lookup]
    user_nos: np.ndarray
    texts: dict[Kind, pa.Array | None]  # as the app has them

    @classmethod
    def of(
        cls,
        user_nos: np.ndarray,
        uids: pa.Array,
        emails: pa.Array | None = None,
        mobiles: pa.Array | None = None,
        region: str | None = None,
    ) -> People:
        """From columns as the app has them, a row a user. An app may have no e-mails, or no mobiles."""
        columns: dict[Kind, pa.Array | None] = {"uid": uids, "email": emails, "mobile": mobiles}
        nobody = Lookup(_EMPTY, np.array([], dtype=np.int64))
        found: dict[Kind, Lookup] = {}
        for kind in KINDS:
            column = columns[kind]
            found[kind] = nobody if column is None else Lookup(forms(kind, trimmed(column), region), user_nos)
        return cls(found, user_nos, columns)

    def has(self, kind: Kind, user_nos: np.ndarray, texts: pa.Array) -> np.ndarray:
        """Whether each text is just what the app has of that user, well formed or not."""
        column = self.texts[kind]
        if column is None or not len(self.user_nos):
            return np.zeros(len(texts), dtype=bool)
        order = np.argsort(self.user_nos, kind="stable")
        at = np.minimum(np.searchsorted(self.user_nos, user_nos, sorter=order), len(order) - 1)
        places = order[at]
        same = pc.fill_null(pc.equal(trimmed(column).take(pa.array(places)), texts), False)
        return np.asarray(same.to_numpy(zero_copy_only=False) & (self.user_nos[places] == user_nos))
