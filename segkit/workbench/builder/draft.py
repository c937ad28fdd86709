"""A rule while it is edited: as it stands on the screen, and as it is counted, without what is not complete yet.

Everything here may come from anybody's browser: it is read as text with limits, and believed only once it was checked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from segkit.definitions.checks import check_rule
from segkit.definitions.conditions import EVERYBODY, RULE_KEYS, WHERE_KEYS, Condition
from segkit.definitions.documents import Document, document_data, load_text, parse_document, parse_rule
from segkit.definitions.vocabulary import Vocabulary
from segkit.errors import Problem, SegkitError

#: Characters of a document, as JSON. Ten thousand pasted values fit ten times.
MOST_CHARACTERS = 1_000_000
#: What the view may say of a segment beside its rule; all else is kept from where it was opened.
FILED = ("name", "description", "cycle", "folder", "tags")
_STEP = re.compile(r"\.([a-z_]+)|\[(\d+)\]")
#: Stands for the name while there is none.
_NAMELESS = "New segment"


@dataclass(frozen=True)
class Draft:
    """One state of the builder. `counted` leaves out the conditions that have `problems`.

    `places` gives for the path of a condition in `counted` its path in the rule as it stands on the screen.
    """

    name: str
    document: Document
    counted: Condition
    places: dict[str, str]
    problems: tuple[Problem, ...] = ()
    left_out: int = 0
    filed: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> Condition:
        """The rule as it stands on the screen."""
        return self.document.rule


def read_draft(text: object, vocabulary: Vocabulary, segments: Collection[str], kept: Mapping[str, Any]) -> Draft:
    """The draft that the view's text describes; `kept` are the keys of the document that the view does not change.

    Raises SegkitError, or DefinitionError with every problem, for what no rule can be.
    """
    if not isinstance(text, str):
        raise SegkitError("the rule: found no text; expected a document as JSON")
    if len(text) > MOST_CHARACTERS:
        raise SegkitError(f"the rule: found {len(text):,} characters; expected at most {MOST_CHARACTERS:,}")
    data = load_text(text, "the rule.json")
    if not isinstance(data, dict):
        raise SegkitError("the rule: found no document; expected one with `rule`")
    unknown = sorted(set(data) - {*FILED, "rule"})
    if unknown:
        raise SegkitError(f"the rule: found the key '{unknown[0][:60]}'; expected {', '.join(FILED)} and rule")
    return draft_of(data, vocabulary, segments, kept)


def draft_of(
    data: Mapping[str, Any], vocabulary: Vocabulary, segments: Collection[str], kept: Mapping[str, Any]
) -> Draft:
    """The draft of plain data that may lack a name, with whatever is not complete left out of what is counted."""
    filed = {key: value for key, value in data.items() if key in FILED and value not in ("", None, [])}
    name = filed.get("name", "")
    document = parse_document({**kept, **filed, "name": name or _NAMELESS, "rule": data.get("rule")}, "the rule")
    rule = document_data(document)["rule"]
    problems = tuple(check_rule(document.rule, vocabulary, segments))
    gone = {id(node): node for node in _blamed(rule, problems)}
    left = _without(rule, gone)
    counted = document.rule if not gone else EVERYBODY if left is None else parse_rule(left)
    places = dict(_places(rule, gone, "rule", "rule"))
    return Draft(name, document, counted, places, problems, len(gone), filed)


# --- leaving out what is not complete --------------------------------------------------------------------------------


def _blamed(rule: Any, problems: Iterable[Problem]) -> Iterator[dict[str, Any]]:
    """The innermost condition, of users or of a parameter, around the place of each problem."""
    for problem in problems:
        node, found, may_be = rule, rule, True
        for key, number in _STEP.findall(problem.place.removeprefix("rule")):
            inside = node.get(key) if isinstance(node, dict) else node[int(number)] if number else None
            if inside is None:
                break
            # Steps and the other event of a share are parts of a condition, not conditions.
            may_be = key not in ("of", "sequence") if key else may_be
            node = inside
            if isinstance(node, dict) and may_be and _is_condition(node):
                found = node
        yield found


def _is_condition(node: Mapping[str, Any]) -> bool:
    return any(key in node for key in (*RULE_KEYS, *WHERE_KEYS))


def _without(node: dict[str, Any], gone: Mapping[int, Any]) -> dict[str, Any] | None:
    """A copy without what is gone, or nothing where nothing is left."""
    if id(node) in gone:
        return None
    found = dict(node)
    for key in ("all", "any"):
        if isinstance(found.get(key), list):
            inside = [_without(child, gone) for child in found[key]]
            found[key] = [child for child in inside if child is not None]
            if inside and not found[key]:
                return None
    if "not" in found:
        inner = _without(found["not"], gone)
        if inner is None:
            return None
        found["not"] = inner
    return _with_filters(found, gone)


def _with_filters(node: dict[str, Any], gone: Mapping[int, Any]) -> dict[str, Any]:
    """The same for the filters of events."""
    found = dict(node)
    if isinstance(found.get("where"), dict):
        where = _without(found.pop("where"), gone)
        if where is not None:
            found["where"] = where
    if isinstance(found.get("of"), dict):
        found["of"] = _with_filters(found["of"], gone)
    if isinstance(found.get("sequence"), list):
        found["sequence"] = [_with_filters(step, gone) for step in found["sequence"]]
    return found


def _places(node: dict[str, Any], gone: Mapping[int, Any], left: str, path: str) -> Iterator[tuple[str, str]]:
    """The path of each condition among what is left, with its path in the whole."""
    if _without(node, gone) is None:
        return
    yield left, path
    for key in ("all", "any"):
        kept = [n for n, child in enumerate(node.get(key, ())) if _without(child, gone) is not None]
        for number, n in enumerate(kept):
            yield from _places(node[key][n], gone, f"{left}.{key}[{number}]", f"{path}.{key}[{n}]")
    if "not" in node:
        yield from _places(node["not"], gone, f"{left}.not", f"{path}.not")
