"""The vocabulary of made worlds: labels of every type, events with parameters of every type, linked tables."""

from __future__ import annotations

from typing import Any

APP = "hostile"

Declarations = list[dict[str, Any]]


def labels() -> Declarations:
    """One label at least of every type and origin."""
    plain: Declarations = [
        {"code": "country", "type": "string", "column": "country_code"},
        {"code": "nickname", "type": "string", "personal": "name"},
        {"code": "score", "type": "number"},
        {"code": "balance", "type": "number", "scale": 2, "unit": "€"},
        {"code": "registered_on", "type": "date"},
        {"code": "last_login", "type": "date"},
        {"code": "consent", "type": "bool"},
        {"code": "interests", "type": "list"},
    ]
    derived: Declarations = [
        _derived("device_count", "number", link="devices", measure="count"),
        _derived("has_gateway", "bool", link="devices", measure="exists", where={"kind": ["gateway", "Größe"]}),
        _derived("bound_kinds", "list", link="devices", measure="list", of="kind", where={"bound": True}),
        _derived("plan_count", "number", link="plans", measure="count", where={"paid": True}),
        _derived("has_plan", "bool", link="plans", measure="exists"),
        _derived("plan_names", "list", link="plans", measure="list", of="plan"),
    ]
    return [{"name": label["code"].capitalize(), "category": "Made", **label} for label in plain + derived]


def _derived(code: str, type_: str, **how: Any) -> dict[str, Any]:
    return {"code": code, "type": type_, "derived": how}


def parameters() -> Declarations:
    """One parameter of every type, numbers with a declared scale and without."""
    found: Declarations = [
        {"code": "amount", "type": "number", "scale": 2, "column": "amount_eur"},
        {"code": "ratio", "type": "number"},
        {"code": "category", "type": "string"},
        {"code": "ship_on", "type": "date"},
        {"code": "gift", "type": "bool"},
        {"code": "tags", "type": "list"},
    ]
    return [{"name": parameter["code"].capitalize(), **parameter} for parameter in found]


def events() -> Declarations:
    """Five events of mixed sources and one that a source of its own names by a constant."""
    found: Declarations = [
        {"code": "app_opened", "parameters": []},
        {"code": "device_paired", "parameters": ["ratio", "gift", "category"]},
        {"code": "feedback_sent", "parameters": ["category", "amount"]},
        {"code": "order_paid", "parameters": ["amount", "category", "ship_on", "gift", "tags", "ratio"],
         "source_name": "order.paid"},
        {"code": "product_browsed", "parameters": ["category", "tags", "ratio"]},
        {"code": "shop_visited", "parameters": ["amount"]},
    ]  # fmt: skip
    return [{"name": event["code"].capitalize(), "category": "Made", **event} for event in found]
