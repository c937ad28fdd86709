"""Doing what a plan shows: definitions in one transaction, ids into the files, then users published.

Trying again after a crash completes it: what is in the catalog is found there, files get the ids that they lack, and
what was not published is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.api.definitions import Definition
from segkit.api.planning.matching import Matched, Wanted
from segkit.api.planning.moving import what_moved
from segkit.api.planning.planning import make_plan
from segkit.api.planning.plans import FORMAT, AppPlan, Plan
from segkit.api.results import RefreshReport
from segkit.definitions import predefined
from segkit.definitions.conditions import Condition, references
from segkit.definitions.document_files import PLAN_KEY, rewrite, with_id
from segkit.errors import CatalogMoved, Held, Moved, PartlyDone, SegkitError
from segkit.store.changes import ACTION, Changes
from segkit.store.references import with_ids
from segkit.store.saving import Save, new_id
from segkit.store.snapshots import sweep_leftovers

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace

_TRIES = 3


@dataclass(frozen=True)
class Applied:
    """What applying a folder came to."""

    plan: Plan
    ids: Mapping[str, str]  # of new segments, by file
    files: tuple[str, ...]  # that were given their id
    reports: tuple[RefreshReport, ...]
    left: tuple[str, ...]  # files that changed meanwhile, with what to do

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "plan": self.plan.to_dict(),
            "ids": dict(self.ids),
            "files": list(self.files),
            "left": list(self.left),
            "refreshed": [report.to_dict() for report in self.reports],
        }

    def raise_what_is_missing(self) -> None:
        """Raises PartlyDone if a file lacks its id or a segment failed, Held if personas held some."""
        if self.left:
            raise PartlyDone("the definitions are saved, but:\n  " + "\n  ".join(self.left))
        for report in sorted(self.reports, key=lambda r: not r.failed):
            report.raise_what_is_not_published()


def apply(workspace: Workspace, folder: Path, app: str | None, delete: bool, note: str, publish: bool) -> Applied:
    """Plans a folder and does it; see `Workspace.apply`."""
    return _tried(lambda: _carry_out(workspace, make_plan(workspace, folder, app, None, delete), note, publish))


def apply_plan(workspace: Workspace, folder: Path, saved: Mapping[str, Any], note: str, publish: bool) -> Applied:
    """Does what a saved plan shows, or raises Moved with what is not as it was."""
    _refuse_another_format(saved)

    def once() -> Applied:
        plan = make_plan(workspace, folder, saved["app"], None, bool(saved["delete"]))
        if _was_applied(workspace, saved) and not plan.changes_definitions:
            return _complete(workspace, plan, {}, publish)
        if plan.fingerprint != saved["fingerprint"]:
            raise Moved("not applied: " + what_moved(saved, plan.to_dict()))
        return _carry_out(workspace, plan, note, publish)

    return _tried(once)


def _tried(once: Callable[[], Applied]) -> Applied:
    """Once more where somebody saved between a plan and its transaction: the next plan counts that in."""
    for _ in range(_TRIES - 1):
        with suppress(CatalogMoved):
            return once()
    return once()


def read_plan(path: Path) -> dict[str, Any]:
    """A plan that was saved with `--out`. Raises SegkitError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SegkitError(
            f"{path}: {error.strerror}; expected a plan, which `segkit plan DIR --out FILE` saves"
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or PLAN_KEY not in found:
        raise SegkitError(f"{path}: expected a plan, which `segkit plan DIR --out FILE` saves")
    return found


def _refuse_another_format(saved: Mapping[str, Any]) -> None:
    keys = {"fingerprint", "app", "delete", "files", "apps"}
    if saved.get(PLAN_KEY) != FORMAT or not keys <= saved.keys():
        raise SegkitError(f"the plan has format {saved.get(PLAN_KEY)!r}; expected {FORMAT}. Make it again")


def _was_applied(workspace: Workspace, saved: Mapping[str, Any]) -> bool:
    """Whether the catalog says that it did this, and still is as this left it."""
    for each in saved["apps"]:
        done = workspace.catalog.audit(each["app"], action=ACTION, subject=saved["fingerprint"], limit=1)
        if not done:
            return False
        versions = {s.id: s.version for s in workspace.catalog.segments(each["app"])}
        made: Mapping[str, int] = done[0].detail["saved"]
        if any(versions.get(segment_id) != number for segment_id, number in made.items()):
            return False
        if any(segment_id in versions for segment_id in done[0].detail["deleted"]):
            return False
    return bool(saved["apps"])


def _carry_out(workspace: Workspace, plan: Plan, note: str, publish: bool) -> Applied:
    if plan.is_held:
        broken = [f"‘{name}’: {persona.words}" for app in plan.apps for name, persona in app.broken]
        raise Held("not applied; change the rules or the personas:\n  " + "\n  ".join(broken))
    ids: dict[str, str] = {}
    if plan.changes_definitions:
        changes, ids = _changes(workspace, plan, note)
        workspace.catalog.apply(changes)
    return _complete(workspace, plan, ids, publish)


def _complete(workspace: Workspace, plan: Plan, ids: Mapping[str, str], publish: bool) -> Applied:
    """What comes after the transaction: ids into files, users published."""
    files, left = _write_ids(plan, ids)
    reports = tuple(_publish(app) for app in plan.apps) if publish else ()
    return Applied(plan, ids, files, tuple(report for report in reports if report), left)


def _changes(workspace: Workspace, plan: Plan, note: str) -> tuple[Changes, dict[str, str]]:
    """The plan as changes of the catalog, with an id for each new segment; the ids by file."""
    now, reserved = workspace.clock(), dict(zip(predefined.names(), predefined.ids(), strict=True))
    saves: list[Save] = []
    deletes: list[tuple[str, str]] = []
    ids: dict[str, str] = {}
    for app in plan.apps:
        matched = app.matched
        own = {w.id: new_id("sg_") if w.is_new and w.lacks_id else w.id for w in matched.wanted}
        ids |= {w.file.place: own[w.id] for w in matched.wanted if own[w.id] != w.id}
        common = {"app": app.app, "actor": workspace.actor, "now": now, "note": note, "reserved": reserved}
        saves += [_save(w, own, common) for w in _children_first(matched)]
        deletes += [(app.app, segment_id) for segment_id in _parents_first(matched)]
    expected = {app.app: app.matched.versions for app in plan.apps}
    return Changes(plan.fingerprint, workspace.actor, now, tuple(saves), tuple(deletes), expected), ids


def _save(wanted: Wanted, own: Mapping[str, str], common: dict[str, Any]) -> Save:
    rule = _with_own_ids(wanted.document.rule, own)
    document = wanted.document.model_copy(update={"id": own[wanted.id], "rule": rule})
    based_on = None if wanted.held is None or wanted.is_new else wanted.held.version
    return Save(document=document, based_on=based_on, create=wanted.is_new, **common)


def _with_own_ids(rule: Condition, own: Mapping[str, str]) -> Condition:
    """The rule with the ids that new segments are given, for those that stood in."""
    changed = {old: new for old, new in own.items() if old != new}
    return with_ids(rule, {**{i: i for i in references(rule)}, **changed}, "plan") if changed else rule


def _children_first(matched: Matched) -> list[Wanted]:
    wanted = {w.id: w for w in matched.saved}
    order = TopologicalSorter({i: [r for r in references(w.document.rule) if r in wanted] for i, w in wanted.items()})
    return [wanted[segment_id] for segment_id in order.static_order()]


def _parents_first(matched: Matched) -> list[str]:
    gone = {s.id: s.document.rule for s in matched.deleted}
    order = TopologicalSorter({i: [r for r in references(rule) if r in gone] for i, rule in gone.items()})
    return list(reversed(list(order.static_order())))


def _write_ids(plan: Plan, ids: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Gives every file that lacks it its segment's id, unless it changed meanwhile; which did, and which did not."""
    done, left = [], []
    for wanted in (w for app in plan.apps for w in app.matched.wanted if w.lacks_id):
        path, segment_id = plan.folder.path(wanted.file), ids.get(wanted.file.place, wanted.id)
        try:
            if path.read_bytes() != wanted.file.content:
                left.append(f"{wanted.file.place}: changed meanwhile; put `id: {segment_id}` into it")
                continue
            rewrite(path, with_id(wanted.file, segment_id))
            done.append(wanted.file.place)
        except OSError as error:
            left.append(f"{wanted.file.place}: {error.strerror}; put `id: {segment_id}` into it")
    return tuple(done), tuple(left)


def _publish(plan: AppPlan) -> RefreshReport | None:
    """Publishes what the folder has and what follows from it, where it was not since it changed."""
    app = plan.matched.app
    due = [*_unpublished(app, [w.document.name for w in plan.matched.wanted]), *(f.id for f in plan.followers)]
    if due:
        return app.refresh(due)
    # An apply that was killed after its publish has nothing left to publish, only to clear away.
    sweep_leftovers(app.workspace.folder, app.name, app.workspace.catalog)
    return None


def _unpublished(app: App, names: list[str]) -> list[str]:
    """The ids of these segments, and of daily ones that read them, of which no snapshot says what they now mean."""
    definitions = app.definitions()
    newest = app.workspace.catalog.newest_snapshots(app.name, app.as_of)

    def is_due(definition: Definition) -> bool:
        held = newest.get(definition.id)
        if held is None or held.version != definition.version:
            return True
        # One with cycle once keeps its users, whatever becomes of what it read.
        return definition.cycle == "daily" and held.rule_fingerprint != definitions.fingerprints[definition.id]

    found = {definitions[name].id: definitions[name] for name in names}
    waiting = list(found)
    while waiting:
        for parent in definitions.users_of(waiting.pop()):
            if parent.id not in found and parent.cycle == "daily":
                found[parent.id] = parent
                waiting.append(parent.id)
    return [segment_id for segment_id, definition in found.items() if is_due(definition)]
