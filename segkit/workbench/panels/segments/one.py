"""One segment as it opens beside the list: what its rule says, its numbers, who uses it, what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segkit.api.infos import SegmentInfo
from segkit.definitions.documents import Document
from segkit.definitions.sentences import sentence
from segkit.errors import NotFound
from segkit.workbench.panels.model import Message
from segkit.workbench.panels.segments.listing import DAYS, row_of

if TYPE_CHECKING:
    from segkit.analysis.lineage import Lineage
    from segkit.api import App
    from segkit.api.history import History

_LIST = "It is an imported list: whom it holds is neither listed nor exported; its addresses leave for messages only."
#: Of an imported list, by what is asked for.
_LIST_REASONS = {
    "members": _LIST + " Its count is shown, and rules may read it.",
    "edit": "It is an imported list, which has no rule to edit; use it in a rule instead.",
    "update": "Every load matches it to the users again; there is nothing to compute.",
    "duplicate": "The rows of a list are not copied; a segment with the rule “in this list” picks the same users.",
}


def found(app: App, segment_id: str) -> SegmentInfo:
    """A segment by its id, archived and deleted ones too. Raises NotFound."""
    try:
        return app.segment(segment_id)
    except NotFound:
        for info in app.segments(deleted=True):
            if info.id == segment_id:
                return info
        raise


def opened(app: App, segment_id: str) -> Message:
    """All that stands beside the list of one segment, but its trend."""
    info = found(app, segment_id)
    users = app.used_by().get(info.id, ())
    document = _document(app, info)
    counts = app.recent_counts(DAYS).get(info.id, {})
    return {
        **row_of(info, len(users), counts), "description": info.description, "tags": list(info.tags),
        "version": info.version, "freshness": info.freshness, "used_by": list(users),
        "sentence": _LIST if info.kind == "imported" else sentence(document.rule, app.vocabulary, app.names()),
        "reasons": _reasons(info, users),
    }  # fmt: skip


def _document(app: App, info: SegmentInfo) -> Document:
    if info.state == "deleted" and info.version is not None:
        return app.document_of_version(info.id, info.version)
    return app.document(info.id)


def _reasons(info: SegmentInfo, users: tuple[str, ...]) -> dict[str, str]:
    """By what can be done with a segment, why it cannot be done with this one."""
    reasons: dict[str, str] = {}
    if info.state != "active":
        away = f"It is {info.state}; bring it back first."
        reasons |= dict.fromkeys(("edit", "update", "members", "export", "trend"), away)
    if info.state == "deleted":
        reasons |= dict.fromkeys(("duplicate", "lineage", "archive", "delete"), away)
    if info.kind == "imported":
        reasons |= {**_LIST_REASONS, "export": _LIST_REASONS["members"]}
    if info.kind == "predefined":
        fixed = "It is predefined, and stays."
        reasons |= {"archive": fixed, "delete": fixed}
        reasons["history"] = "It is predefined, and has no versions; its thresholds are set in segkit.toml."
    if info.missing:
        lacking = f"It is unavailable here: the vocabulary lacks {', '.join(info.missing)}."
        reasons |= dict.fromkeys(("members", "export", "update", "trend", "edit", "duplicate"), lacking)
    if users and info.state == "active":
        reasons |= dict.fromkeys(("archive", "delete"), f"Used by {', '.join(users)}. Take it out there first.")
    return reasons


def days_to_work_out(app: App, info: SegmentInfo) -> int:
    """How many of the last days were not published, and would be evaluated for a trend."""
    if info.cycle == "once" or info.kind == "imported":  # they change with their snapshots only
        return 0
    return DAYS - len(app.recent_counts(DAYS).get(info.id, {}))


def history_shown(history: History, version: int | None) -> Message:
    """The versions and what else befell a segment, in words; `now` is the current one."""
    entries = [
        {
            "version": entry.version, "what": entry.what, "when": entry.when, "actor": entry.actor, "note": entry.note,
            "lines": entry.lines, "now": entry.version is not None and entry.version == version,
        }
        for entry in history.entries
    ]  # fmt: skip
    return {"entries": entries}


def lineage_shown(lineage: Lineage) -> Message:
    """The picture, and the same in words."""
    return {"svg": lineage.svg(), "words": lineage.text()}
