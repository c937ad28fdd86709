"""The state of the panel "From your files to a segment" and what can be done with it; no widgets, no browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from segkit.api import Start, Workspace, init, open_workspace
from segkit.api.proposed import column_row, summary, table_title
from segkit.api.results import Estimate
from segkit.data.proposal.model import ProposedColumn, ProposedTable
from segkit.data.proposal.wishes import EVENTS_ROLES, LINK_ROLES, USERS_ROLES
from segkit.data.settings import FILE
from segkit.data.sources import ENDINGS
from segkit.definitions.documents import read_document
from segkit.definitions.zones import zone_names
from segkit.errors import SegkitError

Stage = Literal["choose", "proposed", "written", "loaded"]
_FORM = ("users", "events", "zone", "event_zone", "encoding", "decimal", "dates", "app")
_MOST_FILES = 200
_DEEPEST = 4
_ROLES = {"users": USERS_ROLES, "events": EVENTS_ROLES}


@dataclass
class Form:
    """What a person has filled in: sources as text, links by name, zones, how CSV files are written."""

    users: str = ""
    events: str = ""
    links: dict[str, str] = field(default_factory=dict)
    zone: str = ""
    event_zone: str = ""
    encoding: str = ""
    decimal: str = ""
    dates: str = ""
    app: str = ""


class StartModel:
    """One app on its way from files to a first count. `changed` is called after every step, `tell` while one runs."""

    def __init__(self, folder: Path, form: Form, near: Path | None = None) -> None:
        self.folder = folder.expanduser().absolute()
        self.form = form
        self.near = (near or Path.cwd()).absolute()
        self.start: Start | None = None
        self.estimate: Estimate | None = None
        self.report: tuple[str, ...] = ()
        self.stage: Stage = "choose"
        self.error = ""
        self.changed: Callable[[], None] = lambda: None
        self.tell: Callable[[str, float], None] = lambda _step, _share: None

    # --- steps -------------------------------------------------------------------------------------------------------

    def look(self, form: Mapping[str, Any] | None = None) -> None:
        """Looks at the sources that the form names, and proposes."""
        if form is not None:
            self._fill(form)
        given = self.form
        self._close()
        self.start = init(
            self.folder, given.users or None, given.events or None, zone=given.zone or None,
            event_zone=given.event_zone or None, links=given.links, encoding=given.encoding or None,
            decimal=given.decimal or None, dates=given.dates or (), app=given.app or None, progress=self.tell,
        )  # fmt: skip
        self.stage = "proposed"

    def set_zone(self, zone: str, event_zone: str = "") -> None:
        """Says the zones. Raises NotFound with the nearest name."""
        self._started.set_zone(zone or None, event_zone or None)
        self.form.zone, self.form.event_zone = zone, event_zone

    def set_role(self, table: str, column: str, role: str) -> None:
        """Gives a column a role, or (`declared`) makes it a label or a parameter again."""
        if role != "declared":
            self._started.set_role(table, role, column)
            return
        now = self._table(table).column(column).role
        self._started.set_role(table, now, None)

    def change(self, table: str, column: str, **changes: Any) -> None:
        """Changes how a column is declared."""
        self._started.change(table, column, **changes)

    def write(self) -> None:
        """Writes settings and vocabulary; an app that is there already is not replaced."""
        self._started.write()
        self.stage = "written"

    def load(self) -> None:
        """Loads what was written, and counts the first segment."""
        workspace = open_workspace(self.folder)
        try:
            app = self._started.proposal.app
            reports = workspace.load(app, progress=self.tell)
            self.report = tuple(line for report in reports for line in report.words())
            first = self.folder / "definitions" / app / "first_segment.yaml"
            today = workspace.today(app)
            self.estimate = workspace.app(app).estimate(read_document(first), self._started.first_date(today))
        finally:
            workspace.close()
        self.stage = "loaded"

    def finish(self) -> Workspace:
        """The workspace, loaded: does what is left to do, and nothing that is done."""
        if self.start is None:
            self.look()
        app = self._started.proposal.app
        if not self._is_there(app):
            self.write()
        if self.stage != "loaded":
            self.load()
        self.changed()
        return open_workspace(self.folder)

    def _is_there(self, app: str) -> bool:
        if not (self.folder / FILE).exists():
            return False
        workspace = open_workspace(self.folder)
        workspace.close()
        return app in workspace.app_names

    # --- what the view shows -----------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything that is shown, as plain data; personal values are masked in it."""
        start = self.start
        proposal = start.proposal if start else None
        return {
            "stage": self.stage,
            "error": self.error,
            "folder": str(self.folder),
            "form": {**{key: getattr(self.form, key) for key in _FORM}, "links": self.form.links},
            "files": found_files(self.near),
            "zones": zone_names(),
            "summary": [line for line in summary(proposal) if not line.startswith("Open:")] if proposal else [],
            "open": list(proposal.open) if proposal else [],
            "naive": bool(proposal and proposal.has_naive),
            "tables": [self._shown(table) for table in proposal.tables] if proposal else [],
            "app": proposal.app if proposal else "",
            "report": list(self.report),
            "count": _count(self.estimate),
            "next": [step.command for step in start.next_steps()] if start and self.stage == "loaded" else [],
        }

    def _shown(self, table: ProposedTable) -> dict[str, Any]:
        preview = self._started.preview(table.role)
        return {
            "role": table.role,
            "title": table_title(table),
            "roles": list(_ROLES.get(table.role, LINK_ROLES)),
            "declared": {"users": "label", "events": "parameter"}.get(table.role, "of the link"),
            "columns": [_column(column) for column in table.columns],
            "preview": {"headings": list(preview.headings), "rows": [list(row) for row in preview.rows]},
        }

    # -----------------------------------------------------------------------------------------------------------------

    def _fill(self, form: Mapping[str, Any]) -> None:
        for key in _FORM:
            if key in form:
                setattr(self.form, key, str(form[key] or "").strip())
        if "links" in form:
            self.form.links = {str(n).strip(): str(s).strip() for n, s in dict(form["links"]).items() if n and s}

    @property
    def _started(self) -> Start:
        if self.start is None:
            raise SegkitError("nothing was looked at yet; choose files first")
        return self.start

    def _table(self, name: str) -> ProposedTable:
        return next(table for table in self._started.proposal.tables if table.role == name)

    def _close(self) -> None:
        if self.start is not None:
            self.start.close()
        self.start, self.estimate, self.report, self.stage = None, None, (), "choose"


def _column(column: ProposedColumn) -> dict[str, Any]:
    _, is_, type_words, _, shown, note = column_row(column)
    return {
        "column": column.column, "role": column.role, "is": is_, "type": column.type, "type_words": type_words,
        "scale": column.scale, "name": column.name, "personal": column.personal or "", "examples": shown, "note": note,
    }  # fmt: skip


def _count(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {**estimate.to_dict(), "share": f"{estimate.share:.1%}".replace("%", " %")}


def found_files(folder: Path) -> list[str]:
    """Data files near a folder, and the folders that hold several of a kind: to choose from."""
    found: list[str] = []
    _collect(folder, folder, found, 0)
    return sorted(found)[:_MOST_FILES]


def _collect(root: Path, folder: Path, found: list[str], depth: int) -> None:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    files = [path for path in entries if path.name.endswith(ENDINGS) and path.is_file()]
    found += [str(path.relative_to(root)) for path in files]
    if len(files) > 1 and folder != root:
        found.append(str(folder.relative_to(root)))
    for path in entries:
        inside = path.is_dir() and not path.name.startswith((".", "data", "snapshots", "runs", "exports"))
        if inside and depth < _DEEPEST and len(found) < _MOST_FILES:
            _collect(root, path, found, depth + 1)
