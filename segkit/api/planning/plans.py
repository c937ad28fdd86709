"""What applying a folder of documents would do: definitions and users, segment by segment, and its fingerprint.

Holds counts and sets of users; uids appear only where examples are asked for. How a plan reads is in `showing`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from segkit.analysis.movement import Movement, first_uids
from segkit.api.personas import BrokenPersona
from segkit.api.planning.matching import Matched
from segkit.definitions.document_files import PLAN_KEY, DocumentFolder

FORMAT = 1
Action = Literal["created", "changed", "renamed", "deleted", "unchanged"]
#: In the order in which plans show them.
ACTIONS: tuple[Action, ...] = ("created", "changed", "renamed", "deleted", "unchanged")


@dataclass(frozen=True)
class Change:
    """What becomes of one segment that is in the folder, or is deleted because it is not."""

    action: Action
    id: str | None  # a new segment is given its own when it is applied
    name: str
    file: str | None
    old_name: str | None = None
    version: int | None = None  # that it has now
    words: tuple[str, ...] = ()  # what differs; of a new one what it picks
    movement: Movement | None = None
    note: str = ""
    gets_id: bool = False

    @property
    def changes(self) -> bool:
        """Whether the catalog would change."""
        return self.action != "unchanged"


@dataclass(frozen=True)
class Follower:
    """A segment that does not change itself, and whose users do, because of what it reads."""

    id: str
    name: str
    through: tuple[str, ...]  # names, from what changes to what it reads
    movement: Movement | None
    note: str = ""


@dataclass(frozen=True)
class AppPlan:
    """What would become of one app's segments."""

    app: str
    as_of: date
    base: int
    data_generation: int
    vocabulary: str
    evaluator: str
    changes: tuple[Change, ...]
    followers: tuple[Follower, ...]
    left: tuple[tuple[str, str], ...]  # id and name of what is not in the folder, and stays
    broken: tuple[tuple[str, BrokenPersona], ...]  # personas that would not be where they must be, by segment's name
    read: Mapping[str, str]  # by id, the version or the snapshot of every segment that counts rest on
    notes: tuple[str, ...]
    matched: Matched = field(repr=False)
    uids: Callable[[], Sequence[str]] = field(repr=False)  # every uid, by `user_no`

    def of(self, *actions: Action) -> tuple[Change, ...]:
        """The changes of these kinds."""
        return tuple(change for change in self.changes if change.action in actions)


@dataclass(frozen=True)
class Plan:
    """A folder of documents against the catalog."""

    folder: DocumentFolder = field(repr=False)
    only_app: str | None
    delete: bool
    apps: tuple[AppPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do: the catalog holds what the folder says, and every file has its id."""
        return not self.changes_definitions and not any(c.gets_id for app in self.apps for c in app.changes)

    @property
    def changes_definitions(self) -> bool:
        """Whether the catalog would change."""
        return any(change.changes for app in self.apps for change in app.changes)

    @property
    def is_held(self) -> bool:
        """Whether a persona keeps it from being applied."""
        return any(app.broken for app in self.apps)

    def count(self, action: Action) -> int:
        """How many segments come to this."""
        return sum(len(app.of(action)) for app in self.apps)

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each document by its place."""
        return {file.place: file.sha256 for file in self.folder.files}

    @property
    def fingerprint(self) -> str:
        """The same for two plans that rest on the same files, catalog and data, and would do the same."""
        content = self._content(0)
        for app in content["apps"]:
            del app["left"]  # what has nothing to do with the folder may come and go
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_dict(self, show: int = 0) -> dict[str, Any]:
        """Plain data, with `show` uids of those who come and who go as examples; what a saved plan holds."""
        return {PLAN_KEY: FORMAT, "fingerprint": self.fingerprint, **self._content(show)}

    def _content(self, show: int) -> dict[str, Any]:
        return {
            "app": self.only_app,
            "delete": self.delete,
            "files": self.files,
            "apps": [_app(app, show) for app in self.apps],
        }

    def __repr__(self) -> str:
        from segkit.api.planning.showing import as_text

        return as_text(self)

    @property
    def path(self) -> Path:
        """The folder planned."""
        return self.folder.folder


def _app(plan: AppPlan, show: int) -> dict[str, Any]:
    return {
        "app": plan.app,
        "as_of": plan.as_of.isoformat(),
        "base": plan.base,
        "data_generation": plan.data_generation,
        "vocabulary": plan.vocabulary,
        "evaluator": plan.evaluator,
        "changes": [_change(change, plan, show) for change in plan.changes],
        "followers": [
            {
                "id": f.id,
                "name": f.name,
                "through": list(f.through),
                **_users(f.movement, plan, show),
                "note": f.note,
            }
            for f in plan.followers
        ],
        "left": [{"id": segment_id, "name": name} for segment_id, name in plan.left],
        "personas": [{"segment": name, "place": p.place, "why": p.why} for name, p in plan.broken],
        "read": dict(sorted(plan.read.items())),
        "notes": list(plan.notes),
    }


def _change(change: Change, plan: AppPlan, show: int) -> dict[str, Any]:
    return {
        "action": change.action,
        "id": change.id,
        "name": change.name,
        "old_name": change.old_name,
        "file": change.file,
        "version": change.version,
        "words": list(change.words),
        "gets_id": change.gets_id,
        **_users(change.movement, plan, show),
        "note": change.note,
    }


def _users(movement: Movement | None, plan: AppPlan, show: int) -> dict[str, Any]:
    if movement is None:
        return {"before": None, "after": None, "gained": None, "lost": None}
    found: dict[str, Any] = movement.counts()
    if show:
        found["gained_uids"] = first_uids(movement.gained, plan.uids(), show)
        found["lost_uids"] = first_uids(movement.lost, plan.uids(), show)
    return found
