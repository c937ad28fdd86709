"""Rules with something odd in them, each with every remark that it must get: code and place."""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]
Found = list[tuple[str, str]]

DE = {"label": "country", "op": "eq", "value": "DE"}
AT = {"label": "country", "op": "eq", "value": "AT"}
CONSENT = {"label": "marketing_consent", "op": "eq", "value": True}
NO_CONSENT = {"label": "marketing_consent", "op": "eq", "value": False}
GATEWAY = {"label": "has_gateway", "op": "eq", "value": True}


def score(op: str, value: Any = None) -> Rule:
    return {"label": "score", "op": op} | ({} if value is None else {"value": value})


def used(window: Rule, **more: Any) -> Rule:
    return {"event": "app_used", **more, "window": window}


def paid(window: Rule, **more: Any) -> Rule:
    return {"event": "order_paid", **more, "window": window}


def registered(op: str, value: Any) -> Rule:
    return {"label": "registered_at", "op": op, "value": value}


LAST_30, LAST_90, EVER = {"last": 30}, {"last": 90}, {"all": True}

#: 1. In only without a value: with how many.
WITHOUT_A_VALUE: list[tuple[Rule, Found, int]] = [
    ({"label": "country", "op": "ne", "value": "DE"}, [("includes-missing", "rule")], 2),
    (
        {"all": [CONSENT, {"label": "country", "op": "not_in", "value": ["DE", "AT"]}]},
        [("includes-missing", "rule.all[1]")],
        1,
    ),
    ({"label": "tags", "op": "not_contains", "value": "vip"}, [("includes-missing", "rule")], 5),
    ({"not": DE}, [("includes-missing", "rule")], 2),
    ({"all": [AT, {"not": CONSENT}]}, [("includes-missing", "rule.all[1]")], 1),
    ({"not": CONSENT}, [("includes-missing", "rule")], 2),
    ({"not": score("gt", 50)}, [("includes-missing", "rule")], 2),
    ({"label": "registered_at", "op": "not_in_last", "value": 30}, [("includes-missing", "rule")], 2),
    (used(LAST_90, op="le", value=2), [("includes-missing", "rule")], 5),
    (
        {"all": [CONSENT, paid(LAST_90, measure="sum", of="amount", op="lt", value=100)]},
        [("includes-missing", "rule.all[1]")],
        4,
    ),
    (used(EVER, measure="last", op="not_in_last", value=30), [("includes-missing", "rule")], 4),
    ({"not": {"all": [score("gt", 50), DE]}}, [("includes-missing", "rule")], 2),
    ({"not": paid(LAST_90, op="ge", value=2)}, [("includes-missing", "rule")], 10),
]

#: 2. Never, or always, true: by what they say, and by the data.
NEVER_OR_ALWAYS: list[tuple[Rule, Found]] = [
    ({"all": [DE, AT]}, [("never-true", "rule")]),
    ({"all": [CONSENT, {"all": [score("gt", 50), score("lt", 40)]}]}, [("never-true", "rule.all[1]")]),
    ({"any": [DE, {"not": DE}]}, [("always-true", "rule")]),
    ({"all": [GATEWAY, {"not": GATEWAY}]}, [("never-true", "rule")]),
    ({"any": [score("ge", 10), score("lt", 20), score("is_empty")]}, [("always-true", "rule")]),
    ({"all": []}, [("always-true", "rule")]),
    ({"any": []}, [("never-true", "rule")]),
    ({"any": [DE, {"all": [AT, {"any": []}]}]}, [("never-true", "rule.any[1].all[1]")]),
    (used(LAST_30, op="lt", value=0), [("never-true", "rule")]),
    (used(LAST_30, op="ge", value=0), [("always-true", "rule")]),
    (used(LAST_30, measure="days", op="gt", value=30), [("never-true", "rule")]),
    (paid(LAST_90, measure="share", of={"event": "order_paid"}, op="gt", value=1,
          where={"param": "category", "op": "eq", "value": "camera"}), [("never-true", "rule")]),
    ({"event": "app_used", "measure": "periods", "every": 10, "op": "gt", "value": 3, "window": LAST_30},
     [("never-true", "rule")]),
    ({"all": [registered("in_last", 30), registered("before", "2024-09-01")]}, [("never-true", "rule")]),
    ({"all": [used({"last": 7}), {"not": used(LAST_30)}]}, [("never-true", "rule")]),
    (paid(LAST_90, where={"all": [{"param": "category", "op": "eq", "value": "camera"},
                                  {"param": "category", "op": "eq", "value": "light"}]}),
     [("never-true", "rule.where")]),
    (used({"from": "2025-01-01", "to": "2025-01-31"}), [("never-true", "rule")]),
    ({"all": [{"label": "country", "op": "starts_with", "value": "D"},
              {"label": "country", "op": "in", "value": ["AT", "CH"]}]}, [("never-true", "rule")]),
    ({"all": [{"label": "tags", "op": "contains", "value": "vip"},
              {"label": "tags", "op": "not_contains", "value": ["vip", "new"]}]}, [("never-true", "rule")]),
    ({"all": [{**CONSENT, "mute": True}]}, [("always-true", "rule")]),
    ({"all": [CONSENT, score("gt", 500)]}, [("nobody", "rule.all[1]")]),
    ({"all": [DE, {"label": "tags", "op": "contains_all", "value": ["beta", "new"]}]}, [("nobody", "rule")]),
    ({"all": [CONSENT, {"label": "email", "op": "contains", "value": "@"}]}, [("everybody", "rule.all[1]")]),
]  # fmt: skip

#: 3. Windows beyond the data, which begins on 1 January 2024 and ends on 6 November.
WINDOWS: list[tuple[Rule, Found]] = [
    (used({"last": 365}), [("window-before-data", "rule")]),
    ({"all": [CONSENT, used({"from": "2023-12-01", "to": "2024-10-31"})]}, [("window-before-data", "rule.all[1]")]),
    ({"sequence": [{"event": "product_browsed"}, {"event": "order_paid"}], "within": 7, "window": {"last": 400}},
     [("window-before-data", "rule")]),
]  # fmt: skip

#: 5. What is referred to.
REFERENCES: list[tuple[Rule, Found]] = [
    ({"all": [CONSENT, {"segment": "Archived"}]}, [("reference-archived", "rule.all[1]")]),
    ({"any": [DE, {"segment": "Deleted"}]}, [("reference-deleted", "rule.any[1]")]),
    ({"all": [DE, {"not": {"segment": "Germams"}}]}, [("reference-unknown", "rule.all[1].not")]),
    ({"all": [AT, {"segment": "Changed once"}]}, [("reference-stale", "rule.all[1]")]),
    ({"all": [CONSENT, {"segment": "Old daily"}]}, [("reference-stale", "rule.all[1]")]),
    ({"all": [AT, {"segment": "Never published"}]}, [("reference-unavailable", "rule.all[1]")]),
    ({"all": [DE, {"label": "orders_lately", "op": "ge", "value": 1}]}, [("deprecated", "rule.all[1]")]),
    ({"label": "contry", "op": "eq", "value": "DE"}, [("cannot-be-evaluated", "rule")]),
]  # fmt: skip

#: 6. Conditions that change nothing.
WITHOUT_EFFECT: list[tuple[Rule, Found]] = [
    ({"all": [score("gt", 20), score("gt", 10)]}, [("implied", "rule.all[1]")]),
    ({"all": [CONSENT, DE, CONSENT]}, [("implied", "rule.all[2]")]),
    ({"any": [DE, {"label": "country", "op": "in", "value": ["DE", "AT"]}]}, [("implied", "rule.any[0]")]),
    ({"all": [used({"last": 7}), used(LAST_30)]}, [("implied", "rule.all[1]")]),
    ({"all": [CONSENT, {"any": [AT, {"all": [CONSENT, GATEWAY]}]}]}, [("implied", "rule.all[1].any[1].all[0]")]),
    ({"all": [paid(LAST_90, where={"all": [{"param": "amount", "op": "gt", "value": 30},
                                           {"param": "amount", "op": "gt", "value": 20}]})]},
     [("implied", "rule.all[0].where.all[1]")]),
    ({"all": [paid(LAST_90), score("lt", 1_000), {"label": "device_count", "op": "ge", "value": 1}]},
     [("changes-nothing", "rule.all[2]")]),
    ({"any": [{"label": "tags", "op": "contains", "value": "vip"},
              {"all": [AT, score("gt", 60)]}]}, [("changes-nothing", "rule.any[1]")]),
]  # fmt: skip

#: 7. Values that nobody has, with the nearest that some have.
UNKNOWN_VALUES: list[tuple[Rule, Found, dict[str, str]]] = [
    ({"label": "country", "op": "eq", "value": "de"}, [("unknown-value", "rule")], {"de": "DE"}),
    ({"label": "country", "op": "in", "value": ["AT", "Germany"]}, [("unknown-value", "rule")], {"Germany": "DE"}),
    ({"label": "tags", "op": "contains", "value": "v.i.p."}, [("unknown-value", "rule")], {"v.i.p.": "vip"}),
    (paid(LAST_90, where={"param": "category", "op": "eq", "value": "camra"}),
     [("unknown-value", "rule.where")], {"camra": "camera"}),
    (paid(LAST_90, where={"any": [{"param": "category", "op": "eq", "value": "camera"},
                                  {"param": "category", "op": "in", "value": ["light", "lights "]}]}),
     [("unknown-value", "rule.where.any[1]")], {"lights ": "light"}),
    (score("eq", 41), [("unknown-value", "rule")], {"41": "40"}),
    ({"label": "email", "op": "eq", "value": "ana@example.org"}, [("unknown-value", "rule")], {}),
]  # fmt: skip

#: 4. Two rules of a set: the place in the first of them by value, and how many users it concerns.
BOUNDARIES: list[tuple[list[Rule], list[tuple[str, str, str, int]]]] = [
    ([used(EVER, measure="last", op="days_ago_gt", value=30), used(EVER, measure="last", op="days_ago_lt", value=30)],
     [("gap", "first", "rule", 1)]),
    ([registered("in_last", 30), registered("days_ago_gt", 29)], [("overlap", "second", "rule", 1)]),
    ([registered("days_ago_gt", 30), registered("days_ago_lt", 30)], [("gap", "first", "rule", 1)]),
    ([{"all": [CONSENT, score("gt", 40)]}, {"all": [CONSENT, score("lt", 40)]}],
     [("gap", "second", "rule.all[1]", 1)]),
    ([score("ge", 30), score("le", 30)], [("overlap", "second", "rule", 1)]),
    ([score("between", [0, 50]), score("between", [50, 100])], [("overlap", "first", "rule", 1)]),
    ([score("le", 29.5), score("ge", 30.5)], [("gap", "first", "rule", 1)]),
    ([used({"last": 29}), used({"ago": [60, 30]})], [("gap", "second", "rule", 1)]),
    ([used(LAST_30), used({"ago": [60, 29]})], [("overlap", "second", "rule", 1)]),
    ([paid(EVER, op="gt", value=1), paid(EVER, op="eq", value=0)], [("gap", "second", "rule", 5)]),
]  # fmt: skip
