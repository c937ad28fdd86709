"""Users one by one with their values: pages of them, the evidence about one, the values of a label.

Personal data is masked unless it is asked for, and the asking is on record: who, which labels, how many users.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from segkit.api.definitions import Definition
from segkit.api.estimating import evidence_about, shown_rule
from segkit.api.evaluation import RuleLike, condition_of, evaluate, named
from segkit.definitions.conditions import Label, walk
from segkit.engine.parameter_values import parameter_counts
from segkit.engine.people import ValueCount, schema_of, value_counts, with_labels
from segkit.engine.protocol import Evidence
from segkit.errors import NotFound, SegkitError
from segkit.masking import masked, masked_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from segkit.api.app import App
    from segkit.definitions.vocabulary import LabelDeclaration, Personal

_RULE = "this rule"


def members(
    app: App,
    rule: RuleLike,
    as_of: date,
    *,
    labels: Sequence[str],
    limit: int | None,
    after: str | None,
    unmask: bool,
    names: bool,
) -> pd.DataFrame:
    """A page of users; see `App.members`."""
    definitions = app.definitions()
    definition = named(rule, definitions)
    refuse_imported(definition)
    declared = [app.vocabulary.label(code) for code in labels]
    start = -1 if after is None else app.user_no(after)
    found = evaluate(app, {_RULE: condition_of(rule, definitions)}, as_of, definitions)
    evaluator = found.evaluator
    batches = with_labels(evaluator, found.results[_RULE].members, labels, as_of, after=start, limit=limit)
    import pyarrow as pa

    table = pa.Table.from_batches(list(batches), schema_of(evaluator, labels))
    frame, personal = shown_frame(table, declared, unmask)
    if unmask and personal:
        put_on_record(app, definition, personal, len(frame), as_of)
    return _named(frame, declared) if names else frame


def refuse_imported(definition: Definition | None) -> None:
    """Raises SegkitError for an imported list."""
    if definition is not None and definition.kind == "imported":
        raise SegkitError(
            f"‘{definition.name}’ is an imported list; its rows are never listed. Its count stands in `list`"
        )


def shown_frame(table: pa.Table, declared: Sequence[LabelDeclaration], unmask: bool) -> tuple[pd.DataFrame, list[str]]:
    """Users and labels as a frame, personal data masked unless asked for; the columns that hold some."""
    frame: pd.DataFrame = table.to_pandas()
    maskings = _maskings(frame, declared)
    for column, hide in maskings.items() if not unmask else ():
        frame[column] = frame[column].map(hide)
    return frame, list(maskings)


def _maskings(frame: pd.DataFrame, declared: Sequence[LabelDeclaration]) -> dict[str, Callable[[Any], Any]]:
    """What hides the values of each column that holds personal data; uids do where they are addresses or numbers."""
    found: dict[str, Callable[[Any], Any]] = {}
    if any(masked_text(uid) != uid for uid in frame["uid"]):
        found["uid"] = masked_text
    return found | {d.code: _hiding(d.personal) for d in declared if d.personal is not None}


def _hiding(kind: Personal | None) -> Callable[[Any], str | None]:
    return lambda value: masked(value, kind)


def put_on_record(
    app: App,
    definition: Definition | None,
    labels: Sequence[str],
    users: int,
    as_of: date,
    *,
    segments: Sequence[str] = (),
) -> None:
    """Who saw personal data: of which segment, or by a rule that reads these segments."""
    read = {"segments": list(segments)} if definition is None and segments else {}
    app.workspace.catalog.record_audit(
        actor=app.workspace.actor,
        at=app.workspace.clock(),
        app=app.name,
        action="unmask",
        subject=definition.id if definition else "a rule",
        detail={"labels": list(labels), "users": users, "as_of": as_of.isoformat(), **read},
    )


def _named(frame: pd.DataFrame, declared: Sequence[LabelDeclaration]) -> pd.DataFrame:
    """Headings and values by their names, where they have some."""
    for label in declared:
        if label.values or label.type == "list":
            frame[label.code] = frame[label.code].map(lambda value, label=label: _name_of(value, label))
    titles = [label.name for label in declared]
    alone = {label.code: label.name for label in declared if titles.count(label.name) == 1 and label.name != "uid"}
    return frame.rename(columns=alone)


def _name_of(value: Any, label: LabelDeclaration) -> Any:
    """The name of a value; of each value of a list; a missing one stays missing."""
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [label.value_name(item) for item in value]
    is_missing = value is None or value != value  # NaN is not equal to itself
    return value if is_missing else label.value_name(value)


def evidence(app: App, uid: str, rule: RuleLike, as_of: date, unmask: bool) -> list[Evidence]:
    """Every live condition's verdict about one user; see `App.evidence`."""
    found = evidence_about(app, app.user_no(uid), rule, as_of)
    definitions = app.definitions()
    nodes = dict(walk(shown_rule(rule, definitions)))
    kinds = {path: _personal(app, node.label) for path, node in nodes.items() if isinstance(node, Label)}
    shown = {e.path: kind for e in found if e.seen is not None and (kind := kinds.get(e.path)) is not None}
    if unmask and shown:
        labels = sorted({node.label for path, node in nodes.items() if path in shown and isinstance(node, Label)})
        put_on_record(app, named(rule, definitions), labels, 1, as_of)
        return found
    return [replace(e, seen=masked(e.seen, shown[e.path])) if e.path in shown else e for e in found]


def _personal(app: App, label: str) -> Personal | None:
    return app.vocabulary.label(label).personal


def values(app: App, label: str, as_of: date, *, search: str, limit: int, offset: int) -> tuple[list[ValueCount], int]:
    """What values a label has, most frequent first, and how many users have none; personal ones masked."""
    declared = app.vocabulary.label(label)
    _refuse_to_search(f"label '{label}'", declared.personal, search)
    app.require_history(as_of)
    found, without = value_counts(app.evaluator(), label, as_of, search=search, limit=limit, offset=offset)
    return _masked(found, declared.personal), without


def values_of_parameter(
    app: App, event: str, parameter: str, as_of: date, *, search: str, limit: int, offset: int
) -> list[ValueCount]:
    """What values a parameter of an event has lately, those of most users first; personal ones masked."""
    declared = app.vocabulary.parameter(parameter)
    if parameter not in app.vocabulary.event(event).parameters:
        carried = ", ".join(app.vocabulary.event(event).parameters) or "none"
        raise NotFound(f"event '{event}' has no parameter '{parameter}'; it carries {carried}")
    _refuse_to_search(f"parameter '{parameter}'", declared.personal, search)
    app.require_history(as_of)
    evaluator = app.evaluator()
    found = parameter_counts(evaluator, event, parameter, as_of, search=search, limit=limit, offset=offset)
    return _masked(found, declared.personal)


def _refuse_to_search(subject: str, personal: Personal | None, search: str) -> None:
    if search and personal is not None:
        raise SegkitError(f"{subject} holds personal data, which is not searched; `check` and rules find users")


def _masked(found: list[ValueCount], personal: Personal | None) -> list[ValueCount]:
    return found if personal is None else [ValueCount(masked(each.value, personal), each.count) for each in found]
