"""What a builder begins with: plain data of a segment, a document or a rule, and what a save of it is based on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segkit.api.definitions import Definitions
from segkit.api.evaluation import RuleLike
from segkit.definitions.documents import Document, document_data, parse_document, parse_rule, rule_data
from segkit.errors import SegkitError
from segkit.workbench.builder.draft import FILED


@dataclass(frozen=True)
class Origin:
    """What a save is based on: the version, and the keys of the document that the view does not change."""

    kept: dict[str, Any] = field(default_factory=dict)
    version: int | None = None

    @property
    def id(self) -> str | None:
        """The segment's id, once it was saved."""
        return self.kept.get("id")


def origin_of(document: Document, version: int | None) -> Origin:
    """That of a saved document."""
    data = document_data(document)
    return Origin({key: value for key, value in data.items() if key not in (*FILED, "rule", "segkit")}, version)


def opened(what: RuleLike | None, definitions: Definitions) -> tuple[dict[str, Any], Origin]:
    """Plain data of what is to be edited, and its origin. Raises NotFound, DefinitionError, or for an imported list."""
    if what is None:
        return {"name": "", "rule": {"all": []}}, Origin()
    if isinstance(what, str):
        return _segment(what, definitions)
    if isinstance(what, Mapping) and ("rule" in what or "segkit" in what):
        what = parse_document(dict(what))
    if not isinstance(what, Document):
        return {"name": "", "rule": rule_data(parse_rule(what))}, Origin()
    held = definitions.by_id.get(what.id or "")
    is_custom = held is not None and held.kind == "custom"
    return shown_data(what), origin_of(what, held.version) if held is not None and is_custom else Origin()


def _segment(name: str, definitions: Definitions) -> tuple[dict[str, Any], Origin]:
    found = definitions[name]
    if found.kind == "imported":
        raise SegkitError(f"‘{found.name}’ is an imported list, which has no rule; use it in a rule instead")
    if found.kind == "predefined":  # read-only: what is edited is a copy
        return {**shown_data(found.document), "name": f"{found.name[:56]} (copy)"}, Origin()
    return shown_data(found.document), origin_of(found.document, found.version)


def shown_data(document: Document) -> dict[str, Any]:
    """What the view holds of a document."""
    return {key: value for key, value in document_data(document).items() if key in (*FILED, "rule")}
