"""Findings as plain data for a view: numbers and words. No user but masked examples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from segkit.analysis.composition import Composition
from segkit.analysis.development import Trend
from segkit.analysis.elimination import Conditions, Step
from segkit.analysis.label_parts import OfLabel, PartOfSegment
from segkit.analysis.linting.remark import Lint
from segkit.analysis.overlap import Overlap
from segkit.analysis.why import MEANINGS, Part, Why
from segkit.api.differing import Diff
from segkit.errors import Forbidden
from segkit.workbench.panels.analysis.questions import EXAMPLES, Found
from segkit.workbench.panels.model import Message

#: Where in a rule something stands, which code wants to know, and a reader of two rules does not.
_PLACE = re.compile(r" \(rule\.[^)]*\)\.$")


def plain(found: Found) -> Message:
    """What a view shows of a finding."""
    if isinstance(found, Conditions):
        return _conditions(found)
    if isinstance(found, Overlap):
        return _overlap(found)
    if isinstance(found, Composition):
        return _composition(found)
    if isinstance(found, Why):
        return _why(found)
    if isinstance(found, Trend):
        return found.to_dict() | {"words": _lines(found)}
    assert isinstance(found, Diff)
    return _diff(found)


def _lines(found: Conditions | Overlap | Composition | Trend | Why) -> list[str]:
    """The words without the notes, which are shown by themselves."""
    return [line for line in found.words.splitlines() if not line.startswith("Note: ")]


def _conditions(found: Conditions) -> Message:
    shown = [step for step in found.told if step.path != "rule"] or list(found.told)
    return {
        "count": found.count,
        "base": found.base,
        "as_of": found.as_of.isoformat(),
        "words": _lines(found),
        "notes": list(found.notes),
        "steps": [_step(step) for step in shown],
    }


def _step(step: Step) -> Message:
    keys = ("path", "text", "depth", "muted", "count", "without", "arriving", "removed", "left", "added", "in_line")
    return {key: getattr(step, key) for key in keys}


def _overlap(found: Overlap) -> Message:
    words = {frozenset(s.id for s in region.inside): region.words for region in found.regions if region.count}
    regions = [
        region | {"words": words[frozenset(region["in"])]} for region in found.to_dict()["regions"] if region["users"]
    ]
    return found.to_dict() | {"regions": regions, "none": found.none, "words": _lines(found)}


def _composition(found: Composition) -> Message:
    return {
        "segment": {"name": found.segment.name, "users": found.segment.users},
        "other": {"name": found.other.name, "users": found.other.users},
        "is_base": found.is_base,
        "as_of": found.as_of.isoformat(),
        "source": found.source,
        "words": _lines(found),
        "notes": list(found.notes),
        "labels": [_label(label) for label in found.labels],
    }


def _label(label: OfLabel) -> Message:
    parts = [_part_of_segment(part) for part in label.parts]
    return {"code": label.code, "name": label.name, "in_rule": label.in_rule, "parts": parts}


def _part_of_segment(part: PartOfSegment) -> Message:
    keys = ("kind", "name", "count", "share", "other_count", "other_share", "lift", "telling", "is_clear")
    found: Message = {key: getattr(part, key) for key in keys}
    return found | {"words": part.lift_words, "interval": _pair(part.interval), "others": _pair(part.other_interval)}


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _why(found: Why) -> Message:
    keys = ("name", "from", "to", "before", "after", "change", "entered", "left", "notes")
    plain_data = found.to_dict()
    return {key: plain_data[key] for key in keys} | {
        "parts": [_part(found, part) for part in found.parts],
        "hides_examples": not found.most,
    }


def _part(found: Why, part: Part) -> Message:
    entered, left = ([], []) if part.inside else found.examples(part)
    return {
        "title": part.title,
        "means": MEANINGS[part.kind],
        "entered": part.entered,
        "left": part.left,
        "change": part.change,
        "lines": list(part.lines),
        "examples": {"entered": entered, "left": left},
        "inside": [_part(found, each) for each in part.inside],
    }


def _diff(found: Diff) -> Message:
    try:
        examples, hidden = found.examples(EXAMPLES), not found.is_listed
    except Forbidden:  # whoever may not see who the users are sees how many they are
        examples, hidden = {"gained": [], "lost": []}, True
    counts = found.movement.counts()
    return {
        "old": found.old,
        "new": found.new,
        "as_of": found.as_of[1].isoformat(),
        "words": [_PLACE.sub(".", line) for line in found.words],
        "notes": list(found.notes),
        "both": (counts["before"] or 0) - (counts["lost"] or 0),
        "examples": examples,
        "hides_examples": hidden,
        **counts,
    }


def remarks(found: Lint, codes: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What lint says, of some codes or of all."""
    shown = (remark for remark in found.remarks if not codes or remark.code in codes)
    keys = ("segment", "path", "code", "words", "advice")
    return [{key: getattr(remark, key) for key in keys} for remark in shown]
