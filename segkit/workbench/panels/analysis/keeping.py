"""Users that a view points at, as new segments: a region of an overlap, or whom a condition removes in its turn.

The rule is made here from ids and places, never taken from what a view sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segkit.analysis.overlap import OfSegment, Region
from segkit.definitions.conditions import Condition
from segkit.definitions.documents import Document
from segkit.definitions.naming import LONGEST_NAME
from segkit.definitions.sentences import sentence
from segkit.errors import SegkitError
from segkit.workbench.builder.saving import name_problem, save
from segkit.workbench.panels.analysis.questions import segment_id, segment_ids
from segkit.workbench.panels.model import Asked, Message

if TYPE_CHECKING:
    from segkit.api import App

_LONGEST_DESCRIPTION = 128


def rule_of(app: App, asked: Asked) -> Condition:
    """The rule of the users that are pointed at. Raises SegkitError where the place is none."""
    if asked.text("of", 20) == "conditions":
        found = app.conditions(segment_id(app, asked, "segment"), asked.day("as_of"))
        return found.changed_by(asked.text("path", 500))
    every, inside = segment_ids(app, asked), segment_ids(app, asked, "inside")
    if not set(inside) <= set(every) or not every:
        raise SegkitError("expected a region of the segments that are compared")
    names = app.definitions().name_of
    sides = [[OfSegment(key, names(key), 0) for key in every if (key in inside) is wanted] for wanted in (True, False)]
    return Region(tuple(sides[0]), tuple(sides[1]), 0).rule()


def offered(app: App, asked: Asked) -> Message:
    """What the rule says, how many it is now, and a name that is free."""
    rule = rule_of(app, asked)
    definitions = app.definitions()
    estimate = app.estimate(rule, asked.day("as_of"))
    wanted = asked.text("name", 200)
    name = wanted[:LONGEST_NAME].strip()
    if not name or name_problem(name, definitions, None):
        name = ""
    return {
        "sentence": sentence(rule, app.vocabulary, definitions.name_of),
        "count": estimate.count,
        "as_of": estimate.as_of.isoformat(),
        "name": name,
    }


def problem_of(app: App, asked: Asked) -> Message:
    """What is wrong with a name as far as it is typed, if anything."""
    return {"problem": name_problem(asked.text("name", 200), app.definitions(), None)}


def kept(app: App, asked: Asked) -> Message:
    """Saves the users as a segment and publishes it. Raises SegkitError with what keeps it from being saved."""
    name = asked.text("name", 200)
    problem = name_problem(name, app.definitions(), None)
    if problem:
        raise SegkitError(f"Not saved: {problem}")
    rule = rule_of(app, asked)
    says = sentence(rule, app.vocabulary, app.definitions().name_of)
    description = says if len(says) <= _LONGEST_DESCRIPTION else f"{says[: _LONGEST_DESCRIPTION - 1].rstrip()}…"
    saved = save(app, Document(name=name.strip(), description=description, rule=rule), None)  # type: ignore[arg-type]
    info = app.segment(saved.document.id or name)
    return {"id": info.id, "name": info.name, "count": info.count, "note": saved.note}
