"""A first segment that means something on this very data: an event that about half of the users have."""

from __future__ import annotations

from typing import Any

from segkit.data.proposal.model import Proposal, ProposedColumn
from segkit.definitions.documents import to_yaml

_DAYS = 30
_NEARLY_ALL = 0.9


def first_segment(proposal: Proposal) -> dict[str, Any]:
    """The document, as plain data, without an id: it is estimated, not saved."""
    name, rule = _of_event(proposal) or _of_label(proposal) or ("Everybody", {"all": []})
    return {"segkit": 1, "app": proposal.app, "name": name[:64].strip(), "cycle": "daily", "rule": rule}


def first_text(proposal: Proposal) -> str:
    """The same as YAML."""
    return "# A first segment to try; change it, or save it with `segkit save`.\n" + to_yaml(first_segment(proposal))


def _of_event(proposal: Proposal) -> tuple[str, dict[str, Any]] | None:
    if not proposal.event_list:
        return None
    half = proposal.user_count / 2
    event = min(proposal.event_list, key=lambda e: (abs(e.users - half), e.code))
    happened = {"event": event.code, "window": {"last": _DAYS}}
    if event.users > _NEARLY_ALL * proposal.user_count:
        return f"{event.name}: none in the last {_DAYS} days", {"not": happened}
    return f"{event.name} in the last {_DAYS} days", happened


def _of_label(proposal: Proposal) -> tuple[str, dict[str, Any]] | None:
    labels = [c for c in (proposal.users.declared if proposal.users else ()) if c.personal is None]
    for label in labels:
        if label.type == "bool":
            return label.name, {"label": label.code, "op": "eq", "value": True}
        if label.type == "string" and label.values:
            value = next(iter(label.values))
            return f"{label.name}: {label.values[value]}", {"label": label.code, "op": "eq", "value": value}
    return _present(labels[0]) if labels else None


def _present(label: ProposedColumn) -> tuple[str, dict[str, Any]]:
    return f"{label.name} known", {"label": label.code, "op": "not_empty"}
