"""How segments overlap: their users gathered, then bit algebra; see `segkit.analysis.overlap`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.overlap import MOST, OfSegment, Overlap, region_counts
from segkit.api.analysing.gathering import gathered
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App


def overlap(app: App, names: Sequence[str], as_of: date | None) -> Overlap:
    """Every region of the named segments; see `App.overlap`."""
    definitions = app.definitions()
    found = [definitions[name] for name in names]
    if not 2 <= len(found) <= MOST:
        raise SegkitError(f"found {len(found)} segments; an overlap is of 2 to {MOST}")
    twice = sorted({d.name for d in found if sum(other.id == d.id for other in found) > 1})
    if twice:
        raise SegkitError(f"‘{twice[0]}’ is named twice; expected different segments")
    sets = gathered(app, [definition.id for definition in found], as_of)
    return Overlap(
        segments=tuple(
            OfSegment(d.id, d.name, users.count, d.kind) for d, users in zip(found, sets.users, strict=True)
        ),
        as_of=sets.as_of,
        base=sets.base.count,
        source=sets.source,
        counts=tuple(region_counts(sets.users, sets.base)),
        notes=sets.notes,
    )
