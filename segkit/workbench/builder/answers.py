"""What the view asks beside counting: values to choose from, segments, the rule in other forms, pasting, saving.

Each question is answered in a thread of its own, so that nothing that waits for the data keeps an edit waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from segkit.definitions.documents import (
    Document,
    document_data,
    load_text,
    parse_document,
    parse_rule,
    rule_data,
    to_json,
    to_yaml,
)
from segkit.definitions.python_text import to_python
from segkit.errors import DefinitionError, SegkitError, StaleSave
from segkit.workbench.builder import saving
from segkit.workbench.builder.choices import label_choices, parameter_choices
from segkit.workbench.builder.draft import MOST_CHARACTERS, Draft
from segkit.workbench.builder.offering import segments_offered
from segkit.workbench.builder.opening import shown_data

if TYPE_CHECKING:
    from segkit.workbench.builder.model import BuilderModel

Message = dict[str, Any]


def values(model: BuilderModel, message: Message) -> Message:
    """A page of the values of a label, or of a parameter of an event."""
    code, event, search = (_text(message, key) for key in ("code", "event", "search"))
    offset = message.get("offset", 0)
    offset = offset if isinstance(offset, int) and 0 <= offset < 10**9 else 0
    if event:
        return parameter_choices(model.app, event, code, model.as_of, search, offset)
    return label_choices(model.app, code, model.as_of, search, offset)


def segments(model: BuilderModel, _message: Message) -> Message:
    """The segments as they are now."""
    model.look_again()
    return {"segments": segments_offered(model.app)}


def forms(model: BuilderModel, _message: Message) -> Message:
    """The rule in the forms of other tools, conditions that are not complete left out."""
    draft = model.draft
    data = {**document_data(draft.document), "rule": rule_data(draft.counted)}
    return {
        "edit": model.edit, "python": to_python(draft.counted), "yaml": to_yaml(data),
        "sql": model.app.as_sql(draft.counted, model.as_of), "left_out": draft.left_out,
    }  # fmt: skip


def paste(_model: BuilderModel, message: Message) -> Message:
    """A document or a rule that was pasted as YAML or JSON, as the view holds it; nothing is changed yet."""
    text = _text(message, "text", MOST_CHARACTERS)
    found = load_text(text, "the text.json" if text.lstrip().startswith("{") else "the text.yaml")
    if isinstance(found, Mapping) and ("rule" in found or "segkit" in found):
        data = shown_data(parse_document({"name": "Pasted", **found}, "the text"))
        if "name" not in found:
            data["name"] = ""
    else:
        data = {"rule": rule_data(parse_rule(found, "the text"))}
    return {"document": json.loads(to_json(data))}


def save(model: BuilderModel, message: Message) -> Message:
    """Saves; or both sides of a conflict, which `how` resolves the next time; or why it cannot be saved."""
    model.look_again()
    how, conflict = _text(message, "how"), model.conflict
    try:
        draft = model.read(message.get("document"))
        _require_complete(draft)
        if conflict is None or not how:
            return _saved(model, draft.document, model.version)
        document = saving.chosen(conflict, how, draft.document)
        if how == "theirs":
            return _went_over(model, document, conflict.version)
        return _saved(model, document, conflict.version)
    except StaleSave as stale:
        model.conflict = stale.conflict
        return {"conflict": saving.conflict_of(stale, model.app)}
    except SegkitError as error:
        return {"refused": saving.words_of_failure(error)}


def _require_complete(draft: Draft) -> None:
    if not draft.name:
        raise SegkitError("Not saved: the segment has no name. Give it one.")
    if draft.problems:
        raise DefinitionError("the rule", draft.problems)


def _saved(model: BuilderModel, document: Document, based_on: int | None) -> Message:
    saved = saving.save(model.app, document, based_on)
    model.look_again()
    return {**_went_over(model, saved.document, saved.version), "note": saved.note, "name": saved.document.name}


def _went_over(model: BuilderModel, document: Document, version: int | None) -> Message:
    model.go_over(document, version)
    shown = json.loads(to_json(shown_data(document)))
    return {"version": version, "id": document.id, "document": shown, "segments": segments_offered(model.app)}


def _text(message: Mapping[str, Any], key: str, most: int = 1_000) -> str:
    """A text of a message. Raises SegkitError for another thing, and for one that is too long."""
    found = message.get(key, "")
    if not isinstance(found, str):
        raise SegkitError(f"{key}: found no text")
    if len(found) > most:
        raise SegkitError(f"{key}: found {len(found):,} characters; expected at most {most:,}")
    return found


ANSWERS: dict[str, Callable[[BuilderModel, Message], Message]] = {
    "values": values, "segments": segments, "forms": forms, "paste": paste, "save": save,
}  # fmt: skip
