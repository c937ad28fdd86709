"""A segment as a document, in YAML or JSON: places in every error when read, the same bytes each time when written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from segkit.definitions.conditions import Condition, OtherEvent, Rule
from segkit.definitions.formats import FORMAT, in_todays_format, told_of
from segkit.definitions.naming import LONGEST_NAME as LONGEST_NAME
from segkit.definitions.naming import checked_name
from segkit.definitions.naming import name_key as name_key
from segkit.definitions.naming import tidy as tidy
from segkit.definitions.strict_yaml import DEEPEST, OCTAL, load_yaml, validated
from segkit.definitions.windows import Window
from segkit.errors import SegkitError
from segkit.masking import masked_text

LONGEST_DESCRIPTION = 128
MOST_CONDITIONS = 2_000

Cycle = Literal["daily", "once"]


def _a_description(text: str) -> str:
    text = tidy(text)
    if len(text) > LONGEST_DESCRIPTION:
        raise ValueError(f"found a description of {len(text)} characters; expected at most {LONGEST_DESCRIPTION}")
    return text


def _or_nothing(text: str | None) -> str | None:
    return text or None


class Personas(BaseModel):
    """Users that must be in, or out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
    in_: Annotated[tuple[str, ...], Field(alias="in", strict=False, description="Uids of users that must be in.")] = ()
    out: Annotated[tuple[str, ...], Field(strict=False, description="Uids of users that must be out.")] = ()

    def placed(self) -> list[tuple[str, str, bool]]:
        """Each persona's place in the document, its uid, and whether it must be in."""
        must_be_in = [(f"personas.in[{n}]", tidy(uid), True) for n, uid in enumerate(self.in_)]
        return must_be_in + [(f"personas.out[{n}]", tidy(uid), False) for n, uid in enumerate(self.out)]


class Document(BaseModel):
    """One segment as people write it down."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, title="segkit segment")

    segkit: Annotated[Literal[1], Field(description="The version of this format.")] = 1
    id: Annotated[str | None, Field(pattern=r"^(sg|pd)_[a-z0-9_]{1,60}$", description="Made on first save.")] = None
    app: Annotated[str | None, AfterValidator(_or_nothing), Field(description="The app whose users it picks.")] = None
    name: Annotated[str, AfterValidator(checked_name), Field(description="At most 64 characters, unique in the app.")]
    description: Annotated[str, AfterValidator(_a_description), Field(description="At most 128 characters.")] = ""
    cycle: Annotated[Cycle, Field(description="daily: refreshed each night; once: when saved and by hand.")] = "daily"
    folder: Annotated[str | None, AfterValidator(_or_nothing), Field(description="Where it is listed.")] = None
    tags: Annotated[tuple[str, ...], Field(strict=False, description="Words to find it by.")] = ()
    owner: Annotated[str | None, AfterValidator(_or_nothing), Field(description="Who answers for it.")] = None
    personas: Annotated[Personas | None, Field(description="Users that must be in, or out.")] = None
    rule: Annotated[Rule, Field(description="Which users it picks.")]

    def __repr__(self) -> str:
        return masked_text(super().__repr__())

    def __str__(self) -> str:
        return masked_text(super().__str__())


class _RuleAlone(BaseModel):
    model_config = ConfigDict(strict=True)
    rule: Rule


def parse_rule(data: object, subject: str = "this rule") -> Condition:
    """The condition that plain data describes. Raises DefinitionError with every problem and its place."""
    if isinstance(data, Condition):
        return data
    _refuse_what_is_too_large(data, subject)
    return validated(_RuleAlone, {"rule": data}, subject).rule


def parse_document(data: object, subject: str = "segment") -> Document:
    """The document that plain data describes, in today's format or an older one.

    Raises DefinitionError with every problem and its place, SegkitError for a format of a newer segkit.
    """
    if isinstance(data, Document):
        return data
    if not isinstance(data, dict):
        what = "nothing" if data is None else "a list" if isinstance(data, list) else "plain text or a number"
        raise SegkitError(f"{subject}: found {what}; expected a segment with `name` and `rule`")
    _refuse_what_is_too_large(data, subject)
    return validated(Document, in_todays_format(data, subject), subject)


def read_document(path: Path, tell: Callable[[str], object] | None = None) -> Document:
    """The segment in a .yaml, .yml or .json file. `tell` is told if it is of an older format.

    Raises SegkitError with the file, the place and what was expected.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SegkitError(f"{path}: {error.strerror}; expected a segment's document") from None
    data = load_text(content, str(path))
    document = parse_document(data, str(path))
    told = told_of(data, str(path))
    if told is not None and tell is not None:
        tell(told)
    return document


def load_text(content: bytes | str, name: str) -> object:
    """Plain data from JSON (where the name says so) or YAML."""
    if not name.endswith(".json"):
        return load_yaml(content, name)
    try:
        return json.loads(content, object_pairs_hook=_each_key_once)
    except RecursionError:
        raise SegkitError(f"{name}: nesting deeper than {DEEPEST}; expected a flatter rule") from None
    except ValueError as error:
        raise SegkitError(f"{name}: {error}; expected JSON") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"found the key '{twice}' a second time; expected each key once")
    return found


def _refuse_what_is_too_large(data: object, subject: str) -> None:
    """Depth and size before anything recursive sees the data, which may come from a browser."""
    level, nodes = [data], 0
    for _ in range(DEEPEST):
        level = [child for item in level for child in _inside(item)]
        nodes += sum(isinstance(item, dict) for item in level)
        if nodes > MOST_CONDITIONS or len(level) > 1_000_000:
            raise SegkitError(f"{subject}: more than {MOST_CONDITIONS:,} conditions; expected a smaller rule")
        if not level:
            return
    raise SegkitError(f"{subject}: nesting deeper than {DEEPEST}; expected a flatter rule")


def _inside(item: object) -> list[object]:
    if isinstance(item, dict):
        return list(item.values())
    if isinstance(item, list | tuple):
        return list(item)
    keys = type(item).key_order if isinstance(item, Condition) else ()
    return [getattr(item, "not_" if key == "not" else key) for key in keys]


# --- writing ---------------------------------------------------------------------------------------------------------


class _Flow(dict[str, Any]):
    """A mapping that YAML shows on one line."""


def rule_data(condition: Condition) -> dict[str, Any]:
    """A rule as plain data, with stable key order and without what is the default."""
    return _plain_condition(condition)


def _plain_condition(node: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in type(node).key_order:
        value = getattr(node, "not_" if key == "not" else key)
        if key == "value" and _is_the_default_comparison(node):
            continue
        if key == "op" and _is_the_default_comparison(node):
            continue
        if value is None or (key, value) in (("mute", False), ("measure", "count")):
            continue
        found[key] = _plain_value(value)
    inside_is_flat = not any(isinstance(child, Condition) for child in node.children())
    return _Flow(found) if inside_is_flat and node.children() == () else found


def _is_the_default_comparison(node: Condition) -> bool:
    return (
        getattr(node, "measure", None) == "count"
        and getattr(node, "op", None) == "ge"
        and getattr(node, "value", None) == 1
        and type(getattr(node, "value", None)) is int
    )


def _plain_value(value: Any) -> Any:
    if isinstance(value, Condition):
        return _plain_condition(value)
    if isinstance(value, Window):
        return _Flow(value.document())
    if isinstance(value, OtherEvent):
        where = {} if value.where is None else {"where": _plain_condition(value.where)}
        return _Flow({"event": value.event, **where})
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return value


def document_data(document: Document) -> dict[str, Any]:
    """A document as plain data, with stable key order and without what is the default."""
    found: dict[str, Any] = {"segkit": FORMAT}
    for key in ("id", "app", "name", "description", "cycle", "folder", "tags", "owner"):
        value = getattr(document, key)
        if value not in (None, "", ()):
            found[key] = list(value) if isinstance(value, tuple) else value
    if document.personas is not None:
        found["personas"] = {
            key: list(uids) for key, uids in (("in", document.personas.in_), ("out", document.personas.out)) if uids
        }
    found["rule"] = _plain_condition(document.rule)
    return found


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)
# Text that the strict loader would take for a number is put in quotes, also where YAML 1.1 would not.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.?[0-9][0-9._]*)([eE][-+]?[0-9]+)?\Z"), list("-+.0123456789")
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", OCTAL, ["0"])


def _represent_float(dumper: yaml.SafeDumper, number: float) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # Other styles fold line breaks, and lose those that YAML knows beside \n.
    style = '"' if re.search("[\n\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(float, _represent_float)
_Dumper.add_representer(str, _represent_text)


def to_yaml(data: dict[str, Any]) -> str:
    """Plain data of a document or a rule as YAML text; the same data gives the same bytes."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)


def to_json(data: dict[str, Any]) -> str:
    """Plain data of a document or a rule as JSON text; dates are ISO text."""
    return json.dumps(data, ensure_ascii=False, indent=2, default=_iso) + "\n"


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a document")
