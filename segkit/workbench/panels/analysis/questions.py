"""What each view asks of an app: its question read from what the view sent, the finding, the same line in Python.

Nothing here knows how an answer is shown; see `plain`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from segkit.analysis.finding import Finding
from segkit.analysis.overlap import MOST
from segkit.api.differing import Diff
from segkit.errors import SegkitError
from segkit.workbench.panels.model import Asked

if TYPE_CHECKING:
    from segkit.api import App

Found = Finding | Diff
#: Example users of those who come or go.
EXAMPLES = 3
_DAYS = 30
#: A segment's id, a day as ISO text or empty, a list of ids or labels, two versions.
Question = dict[str, str | list[str] | list[int]]


@dataclass(frozen=True)
class Kind:
    """One view: what is it called, how its question is read, answered, and written in Python."""

    title: str
    read: Callable[[App, Asked], Question]
    find: Callable[[App, Question, date | None], Found]
    code: Callable[[App, Question, date | None], str]


def segment_id(app: App, asked: Asked, key: str) -> str:
    """The id of a segment that is there. Raises SegkitError where none was named, NotFound for another."""
    name = asked.text(key, 200)
    if not name:
        raise SegkitError("choose a segment first")
    return app.definitions()[name].id


def segment_ids(app: App, asked: Asked, key: str = "segments") -> list[str]:
    """The ids of segments that are there, each once, at most as many as an overlap takes."""
    definitions = app.definitions()
    found = list(dict.fromkeys(definitions[name].id for name in asked.texts(key, most=100, longest=200)))
    if len(found) > MOST:
        raise SegkitError(f"found {len(found)} segments; expected at most {MOST} at a time")
    return found


# --- how each question is read ---------------------------------------------------------------------------------------


def _one(app: App, asked: Asked) -> Question:
    return {"segment": segment_id(app, asked, "segment")}


def _several(app: App, asked: Asked) -> Question:
    return {"segments": list[str](segment_ids(app, asked))}


def _beside(app: App, asked: Asked) -> Question:
    against = segment_id(app, asked, "against") if asked.text("against", 200) else ""
    labels = [app.vocabulary.label(code).code for code in asked.texts("labels", most=1_000, longest=200)]
    return {**_one(app, asked), "against": against, "labels": labels}


def _between(app: App, asked: Asked) -> Question:
    days = {key: asked.day(key) for key in ("since", "until")}
    return {**_one(app, asked), **{key: day.isoformat() if day else "" for key, day in days.items()}}


def _since_before(app: App, asked: Asked) -> Question:
    """Without days from the newest snapshot but one; where there is none, the last days are looked at."""
    question = _between(app, asked)
    if question["since"] or question["until"] or _has_two_snapshots(app, _text(question, "segment")):
        return question
    return question | {"since": (app.as_of - timedelta(_DAYS)).isoformat(), "until": app.as_of.isoformat()}


def _two(app: App, asked: Asked) -> Question:
    if not asked.flag("versions"):
        return {**_one(app, asked), "other": segment_id(app, asked, "other"), "numbers": []}
    numbers = [asked.number(key, least=1, most=10**6) for key in ("old", "new")]
    return {**_one(app, asked), "other": "", "numbers": numbers}


# --- how it is answered ----------------------------------------------------------------------------------------------


def _trend(app: App, question: Question, _as_of: date | None) -> Found:
    return app.trend(_text(question, "segment"), _text(question, "since"), _text(question, "until"))


def _why(app: App, question: Question, _as_of: date | None) -> Found:
    since, until = _text(question, "since"), _text(question, "until")
    return app.why(_text(question, "segment"), since or None, until or None, examples=EXAMPLES)


def _has_two_snapshots(app: App, segment: str) -> bool:
    """Whether there is one to begin with and one to end with; else the last days are looked at."""
    held = app.workspace.catalog.snapshots(app.name, segment)
    return len({snapshot.as_of for snapshot in held}) > 1


def _compose(app: App, question: Question, as_of: date | None) -> Found:
    labels = _texts(question, "labels") or None
    return app.compose(_text(question, "segment"), _text(question, "against") or None, labels=labels, as_of=as_of)


def _compare(app: App, question: Question, as_of: date | None) -> Found:
    numbers = question["numbers"]
    if not numbers:
        return app.compare(_text(question, "segment"), _text(question, "other"), as_of)
    old, new = (int(number) for number in numbers)
    return app.diff(_text(question, "segment"), versions=(old, new), as_of=as_of)


# --- the same in Python ----------------------------------------------------------------------------------------------


def _call(app: App, method: str, ids: Sequence[str], as_of: date | None = None, **named: object) -> str:
    """`app.why("Churned", since="2026-05-01")`; what is empty is left out."""
    words = [_quoted(app.definitions().name_of(segment)) for segment in ids if segment]
    if as_of is not None:
        named["as_of"] = as_of.isoformat()
    shown = ((key, value if isinstance(value, tuple) else _quoted(value)) for key, value in named.items() if value)
    return f"app.{method}({', '.join([*words, *(f'{key}={value}' for key, value in shown)])})"


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(question: Question, key: str) -> str:
    found = question[key]
    assert isinstance(found, str)
    return found


def _texts(question: Question, key: str) -> list[str]:
    return [str(each) for each in question[key]]


KINDS: dict[str, Kind] = {
    "conditions": Kind(
        "Conditions",
        _one,
        lambda app, question, as_of: app.conditions(_text(question, "segment"), as_of),
        lambda app, question, as_of: _call(app, "conditions", [_text(question, "segment")], as_of),
    ),
    "overlap": Kind(
        "Overlap",
        _several,
        lambda app, question, as_of: app.overlap(*_texts(question, "segments"), as_of=as_of),
        lambda app, question, as_of: _call(app, "overlap", _texts(question, "segments"), as_of),
    ),
    "compose": Kind(
        "Composition",
        _beside,
        _compose,
        lambda app, question, as_of: _call(
            app,
            "compose",
            [_text(question, "segment"), _text(question, "against")],
            as_of,
            labels=_texts(question, "labels"),
        ),
    ),
    "trend": Kind(
        "Trend",
        _between,
        _trend,
        lambda app, question, as_of: _call(
            app, "trend", [_text(question, "segment")], since=question["since"], until=question["until"]
        ),
    ),
    "why": Kind(
        "Why it changed",
        _since_before,
        _why,
        lambda app, question, as_of: _call(
            app, "why", [_text(question, "segment")], since=question["since"], until=question["until"]
        ),
    ),
    "compare": Kind(
        "Compare",
        _two,
        _compare,
        lambda app, question, as_of: (
            _call(app, "compare", [_text(question, "segment"), _text(question, "other")], as_of)
            if question["other"]
            else _call(app, "diff", [_text(question, "segment")], as_of, versions=tuple(question["numbers"]))
        ),
    ),
}
