"""Making a plan: documents read and matched, rules before and after evaluated, what follows from them counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from segkit.analysis.movement import Movement
from segkit.api.definitions import Definition, Definitions
from segkit.api.evaluation import Evaluation, evaluate
from segkit.api.personas import broken_personas
from segkit.api.planning.matching import Matched, Wanted, files_by_app, match, readers_of
from segkit.api.planning.plans import AppPlan, Change, Follower, Plan
from segkit.api.refreshing import failures, vocabulary_fingerprint
from segkit.definitions.differences import document_differences
from segkit.definitions.document_files import DocumentFile, DocumentFolder, read_folder
from segkit.definitions.sentences import sentence
from segkit.engine.bitmap import Bitmap
from segkit.errors import Busy, DefinitionError, Problem

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace


def make_plan(workspace: Workspace, folder: Path, app: str | None, as_of: date | None, delete: bool) -> Plan:
    """What applying a folder would do; see `Workspace.plan`. Changes nothing."""
    read = read_folder(folder)
    only = None if app is None else workspace.app(app).name
    by_app, problems = files_by_app(workspace, read.files, only)
    found = list(read.problems) + problems
    matched = []
    for name, files in by_app.items():
        each, wrong = match(workspace.app(name), files, delete)
        matched.append(each)
        found += wrong
    if found:
        raise DefinitionError(str(folder), sorted(found, key=lambda problem: problem.place))
    plans = [_plan_of(each, each.app.day(as_of)) for each in sorted(matched, key=lambda m: m.app.name)]
    wrong_after = [problem for _, problems_of_app in plans for problem in problems_of_app]
    if wrong_after:
        raise DefinitionError(str(folder), wrong_after)
    chosen = tuple(file for files in by_app.values() for file in files)
    return Plan(_only(read, chosen), only, delete, tuple(plan for plan, _ in plans))


def _only(read: DocumentFolder, files: tuple[DocumentFile, ...]) -> DocumentFolder:
    return DocumentFolder(read.folder, tuple(sorted(files, key=lambda f: f.place)), read.problems)


@dataclass(frozen=True)
class _Counted:
    """The users of segments in one world, why others have none, and what the counts rest on."""

    members: Mapping[str, Bitmap]
    reasons: Mapping[str, str]
    evaluation: Evaluation


def _plan_of(matched: Matched, as_of: date) -> tuple[AppPlan, list[Problem]]:
    app = matched.app
    changed = {w.id for w in matched.saved} | {s.id for s in matched.deleted}
    following = readers_of(matched.after, changed)
    was = [d for d in matched.before.by_id.values() if d.id in changed or d.id in following]
    is_to_be = [d for d in matched.after.by_id.values() if d.id in changed or d.id in following]
    before = _count(app, was, matched.before, as_of, read_own_snapshot=True)
    after = _count(app, is_to_be, matched.after, as_of)
    if before.evaluation.evaluator is not after.evaluation.evaluator:
        raise Busy(f"app '{app.name}': data was loaded while the plan was made; make it again")
    broken = broken_personas(app, matched.after, after.evaluation, as_of)
    changes = [
        *(_saved(w, matched, before, after) for w in matched.saved),
        *(_deleted(s.id, matched, before) for s in matched.deleted),
        *(_unchanged(w) for w in matched.wanted if w.is_unchanged),
    ]
    followers = [_follower(segment_id, path, matched, before, after) for segment_id, path in following.items()]
    manifest = after.evaluation.evaluator.manifest
    plan = AppPlan(
        app=app.name,
        as_of=as_of,
        base=after.evaluation.base.count,
        data_generation=manifest.generation,
        vocabulary=vocabulary_fingerprint(app),
        evaluator=after.evaluation.evaluator.version,
        changes=tuple(changes),
        followers=tuple(f for f in followers if f.note or (f.movement and f.movement.moves)),
        left=tuple((s.id, s.name) for s in matched.left),
        broken=tuple((matched.after.name_of(i), persona) for i, each in sorted(broken.items()) for persona in each),
        read=_read(matched, (before.evaluation, after.evaluation), changed | set(following)),
        notes=app.notes(as_of),
        matched=matched,
        uids=lambda: app.uids(after.evaluation.evaluator),
    )
    wrong = [Problem(f"{w.file.place}: rule", after.reasons[w.id]) for w in matched.saved if w.id in after.reasons]
    return plan, wrong


def _count(
    app: App, wanted: Iterable[Definition], definitions: Definitions, as_of: date, *, read_own_snapshot: bool = False
) -> _Counted:
    """The users of each rule. With `read_own_snapshot`, whoever reads one with cycle once reads its newest snapshot,
    as things are; else the rule that is counted here, as things are once it is published.
    """
    chosen = list(wanted)
    alone = [d for d in chosen if d.reads_snapshots] if read_own_snapshot else []
    together = [d for d in chosen if d not in alone]
    reasons = failures(together, app, as_of, definitions)
    for definition in alone:
        reasons |= failures([definition], app, as_of, definitions)
    keys = {d.id: f"the rule of {d.id}" if d in alone else d.id for d in chosen if d.id not in reasons}
    rules = {keys[d.id]: d.rule for d in chosen if d.id in keys}
    evaluation = evaluate(app, rules, as_of, definitions)
    return _Counted({i: evaluation.results[key].members for i, key in keys.items()}, reasons, evaluation)


def _saved(wanted: Wanted, matched: Matched, before: _Counted, after: _Counted) -> Change:
    document, held = wanted.document, wanted.held
    names = _NameOf(matched)
    members = after.members.get(wanted.id)
    if wanted.is_new:
        words = (sentence(document.rule, matched.app.vocabulary, names),)
        note = "" if held is None else "brought back: it was deleted"
        movement = None if members is None else Movement(None, members)
        known_id = None if wanted.lacks_id else wanted.id
        return Change(
            "created", known_id, document.name, wanted.file.place,
            words=words, movement=movement, note=note, gets_id=wanted.lacks_id,
        )  # fmt: skip
    assert held is not None
    differences = document_differences(held.document, document, matched.app.vocabulary, names)
    return Change(
        action="changed" if held.document.name == document.name else "renamed",
        id=wanted.id,
        name=document.name,
        file=wanted.file.place,
        old_name=held.document.name if held.document.name != document.name else None,
        version=held.version,
        words=tuple(str(difference) for difference in differences),
        movement=_moved(wanted.id, before, members),
        note=_uncounted(wanted.id, before),
        gets_id=wanted.lacks_id,
    )


@dataclass(frozen=True)
class _NameOf:
    """The name of a segment as it will be, or as it was where it goes."""

    matched: Matched

    def __call__(self, segment_id: str) -> str:
        is_known = segment_id in self.matched.after.by_id
        return (self.matched.after if is_known else self.matched.before).name_of(segment_id)


def _moved(segment_id: str, before: _Counted, members: Bitmap | None) -> Movement | None:
    was = before.members.get(segment_id)
    return None if was is None or members is None else Movement(was, members)


def _uncounted(segment_id: str, counted: _Counted) -> str:
    reason = counted.reasons.get(segment_id)
    return f"what it picked before cannot be counted: {reason}" if reason else ""


def _deleted(segment_id: str, matched: Matched, before: _Counted) -> Change:
    was = before.members.get(segment_id)
    return Change(
        "deleted", segment_id, matched.before.name_of(segment_id), None,
        version=matched.versions.get(segment_id), movement=None if was is None else Movement(was, None),
        note=_uncounted(segment_id, before),
    )  # fmt: skip


def _unchanged(wanted: Wanted) -> Change:
    version = wanted.held.version if wanted.held else None
    return Change(
        "unchanged", wanted.id, wanted.document.name, wanted.file.place,
        version=version, gets_id=wanted.lacks_id,
    )  # fmt: skip


def _follower(
    segment_id: str,
    path: tuple[str, ...],
    matched: Matched,
    before: _Counted,
    after: _Counted,
) -> Follower:
    reason = before.reasons.get(segment_id) or after.reasons.get(segment_id)
    return Follower(
        segment_id,
        matched.after.name_of(segment_id),
        tuple(matched.after.name_of(each) for each in path),
        _moved(segment_id, before, after.members.get(segment_id)),
        f"cannot be counted: {reason}" if reason else "",
    )


def _read(matched: Matched, evaluations: Iterable[Evaluation], others: Iterable[str]) -> dict[str, str]:
    """By id, what the counts rest on: versions of segments that the catalog has, snapshots of those that were read."""
    found = {i: f"version {matched.versions[i]}" for i in others if i in matched.versions}
    for evaluation in evaluations:
        for segment_id, child in evaluation.children.items():
            if segment_id in matched.versions:
                version = f"version {matched.versions[segment_id]}"
                found[segment_id] = version if child.snapshot is None else f"{version}, snapshot {child.snapshot}"
    return found
