"""Users a page at a time, whatever the size: any order, any place in it, and only that page's labels are read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

import numpy as np

from segkit.api.evaluation import RuleLike, condition_of, evaluate, named
from segkit.api.looking import put_on_record, refuse_imported, shown_frame
from segkit.api.whom import all_meant
from segkit.definitions.conditions import Condition, live_references
from segkit.engine.bitmap import Bitmap
from segkit.engine.ordered import UID, Order, in_order, with_uid_like
from segkit.engine.people import labels_of
from segkit.errors import SegkitError

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.app import App, Day
    from segkit.definitions.vocabulary import Vocabulary

_RULE = "this rule"
MOST = 10_000


@dataclass(frozen=True, eq=False, slots=True)
class MembersPage:
    """Some of the users that a rule picks, in an order. `frame` has their uid and labels, as `App.members` has them."""

    frame: pd.DataFrame
    user_nos: tuple[int, ...]  # of its rows
    offset: int  # users before this page
    total: int  # users in all
    picked: int  # by the rule, before the search
    base: int
    as_of: date
    masked: tuple[str, ...]  # columns of personal data that are masked; those shown in clear are on record

    def __repr__(self) -> str:
        last = self.offset + len(self.user_nos)
        return f"Users {self.offset + 1:,} to {last:,} of {self.total:,} as of {self.as_of}"

    def _repr_html_(self) -> str:
        return str(self.frame._repr_html_())  # type: ignore[operator]


class Paging:
    """The part of an app that shows who its users are, a page at a time."""

    def members_page(
        self,
        rule: RuleLike,
        as_of: Day = None,
        *,
        labels: Sequence[str] = (),
        sort: str = "",
        descending: bool = False,
        search: str = "",
        offset: int = 0,
        limit: int = 100,
        unmask: bool = False,
        cancel: threading.Event | None = None,
    ) -> MembersPage:
        """`limit` users of a rule behind `offset` of them, sorted by `uid` or a label; the first page costs more.

        Those without a value come last; without `sort` they stand as the app came to know them. `search` keeps users
        whose uid holds it, and who have it as account, e-mail or mobile, as a whole. Masking and imported segments are
        as in `members`; by personal data users are sorted only with `unmask`.
        """
        app = cast("App", self)
        if offset < 0 or not 0 < limit <= MOST:
            raise SegkitError(f"offset {offset}, limit {limit}: expected at least 0, and from 1 to {MOST:,}")
        _require_sortable(app.vocabulary, sort, unmask)
        declared = [app.vocabulary.label(code) for code in labels]
        day, definitions = app.day(as_of), app.definitions()
        definition = named(rule, definitions)
        refuse_imported(definition)
        condition = condition_of(rule, definitions)
        found = evaluate(app, {_RULE: condition}, day, definitions, cancel=cancel)
        evaluator, picked = found.evaluator, found.results[_RULE].members
        members = picked
        if search.strip():  # whatever was loaded meanwhile
            members &= _found(app, search.strip(), day, cancel).resized(evaluator.size)
        ordered = in_order(evaluator, members, Order(sort, descending), day, cancel)
        user_nos = ordered[offset : offset + limit]
        frame, personal = shown_frame(labels_of(evaluator, user_nos, labels, day), declared, unmask)
        if unmask and personal:
            put_on_record(app, definition, personal, len(frame), day, segments=_segments(condition))
        return MembersPage(
            frame, tuple(user_nos.tolist()), offset, len(ordered), picked.count, found.base.count, day,
            () if unmask else tuple(personal),
        )  # fmt: skip


def _require_sortable(vocabulary: Vocabulary, sort: str, unmask: bool) -> None:
    # The order of masked addresses tells about them.
    if sort not in ("", UID) and vocabulary.label(sort).personal is not None and not unmask:
        raise SegkitError(f"label '{sort}' holds personal data: users are sorted by it only where it is shown")


def _segments(rule: Condition) -> list[str]:
    return list(dict.fromkeys(live_references(rule)))


def _found(app: App, search: str, as_of: date, cancel: threading.Event | None) -> Bitmap:
    """Whose uid holds a text, and who is meant by it; looked for once for all pages."""
    evaluator = app.evaluator()
    key = ("found", search, as_of)
    numbers = evaluator.orders.get(key)
    if numbers is None:
        meant = Bitmap.from_user_nos(evaluator.size, all_meant(app, search, as_of))
        found = with_uid_like(evaluator, search, cancel) | meant
        numbers = found.user_nos().astype(np.int32)
        evaluator.orders.put(key, numbers)
    return Bitmap.from_user_nos(evaluator.size, numbers)
