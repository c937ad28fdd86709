"""What a person has said so far: which columns are what, the zones, and what they changed of a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from segkit.definitions.operators import Type
from segkit.definitions.vocabulary import Personal

#: The roles that a column may have in each table; everything else is a label or a parameter, or is left out.
USERS_ROLES = ("uid", "known_from", "gone_at")
EVENTS_ROLES = ("uid", "time", "name", "key")
LINK_ROLES = ("uid", "valid_from", "valid_to")
LEFT_OUT = "left out"


@dataclass(frozen=True)
class ColumnWish:
    """What a person wants a column to be; None where they have not said."""

    kept: bool | None = None
    type: Type | None = None
    scale: int | None = None
    name: str | None = None
    unit: str | None = None
    category: str | None = None
    personal: Personal | Literal["no"] | None = None


@dataclass(frozen=True)
class Wishes:
    """Roles by table (`users`, `events`, a link's name), such as `{"events": {"time": "at", "name": "=purchase"}}`.

    A role of None says that there is no such column. `zone` is the app's; naive instants are in `event_zone`, if given,
    else in the app's zone.
    """

    app: str
    zone: str | None = None
    event_zone: str | None = None
    roles: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], ColumnWish] = field(default_factory=dict)

    def role(self, table: str, role: str) -> str | None:
        """The column that was named for a role."""
        return self.roles.get(table, {}).get(role)

    def says(self, table: str, role: str) -> bool:
        """Whether anything was said about a role, if only that there is no such column."""
        return role in self.roles.get(table, {})

    def of(self, table: str, column: str) -> ColumnWish:
        """What was said of a column."""
        return self.columns.get((table, column), ColumnWish())

    def with_role(self, table: str, role: str, column: str | None) -> Wishes:
        """These wishes with a column in a role. What it was before no longer holds; nor what had the role."""
        roles = {name: dict(of_table) for name, of_table in self.roles.items()}
        kept = {r: c for r, c in roles.get(table, {}).items() if c != column or c is None}
        roles[table] = {**kept, role: column}
        return replace(self, roles=roles)

    def with_column(self, table: str, column: str, **changes: Any) -> Wishes:
        """These wishes with something said of a column."""
        return replace(self, columns={**self.columns, (table, column): replace(self.of(table, column), **changes)})
