"""The Python code of a rule: running it gives the same rule again. Long code is broken over lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from segkit.definitions.conditions import (
    All,
    Any_,
    Condition,
    Event,
    Label,
    Not,
    OtherEvent,
    Param,
    Sample,
    SegmentRef,
    Sequence,
    WhereAll,
    WhereAny,
    WhereNot,
)
from segkit.definitions.documents import rule_data
from segkit.definitions.operators import PARAMETER_MEASURES
from segkit.definitions.windows import Window

_WIDEST = 100
_INDENT = "    "

# --- code and how it is laid out -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _List:
    """Parts between brackets, each on a line of its own where they do not fit on one."""

    opening: str
    parts: tuple[Code, ...]
    closing: str


@dataclass(frozen=True)
class _Joined:
    """Parts with an operator between them, each on a line of its own where they do not fit on one."""

    operator: str
    parts: tuple[Code, ...]


#: Code: a text, something that can be broken, or several of these side by side.
Code = str | _List | _Joined | tuple["Code", ...]


def _flat(code: Code) -> str:
    if isinstance(code, _List):
        return code.opening + ", ".join(_flat(part) for part in code.parts) + code.closing
    if isinstance(code, _Joined):
        return f" {code.operator} ".join(_flat(part) for part in code.parts)
    return code if isinstance(code, str) else "".join(_flat(part) for part in code)


def _laid_out(code: Code, depth: int, breaks: bool = False) -> str:
    """`code` on one line if it fits; over several, if it does not or `breaks` says that its line is too long."""
    flat = _flat(code)
    if isinstance(code, str) or (not breaks and len(_INDENT) * depth + len(flat) <= _WIDEST):
        return flat
    inner, outer = "\n" + _INDENT * (depth + 1), "\n" + _INDENT * depth
    if isinstance(code, _Joined):
        return f"{outer}{code.operator} ".join(_laid_out(part, depth) for part in code.parts)
    if isinstance(code, _List):
        comma = "," if code.opening != "(" else ""  # brackets around one thing
        parts = "".join(inner + _laid_out(part, depth + 1) + comma for part in code.parts)
        return code.opening + parts + outer + code.closing if parts else flat
    longest = max(range(len(code)), key=lambda number: 0 if isinstance(code[number], str) else len(_flat(code[number])))
    return "".join(_laid_out(part, depth, number == longest) for number, part in enumerate(code))


# --- rules -----------------------------------------------------------------------------------------------------------

#: How tightly the outermost operator of some code binds.
_COMPARED, _OR, _AND, _NOT, _CALLED = range(5)
_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_METHODS = {
    "in": "isin",
    "not_in": "notin",
    "starts_with": "startswith",
    "ends_with": "endswith",
    **{
        op: op
        for op in (
            "contains", "not_contains", "contains_all", "between", "on", "before", "after", "in_last", "not_in_last",
            "in_next", "days_ago_gt", "days_ago_lt", "days_ago_between", "is_empty", "not_empty",
        )
    },
}  # fmt: skip
_MEASURES = {"first": "first_day", "last": "last_day"}


@dataclass(frozen=True)
class _Bound:
    """Code with how tightly its outermost operator binds."""

    code: Code
    tightness: int = _CALLED

    def at_least(self, tightness: int) -> Code:
        """In brackets, if it binds less tightly."""
        return self.code if self.tightness >= tightness else _List("(", (self.code,), ")")


def to_python(rule: Condition) -> str:
    """One expression over the names of `python_form` and `date` that gives a rule equal to `rule`.

    The same rule gives the same text. What only `condition({…})` can say, it says that way.
    """
    found = _bound(rule)
    if isinstance(found.code, _Joined) and len(_flat(found.code)) > _WIDEST:
        return _laid_out(_List("(", (found.code,), ")"), 0)
    return _laid_out(found.code, 0)


def _bound(node: Condition) -> _Bound:
    if node.mute:
        return _Bound((_bound(node.model_copy(update={"mute": False})).at_least(_CALLED), ".muted()"))
    if isinstance(node, All | WhereAll):
        return _group(node, "&", "all_of(", "everybody()")
    if isinstance(node, Any_ | WhereAny):
        return _group(node, "|", "any_of(", "nobody()")
    if isinstance(node, Not | WhereNot):
        return _not(node.not_)
    if isinstance(node, SegmentRef):
        return _Bound(f"segment({_literal(node.segment)})")
    if isinstance(node, Sample):
        return _Bound(f"sample({_literal(node.sample)}, seed={_literal(node.seed)})")
    found = _leaf(node)
    return _Bound(("condition(", _data(rule_data(node)), ")")) if found is None else found


def _group(node: Condition, operator: str, function: str, empty: str) -> _Bound:
    parts = node.children()
    if not parts:
        return _Bound(f"{function})" if node.of_one_event else empty)
    would_melt = any(type(part) is type(node) and not part.mute and part.children() for part in parts)
    # An empty group is one of users until it stands in a filter, so `&` could not join it to a parameter.
    is_one_of_users = node.of_one_event and not all(_names_a_parameter(part) for part in parts)
    if len(parts) == 1 or would_melt or is_one_of_users:
        return _Bound(_List(function, tuple(_bound(part).code for part in parts), ")"))
    return _Bound(_Joined(operator, tuple(_bound(p).at_least(_NOT) for p in parts)), _AND if operator == "&" else _OR)


def _names_a_parameter(node: Condition) -> bool:
    return isinstance(node, Param) or any(_names_a_parameter(child) for child in node.children())


def _not(inside: Condition) -> _Bound:
    if isinstance(inside, Not | WhereNot) and not inside.mute:
        return _Bound(_List("not_(", (_bound(inside).code,), ")"))
    return _Bound(("~", _bound(inside).at_least(_NOT)), _NOT)


def _leaf(node: Condition) -> _Bound | None:
    """None where only the document form can say it, since the operator does not take such a value."""
    if isinstance(node, Label):
        return _comparison(f"label({_literal(node.label)})", node.op, node.value, is_measure=False)
    if isinstance(node, Param):
        return _comparison(f"param({_literal(node.param)})", node.op, node.value, is_measure=False)
    if isinstance(node, Sequence):
        steps = tuple(_events(step.event, step.where) for step in node.sequence)
        return _Bound((_List("sequence(", (*steps, f"within={node.within}"), ")"), _window(node.window)))
    return _event(node) if isinstance(node, Event) else None


# --- comparisons -----------------------------------------------------------------------------------------------------


def _comparison(subject: Code, op: str, value: Any, is_measure: bool) -> _Bound | None:
    if op in _SIGNS:
        return _signed(subject, op, value, is_measure)
    arguments = _arguments(op, value)
    if arguments is None or (is_measure and op not in _OF_MEASURES):
        return None
    return _Bound((subject, _List(f".{_METHODS[op]}(", arguments, ")")))


_OF_MEASURES = frozenset({
    "between", "on", "before", "after", "in_last", "not_in_last", "in_next", "days_ago_gt", "days_ago_lt",
    "days_ago_between", "is_empty", "not_empty",
})  # fmt: skip


def _signed(subject: Code, op: str, value: Any, is_measure: bool) -> _Bound | None:
    if isinstance(value, bool) and op == "eq" and not is_measure:
        return _Bound((subject, ".is_true()" if value else ".is_false()"))
    if isinstance(value, date | tuple) or value is None:
        return None
    return _Bound((subject, f" {_SIGNS[op]} {_literal(value)}"), _COMPARED)


def _arguments(op: str, value: Any) -> tuple[Code, ...] | None:
    if op in ("is_empty", "not_empty"):
        return () if value is None else None
    if op in ("between", "days_ago_between"):
        return _pair(value)
    if op in ("in", "not_in", "contains_all"):
        return _texts(value)
    if op in ("contains", "not_contains"):
        single = isinstance(value, tuple) and len(value) == 1
        texts = _texts(value) if isinstance(value, tuple) else _texts((value,))
        return (_List("[", texts, "]"),) if texts is not None and single else texts
    wanted = {"on": date, "before": date, "after": date, "starts_with": str, "ends_with": str}.get(op, int)
    return (_literal(value),) if isinstance(value, wanted) else None


def _pair(value: Any) -> tuple[Code, ...] | None:
    is_pair = isinstance(value, tuple) and len(value) == 2 and not any(isinstance(item, str) for item in value)
    return tuple(_literal(item) for item in value) if is_pair else None


def _texts(value: Any) -> tuple[Code, ...] | None:
    are_texts = isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value)
    return tuple(_literal(item) for item in value) if are_texts else None


# --- events ----------------------------------------------------------------------------------------------------------


def _event(node: Event) -> _Bound | None:
    events, window = _events(node.event, node.where), _window(node.window)
    measure = _measure(node)
    if measure is None:
        return None
    if (node.measure, node.op, node.value) == ("count", "ge", 1) and type(node.value) is int:
        return _Bound((events, window))
    return _comparison((events, measure, window), node.op, node.value, is_measure=True)


def _measure(node: Event) -> Code | None:
    name = _MEASURES.get(node.measure, node.measure)
    if node.measure == "periods":
        if node.every is None or node.of is not None:
            return None
        at_least = "" if node.at_least is None else f", at_least={node.at_least}"
        return f".periods(every={node.every}{at_least})"
    if node.every is not None or node.at_least is not None:
        return None
    if node.measure == "share":
        other = node.of
        return (".share(of=", _events(other.event, other.where), ")") if isinstance(other, OtherEvent) else None
    if node.measure in PARAMETER_MEASURES:
        return f".{name}({_literal(node.of)})" if isinstance(node.of, str) else None
    return f".{name}()" if node.of is None else None


def _events(code: str, where: Condition | None) -> Code:
    if where is None:
        return f"event({_literal(code)})"
    return _List("event(", (_literal(code), ("where=", _bound(where).code)), ")")


def _window(window: Window) -> str:
    if window.last is not None:
        return f".last({window.last})"
    if window.ago is not None:
        return f".ago({window.ago[0]}, {window.ago[1]})"
    if window.from_ is not None:
        return f".range({_literal(window.from_)}, {_literal(window.to)})"
    return ".ever()"


# --- values ----------------------------------------------------------------------------------------------------------


def _literal(value: Any) -> str:
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    found = repr(value)
    return f'"{found[1:-1]}"' if isinstance(value, str) and '"' not in value else found


def _data(value: Any) -> Code:
    """Plain data as code; a list or a mapping is broken over lines where it is long."""
    if isinstance(value, dict):
        return _List("{", tuple((f"{_literal(key)}: ", _data(item)) for key, item in value.items()), "}")
    if isinstance(value, list):
        return _List("[", tuple(_data(item) for item in value), "]")
    return _literal(value)
