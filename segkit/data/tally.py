"""Counts of a load, added up by role for its report and by load number for the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from segkit.data.report import Count, RoleReport, SourceRows


class Tally:
    """What was read and what became of it, part by part."""

    def __init__(self) -> None:
        self._by_role: dict[str, RoleReport] = {}
        self._by_load: dict[int, dict[str, int]] = {}

    def add(self, load: int, part: RoleReport) -> None:
        """Adds what one load did with one role."""
        self._by_role[part.role] = _sum(self._by_role.get(part.role, RoleReport(part.role)), part)
        numbers = self._by_load.setdefault(load, {})
        for name, count in part.numbers().items():
            numbers[name] = numbers.get(name, 0) + count

    @property
    def roles(self) -> tuple[RoleReport, ...]:
        return tuple(self._by_role.values())

    def of_load(self, load: int) -> dict[str, int]:
        """The counts of one load, by role and name, such as `users.read`."""
        return self._by_load.get(load, {})


def _sum(one: RoleReport, other: RoleReport) -> RoleReport:
    numbers = [field.name for field in fields(RoleReport) if field.type == "int"]
    sums: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in numbers}
    for name in ("refused", "left_out", "values"):
        sums[name] = _merged((*getattr(one, name), *getattr(other, name)))
    return replace(one, **sums, sources=_by_source((*one.sources, *other.sources)))


def _by_source(parts: Iterable[SourceRows]) -> tuple[SourceRows, ...]:
    found: dict[str, SourceRows] = {}
    for part in parts:
        same = found.get(part.source, SourceRows(part.source))
        found[part.source] = SourceRows(
            part.source,
            same.files + part.files,
            same.read + part.read,
            same.refused + part.refused,
            same.left_out + part.left_out,
        )
    return tuple(found.values())


def _merged(counts: Iterable[Count]) -> tuple[Count, ...]:
    found: dict[str, Count] = {}
    for count in counts:
        same = found.get(count.what, Count(count.what, 0))
        found[count.what] = Count(count.what, same.count + count.count, (*same.examples, *count.examples)[:3])
    return tuple(found.values())
