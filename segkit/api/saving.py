"""Saving segments: checked with the app's vocabulary, saved as a version, published at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from segkit.api import personas
from segkit.api.definitions import Definitions
from segkit.api.evaluation import require_available
from segkit.api.lists.life import require_same_users
from segkit.api.results import SegmentInfo
from segkit.definitions import predefined
from segkit.definitions.checks import require_sound
from segkit.definitions.conditions import Condition, SegmentRef, references, walk
from segkit.definitions.documents import Document, parse_document, rule_data
from segkit.errors import DefinitionError, Held, PartlyDone, Problem, SegkitError, StaleSave
from segkit.store.references import with_ids

if TYPE_CHECKING:
    from segkit.api.app import App


def save(
    app: App,
    document: Document | Mapping[str, object],
    *,
    based_on: int | None,
    note: str,
    idempotency_key: str | None,
    publish: bool,
) -> SegmentInfo:
    """Checks, saves and publishes; see `App.save`."""
    parsed = _checked(app, document)
    held = None if parsed.id is None else app.definitions().by_id.get(parsed.id)
    is_list = held is not None and held.kind == "imported"
    if is_list and held is not None:
        require_same_users(held, parsed)
    if based_on is None and held is not None:
        based_on = held.version
    try:
        saved = app.workspace.catalog.save(
            parsed,
            app=app.name,
            actor=app.workspace.actor,
            now=app.workspace.clock(),
            based_on=based_on,
            kind="imported" if is_list else "custom",
            note=note,
            idempotency_key=idempotency_key,
            reserved=dict(zip(predefined.names(), predefined.ids(), strict=True)),
            create=based_on is None and parsed.id is not None,
        )
    except StaleSave as stale:
        raise _in_the_words_of_the_app(stale, app) from None
    return publish_saved(app, saved.segment_id) if publish and not is_list else app.segment(saved.segment_id)


def _in_the_words_of_the_app(stale: StaleSave, app: App) -> StaleSave:
    conflict = stale.conflict
    return stale if conflict is None else StaleSave(conflict.words(app.vocabulary, app.names()), conflict)


def publish_saved(app: App, segment_id: str) -> SegmentInfo:
    """Publishes a segment that was just saved. Raises PartlyDone, which says that it is saved, if that fails."""
    saved = app.segment(segment_id)
    try:
        report = app.refresh([segment_id])
        unpublished = [row for row in (*report.failed, *report.held) if row.id == segment_id]
        reason = "; ".join(row.reason for row in unpublished)
        kind = Held if any(row.status == "held" for row in unpublished) else PartlyDone
    except SegkitError as error:
        reason, kind = str(error), PartlyDone
    if reason:
        raise kind(f"‘{saved.name}’ is saved as version {saved.version}, but not published: {reason}")
    return app.segment(segment_id)


def save_rule(app: App, name: str, rule: Condition, description: str, cycle: Literal["daily", "once"]) -> SegmentInfo:
    """Saves a rule under a name; a custom segment of that name gets a new version."""
    data = {"name": name, "description": description, "cycle": cycle, "rule": rule_data(rule)}
    document = parse_document(data, f"Segment '{name}'")
    definitions = app.definitions()
    if document.name in definitions and definitions[document.name].kind == "custom":
        document = document.model_copy(update={"id": definitions[document.name].id})
    return app.save(document)


def _checked(app: App, document: Document | Mapping[str, object]) -> Document:
    parsed = document if isinstance(document, Document) else parse_document(dict(document))
    subject = f"Segment '{parsed.name}'"
    if parsed.app not in (None, app.name):
        raise SegkitError(
            f"{subject}: it belongs to app '{parsed.app}', not '{app.name}'; save it there, or change `app`"
        )
    if parsed.id is not None and parsed.id.startswith("pd_"):
        message = "predefined segments are read-only; take `id` out and choose a name to duplicate it"
        raise SegkitError(f"{subject}: {message}")
    definitions = app.definitions()
    _refuse_archived(subject, parsed.rule, definitions)
    require_sound(subject, parsed.rule, app.vocabulary, [*definitions.ids, *definitions.by_id])
    rule = with_ids(parsed.rule, definitions.ids, subject)
    for reference in references(rule):
        require_available(definitions[reference])
    problems = personas.problems_of(parsed.personas)
    if problems:
        raise DefinitionError(subject, problems)
    personas.require_personas(app, parsed.model_copy(update={"rule": rule}), definitions)
    return parsed.model_copy(update={"app": app.name})


def _refuse_archived(subject: str, rule: Condition, definitions: Definitions) -> None:
    """Raises DefinitionError with the place of everything archived that a rule refers to."""
    problems = []
    for place, node in walk(rule):
        away = None
        if isinstance(node, SegmentRef) and node.segment not in definitions:
            away = definitions.archived(node.segment)
        if away is not None:
            message = f"‘{away.name}’ is archived. `segkit unarchive '{away.name}'` brings it back."
            problems.append(Problem(place, message))
    if problems:
        raise DefinitionError(subject, problems)
