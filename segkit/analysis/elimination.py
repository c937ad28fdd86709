"""What each condition of a rule does to the total: by itself, by its absence, and in its turn.

In its turn means in the rule's order: whoever an `all` has lost at one condition does not arrive at the next, and
whoever an `any` has found already does not either. What is muted has no say and no numbers.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.finding import Finding
from segkit.analysis.pictures.drawing import day_text, number
from segkit.definitions.conditions import All, Any_, Condition, Not, is_muted, path_of_child
from segkit.engine.bitmap import Bitmap
from segkit.errors import NotFound, nearest

if TYPE_CHECKING:
    import pandas as pd

    from segkit.analysis.pictures.chart import Chart


@dataclass(frozen=True, slots=True)
class Step:
    """One condition or group. Counts are of users; None where it is muted, or where there is nothing to say."""

    path: str
    text: str
    depth: int
    muted: bool
    count: int | None = None  # by itself
    without: int | None = None  # what the total would be without it
    arriving: int | None = None
    removed: int | None = None  # of those who arrive; of a condition in an `all`, or of the whole rule
    left: int | None = None  # of those who arrive
    added: int | None = None  # of those who arrive; of a condition in an `any`
    in_line: bool = False  # whether what it removes is removed from the whole: only `all` groups stand above it
    before: tuple[Condition, ...] = field(default=(), repr=False)  # what holds of whoever arrives
    condition: Condition | None = field(default=None, repr=False)


def steps_of(
    rule: Condition, users: Mapping[str, Bitmap], base: Bitmap, text_of: Callable[[Condition], str]
) -> tuple[Step, ...]:
    """Every condition of the rule, from the top down. `users` has those of each that is not muted, by path."""

    def visit(
        node: Condition,
        path: str,
        parent: Condition | None,
        arriving: Bitmap,
        before: tuple[Condition, ...],
        line: bool,
    ) -> Iterator[Step]:
        depth = path.count(".")
        if is_muted(node) or (parent is not None and path not in users):
            yield Step(path, text_of(node), depth, muted=True)
            for number_, child in enumerate(node.children()):
                yield from visit(child, path_of_child(node, path, number_), node, arriving, before, False)
            return
        passing = arriving & users[path]
        removes, adds = parent is None or isinstance(parent, All), isinstance(parent, Any_)
        yield Step(
            path,
            text_of(node),
            depth,
            muted=False,
            count=users[path].count,
            without=total_without(rule, users, base, path).count,
            arriving=arriving.count,
            removed=arriving.count - passing.count if removes else None,
            left=passing.count if removes else None,
            added=passing.count if adds else None,
            in_line=line,
            before=before,
            condition=node,
        )
        goes_on = line and isinstance(node, All)
        for number_, child in enumerate(node.children()):
            where = path_of_child(node, path, number_)
            yield from visit(child, where, node, arriving, before, goes_on)
            if is_muted(child):
                continue
            if isinstance(node, All):
                arriving, before = arriving & users[where], (*before, child)
            elif isinstance(node, Any_):
                arriving, before = arriving - users[where], (*before, Not(not_=child))  # type: ignore[arg-type]

    return tuple(visit(rule, "rule", None, base, (), True))


def total_without(rule: Condition, users: Mapping[str, Bitmap], base: Bitmap, path: str) -> Bitmap:
    """The users of the rule if the condition at `path` were muted."""

    def fold(node: Condition, place: str) -> Bitmap | None:
        if place == path or is_muted(node):
            return None
        if not path.startswith(place):
            return users[place]
        inside = [fold(child, path_of_child(node, place, n)) for n, child in enumerate(node.children())]
        parts = [part for part in inside if part is not None]
        if not parts:
            return None
        if isinstance(node, Not):
            return base - parts[0]
        if isinstance(node, All):
            return functools.reduce(operator.and_, parts, base)
        return functools.reduce(operator.or_, parts)

    found = fold(rule, "rule")
    return base if found is None else found


@dataclass(frozen=True, repr=False)
class Conditions(Finding):
    """The conditions of one rule as of a date, each with what it does to the total. Holds counts, no users."""

    subject: str  # `‘Silent gateway owners’` or `This rule`
    as_of: date
    base: int
    count: int
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    def step(self, path: str) -> Step:
        """The condition at a path such as `rule.all[1]`. Raises NotFound with the nearest."""
        by_path = {step.path: step for step in self.steps}
        if path not in by_path:
            raise NotFound(f"no condition '{path}'.{nearest(path, by_path)} This rule has {', '.join(by_path)}")
        return by_path[path]

    def changed_by(self, path: str) -> Condition:
        """The rule of those whom a condition removes in its turn (or, in an `any`, adds): to be listed, or saved."""
        step = self.step(path)
        if step.condition is None:
            raise NotFound(f"the condition '{path}' is muted and changes nothing")
        last = step.condition if step.added is not None else Not(not_=step.condition)  # type: ignore[arg-type]
        return All(all=(*step.before, last))  # type: ignore[arg-type]

    @property
    def told(self) -> tuple[Step, ...]:
        """All but what stands under a `not` alone, which the words of the `not` say already."""
        return tuple(step for step in self.steps if not step.path.endswith(".not") or self._inside(step))

    def _inside(self, step: Step) -> list[Step]:
        return [other for other in self.steps if other.path.startswith(f"{step.path}.")]

    @property
    def _single(self) -> list[Step]:
        """Conditions that are no groups, and not the whole rule."""
        told = {step.path for step in self.told}
        return [
            step
            for step in self.told
            if not (step.muted or step.path == "rule" or any(other.path in told for other in self._inside(step)))
        ]

    @property
    def words(self) -> str:
        picks = f"{self.subject} picks {number(self.count)} of {number(self.base)} users as of {day_text(self.as_of)}."
        return "\n".join([picks, *self._by_turn(), *self._by_absence(), *self._of_muted(), *map(_sentence, self.notes)])

    def _by_turn(self) -> list[str]:
        removing = [s for s in self._single if s.in_line and s.removed]
        if not removing:
            return []
        most = max(removing, key=lambda s: s.removed or 0)
        arriving, removed = number(most.arriving or 0), number(most.removed or 0)
        return [f"In the rule's order, “{most.text}” removes most: {removed} of the {arriving} who arrive there."]

    def _by_absence(self) -> list[str]:
        found, single = [], self._single
        moving = [step for step in single if step.without != self.count]
        if moving:
            most = max(moving, key=lambda step: abs((step.without or 0) - self.count))
            change = (most.without or 0) - self.count
            more = f"{number(abs(change))} {'more' if change > 0 else 'fewer'}"
            found.append(f"Without “{most.text}” it would pick {number(most.without or 0)}, {more}.")
        idle = [f"“{step.text}”" for step in single if step.without == self.count]
        if idle:
            change_it = "changes nothing" if len(idle) == 1 else "change nothing, each taken by itself"
            found.append(f"{', '.join(idle)} {change_it}: the total would be the same without.")
        return found

    def _of_muted(self) -> list[str]:
        paths = {step.path for step in self.steps if step.muted}
        outermost = [path for path in paths if path.rpartition(".")[0] not in paths]
        if not outermost:
            return []
        return [f"{len(outermost)} condition{'s are' if len(outermost) > 1 else ' is'} muted and left out."]

    @property
    def data(self) -> pd.DataFrame:
        import pandas as pd

        columns = ["path", "text", "muted", "count", "without", "arriving", "removed", "left", "added"]
        frame = pd.DataFrame([[getattr(step, key) for key in columns] for step in self.steps], columns=columns)
        return frame.astype(dict.fromkeys(columns[3:], "Int64"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        left_out = ("before", "condition", "in_line")
        return {
            "subject": self.subject,
            "as_of": self.as_of.isoformat(),
            "base": self.base,
            "count": self.count,
            "conditions": [
                {key: value for key, value in _plain(step).items() if key not in left_out} for step in self.steps
            ],
            "notes": list(self.notes),
        }

    def chart(self) -> Chart | None:
        """The order of elimination as bars that grow shorter, with the counts of each condition beside them."""
        from segkit.analysis.pictures.funnel import funnel

        return funnel(self)


def _plain(step: Step) -> dict[str, Any]:
    return {key: getattr(step, key) for key in step.__dataclass_fields__}


def _sentence(note: str) -> str:
    return f"Note: {note}."
