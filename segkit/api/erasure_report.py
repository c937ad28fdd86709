"""What an erasure tells: what was removed from where, which rules and exports had the person. Never the person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from segkit.api.lists.erasing import ErasedFromList
from segkit.data.erasing import Removed
from segkit.operations.exported import ExportOf


@dataclass(frozen=True, slots=True)
class ErasedLiteral:
    """A place in a version of a segment where the person was named, and is masked now."""

    app: str
    segment_id: str
    segment: str
    version: int
    place: str


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure did. Names files and places, never the person; `erasure` is an id made with a secret key."""

    erasure: str
    users: dict[str, int]  # by app
    removed: Removed = field(default_factory=Removed)
    catalog_fields: dict[str, int] = field(default_factory=dict)  # masked, by table
    literals: tuple[ErasedLiteral, ...] = ()
    lists: tuple[ErasedFromList, ...] = ()
    exports: tuple[ExportOf, ...] = ()
    evidence: tuple[str, ...] = ()  # files of nights that were removed
    still_named_in: tuple[str, ...] = ()  # files of people's own
    notes: tuple[str, ...] = ()

    def after(self, earlier: ErasureReport) -> ErasureReport:
        """What both did, where the earlier one was killed."""
        fields = {table: self.catalog_fields.get(table, 0) for table in self.catalog_fields | earlier.catalog_fields}
        for table, count in earlier.catalog_fields.items():
            fields[table] += count
        return replace(
            self,
            users=earlier.users | self.users,
            removed=earlier.removed + self.removed,
            catalog_fields=fields,
            literals=(*earlier.literals, *self.literals),
            lists=(*earlier.lists, *self.lists),
            exports=(*earlier.exports, *(e for e in self.exports if e.file not in {x.file for x in earlier.exports})),
            evidence=(*earlier.evidence, *self.evidence),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data; dates and instants as ISO text."""
        found = asdict(self)
        for export in found["exports"]:
            export |= {key: export[key] and export[key].isoformat() for key in ("as_of", "at")}
        return found

    def words(self) -> list[str]:
        """The report in a few lines of English."""
        nobody = "nobody who was a user" if self.lists else "nobody who was there"
        users = ", ".join(f"{count:,} of {app}" for app, count in self.users.items() if count) or nobody
        lines = [
            f"{self.erasure}: erased {users}; {self.removed.label_values:,} values of labels, "
            f"{self.removed.events:,} events, {self.removed.aside:,} rows kept aside"
        ]
        fields = ", ".join(f"{count:,} in {table}" for table, count in self.catalog_fields.items())
        lines += [f"masked in the catalog: {fields}"] if fields else []
        lines += [f"rule that named the person: ‘{at.segment}’ ({at.app}) version {at.version}, {at.place}"
                  for at in self.literals]  # fmt: skip
        lines += [list_.words() for list_ in self.lists]
        lines += [_export_words(export) for export in self.exports]
        lines += [f"removed {path}, in which the person was named" for path in self.evidence]
        lines += [
            f"still named in {path}, which is yours to change; loads keep the person out"
            for path in self.still_named_in
        ]
        return lines + [f"Note: {note}" for note in self.notes]

    def __repr__(self) -> str:
        return "\n".join(self.words())


REPORT = TypeAdapter(ErasureReport)


def _export_words(export: ExportOf) -> str:
    when = f" as of {export.as_of}" if export.as_of else ""
    verb = "may have been" if export.by == "cannot be told" else "was"
    what = "; its file is removed" if export.removed else "; its file is not in the workspace: tell whoever has it"
    what += f"; it was to go to {export.delivered_to}: have it removed there" if export.delivered_to else ""
    return f"export that the person {verb} in: {export.file}{when} (by {export.by}){what}"
