"""How long an app's published users are kept: as `[snapshots]` in segkit.toml has it, after each full refresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from segkit.errors import Busy
from segkit.store.retention import LetGo, let_go
from segkit.store.retiring import Keep

if TYPE_CHECKING:
    from segkit.api.app import App


def prune(app: App) -> LetGo:
    """Lets go of what is beyond the settings, files of deleted lists among it.

    Raises Busy if another process has been publishing, or changing a list, for a minute.
    """
    from segkit.api.lists.life import let_go_of_lists

    workspace = app.workspace
    keep = Keep(workspace.settings.snapshots.keep, workspace.settings.snapshots.keep_days)
    found = let_go(workspace.folder, app.name, workspace.catalog, keep, workspace.clock())
    lists = let_go_of_lists(app)
    return replace(found, files=found.files + len(lists), size=found.size + sum(lists))


def prune_after_refresh(app: App) -> tuple[str, ...]:
    """The same, in words for the refresh's report. Where another process is publishing, the next refresh does it."""
    try:
        found = prune(app)
    except (Busy, OSError):
        return ()
    if not found.retired:
        return ()
    return (f"{found.retired:,} older snapshots were let go, as [snapshots] in segkit.toml says; their counts stay",)
