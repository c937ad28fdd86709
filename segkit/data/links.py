"""One snapshot of a linked table, typed, in the table `linked`: uid, valid_from, valid_to, and what labels ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from segkit.compile.predicates import ColumnType, predicate
from segkit.compile.sql import FALSE, TRUE, Sql, joined, sql
from segkit.data.instants import EARLIEST, Zones
from segkit.data.keeping_out import WORDS, KeepingOut
from segkit.data.mapping import LinkedLabels, label_kind
from segkit.data.reading import Opened, opened, reading
from segkit.data.report import Count, RoleReport
from segkit.data.settings import LinkSource
from segkit.data.sources import FoundFile
from segkit.data.sql import filled
from segkit.data.staging import Staging, Wanted
from segkit.data.tracks import Snapshot
from segkit.data.watching.measures import Reasons
from segkit.data.watching.uses import source_key, uses_of_link
from segkit.data.watching.watch import Watch
from segkit.data.work import Work
from segkit.definitions.conditions import Condition, is_muted
from segkit.definitions.derivations import FromLink, RowAll, RowTest
from segkit.definitions.operators import POSITIVE_OF, Type
from segkit.definitions.vocabulary import LabelDeclaration

_REFUSED = {1: "no uid", 2: "a uid that is no whole number and no text"}
_ERASED = 3
_REASONS = Reasons(missing={1: "uid"}, unreadable={2: "uid"}, aside=(_ERASED,))
_FIXED = (
    Wanted("uid", "uid", "", "uid"),
    Wanted("valid_from", "date", "", "valid_from"),
    Wanted("valid_to", "date", "", "valid_to"),
)
_INSERT = """
INSERT INTO linked BY NAME
SELECT *, CASE WHEN uid IS NOT NULL THEN 0 WHEN {bad_uid} THEN 2 ELSE 1 END AS reason FROM ({rows})
"""
_NUMBERS = """
SELECT count(*), count(*) FILTER (l.reason = 0 AND u.uid IS NOT NULL), count(*) FILTER (l.reason = 0 AND u.uid IS NULL)
FROM linked l LEFT JOIN users u ON u.uid = l.uid
"""
#: What a column is read as where it is compared.
_KIND_OF: dict[Type, str] = {"string": "string", "number": "double", "date": "date", "bool": "bool", "list": "list"}


@dataclass(frozen=True, slots=True)
class Rows:
    """SQL over `linked`: which rows a label counts, with what is bound; the value that it measures, and by what rows
    are first or last."""

    condition: str
    values: Mapping[str, object]
    listed: str
    ordered: str


class LinkedSnapshot:
    """What a linked table says for one data date."""

    def __init__(
        self, work: Work, zones: Zones, linked: LinkedLabels, app_zone: str, watch: Watch, out: KeepingOut
    ) -> None:
        self._work = work
        self._zones = zones
        self._app_zone = app_zone
        self._linked = linked
        self._watch = watch
        self._out = out
        self._key = source_key(linked.role, linked.source)
        self._asked = asked_columns(linked)
        self._staging = Staging(work, "linked", _FIXED + self._asked)
        self.files: list[FoundFile] = []

    def read(self, snapshots: Sequence[Snapshot]) -> None:
        """Reads the files. Raises DataProblem, with the place, for one that cannot be read as the mapping says."""
        self._staging.create({})
        for snapshot in snapshots:
            assert isinstance(snapshot.source, LinkSource)
            first = len(self.files)
            self.files += snapshot.files
            for source in opened(self._work, snapshot.files, first):
                self._read(source, snapshot.source)
        self._out.leave_out("linked", _ERASED)
        self._watch.staged(self._work, self._staging, _REASONS, self.files, [self._key] * len(self.files))

    def _read(self, source: Opened, mapping: LinkSource) -> None:
        columns = {"uid": source.require(mapping.uid, "the uid")}
        for name, column in (("valid_from", mapping.valid_from), ("valid_to", mapping.valid_to)):
            if column is not None:
                columns[name] = source.require(column, name)
        columns |= {asked.name: source.require(asked.column, asked.subject) for asked in self._asked}
        self._watch.opened(self._work, self._key, source, uses_of_link(mapping, self._asked))
        rows = self._staging.rows(source, self._zones.of(mapping.zone or self._app_zone), columns)
        with reading(self._work, source):
            self._work.run(filled(_INSERT, bad_uid=self._staging.flag("uid"), rows=rows), **source.values)

    def rows_of(self, label: LabelDeclaration) -> Rows:
        """The rows that a label counts."""
        derived = _derivation(label)
        counted = derived.condition
        condition = TRUE if is_muted(counted) else _where(counted, self._column)
        # What is bound is named, since more is bound around it.
        names = [f"v{number}" for number in range(len(condition.values))]
        pieces = condition.text.split("?")
        text = pieces[0] + "".join(f"${name}{piece}" for name, piece in zip(names, pieces[1:], strict=True))
        listed = self._column(derived.of, _measured_kind(label, derived)) if derived.of else "NULL"
        values = dict(zip(names, condition.values, strict=True))
        order = self._order(derived) if derived.is_ordered(label.type) else "NULL"
        return Rows(f"reason = 0 AND {text}", values, listed, order)

    def _order(self, derived: FromLink) -> str:
        """The instant by which rows are first or last: of the named column, else of the beginning of their validity,
        which is that of time where it is missing."""
        if derived.by is not None:
            return self._column(derived.by, "instant")
        begins = self._linked.source.valid_from
        assert begins is not None  # `mapping.linked_labels` refuses what has no order
        return filled("coalesce({begins}, {always})", begins=self._column(begins, "instant"), always=EARLIEST)

    def _column(self, column: str, kind: str) -> str:
        return next(asked.name for asked in self._asked if (asked.column, asked.kind) == (column, kind))

    def report(self) -> RoleReport:
        """What was read; kept are the rows of known users."""
        ((read, kept, unknown),) = self._work.rows(_NUMBERS)
        erased = self._out.left("linked", _ERASED)
        return RoleReport(
            self._linked.role,
            files=len(self.files),
            read=read,
            kept=kept,
            orphan=unknown,
            refused=self._staging.refusals(_REFUSED, self.files),
            left_out=(Count(WORDS, erased),) if erased else (),
            values=self._staging.problems(self.files, but=("uid",)),
        )


def asked_columns(linked: LinkedLabels) -> tuple[Wanted, ...]:
    """Each column that some label asks for, once for each kind of value that it is read as."""
    asked: dict[tuple[str, str], str] = {}
    for label in linked.labels:
        for column, kind in _asked_by(label, linked.source.valid_from):
            asked.setdefault((column, kind), f"label '{label.code}'")
    return tuple(
        Wanted(f"a{number}", kind, column, f"{subject}, column '{column}'")
        for number, ((column, kind), subject) in enumerate(asked.items())
    )


def _asked_by(label: LabelDeclaration, valid_from: str | None) -> Iterator[tuple[str, str]]:
    derived = _derivation(label)
    for _, test in derived.tests():
        yield test.column, _KIND_OF[test.read_as]
    if derived.of is not None:
        yield derived.of, _measured_kind(label, derived)
    by = derived.by or valid_from
    if by is not None and derived.is_ordered(label.type):
        yield by, "instant"


def _derivation(label: LabelDeclaration) -> FromLink:
    assert label.from_link is not None
    return label.from_link


def _measured_kind(label: LabelDeclaration, derived: FromLink) -> str:
    """What the measured column is read as: the values of a list, and different ones, are texts."""
    return "string" if derived.measure in ("list", "distinct") else label_kind(label)


def _where(node: Condition, column: Callable[[str, str], str]) -> Sql:
    """Where a row fulfils a condition. Two-valued: a negative form is the complement of its positive one."""
    if isinstance(node, RowTest):
        type_, positive = node.read_as, POSITIVE_OF.get(node.op, node.op)
        expression = Sql(column(node.column, _KIND_OF[type_]))
        # No comparison of linked rows asks how long ago something was, so no day is looked at.
        holds = predicate(expression, ColumnType(type_), positive, node.value, date.min)
        return sql("NOT COALESCE({}, FALSE)" if node.op in POSITIVE_OF else "COALESCE({}, FALSE)", holds)
    parts = [_where(child, column) for child in node.children() if not is_muted(child)]
    if type(node).key_order[0] == "not":
        return sql("NOT ({})", parts[0])
    is_all = isinstance(node, RowAll)
    if not parts:
        return TRUE if is_all else FALSE
    return sql("({})", joined(" AND " if is_all else " OR ", parts))
