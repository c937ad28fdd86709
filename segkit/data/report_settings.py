"""What segkit.toml says of reports: where metrics go, who is notified, and by what. Secrets are never in it, only the
names of the environment variables that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MODE = re.compile(r"0[0-7]{3}\Z")


def _a_variable(text: str) -> str:
    if not _VARIABLE.match(text):  # what was found may be the secret itself
        raise ValueError("expected the name of an environment variable, such as OPS_WEBHOOK, that holds it")
    return text


Variable = Annotated[str, AfterValidator(_a_variable)]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


def _a_file_mode(text: str) -> str:
    if not _MODE.match(text):
        raise ValueError(f"found '{text}'; expected the rights of a file such as '0600' or '0644'")
    return text


class ReportSettings(_Part):
    """`[reports]`: metrics and lineage."""

    prometheus: Annotated[Text, Field(description="The metrics' file, below the workspace or absolute.")] = (
        "runs/segkit.prom"
    )
    prometheus_mode: Annotated[
        str, AfterValidator(_a_file_mode), Field(description="Its rights; the node exporter may be another user.")
    ] = "0600"
    openlineage_namespace: Annotated[Text, Field(description="Of jobs and datasets in the lineage events.")] = "segkit"


class Notification(_Part):
    """Who is told after a night, and by what: JSON to a web address, an e-mail, or JSON to a program's input."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    kind: Literal["webhook", "smtp", "command"]
    when: Annotated[
        Literal["always", "problems", "changes"],
        Field(description="After each night, after one with problems, or also after one that changed a count."),
    ] = "always"
    url_env: Annotated[Variable | None, Field(description="webhook: the variable that holds the URL.")] = None
    host: Annotated[Text | None, Field(description="smtp: the mail server.")] = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    starttls: bool = True
    user_env: Variable | None = None
    password_env: Variable | None = None
    sender: Annotated[Text | None, Field(alias="from")] = None
    to: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    command: Annotated[tuple[Text, ...], Field(strict=False, description="The program and its words.")] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        missing = [key for key in _NEEDED[self.kind] if not getattr(self, key)]
        if missing:
            raise ValueError(f"a {self.kind} needs {_keys(missing)}")
        others = {key for kind, keys in _OF_KIND.items() if kind != self.kind for key in keys}
        foreign = sorted(self.model_fields_set & others)
        if foreign:
            raise ValueError(f"{_keys(foreign)} is not for a {self.kind}")
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("`user_env` and `password_env` go together")
        if self.user_env is not None and not self.starttls:
            raise ValueError("a password is only sent with `starttls = true`")
        return self


_NEEDED = {"webhook": ("url_env",), "smtp": ("host", "sender", "to"), "command": ("command",)}
_OF_KIND = {**_NEEDED, "smtp": (*_NEEDED["smtp"], "port", "starttls", "user_env", "password_env")}


def _keys(names: Iterable[str]) -> str:
    """Keys as segkit.toml has them."""
    return ", ".join(f"`{'from' if name == 'sender' else name}`" for name in names)


def _named_once(found: tuple[Notification, ...]) -> tuple[Notification, ...]:
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise ValueError("two notifications have the same name; expected each name once")
    return found


Notifications = Annotated[tuple[Notification, ...], Field(strict=False), AfterValidator(_named_once)]
