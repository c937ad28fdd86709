"""The canonical text of a leaf: two leaves with the same text pick the same users, so one evaluation serves both."""

from __future__ import annotations

import json
from typing import Any

from segkit.definitions.conditions import Condition, Leaf, is_muted
from segkit.definitions.documents import rule_data

_ORDERLESS = frozenset({"in", "not_in", "contains", "not_contains", "contains_all"})


def canonical(leaf: Leaf) -> str:
    """The leaf as JSON text: keys sorted, lists of alternatives sorted and without repeats, muted filters left out."""
    return json.dumps(_normal(rule_data(leaf), leaf), sort_keys=True, ensure_ascii=False, default=str)


def _normal(data: Any, leaf: Leaf) -> Any:
    found = {key: value for key, value in data.items() if key != "mute"}
    where = getattr(leaf, "where", None)
    if where is not None:
        found.pop("where")
        if not is_muted(where):
            found["where"] = _where(where)
    _sort_alternatives(found)
    return found


def _where(node: Condition) -> Any:
    children = [_where(child) for child in node.children() if not is_muted(child)]
    key = type(node).key_order[0]
    if key in ("all", "any"):
        return {key: sorted(children, key=lambda child: json.dumps(child, sort_keys=True, default=str))}
    if key == "not":
        return {"not": children[0]}
    found = {k: v for k, v in rule_data(node).items() if k != "mute"}
    _sort_alternatives(found)
    return found


def _sort_alternatives(found: dict[str, Any]) -> None:
    if found.get("op") in _ORDERLESS and isinstance(found.get("value"), list):
        found["value"] = sorted(set(found["value"]))
