"""Who may do what in a workspace: five roles and their rights, as `[roles]` in `segkit.toml` gives them.

With no such table everybody may do everything: it is one person's own workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segkit.data.role_settings import ROLES, Role, RoleSettings
from segkit.errors import Forbidden

#: look: definitions, counts · members: who the users are, personal data on record · export: files that leave ·
#: edit: save, load, refresh · admin: all that concerns the workspace as a whole, and the audit trail
Right = Literal["look", "members", "export", "edit", "admin"]
RIGHTS: Mapping[Role, frozenset[Right]] = {
    "viewer": frozenset({"look"}),
    "reader": frozenset({"look", "members"}),
    "exporter": frozenset({"look", "members", "export"}),
    "editor": frozenset({"look", "members", "edit"}),
    "admin": frozenset({"look", "members", "export", "edit", "admin"}),
}
_WORDS: Mapping[Right, str] = {
    "look": "seeing definitions and counts",
    "members": "seeing who the users are",
    "export": "exporting",
    "edit": "saving, loading and refreshing",
    "admin": "what concerns the whole workspace",
}


def require(settings: RoleSettings | None, person: str, right: Right, what: str) -> None:
    """Raises Forbidden unless somebody has a right; `what` is what they asked for, as a message names it."""
    if settings is None:
        return
    held = settings.of(person)
    if not holds(settings, person, right):
        raise Forbidden(_refusal(settings, person, held, right, what))


def holds(settings: RoleSettings | None, person: str, right: Right) -> bool:
    """Whether somebody has a right."""
    return settings is None or any(right in RIGHTS[role] for role in settings.of(person))


def _refusal(settings: RoleSettings, person: str, held: tuple[Role, ...], right: Right, what: str) -> str:
    has = f"has the role {' and '.join(held)}" if held else "has no role"
    needed = [role for role in ROLES if right in RIGHTS[role]]
    one_of = f"{', '.join(needed[:-1])} or {needed[-1]}" if len(needed) > 1 else needed[0]
    admins = f" Ask {' or '.join(settings.admin)}." if settings.admin else ""
    return (
        f"`{what}` is not for ‘{person}’, who {has} in this workspace: {_WORDS[right]} takes the role {one_of}. "
        f"Whoever may edit segkit.toml grants it under [roles].{admins}"
    )
