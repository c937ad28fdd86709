"""YAML as people mean it: no duplicate keys, no aliases, no `NO` that turns into false; places in every error."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from datetime import date
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from segkit.errors import DefinitionError, Problem, SegkitError, nearest

M = TypeVar("M", bound=BaseModel)
MOST_BYTES = 1_000_000
DEEPEST = 60

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
#: What a reader of YAML 1.2 takes for a number, though PyYAML does not.
OCTAL = re.compile(r"0o[0-7]+\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class _Loader(yaml.SafeLoader):
    depth = 0

    def _next_event(self) -> Any:
        return self.peek_event()  # type: ignore[no-untyped-call]

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self._next_event()
            raise _problem(event.start_mark, f"the alias '*{event.anchor}'; expected the text itself")
        if getattr(self._next_event(), "anchor", None):
            raise _problem(self._next_event().start_mark, "an anchor; expected the text itself")
        tag = getattr(self._next_event(), "tag", None)
        if tag is not None:
            short = tag.replace("tag:yaml.org,2002:", "!!")
            raise _problem(self._next_event().start_mark, f"the tag '{short}'; expected text, numbers, lists, keys")
        self.depth += 1
        if self.depth > DEEPEST:
            raise _problem(self._next_event().start_mark, f"nesting deeper than {DEEPEST}; expected a flatter rule")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _problem(key_node.start_mark, f"the key {key_node.value!r} is not text; put it in quotes")
            if key in found:
                raise _problem(key_node.start_mark, f"the key '{key}' a second time; expected each key once")
            # `on` is the name of an operator, and no truth value where an operator stands.
            is_operator = key == "op" and value_node.value == "on"
            found[key] = "on" if is_operator else self.construct_object(value_node, deep=True)
        return found


class _Misread(SegkitError):
    """Carries the place of what was misread."""


def _problem(mark: Any, found: str) -> _Misread:
    return _Misread(f"line {mark.line + 1}, column {mark.column + 1}: found {found}")


def _plain(loader: _Loader, node: Any) -> Any:
    """A scalar without quotes: text, a number, true, false, nothing or a date; whatever could be misread is refused."""
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "null", "~"):
        return None
    if _INTEGER.match(text):
        return int(text)
    if text[-1].isdigit() and _FLOAT.match(text) and any(c.isdigit() for c in text.split("e")[0].split("E")[0]):
        number = float(text)
        if not math.isfinite(number):
            raise _problem(node.start_mark, f"{text}, which is too large a number")
        return number
    if _LEADING_ZERO.match(text):
        raise _problem(node.start_mark, f"{text} without quotes, which would lose its zeros; write '{text}'")
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise _problem(node.start_mark, f"{text}, which is no day of the calendar") from None
    # What another reader of YAML takes for a number, a date, a time or a truth value.
    tag = yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], [])
    is_misread = any(regexp.match(text) and kind != "tag:yaml.org,2002:merge" for kind, regexp in tag)
    if is_misread or OCTAL.match(text):
        truth = " (or true, or false)" if text.lower() in ("yes", "no", "on", "off", "true", "false") else ""
        message = f"{text} without quotes, which YAML may read as something else; write '{text}'{truth}"
        raise _problem(node.start_mark, message)
    if text == "<<":
        raise _problem(node.start_mark, "the merge key '<<'; expected the text itself")
    return text


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    "tag:yaml.org,2002:str": _plain,
    "tag:yaml.org,2002:seq": lambda loader, node: [loader.construct_object(n, deep=True) for n in node.value],
    "tag:yaml.org,2002:map": lambda loader, node: loader.construct_mapping(node),
}
_Loader.yaml_multi_constructors = {}


def load_yaml(content: bytes | str, name: str) -> Any:
    """The content of one YAML document. `name` stands in errors. Raises SegkitError with line and column."""
    if len(content) > MOST_BYTES:
        raise SegkitError(f"{name}: found {len(content):,} bytes; expected at most {MOST_BYTES:,}")
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise SegkitError(f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except _Misread as error:
        raise SegkitError(f"{name}, {error}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SegkitError(f"{name}{place}: {error.problem or error.context}; expected YAML") from None
    except yaml.YAMLError as error:
        raise SegkitError(f"{name}: {error}; expected YAML") from None


def validated(model: type[M], content: Any, subject: str) -> M:
    """`content` as a `model`. Raises DefinitionError with every problem and its place."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DefinitionError(subject, problems_of(error, model)) from None


def problems_of(error: ValidationError, model: type[BaseModel] | None = None) -> list[Problem]:
    """What pydantic found, as places and sentences; one problem a place."""
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False, include_context=False):
        place = place_of(detail["loc"])
        found.setdefault(place, Problem(place, _sentence(detail, model)))
    return list(found.values())


#: Keys behind which pydantic names the kind of the condition before the condition's own keys.
_CONDITIONS_BEHIND = frozenset({"rule", "all", "any", "not", "where", "derived"})
_STOPS = frozenset({"value", "of"})


def place_of(loc: tuple[int | str, ...]) -> str:
    """`('rule', 'all', 'all', 1, 'label', 'op')` as `rule.all[1].op`."""
    place = ""
    kind_next = False
    group = ""
    for element in loc:
        if kind_next and isinstance(element, str):
            kind_next = False
            continue
        if isinstance(element, int):
            place += f"[{element}]"
            kind_next = group in ("all", "any")
            continue
        place += f".{element}" if place else element
        group = element
        kind_next = element in _CONDITIONS_BEHIND - {"all", "any"}
        if element in _STOPS:
            break
    return place


def _sentence(detail: Any, model: type[BaseModel] | None) -> str:
    kind, found = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        known = _known_keys(model) if len(detail["loc"]) == 1 else _ALL_KEYS
        return f"unknown key '{key}'.{nearest(key, known)}"
    if kind == "missing":
        example = {"window": ", for example `window: {last: 30}` or `{all: true}`"}.get(str(detail["loc"][-1]), "")
        return f"missing; it must be given{example}"
    message: str = detail["msg"].removeprefix("Value error, ")
    if kind == "no_condition":
        keys = [str(key) for key in found] if isinstance(found, dict) else []
        allowed = message.rpartition("keys ")[2].split(", ")
        return f"found {_short(keys or found)}; {message}." + "".join(nearest(key, allowed) for key in keys[:1])
    if kind == "value_error":
        return message
    if kind == "literal_error":
        listed = message.removeprefix("Input should be ")
        words = [w.strip("' ") for w in listed.replace(" or ", ", ").split(",")]
        if detail["loc"][-1] == "op":
            return f"no operator {_short(found)}.{nearest(str(found), words)} There are: {', '.join(words)}."
        return f"found {_short(found)}; expected one of {listed}.{nearest(str(found), words)}"
    message = message[0].lower() + message[1:]
    return f"found {_short(found)}; expected: {message.removeprefix('input should be ')}"


_ALL_KEYS = (
    "label", "op", "value", "event", "measure", "of", "every", "at_least", "window", "where", "sequence", "within",
    "segment", "sample", "seed", "all", "any", "not", "mute", "param", "last", "from", "to", "ago",
    "link", "by", "column", "type",
)  # fmt: skip


def _known_keys(model: type[BaseModel] | None) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
