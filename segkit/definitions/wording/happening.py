"""The words of which events are meant: an event's name, the filter on its parameters, the days looked at."""

from __future__ import annotations

from dataclasses import dataclass

from segkit.definitions.conditions import Comparison, Condition, Param, is_muted
from segkit.definitions.derivations import RowTest
from segkit.definitions.windows import Window
from segkit.definitions.wording import patterns as p
from segkit.definitions.wording.comparing import Comparing, resolved
from segkit.definitions.wording.filling import number
from segkit.definitions.wording.missing import holds_without
from segkit.definitions.wording.names import Declared


@dataclass(frozen=True)
class Happening:
    """Puts events, filters and windows into words."""

    comparing: Comparing

    def event(self, code: str, where: Condition | None) -> str:
        """An event by its name, with the filter on its parameters."""
        return self.filtered(self.comparing.names.event(code), where)

    def filtered(self, name: str, where: Condition | None) -> str:
        """What an event is called, with the filter on its parameters."""
        if where is None or is_muted(where) or (type(where).key_order[0] == "all" and not where.children()):
            return name
        return self.comparing.filler.fill(p.FILTERED, event=name, filter=self.filter(where))

    def window(self, window: Window) -> str:
        """The days that are looked at."""
        filler = self.comparing.filler
        if window.last is not None:
            return filler.fill(p.IN_LAST, window.last, days=number(window.last))
        if window.ago is not None:
            first, last = window.ago
            return filler.fill(p.AGO, last, first=number(first), last=number(last))
        if window.from_ is not None and window.to is not None:
            return filler.fill(p.IN_RANGE, first=filler.day(window.from_), last=filler.day(window.to))
        return filler.fill(p.EVER)

    # --- filters -----------------------------------------------------------------------------------------------------

    def param(self, node: Param, negated: bool = False, at_the_beginning: bool = False) -> str:
        """A comparison of a parameter, or the opposite of it."""
        subject = self.comparing.names.parameter(node.param, at_the_beginning)
        return self._compared(node, subject, self.comparing.names.parameters.get(node.param), negated)

    def _compared(self, node: Comparison, subject: str, declared: Declared | None, negated: bool) -> str:
        op, is_negative = resolved(node.op, negated, never_missing=False)
        found = self.comparing.words(op, node.value, subject, declared, negated=is_negative, as_row=True)
        return self._includes_missing(found) if is_negative and op != "not_empty" else found

    def filter(self, node: Condition, negated: bool = False) -> str:
        """A filter on parameters, or on columns of linked rows, that is not muted, or the opposite of it."""
        if isinstance(node, Param):
            return self.param(node, negated)
        if isinstance(node, RowTest):
            return self._compared(node, self.comparing.filler.quoted_name(node.column), None, negated)
        parts = live_children(node)
        if type(node).key_order[0] == "not":
            return self.filter(parts[0], not negated)
        if len(parts) == 1:
            return self.filter(parts[0], negated)
        filler, is_all = self.comparing.filler, type(node).key_order[0] == "all"
        if not parts:
            return filler.fill(p.FILTER_FITS if is_all != negated else p.FILTER_NEVER_FITS)
        texts = [self._part(part) for part in parts]
        found = filler.together(texts) if is_all else filler.alternatives(texts)
        if not negated:
            return found
        found = filler.fill(p.FILTER_NOT, conditions=found)
        return found if holds_without(node) else self._includes_missing(found)

    def _part(self, node: Condition) -> str:
        found = self.filter(node)
        return self.comparing.filler.fill(p.GROUP, conditions=found) if stands_for_many(node) else found

    def _includes_missing(self, found: str) -> str:
        return self.comparing.filler.fill(p.EVENTS_WITHOUT_A_VALUE, condition=found)


def live_children(node: Condition) -> list[Condition]:
    """The conditions directly inside that are not muted."""
    return [child for child in node.children() if not is_muted(child)]


def stands_for_many(node: Condition) -> bool:
    """Whether several conditions stand side by side in it, so that it needs brackets inside of another."""
    if type(node).key_order[0] not in ("all", "any"):
        return False
    parts = live_children(node)
    return stands_for_many(parts[0]) if len(parts) == 1 else len(parts) > 1
