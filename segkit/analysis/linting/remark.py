"""One thing that is odd about a rule, and all that were found: as words, as data, as a list in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.finding import Finding
from segkit.errors import SegkitError, nearest

if TYPE_CHECKING:
    import pandas as pd

#: Every code that a remark may carry, and what it is about.
CODES = {
    "cannot-be-evaluated": "the rule does not fit the vocabulary",
    "reference-unknown": "a segment that there is not",
    "reference-archived": "a segment that is archived",
    "reference-deleted": "a segment that was deleted",
    "reference-unavailable": "a segment that cannot be evaluated",
    "reference-stale": "a segment whose published users are older than they should be",
    "deprecated": "a label, event or parameter that the vocabulary wants given up",
    "never-true": "a condition that can be true of nobody, by what it says",
    "always-true": "a condition that is true of everybody, by what it says",
    "implied": "a condition that follows from others",
    "window-before-data": "a window that reaches back beyond the data",
    "window-forgotten": "a window over days that were forgotten",
    "window-after-data": "a window whose last days have no events yet",
    "unknown-value": "a value that nobody has",
    "nobody": "a condition that is true of nobody as of the date",
    "everybody": "a condition that is true of everybody as of the date",
    "changes-nothing": "a condition without which the users are the same as of the date",
    "includes-missing": "a condition that takes in users without a value",
    "gap": "a value at the boundary of two segments that is in neither",
    "overlap": "a value at the boundary of two segments that is in both",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark. `path` is the place of the condition, `beside` the places in other segments that it is about too."""

    code: str
    path: str
    words: str
    advice: str
    numbers: dict[str, Any] = field(default_factory=dict)
    segment: str = ""
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """`rule.all[1] unknown-value: …`, as a terminal shows it."""
        return f"{self.path} {self.code}: {self.words} {self.advice}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "segment": self.segment,
            "path": self.path,
            "code": self.code,
            "words": self.words,
            "advice": self.advice,
            "numbers": self.numbers,
            "beside": [{"segment": segment, "path": path} for segment, path in self.beside],
        }


@dataclass(frozen=True, repr=False)
class Lint(Finding):
    """What is odd about the segments that were looked at; nothing, of good ones."""

    remarks: tuple[Remark, ...]
    checked: tuple[str, ...]
    as_of: date
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.remarks)

    def without(self, *codes: str) -> Lint:
        """The same without remarks of some codes. Raises SegkitError for a code that there is not."""
        for code in codes:
            if code not in CODES:
                raise SegkitError(
                    f"no remark has the code '{code}'.{nearest(code, CODES)} There are {', '.join(CODES)}."
                )
        return replace(self, remarks=tuple(remark for remark in self.remarks if remark.code not in codes))

    @property
    def words(self) -> str:
        """A line for each remark, under the name of its segment where there are several."""
        lines: list[str] = []
        for name in self._names():
            found = [remark for remark in self.remarks if remark.segment == name]
            indent = "  " if len(self.checked) > 1 else ""
            lines += [f"‘{name}’"] if indent and found else []
            lines += [f"{indent}{remark.line}" for remark in found]
        return "\n".join([*lines, self.summary, *(f"Note: {note}" for note in self.notes)])

    @property
    def summary(self) -> str:
        """`3 remarks on 2 of 10 segments as of 2026-06-01.`"""
        checked = len(self.checked)
        looked = f"‘{self.checked[0]}’" if checked == 1 else f"{checked:,} segments"
        if not self.remarks:
            return f"Nothing odd about {looked} as of {self.as_of}."
        count = len(self.remarks)
        told = f"{count:,} {'remark' if count == 1 else 'remarks'}"
        on = looked if checked == 1 else f"{len(self._names()):,} of {looked}"
        return f"{told} on {on} as of {self.as_of}."

    def _names(self) -> list[str]:
        with_some = {remark.segment for remark in self.remarks}
        return [name for name in self.checked if name in with_some]

    @property
    def data(self) -> pd.DataFrame:
        """A row for each remark."""
        import pandas as pd

        columns = ["segment", "path", "code", "words", "advice", "numbers"]
        return pd.DataFrame([[getattr(r, c) for c in columns] for r in self.remarks], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Plain data; the date as ISO text."""
        return {
            "as_of": self.as_of.isoformat(),
            "checked": list(self.checked),
            "remarks": [remark.to_dict() for remark in self.remarks],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>Note: {html.escape(note)}</p>" for note in self.notes)
        return f"<p>{html.escape(self.summary)}</p>" + "".join(map(self._section, self._names())) + notes

    def _section(self, name: str) -> str:
        title = f"<p><b>{html.escape(name)}</b></p>" if len(self.checked) > 1 else ""
        rows = "".join(_row(remark) for remark in self.remarks if remark.segment == name)
        head = f'<th scope="col" style="{_LEFT};width:17em">Where</th><th scope="col" style="{_LEFT}">What</th>'
        table = "width:100%;max-width:64em;margin-left:0;table-layout:fixed"
        return f'{title}<table style="{table}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


_LEFT = "text-align:left;vertical-align:top"


def _row(remark: Remark) -> str:
    wrapped = f"{_LEFT};white-space:normal;overflow-wrap:anywhere;max-width:none"
    code = f'<br><span style="opacity:.7">{html.escape(remark.code)}</span>'
    advice = f'<br><span style="opacity:.7">{html.escape(remark.advice)}</span>'
    return (
        f'<tr><td style="{wrapped}"><code>{html.escape(remark.path)}</code>{code}</td>'
        f'<td style="{wrapped}">{html.escape(remark.words)}{advice}</td></tr>'
    )
