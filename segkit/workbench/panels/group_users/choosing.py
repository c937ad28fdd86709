"""Which users a view asks for: segments they are in, in all or in any, not in, and a label's value; as one rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import require_available
from segkit.definitions.conditions import All, Any_, Condition, Label, Not, SegmentRef
from segkit.definitions.documents import parse_rule
from segkit.errors import SegkitError
from segkit.workbench.panels.model import Asked

if TYPE_CHECKING:
    from segkit.api import App

_MOST = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen, checked. `inside` that is empty means everybody."""

    inside: tuple[Definition, ...]
    outside: tuple[Definition, ...]
    is_any: bool
    where: Label | None

    @property
    def rule(self) -> Condition | str:
        """The rule that picks them; the segment itself where nothing else is asked, so that it is named on record."""
        if len(self.inside) == 1 and not self.outside and self.where is None:
            return self.inside[0].id
        refs = tuple(SegmentRef(segment=each.id) for each in self.inside)
        parts: list[SegmentRef | Any_ | Not | Label] = [Any_(any=refs)] if self.is_any and refs else [*refs]
        parts += [Not(not_=SegmentRef(segment=each.id)) for each in self.outside]
        parts += [] if self.where is None else [self.where]
        return All(all=tuple(parts))

    def sentence(self, app: App) -> str:
        """Who they are, in words."""
        joined = " or in " if self.is_any else " and in "
        inside = joined.join(f"‘{each.name}’" for each in self.inside)
        parts = [f"in {inside}"] if inside else []
        parts += [f"not in {' nor in '.join(f'‘{each.name}’' for each in self.outside)}"] if self.outside else []
        told = f"Users {', '.join(parts)}" if parts else f"All users of {app.name}"
        return f"{told}."


def chosen_of(asked: Asked, app: App) -> Chosen:
    """What a view asks for. Raises SegkitError for an imported list among those to be in, NotFound for others."""
    definitions = app.definitions()
    how = asked.text("how") or "all"
    if how not in ("all", "any"):
        raise SegkitError("how: expected 'all' or 'any'")
    inside = tuple(listed(definitions, each) for each in dict.fromkeys(asked.texts("inside", _MOST)))
    outside = tuple(definitions[each] for each in dict.fromkeys(asked.texts("outside", _MOST)))
    for each in outside:
        require_available(each)
    return Chosen(inside, outside, how == "any", _where(asked))


def listed(definitions: Definitions, segment: str) -> Definition:
    """A segment whose users may be listed. Raises SegkitError for an imported list and for one that is unavailable."""
    found = definitions[segment]
    if found.kind == "imported":
        raise SegkitError(
            f"‘{found.name}’ is an imported list: its rows are never listed, nor looked up one by one. "
            "Use it in a rule, or in an audience; its count stands in the segments list."
        )
    require_available(found)
    return found


def _where(asked: Asked) -> Label | None:
    """The condition on a label that a view filters by; its form is checked here, its sense where it is evaluated."""
    found = asked.message.get("where")
    if found is None:
        return None
    rule = parse_rule(found)
    if not isinstance(rule, Label):
        raise SegkitError("where: expected one condition on a label, such as {label: country, op: eq, value: DE}")
    return rule
