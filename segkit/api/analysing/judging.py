"""One user judged by a rule, condition by condition, nested segments opened in place; reads the user's rows only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from segkit.api.definitions import Definitions
from segkit.api.evaluation import condition_of, read_published
from segkit.api.whom import Person
from segkit.definitions.checks import require_sound
from segkit.definitions.conditions import All, Any_, Condition, Leaf, Not, SegmentRef, is_muted
from segkit.engine.bitmap import Bitmap
from segkit.engine.canonical import canonical
from segkit.engine.fold import live_leaves
from segkit.engine.one_user import OneUser
from segkit.engine.rule_set import find_cycle, needed_for
from segkit.errors import SegkitError
from segkit.store.records import Child

if TYPE_CHECKING:
    from segkit.api.app import App

_RULE = "this rule"


class Judge:
    """A rule and all that it refers to, about one user. Raises DefinitionError, NotFound or Damaged."""

    def __init__(self, app: App, who: Person, rule: Condition, as_of: date, definitions: Definitions) -> None:
        app.require_history(as_of)
        self.app = app
        self.as_of = as_of
        self.definitions = definitions
        self.rules: Mapping[str, Condition] = needed_for({_RULE: rule}, definitions.rule_by_id())
        _require_sound(app, self.rules, definitions)
        leaves: Iterable[Leaf] = (leaf for each in self.rules.values() for leaf in live_leaves(each))
        self.user = OneUser(app.evaluator(), as_of, who.user_no, who.uid, tuple(leaves))
        self._held: dict[str, bool] = {}
        self._published: dict[str, tuple[Bitmap, Child]] = {}

    def holds(self, node: Condition) -> bool:
        """The verdict of a condition about a user who is there. A rule that is muted as a whole picks everybody."""
        if is_muted(node):
            return True
        if not isinstance(node, Leaf):
            parts = (self.holds(child) for child in node.children() if not is_muted(child))
            if isinstance(node, Not):
                return not next(parts)
            return any(parts) if isinstance(node, Any_) else isinstance(node, All) and all(parts)
        key = canonical(node)
        if key not in self._held:
            self._held[key] = self._holds_of_leaf(node)
        return self._held[key]

    def _holds_of_leaf(self, leaf: Leaf) -> bool:
        if not isinstance(leaf, SegmentRef):
            return self.user.holds(leaf)
        if leaf.segment in self.rules:
            return self.holds(self.rules[leaf.segment])
        return self.user.user_no in self.published(leaf.segment)[0]

    def published(self, segment_id: str) -> tuple[Bitmap, Child]:
        """The users of a segment that is read from its newest snapshot."""
        if segment_id not in self._published:
            self._published[segment_id] = read_published(self.app, segment_id, self.as_of, self.definitions)
        return self._published[segment_id]


def _require_sound(app: App, rules: Mapping[str, Condition], definitions: Definitions) -> None:
    for key, rule in rules.items():
        subject = f"Segment '{definitions.name_of(key)}'" if key in definitions.by_id else key
        require_sound(subject, rule, app.vocabulary, None)
    cycle = find_cycle(rules)
    if cycle:
        names = " → ".join(definitions.name_of(key) for key in cycle)
        raise SegkitError(f"segments refer to one another in a circle: {names}; take one reference out")


def is_in(app: App, who: Person, rule: object, as_of: date) -> bool:
    """Whether a user is in, as `members` would list them: a segment with cycle once by its newest snapshot."""
    definitions = app.definitions()
    judge = Judge(app, who, condition_of(rule, definitions), as_of, definitions)  # type: ignore[arg-type]
    return judge.user.is_there and judge.holds(judge.rules[_RULE])
