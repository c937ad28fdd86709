"""Which right each public method of a workspace and of its apps asks for, and the asking itself.

Only the method that a person calls asks; what it calls in turn is part of it. A method that is not in the tables asks
for `admin`, and a test fails. `prune` lets go of what the settings say; `night` loads, refreshes and exports by methods
that ask themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import getattr_static, isfunction
from typing import TYPE_CHECKING, Any, TypeVar

from segkit.operations.roles import Right, require

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace

Kind = TypeVar("Kind", bound=type)

WORKSPACE: Mapping[str, Right] = {
    "app": "look", "apps": "look", "today": "look", "last_loads": "look", "plan": "look", "pull": "look",
    "close": "look", "close_apps": "look",
    "load": "edit", "apply": "edit", "night": "edit",
    "forget_days": "admin", "backup": "admin", "audit": "admin",
    "erase": "admin",
    "nights": "look", "held": "look", "night_page": "look", "deliveries": "look", "accept": "edit",
}  # fmt: skip
APP: Mapping[str, Right] = {
    "definitions": "look", "require_history": "look", "notes": "look", "estimate": "look", "values": "look",
    "segments": "look", "segment": "look", "document": "look", "document_of_version": "look", "history": "look",
    "lineage": "look", "read_by_segments": "look", "names": "look", "diff": "look", "day": "look", "close": "look",
    "used_by": "look", "recent_counts": "look",
    "conditions": "look", "overlap": "look", "compose": "look", "trend": "look",
    "why": "look", "similar": "look", "compare": "look",
    "counts_without": "look", "parameter_values": "look", "as_sql": "look",
    "evaluator": "members", "evaluate": "members", "base": "members", "bitmap": "members", "members": "members",
    "members_page": "members",
    "explain": "members", "profile": "members",
    "check": "members", "evidence": "members", "user_no": "members", "uids": "members",
    "lint": "look", "lint_set": "look", "lint_all": "look",
    "save": "edit", "save_rule": "edit", "publish": "edit", "delete": "edit", "refresh": "edit", "prune": "edit",
    "add": "edit", "revert": "edit", "duplicate": "edit", "archive": "edit", "unarchive": "edit", "undelete": "edit",
    "import_list": "edit", "look_at_list": "edit", "add_to_list": "edit", "take_off_list": "edit",
    "list_versions": "look", "list_rows": "members", "list_failures": "export", "audience": "export",
    "export": "export", "plan_export": "export", "export_due": "export", "exported_file": "export",
    "exports_made": "look", "export_manifest": "look",
}  # fmt: skip

#: The workspace that a method which was asked for is at work in.
_WITHIN: ContextVar[Workspace | None] = ContextVar("within", default=None)


def asking(rights: Mapping[str, Right], workspace_of: Callable[[Any], Workspace]) -> Callable[[Kind], Kind]:
    """A class decorator: every public method asks for its right first. `workspace_of` gives an object's workspace."""

    def decorate(kind: Kind) -> Kind:
        for name in public_methods(kind):
            method = getattr_static(kind, name)
            setattr(kind, name, _asking(method, name, rights.get(name, "admin"), workspace_of))
        return kind

    return decorate


def public_methods(kind: type) -> Iterator[str]:
    """The names of a class's public methods, its own and inherited ones; properties are none."""
    return (name for name in dir(kind) if not name.startswith("_") and isfunction(getattr_static(kind, name)))


def _asking(
    method: Callable[..., Any], name: str, right: Right, workspace_of: Callable[[Any], Workspace]
) -> Callable[..., Any]:
    @wraps(method)
    def asked(self: Any, *given: Any, **named: Any) -> Any:
        workspace = workspace_of(self)
        if _WITHIN.get() is workspace:
            return method(self, *given, **named)
        require(workspace.settings.roles, workspace.actor, right, name)
        with permitted(workspace):
            return method(self, *given, **named)

    return asked


@contextmanager
def permitted(workspace: Workspace) -> Iterator[None]:
    """For as long as the block runs nothing more is asked for: it is part of what was permitted."""
    token = _WITHIN.set(workspace)
    try:
        yield
    finally:
        _WITHIN.reset(token)
