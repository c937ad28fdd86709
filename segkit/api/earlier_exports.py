"""What was sent before, for an export of changes: who surely has left already, and who may have.

An export that was not delivered counts for nothing if it was never tried. If it was, nobody knows how far it came: then
whoever was in it is taken out again, and is entered once more, so that the other side is right in either case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segkit.engine.bitmap import Bitmap
from segkit.exchange.manifest import instant_text
from segkit.store.records import ExportRecord
from segkit.store.sent import read_sent

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True, slots=True)
class Before:
    """Users of one segment at the other side: those who are surely there, and all who may be."""

    surely: Bitmap
    maybe: Bitmap


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last export that arrived, if one did, and those since that may have."""

    last: ExportRecord | None
    uncertain: tuple[ExportRecord, ...]

    def of(self, app: App, segment_id: str, size: int) -> Before:
        """Who was sent of one segment. Raises Damaged where what was kept of it is not what was written."""
        nobody = Bitmap.none(size)
        surely = maybe = nobody if self.last is None else _sent(app, self.last, segment_id, size)
        for record in self.uncertain:
            sent = _sent(app, record, segment_id, size)
            surely, maybe = surely & sent, maybe | sent
        return Before(surely, maybe)

    def told(self) -> dict[str, Any] | None:
        """What the manifest says of it."""
        last = {} if self.last is None else {"export": self.last.id, "made_at": instant_text(self.last.at)}
        unknown = {"may_have_arrived": [record.id for record in self.uncertain]} if self.uncertain else {}
        return {**last, **unknown} or None


def earlier_exports(app: App, family: Mapping[str, Any]) -> Earlier:
    """Earlier exports of the same segments to the same place, by the same profile and channel."""
    uncertain: list[ExportRecord] = []
    for record in app.workspace.catalog.exports(app.name):
        if _family_of(record) != family:
            continue
        arrived = _arrived(app, record)
        if arrived:
            return Earlier(record, tuple(uncertain))
        if arrived is None:
            uncertain.append(record)
    return Earlier(None, tuple(uncertain))


def _family_of(record: ExportRecord) -> dict[str, Any]:
    told = {key: record.detail.get(key) for key in ("target", "profile", "channel")}
    return {**told, "segments": sorted(record.detail.get("sent", {}))}


def _arrived(app: App, record: ExportRecord) -> bool | None:
    """Whether it is where it was to go; None where nobody knows."""
    delivery = record.detail.get("delivery")
    message = None if delivery is None else app.workspace.catalog.outbox.by_key(delivery["key"])
    if message is None or message.sent_at is not None:
        return True
    return None if message.attempts else False


def _sent(app: App, record: ExportRecord, segment_id: str, size: int) -> Bitmap:
    return read_sent(app.workspace.folder, record.detail["sent"][segment_id], size)
