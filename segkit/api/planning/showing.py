"""A plan as people read it: text for a terminal, Markdown for a pull request. Counts; uids only where asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segkit.analysis.movement import Movement, first_uids
from segkit.api.planning.plans import ACTIONS, Action, AppPlan, Change, Follower, Plan

_SIGNS: dict[Action, str] = {"created": "+", "changed": "~", "renamed": ">", "deleted": "-", "unchanged": "="}


def as_text(plan: Plan, show: int = 0) -> str:
    """The plan as lines of text, with `show` uids of those who come and who go."""
    lines = [_summary(plan)]
    for app in plan.apps:
        lines += ["", f"{app.app}, as of {app.as_of}: {app.base:,} users"]
        for change in _shown(app):
            lines.append(
                f"  {_SIGNS[change.action]} {change.action} {_title(change)}{_counts(change.movement, change.action)}"
            )
            lines += [f"      {line}" for line in _details(change, app, show)]
        lines += [
            f"  * follows {_following(f)}{_counts(f.movement)}{_example_lines(f, app, show)}" for f in app.followers
        ]
        lines += [f"  ! ‘{name}’ is held: {persona.words}" for name, persona in app.broken]
        lines += [f"  {line}" for line in _rest(app)]
    return "\n".join([*lines, "", f"Fingerprint: {plan.fingerprint}"])


def as_markdown(plan: Plan, show: int = 0) -> str:
    """The plan as Markdown."""
    lines = ["### segkit plan", "", _text(_summary(plan))]
    for app in plan.apps:
        lines += ["", f"**{_text(app.app)}**, as of {app.as_of}: {app.base:,} users"]
        rows: list[tuple[str, str, Movement | None, str]] = [
            (change.action, _title(change), change.movement, "<br>".join(map(_text, _details(change, app, show))))
            for change in _shown(app)
        ]
        rows += [("follows", _following(f), f.movement, _text(_example_lines(f, app, show))) for f in app.followers]
        if rows:
            lines += ["", "| | Segment | Before | After | Gained | Lost | What |", "|---|---|--:|--:|--:|--:|---|"]
            lines += [f"| {action} | {_text(title)} | {_cells(m)} | {what} |" for action, title, m, what in rows]
        held = [f"- **Held**: ‘{_text(name)}’ {_text(persona.words)}" for name, persona in app.broken]
        rest = [f"- {_text(line)}" for line in _rest(app)]
        lines += [""] * bool(held or rest) + held + rest
    return "\n".join([*lines, "", f"Fingerprint: `{plan.fingerprint}`", ""])


def _summary(plan: Plan) -> str:
    if plan.is_empty:
        return "Nothing to do: the catalog holds what the folder says."
    counted = [f"{plan.count(action)} {action}" for action in ACTIONS if plan.count(action)]
    awaiting = sum(change.gets_id for app in plan.apps for change in app.changes)
    told = ", ".join(counted) or "nothing changes"
    return told + (f"; {awaiting} files are given their id" if awaiting else "")


def _shown(app: AppPlan) -> Iterator[Change]:
    for action in ACTIONS[:-1]:
        yield from app.of(action)


def _title(change: Change) -> str:
    name = f"‘{change.old_name}’ → ‘{change.name}’" if change.old_name else f"‘{change.name}’"
    where = change.file or change.id
    return f"{name} ({where})"


def _counts(movement: Movement | None, action: Action = "changed") -> str:
    if movement is None:
        return ""
    counts = movement.counts()
    if counts["before"] is None:
        return f": {counts['after']:,} users"
    if counts["after"] is None:
        return f": {counts['before']:,} users until now"
    return f": {counts['before']:,} → {counts['after']:,} users (+{counts['gained']:,} −{counts['lost']:,})"


def _cells(movement: Movement | None) -> str:
    counts = movement.counts() if movement else dict.fromkeys(("before", "after", "gained", "lost"))
    return " | ".join(
        "" if counts[key] is None else f"{counts[key]:,}" for key in ("before", "after", "gained", "lost")
    )


def _details(change: Change, app: AppPlan, show: int) -> list[str]:
    note = [f"Note: {change.note}."] if change.note else []
    return [*change.words, *note, *_examples(change.movement, app, show)]


def _examples(movement: Movement | None, app: AppPlan, show: int) -> list[str]:
    if movement is None or not show:
        return []
    both = (("gained", movement.gained), ("lost", movement.lost))
    return [f"{word}: {', '.join(first_uids(users, app.uids(), show))}" for word, users in both if users.count]


def _example_lines(follower: Follower, app: AppPlan, show: int) -> str:
    return "".join(f"; {line}" for line in _examples(follower.movement, app, show))


def _following(follower: Follower) -> str:
    through = " → ".join(f"‘{name}’" for name in follower.through)
    note = f"; {follower.note}" if follower.note else ""
    return f"‘{follower.name}’, which reads {through}{note}"


def _rest(app: AppPlan) -> list[str]:
    unchanged = len(app.of("unchanged"))
    lines = [f"{unchanged} unchanged"] if unchanged else []
    if app.left:
        names = ", ".join(f"‘{name}’" for _, name in app.left)
        lines.append(f"{len(app.left)} in the catalog and not in the folder, left alone: {names}")
    return [*lines, *(f"Note: {note}" for note in app.notes)]


def _text(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~!@])", r"\\\1", " ".join(text.split()))
    return escaped.replace("\\<", "&lt;").replace("\\>", "&gt;")
