"""What a linked table can tell about its users: how many rows, whether any, the values of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from segkit.data.proposal.headings import code_of, name_of
from segkit.data.proposal.kinds import has_few_values
from segkit.data.proposal.model import ProposedColumn, ProposedDerived, ProposedTable

_MOST_LISTED = 60


def derived_labels(table: ProposedTable, taken: list[str]) -> list[ProposedDerived]:
    """The labels of one link, other than the codes taken."""
    found: list[ProposedDerived] = []
    for proposed in _proposed(table, name_of(table.role)):
        code = code_of(proposed.code, [*taken, *(other.code for other in found)], "label")
        found.append(replace(proposed, code=code))
    return found


def _proposed(table: ProposedTable, name: str) -> Iterator[ProposedDerived]:
    link = table.role
    uid = table.in_role("uid")
    lowered = name[:1].lower() + name[1:]
    is_own = uid is not None and uid.facts.is_unique
    if is_own:
        yield ProposedDerived(f"has_{link}", f"Has {lowered}", "bool", name, _from(link, "exists"))
    else:
        yield ProposedDerived(f"{link}_count", f"Number of {lowered}", "number", name, _from(link, "count"))
        yield ProposedDerived(f"has_{link}", f"Has {lowered}", "bool", name, _from(link, "exists"))
    for column in table.columns:
        if column.role == "linked":
            yield from _of_column(link, name, column, is_own=is_own)


def _from(link: str, measure: str, **more: object) -> dict[str, object]:
    return {"link": link, "measure": measure, **more}


def _of_column(link: str, name: str, column: ProposedColumn, *, is_own: bool) -> Iterator[ProposedDerived]:
    """`is_own`: a user has one row at most, so that its columns are named as labels are."""
    title = column.name if is_own else f"{name}: {column.name}"
    code = column.code if is_own else f"{link}_{column.code}"
    if column.type == "bool":
        where = _from(link, "exists", where={column.column: True})
        yield ProposedDerived(code, title, "bool", name, where)
    elif column.type == "string" and column.personal is None and has_few_values(column.facts):
        listed = _from(link, "list", of=column.column)
        yield ProposedDerived(code, title, "list", name, listed, dict(column.values))
