"""The segments of the benchmark: over a pool of distinct leaves, seeded, in segkit's documents and as SQL.

The SQL is written here by hand and shares nothing with segkit: it is what an analyst would write for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.bench.segments.made import AS_OF

Leaf = dict[str, Any]
Rule = dict[str, Any]
WINDOWS = (1, 3, 7, 14, 30, 60, 90)
#: Thresholds that no sum of cents, average or share of counts meets exactly, so that doubles decide as decimals do.
_BESIDE = 0.00512347


def leaves(count: int, seed: str = "leaves") -> list[Leaf]:
    """That many distinct leaves: a quarter about labels, the others about events, by every measure that counts."""
    random, found = Random(seed), dict[str, Leaf]()
    while len(found) < count:
        leaf = label_leaf(random) if random.random() < 0.25 else event_leaf(random)
        found[repr(leaf)] = leaf
    return list(found.values())


def rules(count: int, pool: list[Leaf], seed: str = "segments") -> list[Rule]:
    """That many rules of two to five leaves; all leaves are used as soon as there are rules enough."""
    random = Random(seed)
    waiting = list(pool)
    random.shuffle(waiting)
    found = []
    for _ in range(count):
        wanted = random.randint(2, 5)
        chosen = [waiting.pop() if waiting else random.choice(pool) for _ in range(wanted)]
        parts = [{"not": leaf} if random.random() < 0.2 else leaf for leaf in chosen]
        found.append({random.choice(("all", "all", "any")): parts})
    return found


def label_leaf(random: Random) -> Leaf:
    """A comparison of a label."""
    kinds: list[Callable[[], Leaf]] = [
        lambda: {"label": "country", "op": "in", "value": sorted(random.sample(("DE", "AT", "CH", "FR", "IT"), 2))},
        lambda: {"label": "consent", "op": "eq", "value": random.random() < 0.5},
        lambda: {"label": "tier", "op": "eq", "value": random.choice("abcde")},
        lambda: {"label": "age", "op": "between", "value": [(low := random.randrange(60)), low + random.randrange(25)]},
        lambda: {"label": "devices", "op": "ge", "value": random.randrange(1, 20)},
        lambda: {"label": "balance", "op": "gt", "value": random.randrange(100)},
        lambda: {"label": "registered_at", "op": "after",
                 "value": AS_OF - timedelta(days=random.randrange(200, 800))},
        lambda: {"label": "language", "op": "not_empty"},
        lambda: {"label": "language", "op": "eq", "value": random.choice(("en", "de", "fr"))},
        lambda: {"label": "app_version", "op": "starts_with", "value": random.choice(("7", "8"))},
    ]  # fmt: skip
    return random.choice(kinds)()


def event_leaf(random: Random, last: int | None = None) -> Leaf:
    """A comparison of a measure of events."""
    event = f"event_{int(30 * random.random() ** 2):02}"
    last = last or random.choice(WINDOWS)
    leaf: Leaf = {"event": event, "window": {"last": last}}
    if random.random() < 0.4:
        leaf["where"] = _where(random)
    money = random.randrange(50, 900) + _BESIDE
    measured: list[tuple[int, Leaf]] = [
        (6, {"op": "ge", "value": random.randint(1, 4)}),
        (2, {"op": "le", "value": random.randint(1, 3)}),
        (2, {"measure": "days", "op": "ge", "value": random.randint(1, 3)}),
        (3, {"measure": "sum", "of": "amount", "op": "ge", "value": money}),
        (1, {"measure": "avg", "of": "amount", "op": "lt", "value": money}),
        (1, {"measure": "max", "of": "amount", "op": "ge", "value": money}),
        (1, {"measure": "distinct", "of": "category", "op": "ge", "value": random.randint(1, 3)}),
        (1, {"measure": "last", "op": "before", "value": AS_OF - timedelta(days=random.randint(1, last))}),
        (1, {"measure": "share", "of": {"event": "event_00"}, "op": "ge", "value": 0.10512}),
    ]
    if last % 7 == 0:
        measured.append((2, {"measure": "periods", "every": 7, "op": "ge", "value": random.randint(1, last // 7)}))
    (chosen,) = random.choices([m for _, m in measured], [weight for weight, _ in measured])
    return {**leaf, **chosen}


def _where(random: Random) -> Rule:
    kinds: list[Callable[[], Rule]] = [
        lambda: {"param": "category", "op": "eq", "value": random.choice(("camera", "light", "lock"))},
        lambda: {"param": "category", "op": "in", "value": ["hub", "plug"]},
        lambda: {"param": "amount", "op": "ge", "value": random.randrange(1000)},
        lambda: {"param": "quantity", "op": "lt", "value": random.randint(1, 8)},
        lambda: {"param": "campaign", "op": "not_empty"},
        lambda: {"all": [{"param": "category", "op": "ne", "value": "hub"},
                         {"param": "sku", "op": "starts_with", "value": f"SKU-{random.randint(1, 9)}"}]},
    ]  # fmt: skip
    return random.choice(kinds)()


# --- as SQL ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dialect:
    """How one system says it: `user` is the column that tells users, `period` the number of a day's week."""

    user: str
    period: str
    one_of: str = "{column} IN ({values})"

    def rule(self, rule: Rule) -> str:
        """One query that gives the users of a rule."""
        if "not" in rule:
            return f"(SELECT {self.user} FROM users EXCEPT {self._set(rule['not'])})"
        joined = " INTERSECT " if "all" in rule else " UNION DISTINCT "
        return joined.join(self._set(part) for part in rule.get("all") or rule["any"])

    def _set(self, part: Rule) -> str:
        if "label" in part:
            return f"(SELECT {self.user} FROM users WHERE {self._compared(part['label'], part)})"
        return self.leaf(part) if "event" in part else f"({self.rule(part)})"

    def leaf(self, leaf: Leaf) -> str:
        """One query that gives the users of a leaf about events."""
        first = AS_OF - timedelta(days=leaf["window"]["last"])
        within = f"day >= DATE '{first}' AND day < DATE '{AS_OF}'"
        row = f"event = '{leaf['event']}'" + (f" AND {self._filter(leaf['where'])}" if "where" in leaf else "")
        measure, column = leaf.get("measure", "count"), leaf.get("of")
        if measure == "share":
            other = f"event = '{leaf['of']['event']}'"
            having = (
                f"sum(CASE WHEN {row} THEN 1 ELSE 0 END) >= {leaf['value']} * sum(CASE WHEN {other} THEN 1 ELSE 0 END) "
                f"AND sum(CASE WHEN {other} THEN 1 ELSE 0 END) > 0"
            )
            return self._grouped(f"{within} AND (({row}) OR {other})", having)
        value = {
            "count": "count(*)",
            "days": "count(DISTINCT day)",
            "periods": f"count(DISTINCT {self.period})",
            "distinct": f"count(DISTINCT {column})",
            "last": "max(day)",
        }.get(measure, f"{measure}({column})")
        if (measure, leaf["op"]) == ("count", "le"):
            more = self._grouped(f"{within} AND {row}", f"count(*) > {leaf['value']}")
            return f"(SELECT {self.user} FROM users EXCEPT {more})"
        return self._grouped(f"{within} AND {row}", self._compared(value, leaf))

    def _grouped(self, where: str, having: str) -> str:
        return f"(SELECT {self.user} FROM events WHERE {where} GROUP BY {self.user} HAVING {having})"

    def _filter(self, node: Rule) -> str:
        if "all" in node:
            return " AND ".join(self._filter(child) for child in node["all"])
        if node["op"] == "ne":
            return f"({node['param']} IS NULL OR {node['param']} <> '{node['value']}')"
        return self._compared(node["param"], node)

    def _compared(self, column: str, said: Rule) -> str:
        op: str = said["op"]
        value: Any = said.get("value")
        if op == "in":
            return self.one_of.format(column=column, values=", ".join(f"'{v}'" for v in value))
        if op == "between":
            return f"{column} BETWEEN {value[0]} AND {value[1]}"
        if op == "not_empty":
            return f"{column} <> ''"
        if op == "starts_with":
            return f"{column} LIKE '{value}%'"
        sign = {"eq": "=", "ge": ">=", "gt": ">", "lt": "<", "le": "<=", "after": ">", "before": "<"}[op]
        shown = f"DATE '{value}'" if op in ("after", "before") else f"'{value}'" if isinstance(value, str) else value
        return f"{column} {sign} {shown}"
