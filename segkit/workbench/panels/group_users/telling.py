"""One person as a view shows them: labels, devices, events by day, segments; and a rule as a tree of verdicts."""

from __future__ import annotations

from typing import Any

from segkit.analysis.explanation import Explanation, Line, NearMiss, Row, Rows
from segkit.analysis.person import DayOfEvents, Known, Membership, Profile
from segkit.analysis.showing import NO_VALUE, day_text
from segkit.workbench.panels.model import Message


def profile_told(found: Profile) -> Message:
    """A person's page."""
    return {
        "uid": found.uid,
        "is_masked": found.is_masked,
        "is_there": found.is_there,
        "known": "; ".join(found.known),
        "categories": [{"name": name, "labels": list(map(_label, some))} for name, some in found.by_category().items()],
        "links": [{"name": name, "labels": list(map(_label, some))} for name, some in found.by_link().items()],
        "segments": list(map(_membership, found.memberships)),
        "notes": list(found.notes),
        **timeline_told(found),
    }


def timeline_told(found: Profile) -> Message:
    """What the person did, some days at a time."""
    line = found.timeline
    return {
        "activity": found.activity,
        "days": list(map(_day, line.shown)),
        "before": line.next_before.isoformat() if line.next_before else None,
    }


def explanation_told(found: Explanation) -> Message:
    """Why the person is in or not."""
    return {
        "uid": found.uid,
        "subject": found.subject.strip("‘’"),
        "is_in": found.holds,
        "title": found.title,
        "change": found.change,
        "near": [_miss(found, miss) for miss in found.near_misses],
        "tree": _line(found.tree, {place for miss in found.near_misses for place in miss.places}),
        "notes": list(found.notes),
    }


def _label(label: Known) -> Message:
    return {
        "name": label.name, "text": "" if label.text == NO_VALUE else label.text, "since": label.since_text,
    }  # fmt: skip


def _membership(each: Membership) -> Message:
    return {"id": each.segment_id, "name": each.name, "words": each.words, "is_in": each.last is None}


def _day(day: DayOfEvents) -> Message:
    return {"day": day_text(day.day), "events": [_row(row, with_day=False) for row in day.rows]}


def _row(row: Row, *, with_day: bool) -> Message:
    told = " · ".join(f"{name} {value}" for name, value in row.parameters)
    steps = f"step {' or '.join(str(step + 1) for step in row.steps)}" if row.steps else ""
    role = steps or ("" if row.is_counted else "compared with")
    when = f"{day_text(row.at.date())}, {row.at:%H:%M}" if with_day else f"{row.at:%H:%M}"
    return {"when": when, "name": row.name, "told": told, "role": role}


def _rows(rows: Rows) -> Message:
    shown = [_row(row, with_day=True) for row in rows.shown]
    return {"total": rows.total, "after": rows.after, "next": rows.next_after, "shown": shown}


def _line(line: Line, near: set[str]) -> dict[str, Any]:
    return {
        "place": line.verdict.place,
        "kind": line.kind,
        "text": line.text,
        "holds": line.holds,
        "note": "muted, it has no say" if line.holds is None else line.note,
        "seen": line.seen_text,
        "turns": line.turns,
        "is_near": line.verdict.place in near,
        "rows": _rows(line.rows) if line.rows is not None and line.rows.total else None,
        "inside": [_line(child, near) for child in line.inside],
    }


def _miss(found: Explanation, miss: NearMiss) -> Message:
    texts = {line.verdict.place: line.text for _, line in found.tree.walk()}
    return {
        "text": miss.line.text,
        "seen": miss.line.seen_text,
        "turns": miss.line.turns.removeprefix("at "),
        "beside": list(dict.fromkeys(texts[place] for place in miss.beside)),
    }
