"""How a workspace and an app show themselves in a cell and in a terminal: what there is, in counts, never a user."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

from segkit.api.results import table_html
from segkit.errors import SegkitError

if TYPE_CHECKING:
    from segkit.api.app import App
    from segkit.api.workspace import Workspace

HEADINGS = ("App", "Users", "Days of events", "Segments", "Labels", "Events", "As of", "Zone")


def app_row(app: App) -> tuple[object, ...]:
    """What the headings say of an app; what cannot be told is a dash, such as users before the first load."""
    return (app.name, *_loaded(app), *_defined(app), str(app.as_of), app.settings.zone)


def _loaded(app: App) -> tuple[object, object]:
    try:
        manifest = app.manifest
    except SegkitError:
        return "–", "nothing is loaded yet"
    days = manifest.days
    return manifest.living, f"{days[0].day} to {days[-1].day}" if days else "none"


def _defined(app: App) -> tuple[object, object, object]:
    try:
        return len(app.definitions().by_id), len(app.vocabulary.labels), len(app.vocabulary.events)
    except SegkitError:  # a vocabulary to mend, or somebody who may not look
        return "–", "–", "–"


def app_text(app: App) -> str:
    """One line, and one of what to do with it."""
    _, users, days, segments, labels, events, as_of, zone = app_row(app)
    told = f"{users:,} users, events of {days}" if isinstance(users, int) else str(days)
    return f"App '{app.name}', as of {as_of}, {zone}: {told}; {segments} segments, {labels} labels, {events} events"


def app_html(app: App) -> str:
    """The same as a table, with the kinds of segments under it."""
    try:
        kinds = Counter(definition.kind for definition in app.definitions().by_id.values())
    except SegkitError:
        kinds = Counter()
    told = " · ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    below = f"<p>Segments: {html.escape(told)}. <code>segments()</code> lists them.</p>" if told else ""
    return table_html(HEADINGS, [app_row(app)]) + below


def workspace_text(workspace: Workspace) -> str:
    """A line for the workspace and one for each app."""
    lines = [f"  {app_text(app)}" for app in workspace.apps()]
    return "\n".join([f"Workspace '{workspace.folder.name}', as {workspace.actor}", *lines])


def workspace_html(workspace: Workspace) -> str:
    """A table of its apps."""
    caption = f"Workspace ‘{workspace.folder.name}’, as {workspace.actor}"
    return table_html(HEADINGS, [app_row(app) for app in workspace.apps()], caption)
