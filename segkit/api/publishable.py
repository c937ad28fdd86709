"""Which snapshot an export may write: whole, of the rule as it is, not older than the export allows; or why none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import require_available
from segkit.errors import Busy, SegkitError
from segkit.files.locks import Lock, holder_of
from segkit.store.records import Snapshot

if TYPE_CHECKING:
    from segkit.api.app import App


def _lock(app: App) -> Path:
    return app.workspace.folder / "locks" / f"refresh-{app.name}.lock"


@contextmanager
def computing(app: App) -> Iterator[None]:
    """Lets others see that segments of an app are being computed. Keeps nobody from computing as well."""
    with ExitStack() as stack:
        with suppress(Busy):
            stack.enter_context(Lock(_lock(app), f"refreshing segments of {app.name}"))
        yield


def publishable(
    app: App, definition: Definition, as_of: date, definitions: Definitions, max_age_days: int | None = None
) -> Snapshot:
    """The snapshot as of that very date, or for cycle once the newest one before it.

    Raises SegkitError with the reason: imported, not computed, being computed, changed since, too old.
    """
    if definition.kind == "imported":
        raise SegkitError(f"‘{definition.name}’ is an imported list; imported segments are never exported")
    require_available(definition)
    catalog = app.workspace.catalog
    look_up = catalog.newest_snapshot if definition.cycle == "once" else catalog.snapshot
    snapshot = look_up(app.name, definition.id, as_of)
    again = f"`segkit refresh '{definition.name}' --as-of {as_of}` computes it"
    if snapshot is None:
        raise SegkitError(
            _being_computed(app, definition) or f"‘{definition.name}’ is not computed as of {as_of}; {again}"
        )
    if snapshot.rule_fingerprint != definitions.fingerprints[definition.id]:
        changed = f"‘{definition.name}’ has changed since it was computed as of {snapshot.as_of}; {again}"
        raise SegkitError(_being_computed(app, definition) or changed)
    _require_young(app, definition, snapshot, max_age_days, again)
    return snapshot


def _being_computed(app: App, definition: Definition) -> str:
    holder = holder_of(_lock(app))
    if holder is None:
        return ""
    by = f"‘{definition.name}’ is being computed by {holder}"
    return f"{by}; nothing is exported by halves. Try again once it has ended."


def _require_young(app: App, definition: Definition, snapshot: Snapshot, limit: int | None, again: str) -> None:
    limits = [days for days in (limit, app.workspace.settings.snapshots.max_age_days) if days is not None]
    if not limits:
        return
    age = app.workspace.clock() - snapshot.computed_at
    if age > timedelta(days=min(limits)):
        raise SegkitError(
            f"‘{definition.name}’ was computed {age.days:,} days ago, on {snapshot.computed_at:%Y-%m-%d}; this export "
            f"takes what is at most {min(limits):,} days old. {again} again."
        )
