"""What is wrong with the files of an app's lists, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from segkit.api.lists.keeping import has_files, result_kept, rows_kept
from segkit.data.doctor import Finding
from segkit.errors import Damaged

if TYPE_CHECKING:
    from segkit.api.app import App


def examine_lists(app: App, *, deep: bool) -> Iterator[Finding]:
    """Lists whose files are missing or, `deep`, not what was written."""
    for definition in app.definitions().by_id.values():
        version = app.workspace.catalog.list_version(definition.id) if definition.kind == "imported" else None
        if version is None:
            continue
        mend = f"segkit import FILE --into '{definition.name}' --again"
        why = "whom a campaign may reach through it cannot be told"
        try:
            if not has_files(app, version):
                yield Finding("error", definition.name, "the rows of this list are missing", why, mend)
            elif deep:
                rows_kept(app, version)
                result_kept(app, version)
        except Damaged as damaged:
            yield Finding("error", definition.name, str(damaged), why, mend)
