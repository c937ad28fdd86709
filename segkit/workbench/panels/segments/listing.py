"""The rows of the list: what is looked for, in which order, a page at a time; plain data for the view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, cast

from segkit.api.ages import age_words
from segkit.api.infos import SegmentInfo
from segkit.definitions.documents import name_key
from segkit.errors import SegkitError
from segkit.store.searching import Search
from segkit.workbench.panels.model import Asked, Message

if TYPE_CHECKING:
    from segkit.api import App

PAGE = 100
#: Days of the trend line.
DAYS = 30
State = Literal["active", "archived", "deleted"]
_STATES = ("active", "archived", "deleted")
#: By the columns' names, what they are sorted by. A missing value comes last, whichever way.
_ORDER: Mapping[str, Callable[[SegmentInfo, int], Any]] = {
    "name": lambda info, _used: name_key(info.name),
    "kind": lambda info, _used: ("predefined", "custom", "imported").index(info.kind),
    "count": lambda info, _used: info.count,
    "updated": lambda info, _used: info.computed_at,
    "age": lambda info, _used: info.age,
    "cycle": lambda info, _used: info.cycle,
    "owner": lambda info, _used: name_key(info.owner) if info.owner else None,
    "used": lambda _info, used: used,
}


def listed(app: App, asked: Asked) -> Message:
    """A page of the segments that a view looks for, with what it can narrow them by."""
    state = state_of(asked)
    search, stale = _search(asked), asked.flag("stale")
    found = app.segments(search, archived=state == "archived", deleted=state == "deleted", stale=stale)
    everything = found if state == "active" and search == Search() and not stale else app.segments()
    used, counts = app.used_by(), app.recent_counts(DAYS)
    rows = _sorted(found, {read: len(users) for read, users in used.items()}, asked)
    offset = asked.number("offset")
    offset = min(offset, max(0, len(rows) - 1) // PAGE * PAGE)
    page = [row_of(info, len(used.get(info.id, ())), counts.get(info.id, {})) for info in rows[offset : offset + PAGE]]
    return {"rows": page, "total": len(rows), "offset": offset, **_choices(everything)}


def row_of(info: SegmentInfo, used: int, counts: Mapping[date, int]) -> Message:
    """One row, as the view shows it."""
    return {
        "id": info.id, "name": info.name, "kind": info.kind, "cycle": info.cycle, "count": info.count,
        "counts": [[day.isoformat(), count] for day, count in counts.items()],
        "as_of": info.as_of.isoformat() if info.as_of else None, "updated": info.updated,
        "age": "" if info.age is None else age_words(info.age), "owner": info.owner or "", "folder": info.folder or "",
        "used": used, "stale": info.is_stale, "note": info.note, "state": info.state,
    }  # fmt: skip


def state_of(asked: Asked) -> State:
    """Which segments are asked for. Raises SegkitError for another word."""
    found = asked.text("state", 20) or "active"
    if found not in _STATES:
        raise SegkitError(f"state: expected one of {', '.join(_STATES)}")
    return cast("State", found)


def _search(asked: Asked) -> Search:
    given = {key: asked.text(key, 200) or None for key in ("folder", "cycle", "kind")}
    return Search(asked.text("search", 200), **given)


def _sorted(found: Iterable[SegmentInfo], used: Mapping[str, int], asked: Asked) -> Sequence[SegmentInfo]:
    by = asked.text("sort", 20)
    if not by:
        return list(found)  # predefined first, then by name
    if by not in _ORDER:
        raise SegkitError(f"sort: expected one of {', '.join(_ORDER)}")
    keyed = [(_ORDER[by](info, used.get(info.id, 0)), info) for info in found]
    there = [each for each in keyed if each[0] is not None]
    there.sort(key=lambda each: each[0], reverse=asked.flag("down"))
    return [info for _, info in there] + [info for key, info in keyed if key is None]


def _choices(everything: Sequence[SegmentInfo]) -> Message:
    """What segments can be narrowed to, with how many there are of each, whatever is looked for now."""
    folders = Counter(info.folder for info in everything if info.folder)
    return {
        "all": len(everything), "kinds": dict(Counter(info.kind for info in everything)),
        "folders": dict(sorted(folders.items(), key=lambda each: name_key(each[0]))),
        "stale_ones": sum(info.is_stale for info in everything),
    }  # fmt: skip
