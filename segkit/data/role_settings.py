"""`[roles]` of `segkit.toml`: who is what in a workspace. What each may do is in `operations/roles.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["viewer", "reader", "exporter", "editor", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "reader", "exporter", "editor", "admin")
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]


class RoleSettings(BaseModel):
    """The people of each role, by the name that they act under; `default` is for whoever is not named."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    viewer: Names = ()
    reader: Names = ()
    exporter: Names = ()
    editor: Names = ()
    admin: Names = ()
    default: Annotated[Role | Literal["none"], Field(description="Of whoever is not named; `none` keeps them out.")] = (
        "viewer"
    )

    def of(self, person: str) -> tuple[Role, ...]:
        """The roles that somebody has here."""
        named = tuple(role for role in ROLES if person in getattr(self, role))
        return named or (() if self.default == "none" else (self.default,))
