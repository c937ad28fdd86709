"""What is not as it was when a plan was saved, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def what_moved(saved: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Why two plans of one folder are not the same, as sentences; both as plain data."""
    found = [*_files(saved["files"], now["files"])]
    for old, new in _pairs(saved["apps"], now["apps"]):
        found += _app(old, new)
    words = "; ".join(found) or "the plan itself was changed, or made with other options"
    return f"the world has moved since the plan was made: {words}. Make a new plan"


def _files(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for place in sorted({*old, *new}):
        if place not in new:
            yield f"{place} is gone"
        elif place not in old:
            yield f"{place} is new"
        elif old[place] != new[place]:
            yield f"{place} has changed"


def _pairs(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    by_app = {each["app"]: each for each in new}
    for each in old:
        if each["app"] in by_app:
            yield each, by_app[each["app"]]


def _app(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    of = f"app '{new['app']}'"
    if old["as_of"] != new["as_of"]:
        yield f"{of} is as of {new['as_of']}, and was as of {old['as_of']}"
    if old["data_generation"] != new["data_generation"]:
        yield f"{of} has data generation {new['data_generation']}, and had {old['data_generation']}"
    if old["vocabulary"] != new["vocabulary"]:
        yield f"the vocabulary of {of} has changed"
    if old["evaluator"] != new["evaluator"]:
        yield f"segkit evaluates with {new['evaluator']}, and did with {old['evaluator']}"
    names = {each["id"]: each["name"] for plan in (old, new) for each in (*plan["changes"], *plan["followers"])}
    for segment_id in sorted({*old["read"], *new["read"]}):
        was, is_now = old["read"].get(segment_id), new["read"].get(segment_id)
        if was != is_now:
            name = f"‘{names[segment_id]}’" if segment_id in names else segment_id
            yield f"{name} is at {is_now or 'nothing that this reads'}, and was at {was or 'nothing that this read'}"
