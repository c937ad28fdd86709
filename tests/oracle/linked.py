"""Labels derived from a linked table: which of a user's rows count, and every measure of them, in plain Python."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .compare import satisfies
from .days import Days, instant_of
from .measuring import is_muted, parts_of
from .typed import Held, held, nfc

if TYPE_CHECKING:
    from .world import LinkedRow

#: Linked rows are not asked how long ago something was.
_NO_DAY = date.min


def linked_value(label: dict[str, Any], rows: list[LinkedRow], days: Days) -> Held:
    """The value of a label over the rows of one user that hold on some day."""
    derived = label["derived"]
    counted = [linked for linked in rows if _counts(derived.get("where", {}), linked, days)]
    measure, of = derived["measure"], derived.get("of")
    if measure == "count":
        return len(counted)
    if measure == "exists":
        return bool(counted)
    is_text = measure in ("list", "distinct")
    type_, scale = ("string", None) if is_text else (label["type"], label.get("scale"))
    values = [(linked, held(linked.row[of], type_, scale, days, linked.zone)) for linked in counted]
    if measure in ("first", "last") and (label["type"] != "date" or "by" in derived):
        return _by_order(derived, [(linked, value) for linked, value in values if value is not None])
    present: list[Any] = [value for _, value in values if value is not None]
    if is_text:
        return len(set(present)) if measure == "distinct" else tuple(present)
    if measure == "sum":
        return sum(present, Decimal(0))
    if not present:
        return None
    smallest_or_largest: Held = min(present) if measure in ("min", "first") else max(present)
    return smallest_or_largest


def _by_order(derived: dict[str, Any], values: list[tuple[LinkedRow, Held]]) -> Held:
    """The value of the earliest or the latest row; of rows at the same moment the smallest value."""
    moments: list[tuple[float, Any]] = []
    for linked, value in values:
        if "by" in derived:
            raw = linked.row[derived["by"]]
            if raw is not None:
                moments.append((_moment(raw, linked.zone), value))
        else:
            raw = linked.row[linked.valid_from]
            moments.append((-math.inf if raw is None else _moment(raw, linked.zone), value))
    if not moments:
        return None
    wanted = (min if derived["measure"] == "first" else max)(moment for moment, _ in moments)
    found: Held = min(value for moment, value in moments if moment == wanted)
    return found


def _moment(raw: Any, zone: ZoneInfo) -> float:
    # All cells of a column are days, or all are instants.
    return instant_of(raw, zone) if isinstance(raw, datetime) else raw.toordinal()


def _counts(where: dict[str, Any], linked: LinkedRow, days: Days) -> bool:
    """Whether a row fulfils a `where`, in its short form or as a tree of comparisons of columns."""
    if _is_tree(where):
        return is_muted(where) or _holds(where, linked, days)
    return all(_is_one_of(linked.row.get(column), wanted, linked, days) for column, wanted in where.items())


def _is_tree(where: dict[str, Any]) -> bool:
    return {"column", "op"} <= set(where) or list(where) in (["all"], ["any"], ["not"])


def _holds(where: dict[str, Any], linked: LinkedRow, days: Days) -> bool:
    if "column" in where:
        raw, op, wanted = linked.row[where["column"]], where["op"], where.get("value")
        if op in ("is_empty", "not_empty"):
            is_empty = raw is None or raw == ""
            return is_empty if op == "is_empty" else not is_empty
        type_ = where.get("type") or _type_of(wanted[0] if isinstance(wanted, list) else wanted)
        return satisfies(held(raw, type_, None, days, linked.zone), op, wanted, _NO_DAY)
    if "not" in where:
        return not _holds(where["not"], linked, days)
    parts = [_holds(part, linked, days) for part in parts_of(where) if not is_muted(part)]
    return all(parts) if "all" in where else any(parts)


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else "string"


def _is_one_of(found: Any, wanted: Any, linked: LinkedRow, days: Days) -> bool:
    choices = wanted if isinstance(wanted, list) else [wanted]
    return any(_equals(found, choice, linked, days) for choice in choices)


def _equals(found: Any, choice: Any, linked: LinkedRow, days: Days) -> bool:
    if found is None:
        return False
    if isinstance(choice, str) or isinstance(found, str):
        return isinstance(choice, str) and isinstance(found, str) and nfc(found) == nfc(choice)
    if isinstance(choice, bool) or isinstance(found, bool):
        return bool(found is choice)
    return satisfies(held(found, "number", None, days, linked.zone), "eq", choice, _NO_DAY)
