"""What came of an import, in counts and words; never a row."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import Any

from segkit.api.results import table_html


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One import into a list. `rows` = `accepted` + `rejected` + `duplicate`, and accepted are matched or external."""

    id: str
    name: str
    version: int
    mode: str
    rows: int
    matched: int
    external: int
    rejected: int
    duplicate: int
    reasons: dict[str, int]  # by sentence
    consented: bool
    columns: dict[str, str]  # the heading of each field
    columns_left_out: tuple[str, ...]
    sheets: tuple[str, ...]
    sheets_left_out: tuple[str, ...]
    written: str  # such as `CSV, utf-8, semicolon`
    list_users: int
    list_external: int
    erased: int = 0  # rows of people who were erased since

    @property
    def accepted(self) -> int:
        return self.matched + self.external

    @property
    def held_back(self) -> int:
        """External addresses of this import that may not be written to."""
        return 0 if self.consented else self.external

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "accepted": self.accepted, "held_back": self.held_back}

    def lines(self) -> list[str]:
        """The report in sentences."""
        found = [
            f"{self.rows:,} rows: {self.accepted:,} accepted, {self.rejected:,} rejected, "
            f"{self.duplicate:,} duplicate.",
            f"Accepted are {self.matched:,} users and {self.external:,} external addresses.",
            f"The list now has {self.list_users:,} users and {self.list_external:,} external addresses.",
        ]
        if self.held_back:
            found.append(
                f"Held back: {self.held_back:,} external addresses, whose consent to e-mail nobody has stated; "
                "import with `--consented` if they have given it."
            )
        found += [f"Rejected {count:,}: {sentence}" for sentence, count in self.reasons.items()]
        if self.erased:
            found.append(f"Taken out since: {self.erased:,} rows of people who were erased.")
        known = ", ".join(f"{field} from ‘{heading}’" for field, heading in self.columns.items())
        found.append(f"Read as {self.written}; {known}.")
        if self.columns_left_out:
            found.append("Columns left out: " + ", ".join(f"‘{name[:40]}’" for name in self.columns_left_out) + ".")
        if self.sheets_left_out:
            found.append("Sheets left out: " + ", ".join(f"‘{name}’" for name in self.sheets_left_out) + ".")
        return found

    def __repr__(self) -> str:
        return "\n".join([f"‘{self.name}’, version {self.version}", *self.lines()])

    def _repr_html_(self) -> str:
        counts = [
            ("Rows", self.rows), ("Users", self.matched), ("External addresses", self.external),
            ("Rejected", self.rejected), ("Duplicate", self.duplicate),
        ]  # fmt: skip
        words = "".join(f"<p>{html.escape(line)}</p>" for line in self.lines()[2:])
        return table_html(("", "Count"), counts, f"‘{self.name}’, version {self.version}") + words
