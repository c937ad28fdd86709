"""Personas: users that a segment must, or must not, pick. Checked before it is saved, planned or published.

A broken one holds the segment and whoever reads it; what was published before is still served. Where a message is
kept or may travel (runs, notebooks) it names the persona's place in the document; the uid stands beside it only where
the document itself is at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from segkit.analysis.deciding import deciding_places
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import Evaluation, evaluate
from segkit.definitions.conditions import walk
from segkit.definitions.documents import Document, Personas
from segkit.definitions.sentences import condition_text
from segkit.engine.people import user_nos_of
from segkit.engine.protocol import Evaluated
from segkit.errors import Held, Problem, SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App

MOST = 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class BrokenPersona:
    """One persona that is not where it must be: its place in the document, its uid, and why."""

    place: str
    uid: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"

    @property
    def words(self) -> str:
        """The same with the uid as it stands in the document."""
        return f"{self.place} ('{self.uid}'): {self.why}"


def problems_of(personas: Personas | None) -> list[Problem]:
    """What is wrong with personas as they are written: an empty uid, one that stands twice, too many."""
    placed = personas.placed() if personas else []
    problems = [] if len(placed) <= MOST else [Problem("personas", f"found {len(placed):,} users; expected {MOST}")]
    seen: dict[str, str] = {}
    for place, uid, _ in placed:
        if not uid:
            problems.append(Problem(place, "the uid is empty; expected that of a user"))
        elif uid in seen:
            problems.append(Problem(place, f"the same user as {seen[uid]}; expected each user once"))
        seen.setdefault(uid, place)
    return problems


def broken_personas(
    app: App, definitions: Definitions, evaluation: Evaluation, as_of: date
) -> dict[str, tuple[BrokenPersona, ...]]:
    """By id, the personas of every segment that was evaluated which are not where they must be."""
    found = {}
    for key, result in evaluation.results.items():
        definition = definitions.by_id.get(key)
        if definition is not None and definition.document.personas is not None:
            broken = tuple(_broken(app, definition, result, evaluation, definitions, as_of))
            found.update({key: broken} if broken else {})
    return found


def _broken(
    app: App, definition: Definition, result: Evaluated, evaluation: Evaluation, definitions: Definitions, as_of: date
) -> Iterable[BrokenPersona]:
    assert definition.document.personas is not None
    placed = definition.document.personas.placed()
    numbers = user_nos_of(evaluation.evaluator, [uid for _, uid, _ in placed])
    for place, uid, must_be_in in placed:
        number = numbers.get(uid)
        if number is None:
            yield BrokenPersona(
                place, uid, f"app '{app.name}' has no such user; uids are compared as text, case and all"
            )
        elif must_be_in and number not in evaluation.base:
            yield BrokenPersona(place, uid, f"must be in, but is no user as of {as_of}: not known yet, or gone")
        elif (number in result.members) != must_be_in:
            verdict = "must be in, but is out" if must_be_in else "must be out, but is in"
            yield BrokenPersona(place, uid, f"{verdict}: {_why(app, definition, result, number, definitions)}")


def _why(app: App, definition: Definition, result: Evaluated, user_no: int, definitions: Definitions) -> str:
    """The conditions that decide about a user, with their places; never a value of the user."""
    holds = {c.path: user_no in c.members for c in result.conditions}
    nodes = dict(walk(definition.rule))
    places = deciding_places(definition.rule, holds)
    told = []
    for place in places[:_SHOWN]:
        text = condition_text(nodes[place], app.vocabulary, definitions.name_of)
        told.append(f"{place} {'holds' if holds.get(place, True) else 'does not hold'} ({text})")
    more = len(places) - _SHOWN
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def reason(broken: Iterable[BrokenPersona]) -> str:
    """Why a segment is held, as it may be kept: places, no uids."""
    return "; ".join(str(each) for each in broken)


def require_personas(app: App, document: Document, definitions: Definitions) -> None:
    """Raises Held if a persona of a document that is to be saved is not where it must be as of the app's date.

    Where the rule cannot be evaluated (before the first load, say), nothing is said: saving or publishing says why.
    """
    if document.personas is None or not document.personas.placed():
        return
    key = document.id or "sg_new"
    definition = Definition(key, "custom", document)
    after = definitions.with_changes([definition])
    try:
        found = evaluate(app, {key: document.rule}, app.as_of, after)
    except SegkitError:
        return
    broken = _broken(app, definition, found.results[key], found, after, app.as_of)
    words = "\n  ".join(each.words for each in broken)
    if words:
        raise Held(f"‘{document.name}’ is not saved; change its rule or its personas:\n  {words}")
