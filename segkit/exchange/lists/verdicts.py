"""What becomes of each row of a list: a user, an external address, rejected with a reason, or a duplicate.

Every identifier that a row gives must hold: malformed ones, unknown mobiles and unknown uids reject the row. An e-mail
that nobody has is external where it stands alone, and says nothing beside another that finds a user. Rows are accepted,
rejected and duplicate, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segkit.exchange.disarming import rearmed
from segkit.exchange.lists.headings import FIELDS, Columns
from segkit.exchange.lists.identifiers import KINDS, Kind, forms, trimmed
from segkit.exchange.lists.people import MISSING, SEVERAL, UNKNOWN, People
from segkit.exchange.lists.reasons import NUMBER_OF, REASONS, Reason

MATCHED, EXTERNAL, REJECTED, DUPLICATE = range(4)
NOBODY = -1
#: The column of each identifier's normal form.
FORM_OF: dict[Kind, str] = {"email": "email_form", "mobile": "mobile_form", "uid": "uid_form"}
_ROUNDED = r"\A[0-9]([.,][0-9]+)?[eE]\+?[0-9]+\z"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Each row's verdict, in file order. `table` has the row's place, its cells as they were, and the verdict:

    `sheet`, `row`, `email` … `param3` and `more` as they were, `status`, `reason` (a number, null unless rejected),
    `user_no` (null unless matched), `first` (of a duplicate: the place in this table of the row that it repeats),
    `email_form`, `mobile_form`, `uid_form`.
    """

    table: pa.Table = field(repr=False)
    matched: int
    external: int
    rejected: int
    duplicate: int
    reasons: dict[Reason, int]

    @property
    def rows(self) -> int:
        return self.accepted + self.rejected + self.duplicate

    @property
    def accepted(self) -> int:
        return self.matched + self.external


def verdicts(cells: pa.Table, columns: Columns, people: People, region: str | None = None) -> Verdicts:
    """The verdict of each row of a list's cells (see `cells_file`), whose fields are where `columns` says."""
    raw = {name: _column(cells, columns, name) for name in FIELDS}
    armed = {name: rearmed(column) for name, column in raw.items()}
    values = {name: trimmed(column) for name, column in armed.items()}
    found = {kind: forms(kind, values[kind], region) for kind in KINDS}
    users = {kind: people.lookups[kind].find(found[kind]) for kind in KINDS}
    if armed["uid"] is not raw["uid"]:
        _try_uids_as_they_were(found, users, trimmed(raw["uid"]), people)
    more = _more(cells, columns)
    reason = _reasons(more, values, found, users, people)
    user_no = _user_of(users)
    status = np.where(reason >= 0, REJECTED, np.where(user_no >= 0, MATCHED, EXTERNAL))
    first = _first_with_the_same(status, user_no, found["email"])
    status = np.where(first >= 0, DUPLICATE, status)
    table = pa.table(
        {
            "sheet": cells["sheet"],
            "row": cells["row"],
            **raw,
            "more": more,
            "status": pa.array(status, pa.int8()),
            "reason": pa.array(reason, pa.int8(), mask=reason < 0),
            "user_no": pa.array(user_no, pa.int32(), mask=(user_no < 0) | (reason >= 0)),
            "first": pa.array(first, pa.int64(), mask=first < 0),
            **{FORM_OF[kind]: found[kind] for kind in KINDS},
        }
    )
    return counted(table)


def counted(table: pa.Table) -> Verdicts:
    """A table of verdicts with what it comes to."""
    by_status = np.bincount(table["status"].to_numpy(), minlength=4)
    by_reason = np.bincount(table["reason"].drop_null().to_numpy(), minlength=len(REASONS))
    reasons = {one: int(by_reason[number]) for one, number in NUMBER_OF.items() if by_reason[number]}
    matched, external, rejected, duplicate = (int(count) for count in by_status)
    return Verdicts(table, matched, external, rejected, duplicate, reasons)


def _column(cells: pa.Table, columns: Columns, name: str) -> pa.Array:
    place = columns.places.get(name)
    if place is None:
        return pa.nulls(cells.num_rows, pa.large_string())
    column = cells[f"c{place}"]
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _more(cells: pa.Table, columns: Columns) -> pa.Array:
    """What stands beyond the headings, in this file or in the one that its rows were rejected from."""
    beyond = cells["more"].combine_chunks()
    place = columns.places.get("more")
    return beyond if place is None else pc.coalesce(beyond, trimmed(cells[f"c{place}"]))


def _try_uids_as_they_were(
    found: dict[Kind, pa.Array], users: dict[Kind, np.ndarray], uids: pa.Array, people: People
) -> None:
    """A uid may begin with such an apostrophe itself."""
    as_they_were = forms("uid", uids)
    known = people.lookups["uid"].find(as_they_were)
    better = (known >= 0) & pc.fill_null(pc.not_equal(as_they_were, found["uid"]), False).to_numpy(zero_copy_only=False)
    if better.any():
        users["uid"] = np.where(better, known, users["uid"])
        found["uid"] = pc.if_else(pa.array(better), as_they_were, found["uid"])


def _reasons(
    more: pa.Array,
    values: dict[str, pa.Array],
    found: dict[Kind, pa.Array],
    users: dict[Kind, np.ndarray],
    people: People,
) -> np.ndarray:
    """The number of each row's reason; -1 where there is none."""
    given = {name: _mask(column.is_valid()) for name, column in values.items()}
    malformed = {kind: given[kind] & _mask(found[kind].is_null()) for kind in KINDS}
    for kind in KINDS:
        malformed[kind] &= ~_is_their_own(kind, malformed[kind], values, users, people)
    without = ~(given["email"] | given["mobile"] | given["uid"])
    rounded = malformed["mobile"]
    if rounded.any():
        rounded = rounded & _mask(pc.match_substring_regex(values["mobile"], _ROUNDED))
    holds = {
        Reason.TOO_MANY_CELLS: _mask(more.is_valid()),
        Reason.EMPTY_ROW: ~np.logical_or.reduce(list(given.values())),
        Reason.NO_IDENTIFIER: without,
        Reason.MALFORMED_EMAIL: malformed["email"],
        Reason.ROUNDED_MOBILE: rounded,
        Reason.MALFORMED_MOBILE: malformed["mobile"],
        Reason.UNKNOWN_UID: users["uid"] == UNKNOWN,
        Reason.UNKNOWN_MOBILE: given["mobile"] & (users["mobile"] == UNKNOWN),
        Reason.SEVERAL_USERS: _is_open(users),
        Reason.TWO_USERS: _points_at_two(found, users, people),
    }
    reason = np.full(len(more), -1, dtype=np.int8)
    for one in (one for one in reversed(REASONS) if one in holds):
        reason[holds[one]] = NUMBER_OF[one]
    return reason


def _is_their_own(
    kind: Kind, which: np.ndarray, values: dict[str, pa.Array], users: dict[Kind, np.ndarray], people: People
) -> np.ndarray:
    """Which malformed addresses are just what the row's user has, as in an export of ours."""
    found = np.zeros(len(which), dtype=bool)
    user_no = _user_of(users)
    asked = np.flatnonzero(which & (user_no >= 0))
    if len(asked):
        found[asked] = people.has(kind, user_no[asked], values[kind].take(pa.array(asked)))
    return found


def _mask(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    mask: np.ndarray = pc.fill_null(whole, False).to_numpy(zero_copy_only=False)
    return mask


def _user_of(users: dict[Kind, np.ndarray]) -> np.ndarray:
    """A user that a row's identifiers find; NOBODY where none finds one."""
    found: np.ndarray = np.maximum.reduce([np.where(users[kind] >= 0, users[kind], NOBODY) for kind in KINDS])
    return found


def _is_open(users: dict[Kind, np.ndarray]) -> np.ndarray:
    """Whether an identifier is that of several users, and no other says which of them is meant."""
    shared = np.logical_or.reduce([users[kind] == SEVERAL for kind in KINDS])
    return np.asarray(shared & (_user_of(users) == NOBODY))


def _points_at_two(found: dict[Kind, pa.Array], users: dict[Kind, np.ndarray], people: People) -> np.ndarray:
    user_no = _user_of(users)
    two = np.zeros(len(user_no), dtype=bool)
    for kind in KINDS:
        two |= (users[kind] >= 0) & (users[kind] != user_no)
        shared = (users[kind] == SEVERAL) & (user_no >= 0)
        if shared.any():
            two |= shared & ~people.lookups[kind].belongs(found[kind], user_no)
    return two


def _first_with_the_same(status: np.ndarray, user_no: np.ndarray, emails: pa.Array) -> np.ndarray:
    """The place of the first accepted row with the same user, or the same external address; -1 where it is this one."""
    is_external = status == EXTERNAL
    key = np.where(is_external, NOBODY, user_no)
    key[is_external] -= 1 + _codes(emails.filter(pa.array(is_external)))
    accepted = np.flatnonzero(status != REJECTED)
    codes = _codes(pa.array(key[accepted]))
    firsts = np.zeros(len(codes), dtype=np.int64)
    firsts[codes[::-1]] = accepted[::-1]  # the last that is written is the first row
    origin = firsts[codes]
    first = np.full(len(status), -1, dtype=np.int64)
    first[accepted] = np.where(origin == accepted, -1, origin)
    return first


def _codes(column: pa.Array) -> np.ndarray:
    """A number for each value, from 0."""
    return np.asarray(column.dictionary_encode().indices.to_numpy()).astype(np.int64)


__all__ = ["DUPLICATE", "EXTERNAL", "FORM_OF", "MATCHED", "MISSING", "NOBODY", "REJECTED", "Verdicts", "verdicts"]
