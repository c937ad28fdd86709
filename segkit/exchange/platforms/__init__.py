"""What each platform wants of a list of users, as documents beside this file: columns, normal forms, hashing, limits.

Each names the page it follows, and the values that the platform publishes to check against, or that there are none.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segkit.definitions.strict_yaml import load_yaml, validated
from segkit.errors import NotFound, nearest
from segkit.exchange.normal_forms import STEPS, normal_form, sha256_hex
from segkit.exchange.parts import Split

_NONE = "none published"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Column(_Part):
    """A column of the platform's file: filled with an address, the uid, or a label that the export names for it."""

    column: Annotated[str, Field(min_length=1)]
    source: Annotated[Literal["uid", "email", "mobile", "label"], Field(alias="from")]
    steps: Annotated[tuple[str, ...], Field(strict=False)] = ()
    hash: Literal["sha256"] | None = None
    needed: bool = False

    def value(self, text: str | None) -> str | None:
        """What stands in the column for a text; None for one that cannot be used."""
        found = normal_form(text, self.steps)
        return sha256_hex(found) if found is not None and self.hash else found

    @model_validator(mode="after")
    def _known_steps(self) -> Self:
        for step in self.steps:
            if step not in STEPS:
                raise ValueError(f"no step '{step}'.{nearest(step, STEPS)} There are: {', '.join(STEPS)}")
        return self


class Vector(_Part):
    """A value as the platform publishes it: what goes into a column, and what must stand there."""

    column: str
    value: str
    gives: str
    source: str


class Platform(_Part):
    """One platform. Who has none of `identified_by` has no row; one file holds so many rows or bytes."""

    segkit_platform: Literal[1]
    id: str = ""
    name: str
    sources: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    notes: str = ""
    format: Literal["csv", "jsonl"]
    most_rows: int | None = None
    most_bytes: int | None = None
    identified_by: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    columns: Annotated[tuple[Column, ...], Field(strict=False, min_length=1)]
    more_labels: bool = False  # whether labels follow as columns of their own code
    vectors: Annotated[tuple[Vector, ...], Field(strict=False)] | Literal["none published"]

    @property
    def split(self) -> Split:
        return Split(self.most_rows, self.most_bytes)

    @property
    def published_vectors(self) -> tuple[Vector, ...]:
        return () if isinstance(self.vectors, str) else self.vectors

    def column(self, name: str) -> Column:
        """The column of that name. Raises NotFound with those that a label may fill."""
        for column in self.columns:
            if column.column == name:
                return column
        free = [column.column for column in self.columns if column.source == "label"]
        raise NotFound(
            f"platform '{self.id}' has no column '{name}'.{nearest(name, free)} "
            f"A label may fill: {', '.join(free) or 'none of its columns'}."
        )

    def told(self) -> dict[str, object]:
        """What a manifest says of it."""
        checked = _NONE if isinstance(self.vectors, str) else f"{len(self.vectors)} published values"
        return {"profile": self.id, "name": self.name, "sources": list(self.sources), "vectors": checked}

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        names = {column.column for column in self.columns}
        for name in (*self.identified_by, *(vector.column for vector in self.published_vectors)):
            if name not in names:
                raise ValueError(f"no column '{name}'.{nearest(name, names)}")
        return self


@cache
def platforms() -> dict[str, Platform]:
    """Every platform by the name that `--profile` takes."""
    files = [entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(".yaml")]
    found = {}
    for entry in sorted(files, key=lambda entry: entry.name):
        key = entry.name.removesuffix(".yaml")
        content = load_yaml(entry.read_bytes(), entry.name)
        found[key] = validated(Platform, content, entry.name).model_copy(update={"id": key})
    return found


def forms_of(channel: str, address: str, *, hashed: bool) -> frozenset[str]:
    """What an address becomes in the files of all platforms: for whoever looks for it there."""
    columns = [c for each in platforms().values() for c in each.columns if c.source == channel]
    found = {column.value(address) for column in columns if (column.hash is not None) == hashed}
    return frozenset(form for form in found if form is not None)


def platform(name: str) -> Platform:
    """The platform of that name. Raises NotFound with the nearest name."""
    known = platforms()
    if name not in known:
        listed = ", ".join(["machine", "spreadsheet", *known])
        raise NotFound(f"no profile '{name}'.{nearest(name, known)} There are: {listed}.")
    return known[name]
