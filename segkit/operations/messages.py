"""What a night's notification says, and its key. Counts and the names of segments, apps, exports and gates; no reason
and no other text of a night is in it, so no value of a user can be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segkit.data.report_settings import Notification
from segkit.store.outbox import NewMessage

#: Segments that the text names; the rest is counted.
_NAMED = 10
_PROBLEMS = ("held", "failed")
_WORDS = {
    "done": "is done",
    "held": "is done, but for what was held",
    "partly": "is done in part",
    "failed": "failed; what was published before is still served",
}


def messages_of(run: Mapping[str, Any], channels: Sequence[Notification]) -> list[NewMessage]:
    """A message for each channel that wants to know of a night; `run` is what its `run.json` holds."""
    said = _body(run)
    wanted = [channel for channel in channels if _is_wanted(channel, said)]
    return [
        NewMessage(key, each.name, said["subject"], {"segkit": 1, "id": key, **said})
        for each in wanted
        for key in [_key(run, said, each.name)]
    ]


def _is_wanted(channel: Notification, said: Mapping[str, Any]) -> bool:
    has_problems = said["outcome"] != "done" or bool(said["problems"]) or bool(said["gates"])
    return channel.when == "always" or has_problems or (channel.when == "changes" and bool(said["changes"]))


def _key(run: Mapping[str, Any], said: Mapping[str, Any], channel: str) -> str:
    """The same for a night run again that comes to the same; another once something else is the matter."""
    matters = [said["outcome"], said["other_problems"], sorted(map(_identity, said["problems"])), said["gates"]]
    night = json.dumps(["night", sorted(run["as_of"].items()), matters, channel], sort_keys=True)
    return hashlib.sha256(night.encode("utf-8")).hexdigest()[:32]


def _identity(problem: Mapping[str, Any]) -> list[str]:
    return [problem["app"], problem["id"], problem["status"]]


def _body(run: Mapping[str, Any]) -> dict[str, Any]:
    segments = list(_segments(run))
    problems = [s for s in segments if s["status"] in _PROBLEMS]
    changes = [s for s in segments if s["status"] not in _PROBLEMS and s["count"] is not None and s["change"] != 0]
    gates = [{"app": gate.get("app", ""), "gate": gate.get("gate", "")} for gate in _closed_gates(run)]
    body: dict[str, Any] = {
        "subject": f"segkit: the night of {run['date']} {_WORDS[run['outcome']]}",
        "outcome": run["outcome"],
        "exit_code": run["exit_code"],
        "date": run["date"],
        "as_of": dict(run["as_of"]),
        "counts": {app: _counts(segments, app, run["apps"][app].get("base")) for app in run["as_of"]},
        "problems": [{key: s[key] for key in ("app", "id", "name", "status")} for s in problems],
        "other_problems": max(len(run["failed"]) + len(run["held"]) - len(problems), 0) + bool(run["error"]),
        "gates": gates,
        "changes": [{key: s[key] for key in ("app", "id", "name", "count", "before", "change")} for s in changes],
        "exports": list(_exports(run)),
    }
    return {"text": "\n".join(_lines(body)), **body}


def _segments(run: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for app in run["as_of"]:
        for segment in run["apps"][app]["segments"]:
            yield {"app": app, **segment}


def _exports(run: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for app in run["as_of"]:
        for made in run["apps"][app]["exports"]:
            yield {"app": app, **{key: made[key] for key in ("name", "segments", "rows")}}


def _closed_gates(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [gate for gate in run["gates"] if not gate.get("accepted")]


def _counts(segments: Sequence[Mapping[str, Any]], app: str, base: int | None) -> dict[str, Any]:
    """How many users there are, and how many segments came to what."""
    own = [s["status"] for s in segments if s["app"] == app]
    by_status = {status: own.count(status) for status in ("published", "up to date", *_PROBLEMS)}
    return {"users": base, **{status.replace(" ", "_"): number for status, number in by_status.items()}}


def _lines(body: Mapping[str, Any]) -> Iterator[str]:
    """The same for people, as chat programs show it."""
    yield body["subject"]
    for app, counts in body["counts"].items():
        if counts["users"] is not None:
            served = counts["published"] + counts["up_to_date"]
            yield f"{app}: {_so_many(counts['users'], 'user')}, {_so_many(served, 'segment')} published"
    yield from _named(body["problems"], lambda s: f"{s['app']}: ‘{s['name']}’ {s['status']}")
    for gate in body["gates"]:
        yield f"{gate['app']}: gate {gate['gate']}"
    if body["other_problems"]:
        yield f"Other problems: {body['other_problems']}"
    yield from _named(_largest(body["changes"]), _change)
    for made in body["exports"]:
        size = f"{_so_many(made['segments'], 'segment')}, {_so_many(made['rows'], 'row')}"
        yield f"{made['app']}: export {made['name']}, {size}"
    if body["outcome"] != "done":
        yield f"Why: runs/{body['date']}/run.json in the workspace"


def _so_many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _largest(changes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(changes, key=lambda s: -abs(s["change"] if s["change"] is not None else s["count"]))


def _change(segment: Mapping[str, Any]) -> str:
    change = "new" if segment["change"] is None else f"{segment['change']:+,}"
    return f"{segment['app']}: ‘{segment['name']}’ {segment['count']:,} ({change})"


def _named(segments: Sequence[Mapping[str, Any]], words: Any) -> Iterator[str]:
    yield from (words(segment) for segment in segments[:_NAMED])
    if len(segments) > _NAMED:
        yield f"and {len(segments) - _NAMED} more"
