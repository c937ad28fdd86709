"""What is wrong with a workspace: settings, sources, data, segments, snapshots, audit trail, disk, versions; and what
to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from segkit.api.auditing import examine_audit
from segkit.api.erasing import unfinished
from segkit.api.examining import examine_definitions, examine_snapshots
from segkit.api.lists.examining import examine_lists
from segkit.api.permitting import permitted
from segkit.data.doctor import Finding, examine_data, examine_workspace
from segkit.errors import SegkitError
from segkit.operations.examining import examine_outbox
from segkit.operations.roles import require

if TYPE_CHECKING:
    from segkit.api.workspace import Workspace

_ORDER = ("error", "warning", "note")


def examine(workspace: Workspace, app: str | None = None, *, deep: bool = False) -> list[Finding]:
    """Everything that is wrong, worst first; empty if nothing is. `deep` reads every stored file again."""
    require(workspace.settings.roles, workspace.actor, "look", "doctor")
    with permitted(workspace):
        return _findings(workspace, app, deep)


def _findings(workspace: Workspace, app: str | None, deep: bool) -> list[Finding]:
    names = workspace.app_names if app is None else (workspace.app(app).name,)
    found = [*examine_workspace(workspace.folder, workspace.settings), *examine_audit(workspace)]
    found += examine_outbox(workspace)
    found += [finding for name in names for finding in _of_app(workspace, name, deep)]
    found += _erasures(workspace, names)
    return sorted(found, key=lambda finding: _ORDER.index(finding.severity))


def _erasures(workspace: Workspace, names: Sequence[str]) -> Iterator[Finding]:
    try:
        left = unfinished(workspace, names)
    except SegkitError as error:
        yield Finding("error", "erasures", str(error), "nobody can be loaded safely", "mend the file that is named")
        return
    if left:
        what = f"{len(left):,} erasures were begun and not finished: {', '.join(left[:3])}"
        why = "loads keep these people out, and what was stored of them before may be there still"
        yield Finding("error", "erasures", what, why, "segkit erase --again --yes")


def _of_app(workspace: Workspace, name: str, deep: bool) -> Iterator[Finding]:
    data = examine_data(workspace.folder, workspace.settings, name, deep=deep)
    yield from data
    app = workspace.app(name)
    try:
        definitions = app.definitions()
    except SegkitError as error:
        if not any(str(error) in finding.what for finding in data):
            yield Finding("error", name, str(error), "no segment can be looked at", "mend the file that is named")
        return
    is_readable = not any(finding.severity == "error" for finding in data)
    yield from examine_definitions(app, definitions, with_values=is_readable)
    yield from examine_snapshots(app, definitions, deep)
    yield from examine_lists(app, deep=deep)
