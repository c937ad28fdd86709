"""What differs between two versions of a segment, two dates, or a document and the catalog: words and users."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.analysis.movement import Movement, first_uids
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import condition_of, evaluate
from segkit.api.results import table_html
from segkit.definitions.checks import require_sound
from segkit.definitions.differences import document_differences, rule_differences
from segkit.definitions.documents import Document
from segkit.errors import Busy, NotFound, SegkitError
from segkit.store.references import with_ids

if TYPE_CHECKING:
    import pandas as pd

    from segkit.api.app import App


@dataclass(frozen=True)
class Diff:
    """Two states of one segment, or two segments: what differs in words, and who comes and goes.

    Holds counts and sets of users. Between two segments those who come are in the second only, and `name` is empty.
    """

    app: str
    name: str
    old: str  # what the two are: `version 2`, `2026-01-31`, `the catalog`
    new: str
    as_of: tuple[date, date]
    words: tuple[str, ...]
    movement: Movement = field(repr=False)
    notes: tuple[str, ...]
    uids: Callable[[], Sequence[str]] = field(repr=False)
    is_listed: bool = True  # rows of an imported list are never listed

    def examples(self, most: int) -> dict[str, list[str]]:
        """The uids of the first users who come, and of those who go."""
        both = {"gained": self.movement.gained, "lost": self.movement.lost}
        most = most if self.is_listed else 0
        return {key: first_uids(users, self.uids(), most) if most else [] for key, users in both.items()}

    @property
    def data(self) -> pd.DataFrame:
        """One row: what the two are, users before and after, gained and lost."""
        import pandas as pd

        return pd.DataFrame([{"segment": self.name, "old": self.old, "new": self.new, **self.movement.counts()}])

    def to_dict(self, show: int = 0) -> dict[str, Any]:
        """Plain data, with `show` uids of those who come and who go as examples."""
        found = {
            "app": self.app,
            "name": self.name,
            "old": self.old,
            "new": self.new,
            "as_of": [day.isoformat() for day in self.as_of],
            "words": list(self.words),
            **self.movement.counts(),
            "notes": list(self.notes),
        }
        return found | ({f"{key}_uids": uids for key, uids in self.examples(show).items()} if show else {})

    def text(self, show: int = 0) -> str:
        """The same as lines of text."""
        counts = self.movement.counts()
        days = f" as of {self.as_of[0]}" if self.as_of[0] == self.as_of[1] else ""
        of = f"‘{self.name}’, " if self.name else ""
        head = f"{of}{self.old} → {self.new}: {counts['before']:,} → {counts['after']:,} users{days}"
        lines = [f"{head} (+{counts['gained']:,} −{counts['lost']:,})", *(f"  {words}" for words in self.words)]
        lines += [f"  {key}: {', '.join(uids)}" for key, uids in self.examples(show).items() if uids]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        counts = self.movement.counts()
        row = (self.old, counts["before"], self.new, counts["after"], counts["gained"], counts["lost"])
        head = ("From", "Users", "To", "Users", "Gained", "Lost")
        words = "".join(f"<li>{html.escape(line)}</li>" for line in self.words)
        notes = "".join(f"<p>Note: {html.escape(note)}</p>" for note in self.notes)
        return table_html(head, [row], f"‘{self.name}’") + (f"<ul>{words}</ul>" if words else "") + notes


def diff_versions(app: App, name: str, versions: tuple[int, int], as_of: date) -> Diff:
    """Two versions of a segment; what their rules read is read as it is now."""
    definitions = app.definitions()
    definition = definitions[name]
    if definition.version is None:
        raise SegkitError(f"‘{definition.name}’ is {definition.kind} and has no versions")
    old, new = (app.workspace.catalog.version(definition.id, number).document for number in versions)
    titles = (f"version {versions[0]}", f"version {versions[1]}")
    return _of_rules(app, definition.name, titles, (old, new), definitions, as_of)


def diff_segments(app: App, names: tuple[str, str], as_of: date) -> Diff:
    """Two segments, an imported list among them or not; a list has no rule that could differ, only users."""
    definitions = app.definitions()
    one, other = (definitions[name] for name in names)
    if one.id == other.id:
        raise SegkitError(f"‘{one.name}’ is named twice; expected two segments, or two versions of one")
    keyed = {f"Segment '{d.name}'": condition_of(d.id, definitions) for d in (one, other)}
    found = evaluate(app, keyed, as_of, definitions)
    before, after = (found.results[key].members for key in keyed)
    lists = [d.name for d in (one, other) if d.kind == "imported"]
    words = () if lists else rule_differences(one.rule, other.rule, app.vocabulary, definitions.name_of)
    return Diff(
        app.name,
        "",
        f"‘{one.name}’",
        f"‘{other.name}’",
        (as_of, as_of),
        tuple(str(difference) for difference in words),
        Movement(before, after),
        (*app.notes(as_of), *(f"‘{name}’ is an imported list, which has no rule" for name in lists)),
        lambda: app.uids(found.evaluator),
        is_listed=not lists,
    )


def diff_document(app: App, document: Document, as_of: date) -> Diff:
    """A document and what the catalog has of its id or name. Raises NotFound where that is nothing."""
    definitions = app.definitions()
    subject = f"Segment '{document.name}'"
    key = document.id or document.name
    if key not in definitions:
        raise NotFound(
            f"{subject}: the catalog has no such segment; `segkit estimate FILE` counts what a new one picks"
        )
    held = definitions[key]
    require_sound(subject, document.rule, app.vocabulary, None)
    rule = with_ids(document.rule, {**definitions.ids, document.name: held.id}, subject)
    new = document.model_copy(update={"rule": rule})
    return _of_rules(app, document.name, ("the catalog", "this document"), (held.document, new), definitions, as_of)


def _of_rules(
    app: App,
    name: str,
    titles: tuple[str, str],
    documents: tuple[Document, Document],
    definitions: Definitions,
    as_of: date,
) -> Diff:
    rules = {f"{name}, {title}": document.rule for title, document in zip(titles, documents, strict=True)}
    found = evaluate(app, rules, as_of, definitions)
    before, after = (found.results[key].members for key in rules)
    return Diff(
        app.name,
        name,
        *titles,
        (as_of, as_of),
        tuple(str(d) for d in document_differences(*documents, app.vocabulary, definitions.name_of)),
        Movement(before, after),
        app.notes(as_of),
        lambda: app.uids(found.evaluator),
    )


def diff_dates(app: App, name: str, dates: tuple[date, date]) -> Diff:
    """The users of a segment as of two dates, by its rule as it is now; with cycle once, by its snapshots."""
    definitions = app.definitions()
    definition: Definition = definitions[name]
    rule = condition_of(definition.id, definitions)
    old, new = (evaluate(app, {definition.name: rule}, day, definitions) for day in dates)
    if old.evaluator is not new.evaluator:
        raise Busy(f"app '{app.name}': data was loaded meanwhile; try again")
    return Diff(
        app.name,
        definition.name,
        str(dates[0]),
        str(dates[1]),
        dates,
        (),
        Movement(old.results[definition.name].members, new.results[definition.name].members),
        tuple(dict.fromkeys((*app.notes(dates[0]), *app.notes(dates[1])))),
        lambda: app.uids(new.evaluator),
    )
