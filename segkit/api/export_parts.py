"""One segment on its way into an export: who of it is written, in which files, with which columns; the rest counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segkit.api.drawing_lots import draw
from segkit.api.earlier_exports import Before
from segkit.api.export_options import Wanted, require_channel
from segkit.api.reachable import Reachable, reachable
from segkit.compile.sql import sql
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.engine.people import schema_of, with_labels
from segkit.errors import SegkitError
from segkit.exchange.addressing import Addressing
from segkit.exchange.platforms import Column

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file of a segment: whom it holds."""

    name: str
    users: Bitmap
    is_left: bool = False  # those who are taken out again: told by what identifies them, and by nothing else


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is written of a segment. `sent` is everybody who is in the audience after this export."""

    members: int
    pieces: tuple[Piece, ...]
    sent: Bitmap
    held_back: dict[str, int]
    told: dict[str, Any] = field(default_factory=dict)


class Selection:
    """How one export chooses users and columns; the same for all its segments."""

    def __init__(self, app: App, evaluator: DuckEvaluator, as_of: date, wanted: Wanted) -> None:
        self._app = app
        self._evaluator = evaluator
        self._as_of = as_of
        self._wanted = wanted
        if wanted.channel is not None:
            require_channel(app, wanted.channel)
        self.addressing = _addressing(app, wanted) if wanted.platform is not None else None

    @property
    def personal_columns(self) -> list[str]:
        """The labels that are written and hold personal data, hashed or not."""
        codes = [*self._wanted.labels, *(code for _, code in self.addressing.filled)] if self.addressing else None
        labels = (self._app.vocabulary.label(c) for c in dict.fromkeys(codes or self._wanted.labels) if c != "uid")
        return [label.code for label in labels if label.personal is not None]

    @cached_property
    def reachable(self) -> Reachable | None:
        """Who may be reached now, where the export asks for it."""
        if self._wanted.channel is None and self.addressing is None:
            return None
        return reachable(self._app, self._evaluator, self._as_of)

    def of(self, members: Bitmap, before: Before | None) -> Chosen:
        """Chooses of one segment's users; `before` is who was sent before, where only changes are written."""
        wanted, kept = self._wanted, members
        held: dict[str, int] = {}
        if self.reachable is not None:
            kept, held = self.reachable.held_back(members, wanted.channel)
        if self.addressing is not None:
            usable = self._usable(kept, by_address=wanted.channel is None)
            if usable.count < kept.count:
                held[f"no address that {self.addressing.platform.name} may have"] = (kept - usable).count
            kept = usable
        drawn = draw(
            self._evaluator, kept, self._as_of, holdout=wanted.holdout, seed=wanted.seed, variants=wanted.variants
        )
        if drawn.control:
            held["control group"] = drawn.control
        pieces = tuple(Piece(name=name, users=users) for name, users in drawn.variants.items())
        sent = _union(members.size, pieces)
        if wanted.changes:
            return self._changes(members, pieces, sent, before, held, drawn.told)
        return Chosen(members.count, pieces, sent, held, drawn.told)

    def _changes(
        self,
        members: Bitmap,
        pieces: tuple[Piece, ...],
        sent: Bitmap,
        before: Before | None,
        held: dict[str, int],
        told: dict[str, Any],
    ) -> Chosen:
        nobody = Bitmap.none(sent.size)
        surely, maybe = (nobody, nobody) if before is None else (before.surely, before.maybe)
        left = (maybe - sent) & self._evaluator.users(
            sql("SELECT user_no FROM {} WHERE uid IS NOT NULL", self._evaluator.relations.users)
        )
        if self.addressing is not None:
            left = self._usable(left, by_address=False, everyone=True)
        entered = [Piece(name=_entered(piece.name), users=piece.users - surely) for piece in pieces]
        stayed = (sent & surely).count
        if stayed:
            held["in the last export already"] = stayed
        both = (*entered, Piece(name="left", users=left, is_left=True))
        return Chosen(members.count, both, sent, held, told)

    # --- columns and rows --------------------------------------------------------------------------------------------

    def columns_of(self, piece: Piece) -> tuple[str, ...]:
        """The headings of a file."""
        if self.addressing is not None:
            return self._addressing_of(piece).columns
        return ("uid",) if piece.is_left else ("uid", *self._wanted.labels)

    def schema_of(self, piece: Piece) -> pa.Schema | None:
        """The types of a file's columns, where they are not text."""
        if self.addressing is not None:
            return None
        return schema_of(self._evaluator, self.columns_of(piece)[1:])

    def batches_of(self, piece: Piece) -> Iterator[pa.RecordBatch]:
        """The rows of a file."""
        if self.addressing is None:
            yield from self._batches(piece.users, self.columns_of(piece)[1:])
            return
        addressing = self._addressing_of(piece)
        for batch, allowed in self._with_allowed(piece.users, addressing, everyone=piece.is_left):
            yield addressing.rows(batch, allowed)

    def _addressing_of(self, piece: Piece) -> Addressing:
        assert self.addressing is not None
        if not piece.is_left:
            return self.addressing
        found = self.addressing
        told = tuple(pair for pair in found.filled if pair[0].needed or pair[0].column in found.platform.identified_by)
        return Addressing(found.platform, told)

    def _usable(self, users: Bitmap, *, by_address: bool, everyone: bool = False) -> Bitmap:
        assert self.addressing is not None
        addressing = Addressing(self.addressing.platform, self.addressing.filled)
        found = [
            addressing.usable(batch, allowed, by_address=by_address)
            for batch, allowed in self._with_allowed(users, addressing, everyone=everyone)
        ]
        return Bitmap.from_user_nos(users.size, users.user_nos()[np.concatenate([np.zeros(0, dtype=bool), *found])])

    def _with_allowed(
        self, users: Bitmap, addressing: Addressing, *, everyone: bool
    ) -> Iterator[tuple[pa.RecordBatch, Mapping[str, NDArray[np.bool_]]]]:
        """Batches with what the columns are made of, and by channel which of their users may be reached."""
        assert self.reachable is not None
        codes = dict.fromkeys(code for _, code in addressing.filled if code != "uid")
        channels = {column.source for column, _ in addressing.filled} & self.reachable.consented.keys()
        flags = {channel: self.reachable.by(channel).flags() for channel in channels}
        numbers, start = users.user_nos(), 0
        for batch in self._batches(users, [*codes, *(m for m in addressing.more if m not in codes)]):
            asked = numbers[start : start + batch.num_rows]
            start += batch.num_rows
            everybody = np.ones(batch.num_rows, dtype=bool)
            yield batch, {channel: everybody if everyone else flags[channel][asked] for channel in channels}

    def _batches(self, users: Bitmap, labels: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Users with labels as of the export's date; addresses, where consent is looked at, are the newest."""
        newest = set() if self.reachable is None else _addresses(self._app)
        ours = [label for label in labels if label not in newest]
        latest = [label for label in labels if label in newest]
        if not latest or self.reachable is None:
            yield from with_labels(self._evaluator, users, labels, self._as_of)
            return
        pairs = zip(
            with_labels(self._evaluator, users, ours, self._as_of),
            with_labels(self._evaluator, users, latest, self.reachable.as_of),
            strict=True,
        )
        for known, addresses in pairs:
            columns = [(addresses if label in newest else known).column(label) for label in labels]
            yield pa.RecordBatch.from_arrays([known.column("uid"), *columns], names=["uid", *labels])


def _entered(variant: str) -> str:
    return f"{variant}-entered" if variant else "entered"


def _union(size: int, pieces: Sequence[Piece]) -> Bitmap:
    found = Bitmap.none(size)
    for piece in pieces:
        found = found | piece.users
    return found


def _addresses(app: App) -> set[str]:
    channels = (app.settings.reach.email, app.settings.reach.mobile, app.settings.reach.push)
    return {channel.address for channel in channels if channel is not None and channel.address is not None}


def _addressing(app: App, wanted: Wanted) -> Addressing:
    """How a platform's columns are filled in this app. Raises SegkitError where they cannot be."""
    platform = wanted.platform
    assert platform is not None
    for name, label in wanted.columns.items():
        if platform.column(name).source != "label":
            raise SegkitError(f"platform '{platform.id}' fills its column '{name}' itself; leave out {name}={label}")
        app.vocabulary.label(label)
    filled = [(column, code) for column in platform.columns if (code := _code_of(app, column, wanted)) is not None]
    having = {column.column for column, _ in filled}
    lacking = [column.column for column in platform.columns if column.needed and column.column not in having]
    sources = {column.source for column, _ in filled}
    if lacking or not having & set(platform.identified_by) or not sources & {"email", "mobile"}:
        raise SegkitError(_unfilled(app, wanted, lacking))
    if wanted.labels and not platform.more_labels:
        free = ", ".join(column.column for column in platform.columns if column.source == "label") or "none"
        raise SegkitError(
            f"platform '{platform.id}' has no columns of one's own; found labels {', '.join(wanted.labels)}. "
            f"A label may fill: {free} (such as --column NAME=LABEL)."
        )
    for label in wanted.labels:
        if label in having:
            raise SegkitError(f"label '{label}' and a column of platform '{platform.id}' have the same name")
    return Addressing(platform, tuple(filled), tuple(wanted.labels))


def _code_of(app: App, column: Column, wanted: Wanted) -> str | None:
    if column.source == "uid":
        return "uid"
    if column.source == "label":
        return wanted.columns.get(column.column)
    channel = getattr(app.settings.reach, column.source)
    return None if channel is None else channel.address


def _unfilled(app: App, wanted: Wanted, lacking: Sequence[str]) -> str:
    assert wanted.platform is not None
    name = wanted.platform.name
    labels = [n for n in lacking if wanted.platform.column(n).source == "label"]
    if labels:
        return f"{name} needs {', '.join(labels)}; name a label for it, such as --column {labels[0]}=LABEL"
    reach = f"[apps.{app.name}.reach.email] or [apps.{app.name}.reach.mobile] with `address` and `consent`"
    return f"{name} is sent addresses; expected {reach} in segkit.toml, so that consent can be checked"
