"""What each condition of a rule does to the total: by itself, by its absence, and in its turn.

In its turn means in the rule's order: whoever an `all` has lost at one condition does not arrive at the next, and
whoever an `any` has found already does not either. What is muted has no say and no numbers.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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


_SHOWN = ("path", "text", "muted", "count", "without", "arriving", "removed", "left", "added")


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
    return tuple(_Walk(rule, users, base, text_of).steps(rule, "rule", None, _Arriving(base)))


@dataclass(frozen=True, eq=False, slots=True)
class _Arriving:
    """Who comes to a condition, what holds of them, and whether they are the whole rule's."""

    users: Bitmap
    before: tuple[Condition, ...] = ()
    in_line: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class _Walk:
    rule: Condition
    users: Mapping[str, Bitmap]
    base: Bitmap
    text_of: Callable[[Condition], str]

    def steps(self, node: Condition, path: str, parent: Condition | None, arriving: _Arriving) -> Iterator[Step]:
        """The step of a condition, then those of what is in it."""
        if is_muted(node) or path not in self.users:
            yield Step(path, self.text_of(node), path.count("."), muted=True)
        else:
            yield self._step(node, path, parent, arriving)
        inside = replace(arriving, in_line=arriving.in_line and isinstance(node, All))
        for number_in_group, child in enumerate(node.children()):
            where = path_of_child(node, path, number_in_group)
            yield from self.steps(child, where, node, inside)
            if where in self.users:
                inside = self._behind(node, child, where, inside)

    def _step(self, node: Condition, path: str, parent: Condition | None, arriving: _Arriving) -> Step:
        come, pass_ = arriving.users.count, (arriving.users & self.users[path]).count
        removes = parent is None or isinstance(parent, All)
        return Step(
            path,
            self.text_of(node),
            path.count("."),
            muted=False,
            count=self.users[path].count,
            without=total_without(self.rule, self.users, self.base, path).count,
            arriving=come,
            removed=come - pass_ if removes else None,
            left=pass_ if removes else None,
            added=pass_ if isinstance(parent, Any_) else None,
            in_line=arriving.in_line,
            before=arriving.before,
            condition=node,
        )

    def _behind(self, group: Condition, child: Condition, where: str, arriving: _Arriving) -> _Arriving:
        """Who comes to what stands behind a condition of a group."""
        if isinstance(group, All):
            return replace(arriving, users=arriving.users & self.users[where], before=(*arriving.before, child))
        if isinstance(group, Any_):
            others = (*arriving.before, Not(not_=child))  # type: ignore[arg-type]
            return replace(arriving, users=arriving.users - self.users[where], before=others)
        return arriving


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

        rows = [[getattr(step, key) for key in _SHOWN] for step in self.steps]
        return pd.DataFrame(rows, columns=list(_SHOWN)).astype(dict.fromkeys(_SHOWN[3:], "Int64"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        return {
            "subject": self.subject,
            "as_of": self.as_of.isoformat(),
            "base": self.base,
            "count": self.count,
            "conditions": [{key: getattr(step, key) for key in _SHOWN} for step in self.steps],
            "notes": list(self.notes),
        }

    def chart(self) -> Chart | None:
        """The order of elimination as bars that grow shorter, with the counts of each condition beside them."""
        from segkit.analysis.pictures.funnel import funnel

        return funnel(self)


def _sentence(note: str) -> str:
    return f"Note: {note}."
