"""What comes before an export is written: which segments may leave, who of each, and what was sent before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from segkit.api.definitions import Definition, Definitions
from segkit.api.earlier_exports import Earlier, earlier_exports
from segkit.api.export_options import Wanted
from segkit.api.export_parts import Chosen, Selection
from segkit.api.publishable import publishable
from segkit.engine.bitmap import Bitmap
from segkit.engine.evaluator import DuckEvaluator
from segkit.errors import Cancelled
from segkit.exchange.delivery import is_url
from segkit.exchange.storage import plain
from segkit.operations.roles import require
from segkit.store.records import Snapshot
from segkit.store.snapshots import read_snapshot

if TYPE_CHECKING:
    from segkit.api.app import App


@dataclass(frozen=True)
class Watch:
    """Hears how far an export is, as a step and a share from 0 to 1, and may give it up."""

    tell: Callable[[str, float], None] = lambda _step, _share: None
    cancel: threading.Event = field(default_factory=threading.Event)

    def at(self, step: str, share: float) -> None:
        """Tells. Raises Cancelled once somebody gave up."""
        if self.cancel.is_set():
            raise Cancelled("the export was stopped; nothing was written")
        self.tell(step, share)

    def over(self, rows: int) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
        """What hands batches on, and tells how many of all the rows they are by now."""
        done = 0

        def watched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            nonlocal done
            for batch in batches:
                self.at("Writing users", done / max(rows, 1))
                yield batch
                done += batch.num_rows

        return watched


@dataclass(frozen=True)
class Prepared:
    """What an export is about to write. `family` is what another must have in common to continue it."""

    selection: Selection
    segments: tuple[tuple[Definition, Snapshot, Chosen], ...]
    last: Earlier | None
    family: dict[str, Any]
    definitions: Definitions


def prepare(
    app: App, evaluator: DuckEvaluator, names: Sequence[str], as_of: date, wanted: Wanted, watch: Watch
) -> Prepared:
    """Chooses users. Raises SegkitError where a segment may not leave, or is not published for then."""
    definitions = app.definitions()
    for code in wanted.labels:
        app.vocabulary.label(code)
    chosen = list({d.id: d for d in (definitions[name] for name in names)}.values())
    found = [(d, publishable(app, d, as_of, definitions, wanted.max_age_days)) for d in chosen]
    selection = Selection(app, evaluator, as_of, wanted)
    if selection.personal_columns:
        require(app.workspace.settings.roles, app.workspace.actor, "members", "export with personal data")
    family = _family(chosen, wanted)
    last = earlier_exports(app, family) if wanted.changes else None
    segments = []
    for number, (definition, snapshot) in enumerate(found):
        watch.at("Choosing users", number / len(found))
        before = last.of(app, definition.id, evaluator.size) if last is not None else None
        segments.append((definition, snapshot, selection.of(_users(evaluator, app, snapshot, as_of), before)))
    return Prepared(selection, tuple(segments), last, family, definitions)


def _users(evaluator: DuckEvaluator, app: App, snapshot: Snapshot, as_of: date) -> Bitmap:
    """Those of a snapshot who are still there: one with cycle once may be older than the date exported for."""
    return read_snapshot(app.workspace.folder, snapshot).resized(evaluator.size) & evaluator.base(as_of)


def _family(chosen: Sequence[Definition], wanted: Wanted) -> dict[str, Any]:
    """What two exports have in common of which the second may continue the first."""
    ids = sorted(definition.id for definition in chosen)
    return {"target": _target(wanted), "profile": wanted.profile, "channel": wanted.channel, "segments": ids}


def _target(wanted: Wanted) -> str:
    """Where it goes, as the record says it: nothing secret of a URL."""
    target = wanted.target or "exports"
    return plain(target) if is_url(target) else target
